"""scrape() ascrape() stream(): the only place where the parts are wired together."""

import asyncio
import logging
import math
import os
import time
from collections.abc import AsyncIterable, AsyncIterator, Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any

import httpx
import msgspec
from msgspec import structs

from scraper import config as defaults
from scraper.backlog import Backlog
from scraper.config import Config
from scraper.door import Door
from scraper.engine import Engine, Results, Rows
from scraper.errors import UsageError
from scraper.extract import build_extractor
from scraper.fetcher import Fetcher
from scraper.frontier import Frontier, FrontierCore, Names, Pace
from scraper.loops import in_own_loop, in_thread
from scraper.models import Record
from scraper.output import OutputFile, OutputStream
from scraper.poison import ParseNotes
from scraper.progress import View
from scraper.resume import Output, open_output
from scraper.retry import RetryPolicy
from scraper.robots import Robots
from scraper.run import Run
from scraper.sources import iterable_source, open_sources
from scraper.stats import Summary
from scraper.transport import AiohttpTransport
from scraper.transport.addresses import Guard
from scraper.transport.descriptors import enough_for
from scraper.transport.dns import CachingResolver
from scraper.worker import Worker
from scraper.writer import Writer

_log = logging.getLogger(__name__)

Urls = str | os.PathLike[str] | Iterable[str | Mapping[str, Any]] | AsyncIterable[str | Mapping[str, Any]]
"""A list's path or one URL; or URLs, or rows with a `url` column, from anything that can be iterated."""

Watch = Callable[[Callable[[], View]], Coroutine[Any, Any, None]]
Sink = Callable[[Results], Coroutine[Any, Any, None]]


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
    return in_own_loop(lambda on_start: _scrape(urls, settings, transport, lambda engine: on_start(engine.stop)))


async def ascrape(
    urls: Urls, config: Config | None = None, *, transport: httpx.AsyncBaseTransport | None = None, **options: Any
) -> Run:
    """Scrape `urls` in the caller's loop; otherwise as `scrape`. Cancelling it keeps what is in the output."""
    return await _scrape(urls, _settings(config, options), transport)


async def stream(
    urls: Urls, config: Config | None = None, *, transport: httpx.AsyncBaseTransport | None = None, **options: Any
) -> AsyncIterator[Record]:
    """Yield each Record as it comes; a slow consumer slows the fetching down. Takes what `ascrape` takes.

    Leaving the loop early ends the run; close the generator (`contextlib.aclosing`) to have it ended at once.
    """
    settings = _within_limits(_settings(config, options))
    if settings.output is not None:
        raise UsageError("stream() yields the records and writes no output; use scrape() or ascrape() for that")
    results = _results(settings)
    is_consumed = asyncio.Event()

    async def wait_for_consumer(_: Results) -> None:
        await is_consumed.wait()

    async def work() -> None:
        async with _parts(settings, transport) as (worker, names):
            rows = rows_of(urls, settings)
            sink = wait_for_consumer
            await _engine(settings, worker=worker, names=names, rows=rows, results=results, sink=sink).run()

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
            yield record
        is_consumed.set()
        await running
    finally:
        running.cancel()
        await asyncio.wait([running])


async def run(  # noqa: PLR0913 - the run's two ends and who looks on
    rows: Rows,
    config: Config,
    *,
    sources: Sequence[str] = (),
    transport: httpx.AsyncBaseTransport | None = None,
    watch: Watch | None = None,
    on_start: Callable[[Engine], None] | None = None,
) -> Run:
    """Scrape `rows` to `config.output`, or into memory without one. `sources` names where the rows come from.

    `watch` draws the progress; `on_start` gets the engine, to stop it.
    """
    config = _within_limits(config)
    finish = partial(_run_to_end, sources=sources, on_start=on_start, started=asyncio.get_running_loop().time())
    notes = ParseNotes()
    async with _parts(config, transport, notes) as (worker, names):
        start = partial(_engine, config, worker=worker, names=names, rows=rows, results=_results(config), watch=watch)
        if config.output is None:
            records: list[Record] = []
            engine = start(sink=partial(_collect, records))
            return Run(await finish(engine, output=None), records)
        with ExitStack() as stack:
            output = stack.enter_context(await _opened(config, sources))
            stack.enter_context(_not_left_empty(output.target))
            with notes.beside(output.target):
                engine = start(sink=Writer(output).run, finished=output.finished, fatal=notes.fatal)
                summary = await finish(engine, output=output.path)
            stack.pop_all()  # what settles it closes it, though we be cancelled meanwhile
            replaced = await in_thread(output.settle_and_close)
            return Run(msgspec.structs.replace(summary, failed_before=len(output.retried), tried_again=replaced), None)


async def _collect(records: list[Record], results: Results) -> None:
    while (record := await results.get()) is not None:
        records.append(record)


async def _run_to_end(
    engine: Engine,
    *,
    sources: Sequence[str],
    on_start: Callable[[Engine], None] | None,
    started: float,
    output: str | None,
) -> Summary:
    """Run it; return the account. Raises RunError, with the account when the source was damaged further on."""
    if on_start is not None:
        on_start(engine)
    try:
        await engine.run()
    except UsageError as error:
        if engine.stats.lines:
            error.summary = _summary(engine, started, output=output)
        raise
    summary = _summary(engine, started, output=output)
    if sources and summary.is_complete and summary.lines == summary.blank:
        raise UsageError(f"{', '.join(sources)} holds no URL; write one on each line")
    return summary


@contextmanager
def _not_left_empty(target: OutputFile | OutputStream) -> Iterator[None]:
    """Leave no file behind that was made for a run which failed before it wrote anything."""
    try:
        yield
    except BaseException:
        if isinstance(target, OutputFile):
            target.remove_unused()
        raise


@asynccontextmanager
async def _parts(
    config: Config, transport: httpx.AsyncBaseTransport | None = None, notes: ParseNotes | None = None
) -> AsyncIterator[tuple[Worker, Names | None]]:
    """Make what turns jobs into records, and what looks up the names of their hosts.

    Raises UsageError here, before the output is touched, for a bad setting.
    """
    extract = build_extractor(
        select=config.select, links=config.links, meta=config.meta, html=config.html, parse=config.parse
    )
    async with AsyncExitStack() as stack:
        if transport is None:
            transport = _transport(config)
            stack.push_async_callback(transport.aclose)
        worker = Worker(
            fetch=_fetcher(transport, config),
            extract=extract if notes is None else notes.around(extract),
            retry=_retry_policy(config),
            retry_after_cap_s=defaults.RETRY_AFTER_CAP_S,
            wall_clock=_utc_now,
            # A user's function is called in the loop's thread always: what it uses may belong to that.
            large_page_bytes=defaults.LARGE_PAGE_BYTES if config.parse is None else math.inf,
        )
        yield worker, transport.names if isinstance(transport, AiohttpTransport) else None


@asynccontextmanager
async def robots(config: Config) -> AsyncIterator[Robots]:
    """Make what asks origins for their robots.txt as a run with `config` would, for as long as the block lasts."""
    async with _parts(config) as (worker, _):
        yield _robots(config, worker, asyncio.get_running_loop().time)


def _engine(config: Config, *, worker: Worker, names: Names | None, **parts: Any) -> Engine:
    clock = asyncio.get_running_loop().time
    core = FrontierCore(partial(_pace, config))
    frontier = Frontier(core, window=defaults.FRONTIER_WINDOW, clock=clock, names=names)
    return Engine(
        frontier=frontier,
        door=Door(
            frontier=frontier,
            robots=_robots(config, worker, clock) if config.robots else None,
            crawl_delay_cap_s=defaults.CRAWL_DELAY_CAP_S,
            decide=worker.decide,
        ),
        worker=worker,
        backlog=Backlog(),
        clock=clock,
        cpu_clock=time.process_time,
        workers=config.concurrency,
        grace_s=config.grace,
        limit=config.limit,
        **parts,
    )


def _pace(config: Config, host: str) -> Pace:
    slots, gap_s = config.limits_of(host)
    return Pace(slots=slots, gap_s=gap_s, pause_cap_s=defaults.RETRY_AFTER_CAP_S)


def _robots(config: Config, worker: Worker, clock: Callable[[], float]) -> Robots:
    return Robots(
        fetch=worker.fetch,
        user_agent=config.user_agent,
        clock=clock,
        ttl_s=defaults.ROBOTS_TTL_S,
        failure_ttl_s=defaults.ROBOTS_FAILURE_TTL_S,
        max_origins=defaults.ROBOTS_ORIGINS,
    )


async def _opened(config: Config, sources: Sequence[str]) -> Output:
    """Open the output in a thread, for reading a large one back takes its time."""
    opening = partial(
        open_output,
        config.output or "-",
        fresh=config.fresh,
        retry_failed=config.retry_failed,
        now=datetime.now().astimezone(),
        sources=sources,
    )
    return await in_thread(opening, undo=lambda output: output.target.close())


async def _scrape(
    urls: Urls,
    config: Config,
    transport: httpx.AsyncBaseTransport | None,
    on_start: Callable[[Engine], None] | None = None,
) -> Run:
    sources = [os.fspath(urls)] if isinstance(urls, str | os.PathLike) else []
    return await run(rows_of(urls, config), config, sources=sources, transport=transport, on_start=on_start)


def _settings(config: Config | None, options: Mapping[str, Any]) -> Config:
    settings = Config.build({} if config is None else msgspec.structs.asdict(config), options)
    for name in ("log_file", "verbose"):
        if getattr(settings, name):
            logger = "logging.getLogger('scraper')"
            raise UsageError(f"{name} is the command's; in Python the log goes where you send that of {logger}")
    return settings


def _within_limits(config: Config) -> Config:
    """Return `config` with no more workers than there are descriptors for: a URL must not fail for want of one."""
    workers = enough_for(config.concurrency)
    if workers == config.concurrency:
        return config
    _log.warning(
        "%d workers instead of %d: this process may not open more files; raise the limit (ulimit -n) for more",
        workers,
        config.concurrency,
    )
    return structs.replace(config, concurrency=workers)


def rows_of_sources(specs: Sequence[str], config: Config) -> Rows:
    """Open what a command line names as sources. Raises UsageError for one that cannot be read."""
    return open_sources(specs, url_column=config.url_column, priority_column=config.priority_column)


def rows_of(urls: Urls, config: Config) -> Rows:
    """Open what a library call was given. Raises UsageError for a path that cannot be read."""
    if isinstance(urls, str | os.PathLike):
        return rows_of_sources([os.fspath(urls)], config)
    return iterable_source(urls, url_column=config.url_column, priority_column=config.priority_column)


def _results(config: Config) -> Results:
    return asyncio.Queue(maxsize=defaults.RESULTS_PER_WORKER * config.concurrency)


def _transport(config: Config) -> AiohttpTransport:
    return AiohttpTransport(
        limit=config.concurrency,
        max_open=defaults.SOCKETS_PER_WORKER * config.concurrency,
        idle_timeout_s=defaults.IDLE_SOCKET_S,
        resolver=CachingResolver(
            timeout_s=defaults.DNS_TIMEOUT_S,
            ttl_s=defaults.DNS_TTL_S,
            negative_ttl_s=defaults.DNS_NEGATIVE_TTL_S,
        ),
        proxy=config.proxy,
        is_insecure=config.insecure,
    )


def _fetcher(transport: httpx.AsyncBaseTransport, config: Config) -> Fetcher:
    return Fetcher(
        transport,
        user_agent=config.user_agent,
        headers=[defaults.split_header(line) for line in config.header],
        timeout_s=config.timeout,
        connect_timeout_s=config.connect_timeout,
        read_timeout_s=config.read_timeout,
        max_body_bytes=config.max_body_bytes,
        max_redirects=config.max_redirects,
        guard=Guard(is_for_all=config.public_only, allowed=config.allowed_networks),
    )


def _retry_policy(config: Config) -> RetryPolicy:
    return RetryPolicy(
        retries=config.retries,
        wait_s=defaults.RETRY_WAIT_S,
        wait_cap_s=defaults.RETRY_WAIT_CAP_S,
        wall_clock=_utc_now,
    )


def _summary(engine: Engine, started: float, output: str | None) -> Summary:
    summary = engine.stats.summary(
        elapsed_s=asyncio.get_running_loop().time() - started,
        pending=engine.pending,
        output=output,
        is_complete=engine.is_source_read and not engine.pending,
    )
    is_read_whole = engine.is_source_read and engine.limit is None
    unlisted = max(0, len(engine.finished) - engine.stats.already_done) if is_read_whole else 0
    return msgspec.structs.replace(summary, unlisted=unlisted)


def _utc_now() -> datetime:
    return datetime.now(UTC)
