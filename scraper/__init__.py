"""A concurrent web scraper: a list of URLs in, exactly one JSONL record for each out.

::

    from scraper import scrape

    run = scrape(["https://example.com/"], select={"title": "h1"})

The way of the data, and the folder:

    sources/ ──Row──> intake ──Job──> door ──> frontier/ ──Job──> worker xN ──Record──> writer ──> output/
    (lazy)            (dedup,         (robots)  (bounded, per    fetcher/, extract/     (owns the file;
                       backlog)                  host, priority)  retry: back again       resume/ reads it)

engine runs them all and stops them, on one event loop; processes/ runs several engines, each on hosts of its own.

api is what is offered, and wiring puts the parts together; cli/ is the command line, plan/ foretells a run, verify
proves it from its files, report/ makes a page of them; dashboard/ and progress show it while it goes, as view tells it
of itself; recipe/ says what to take from a page, trial shows that on one; kept/ holds a run's pages, offline/ extracts
them again, export/ makes tables of its records; config holds every setting, errors every way to fail, stats and
timesheet what happened, bottleneck what to make of it. Both pages are made with markup/, and what is served, demo/ too,
goes by loopback.
"""

TYPE_CHECKING = False  # type checkers take it for true; to import `typing` takes longer than all the rest of this
if TYPE_CHECKING:
    from typing import Any

    from scraper.api import ascrape, open_run, scrape, stream
    from scraper.config import Config
    from scraper.config.constants import VERSION as __version__  # noqa: N811 - the usual name of a package's version
    from scraper.errors import DataCheckFailed, OutputError, OutputLocked, RunError, ScraperError, UrlError, UsageError
    from scraper.models import Failure, Link, Page, Record, Redirect, Timings
    from scraper.recipe import Field, Recipe
    from scraper.run import Run
    from scraper.stats import Summary

__all__ = [
    "Config",
    "DataCheckFailed",
    "Failure",
    "Field",
    "Link",
    "OutputError",
    "OutputLocked",
    "Page",
    "Recipe",
    "Record",
    "Redirect",
    "Run",
    "RunError",
    "ScraperError",
    "Summary",
    "Timings",
    "UrlError",
    "UsageError",
    "__version__",
    "ascrape",
    "open_run",
    "scrape",
    "stream",
]

_MODULES = {
    "api": "ascrape open_run scrape stream",
    "config": "Config",
    "errors": "DataCheckFailed OutputError OutputLocked RunError ScraperError UrlError UsageError",
    "models": "Failure Link Page Record Redirect Timings",
    "recipe": "Field Recipe",
    "run": "Run",
    "stats": "Summary",
}
_LATER = {name: (module, name) for module, names in _MODULES.items() for name in names.split()}
_LATER["__version__"] = ("config.constants", "VERSION")
"""Names whose modules are imported when they are asked for: the command is up, and deals with Ctrl-C, at once."""


def __getattr__(name: str) -> "Any":
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - so that it is no name of this package

    module, origin = _LATER[name]
    return getattr(import_module(f"{__name__}.{module}"), origin)
