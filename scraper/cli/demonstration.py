"""`scrape demo`: the same engine against the demo site, then the first record and what to try next."""

import sys

import msgspec

from scraper import api, logs, runner
from scraper.cli.session import Session
from scraper.config import Config
from scraper.demo import DemoSite
from scraper.models import Record
from scraper.run import Run

_NEXT = """
Try next:
  scrape https://example.com/                                one page, to output/example.com.jsonl
  scrape urls/demo.txt --concurrency 50 --select title=h1    sites made for practice
  scrape --help                                              every option
"""


def run() -> int:
    """Run the demo and show what came of it; return the exit code."""
    session = Session(_CONFIG)
    with logs.configured(log_file=None, is_verbose=False):
        done = session.run(lambda: _scrape_site(session))
    session.close(done.summary)
    first = next((record for record in done.records if record.ok), None)
    if first is not None:
        _show(first)
    print(_NEXT, end="")  # noqa: T201 - the user interface
    return session.exit_code(done.summary)


_CONFIG = Config(select={"price": ".price", "author": ".author"}, meta=True)


async def _scrape_site(session: Session) -> Run:
    async with DemoSite() as site:
        rows = api.rows_of(site.urls, _CONFIG)
        return await runner.run(rows, _CONFIG, watch=session.watch, on_start=session.on_start)


def _show(record: Record) -> None:
    # Rich takes long to import, and only this command prints in colour.
    from rich.console import Console  # noqa: PLC0415 - see above

    Console(file=sys.stdout).print_json(msgspec.json.encode(record).decode())
