"""scrape() ascrape() stream(): what the library offers, and what the command is built on."""

import asyncio
import os
import time
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from functools import partial
from typing import Any

import httpx
from msgspec import structs

from scraper.config import Config
from scraper.engine import Results
from scraper.errors import UsageError
from scraper.kept import PageKeeper
from scraper.loops import Stop, in_own_loop
from scraper.models import Record, Rows
from scraper.poison import ParseNotes
from scraper.progress import Progress, is_notebook
from scraper.resume.look import look_at
from scraper.robots import Robots
from scraper.run import Run, open_records, records_in
from scraper.runner import engines, keeping, make_check, run, shown
from scraper.sources import iterable_source, open_sources
from scraper.wiring import make_results, make_robots, make_worker, within_limits

Urls = str | os.PathLike[str] | Iterable[str | Mapping[str, Any]] | AsyncIterable[str | Mapping[str, Any]]
"""A list's path or one URL; or URLs, or rows with a `url` column, from anything that can be iterated."""


def scrape(
    urls: Urls, config: Config | None = None, *, transport: httpx.AsyncBaseTransport | None = None, **options: Any
) -> Run:
    """Scrape `urls` and return the Run, with one record for each URL.

    Works in a script and inside a running loop (a notebook) alike: it runs a loop of its own in a thread of its
    own. Interrupting it returns what is there. `options` are the command's long options with underscores
    (`per_host=8`, `robots=False`), over those of `config`. With `output` the records go to that file, and a
    file that an earlier run left is gone on with. `transport` replaces the network, e.g. httpx.MockTransport.

    Raises RunError: UsageError for a wrong setting or source, OutputError, OutputLocked.
    """
    settings = _settings(config, options)
    return in_own_loop(lambda on_start: _scrape(urls, settings, transport, on_start))


async def ascrape(
    urls: Urls, config: Config | None = None, *, transport: httpx.AsyncBaseTransport | None = None, **options: Any
) -> Run:
    """Scrape `urls` in the caller's loop; otherwise as `scrape`. Cancelling it keeps what is in the output."""
    return await _scrape(urls, _settings(config, options), transport)


def open_run(
    path: str | os.PathLike[str],
    config: Config | None = None,
    *,
    transport: httpx.AsyncBaseTransport | None = None,
    **options: Any,
) -> Run:
    """Return the Run that an output file holds, the command's too; nothing is written to it.

    `config`, `transport` and `options` are those of `scrape`, for a `retry` of the run, and `expect` and `baseline`.
    Raises UsageError when the file is not there or holds anything else than records.
    """
    settings = _settings(config, options)
    output = os.fspath(path)
    check = make_check(settings)
    records = open_records(output, look_at(output).superseded)
    again = partial(_again, settings, transport)
    return Run(None, records, output=output, again=again, check=check, field_names=settings.field_names)


async def stream(
    urls: Urls, config: Config | None = None, *, transport: httpx.AsyncBaseTransport | None = None, **options: Any
) -> AsyncIterator[Record]:
    """Yield each Record as it comes; a slow consumer slows the fetching down. Takes what `ascrape` takes.

    Leaving the loop early ends the run; close the generator (`contextlib.aclosing`) to have it ended at once.
    """
    settings = within_limits(_settings(config, options))
    if settings.output is not None:
        raise UsageError("stream() yields the records and writes no output; use scrape() or ascrape() for that")
    if settings.expect or settings.baseline:
        raise UsageError("stream() has no summary to hold against expect and baseline; use scrape() or ascrape()")
    results = make_results(settings)
    is_consumed = asyncio.Event()

    async def wait_for_consumer(_: Results) -> None:
        await is_consumed.wait()

    keeper = PageKeeper() if settings.keep else None

    async def work() -> None:
        async with engines(settings, transport, ParseNotes(), keeper) as make, shown(settings, None) as looks:
            with await keeping(keeper, settings):
                rows = rows_of(urls, settings)
                engine = make(rows=rows, results=results, sink=wait_for_consumer, watch=looks.watch, is_streaming=True)
                looks.attend(engine)
                await engine.run()

    def wake_consumer(_: object) -> None:
        with suppress(asyncio.QueueFull):  # then it has records to take and does not wait
            results.put_nowait(None)

    running = asyncio.ensure_future(work())
    running.add_done_callback(wake_consumer)
    try:
        while not (running.done() and results.empty()):
            record = await results.get()
            if record is None:
                break
            for each in records_in(record):
                yield each
        is_consumed.set()
        await running
    finally:
        running.cancel()
        await asyncio.wait([running])


@asynccontextmanager
async def robots(config: Config) -> AsyncIterator[Robots]:
    """Make what asks origins for their robots.txt as a run with `config` would, for as long as the block lasts."""
    async with make_worker(config) as (worker, _):
        yield make_robots(config, worker, asyncio.get_running_loop().time)


async def _scrape(
    urls: Urls,
    config: Config,
    transport: httpx.AsyncBaseTransport | None,
    on_start: Callable[[Stop], None] | None = None,
) -> Run:
    sources = [os.fspath(urls)] if isinstance(urls, str | os.PathLike) else []
    return await _run(rows_of(urls, config), config, transport, on_start, sources)


async def _again(
    config: Config,
    transport: httpx.AsyncBaseTransport | None,
    rows: Rows,
    changes: Mapping[str, Any],
    on_start: Callable[[Stop], None] | None,
) -> Run:
    """Scrape `rows` as a run with `config` did, but for `changes`; what was expected is held against both together."""
    own = {"baseline": None, "expect": (), "fresh": False, "limit": None}
    return await _run(rows, _settings(config, {**own, **changes}), transport, on_start)


async def _run(
    rows: Rows,
    config: Config,
    transport: httpx.AsyncBaseTransport | None,
    on_start: Callable[[Stop], None] | None,
    sources: Sequence[str] = (),
) -> Run:
    """Run it with a live line where there is a notebook to show it; hand over how to stop it."""
    watch = Progress(clock=time.monotonic, now=datetime.now, is_quiet=config.quiet).run if is_notebook() else None
    return await run(
        rows,
        config,
        sources=sources,
        transport=transport,
        watch=watch,
        on_start=None if on_start is None else lambda engine: on_start(engine.stop),
        again=partial(_again, config, transport),
    )


def _settings(config: Config | None, options: Mapping[str, Any]) -> Config:
    settings = Config.build({} if config is None else structs.asdict(config), options)
    for name in ("log_file", "verbose"):
        if getattr(settings, name):
            logger = "logging.getLogger('scraper')"
            raise UsageError(f"{name} is the command's; in Python the log goes where you send that of {logger}")
    for name in ("cron", "max_failures", "latest", "keep_runs", "heartbeat", "notify", "metrics_file"):
        if getattr(settings, name):
            raise UsageError(f"{name} is the command's; in Python, look at `run.summary` and do what you like")
    return settings


def rows_of_sources(specs: Sequence[str], config: Config) -> Rows:
    """Open what a command line names as sources. Raises UsageError for one that cannot be read."""
    return open_sources(specs, url_column=config.url_column, priority_column=config.priority_column)


def rows_of(urls: Urls, config: Config) -> Rows:
    """Open what a library call was given. Raises UsageError for a path that cannot be read."""
    if isinstance(urls, str | os.PathLike):
        return rows_of_sources([os.fspath(urls)], config)
    return iterable_source(urls, url_column=config.url_column, priority_column=config.priority_column)
