"""A concurrent web scraper: a list of URLs in, exactly one JSONL record for each out.

::

    from scraper import scrape

    run = scrape(["https://example.com/"], select={"title": "h1"})

The way of the data, and the folder:

    sources/ ──Row──> engine ──Job──> door ──> frontier/ ──Job──> worker xN ──Record──> writer ──> output/
    (lazy)            (dedup,         (robots)  (bounded, per    fetcher/, extract/     (owns the file;
                       backlog)                  host, priority)  retry: back again       resume reads it)

api wires the parts together, cli/ is the command line, plan/ foretells a run, config holds every setting, errors every
way to fail, stats and timesheet what happened, bottleneck what to make of it.
"""

from typing import TYPE_CHECKING, Any

from scraper.config import VERSION, Config
from scraper.errors import OutputError, OutputLocked, RunError, ScraperError, UrlError, UsageError
from scraper.models import Failure, Page, Record, Redirect, Timings

if TYPE_CHECKING:
    from scraper.api import ascrape, scrape, stream
    from scraper.run import Run
    from scraper.stats import Summary

__all__ = [
    "Config",
    "Failure",
    "OutputError",
    "OutputLocked",
    "Page",
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
    "scrape",
    "stream",
]

__version__ = VERSION
_LATER = {"ascrape": "api", "scrape": "api", "stream": "api", "Run": "run", "Summary": "stats"}
"""Names whose modules import the whole engine, which `scrape --help` does without."""


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - so that it is no name of this package

    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
