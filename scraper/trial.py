"""One page, as a run would deal with it, and how its fields came about: what `scrape try` shows."""

import httpx
from msgspec import Struct, structs

from scraper.config import Config
from scraper.engine import Results
from scraper.errors import ParseLimit
from scraper.extract.recipe.explain import Explanation, explain
from scraper.models import Extract, Extracted, Job, Page, Record, Request, Row
from scraper.run import records_in
from scraper.sources import iterable_source
from scraper.wiring import make_engine, make_results, make_worker, within_limits


class Trial(Struct, frozen=True):
    """What came of one page."""

    record: Record | None
    """None when the host wants to be asked later than a run waits."""
    explanation: Explanation | None
    """None when no page was fetched that could be parsed."""


async def try_url(url: str, config: Config, transport: httpx.AsyncBaseTransport | None = None) -> Trial:
    """Fetch `url` as a run with `config` would, robots.txt, redirects and retries included; no output is written."""
    config = structs.replace(within_limits(config), output=None)
    seen = _Seen()
    records: list[Record] = []

    async def sink(results: Results) -> None:
        while (record := await results.get()) is not None:
            records.extend(records_in(record))

    async with make_worker(config, transport, seen.around) as (worker, names):
        rows = iterable_source([url], url_column=None, priority_column=None)
        engine = make_engine(config, worker=worker, names=names, rows=rows, results=make_results(config), sink=sink)
        await engine.run()
    return Trial(records[0] if records else None, _explained(seen.page, config))


async def try_saved(page: Page, config: Config) -> Trial:
    """Deal with a page that was saved to a file; nothing is fetched."""
    config = structs.replace(config, output=None)

    async def fetch(_: Request) -> Page:
        return page

    async with make_worker(config) as (worker, _):
        worker.fetch = fetch
        job = Job(row=Row(url=page.url, line=1), href=page.final_url, host="", ordinal=0)
        outcome = await worker.process(job)
    record = outcome.record and structs.replace(
        outcome.record, status=None, attempts=0, fetched_at=None, elapsed_ms=None, timings=None
    )
    return Trial(record, _explained(page, config))


class _Seen:
    """Keeps the page that the fields are extracted from."""

    page: Page | None = None

    def around(self, extract: Extract) -> Extract:
        def seen(page: Page) -> Extracted:
            self.page = page
            return extract(page)

        return seen


def _explained(page: Page | None, config: Config) -> Explanation | None:
    if page is None:
        return None
    try:
        return explain(page, select=config.select, recipe=config.recipe)
    except ParseLimit:  # the record says so
        return None
