"""scrape() ascrape() stream(): what the library offers, and what the command is built on."""

import asyncio
import logging
import os
from collections.abc import AsyncIterable, AsyncIterator, Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager, contextmanager, nullcontext, suppress
from datetime import datetime
from functools import partial
from typing import Any

import httpx
import msgspec

from scraper.config import Config
from scraper.engine import Results
from scraper.errors import ProcessDied, UsageError
from scraper.kept import PageKeeper, container_name, open_container
from scraper.loops import in_own_loop, in_thread
from scraper.models import Record, Rows
from scraper.output import OutputFile, OutputStream
from scraper.poison import ParseNotes
from scraper.progress import View
from scraper.resume import Output, open_output
from scraper.robots import Robots
from scraper.run import Run, Running, records_in
from scraper.sources import iterable_source, open_sources
from scraper.stats import Summary
from scraper.wiring import make_engine, make_results, make_robots, make_worker, process_count, within_limits
from scraper.writer import Writer

_log = logging.getLogger(__name__)

Urls = str | os.PathLike[str] | Iterable[str | Mapping[str, Any]] | AsyncIterable[str | Mapping[str, Any]]
"""A list's path or one URL; or URLs, or rows with a `url` column, from anything that can be iterated."""

FINISHING_S = 1.0
"""Of a deadline, for what comes after the last request."""

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
    settings = within_limits(_settings(config, options))
    if settings.output is not None:
        raise UsageError("stream() yields the records and writes no output; use scrape() or ascrape() for that")
    results = make_results(settings)
    is_consumed = asyncio.Event()

    async def wait_for_consumer(_: Results) -> None:
        await is_consumed.wait()

    keeper = PageKeeper() if settings.keep else None

    async def work() -> None:
        async with _engines(settings, transport, ParseNotes(), keeper) as make:
            with await _keeping(keeper, settings):
                await make(rows=rows_of(urls, settings), results=results, sink=wait_for_consumer).run()

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


async def run(  # noqa: PLR0913 - the run's two ends and who looks on
    rows: Rows,
    config: Config,
    *,
    sources: Sequence[str] = (),
    transport: httpx.AsyncBaseTransport | None = None,
    watch: Watch | None = None,
    on_start: Callable[[Running], None] | None = None,
    started: float | None = None,
) -> Run:
    """Scrape `rows` to `config.output`, or into memory without one. `sources` names where the rows come from.

    `watch` draws the progress; `on_start` gets the engine, to stop it. The deadline counts from `started`, by the
    loop's clock (`time.monotonic()`); None: now.
    """
    config = within_limits(config)
    now = asyncio.get_running_loop().time()
    steered = partial(_steered, config, on_start=on_start, started=now if started is None else started)
    finish = partial(_run_to_end, sources=sources, steered=steered, started=now)
    notes = ParseNotes()
    keeper = PageKeeper() if config.keep else None
    async with _engines(config, transport, notes, keeper) as make:
        start = partial(make, rows=rows, results=make_results(config), watch=watch)
        if config.output is None:
            records: list[Record] = []
            with await _keeping(keeper, config):
                engine = start(sink=partial(_collect, records))
                return Run(await finish(engine, output=None), records)
        with ExitStack() as stack:
            output = stack.enter_context(await _opened(config, sources))
            stack.enter_context(_not_left_empty(output.target))
            with notes.beside(output.target), await _keeping(keeper, config, output) as kept:
                engine = start(sink=Writer(output, kept).run, finished=output.finished, fatal=notes.fatal)
                summary = await finish(engine, output=output.path)
            stack.pop_all()  # what settles it closes it, though we be cancelled meanwhile
            replaced = await in_thread(output.settle_and_close)
            return Run(_beside_earlier(summary, output, replaced), None)


@asynccontextmanager
async def _engines(
    config: Config, transport: httpx.AsyncBaseTransport | None, notes: ParseNotes, keeper: PageKeeper | None
) -> AsyncIterator[Callable[..., Running]]:
    """Make what makes the engine of a run, in this process or for several; `notes` are of the pages under parse."""
    if process_count(config) == 1:
        async with make_worker(config, transport, notes.around, keeper) as (worker, names):
            yield partial(make_engine, config, worker=worker, names=names)
        return
    if transport is not None:
        raise UsageError("transport cannot be sent to other processes; leave processes at 1 with one of your own")
    if keeper is not None:
        raise UsageError("--keep writes one container, which one process keeps; leave --processes at 1 with it")
    from scraper.processes.fleet import make_fleet  # noqa: PLC0415 - a run in one process does without

    yield partial(make_fleet, config, notes=notes)


async def _collect(records: list[Record], results: Results) -> None:
    while (record := await results.get()) is not None:
        records += records_in(record)


async def _run_to_end(
    engine: Running,
    *,
    sources: Sequence[str],
    steered: Callable[[Running], AbstractContextManager[object]],
    started: float,
    output: str | None,
) -> Summary:
    """Run it; return the account. Raises RunError, with the account when the source was damaged further on."""
    try:
        with steered(engine):
            await engine.run()
    except (UsageError, ProcessDied) as error:
        if engine.stats.lines:
            error.summary = _summary(engine, started, output=output)
        raise
    summary = _summary(engine, started, output=output)
    if sources and summary.is_complete and summary.lines == summary.blank:
        raise UsageError(f"{', '.join(sources)} holds no URL; write one on each line")
    return summary


@contextmanager
def _steered(
    config: Config, engine: Running, *, on_start: Callable[[Running], None] | None, started: float
) -> Iterator[None]:
    """Stop `engine` so early before the deadline that the requests in flight have their grace, and all is written."""
    if on_start is not None:
        on_start(engine)
    if (deadline_s := config.deadline_s) is None:
        yield
        return

    def stop() -> None:
        engine.is_past_deadline = True
        engine.stop()

    cancel_at = started + deadline_s - min(FINISHING_S, deadline_s / 10)
    loop = asyncio.get_running_loop()
    stopping = loop.call_at(cancel_at - min(config.grace, deadline_s / 10), stop)
    cancelling = loop.call_at(cancel_at, stop)
    try:
        yield
    finally:
        stopping.cancel()
        cancelling.cancel()


def _beside_earlier(summary: Summary, output: Output, replaced: int) -> Summary:
    """Return `summary` with what the output has of earlier runs."""
    return msgspec.structs.replace(
        summary,
        failed_before=len(output.retried),
        tried_again=replaced,
        earlier_ok=output.ok,
        earlier_errors=dict(output.failed),
    )


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
async def robots(config: Config) -> AsyncIterator[Robots]:
    """Make what asks origins for their robots.txt as a run with `config` would, for as long as the block lasts."""
    async with make_worker(config) as (worker, _):
        yield make_robots(config, worker, asyncio.get_running_loop().time)


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


async def _keeping(
    keeper: PageKeeper | None, config: Config, output: Output | None = None
) -> AbstractContextManager[OutputFile | None]:
    """Open the container of `config.keep` in a thread; entered, `keeper` writes to it."""
    if keeper is None:
        return nullcontext()
    now = datetime.now().astimezone()
    name = container_name(config.keep or "", None if output is None else output.path, now)
    opening = partial(open_container, name, fresh=config.fresh, now=now)
    file, is_new = await in_thread(opening, undo=lambda opened: opened[0].close())
    if is_new and output is not None and len(output.finished):
        _log.warning("%s is new: pages whose records are in %s already are not in it", name, output.path)
    return keeper.writing_to(file)


async def _scrape(
    urls: Urls,
    config: Config,
    transport: httpx.AsyncBaseTransport | None,
    on_start: Callable[[Running], None] | None = None,
) -> Run:
    sources = [os.fspath(urls)] if isinstance(urls, str | os.PathLike) else []
    return await run(rows_of(urls, config), config, sources=sources, transport=transport, on_start=on_start)


def _settings(config: Config | None, options: Mapping[str, Any]) -> Config:
    settings = Config.build({} if config is None else msgspec.structs.asdict(config), options)
    for name in ("log_file", "verbose"):
        if getattr(settings, name):
            logger = "logging.getLogger('scraper')"
            raise UsageError(f"{name} is the command's; in Python the log goes where you send that of {logger}")
    for name in ("cron", "max_failures", "latest", "keep_runs", "heartbeat", "notify"):
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


def _summary(engine: Running, started: float, output: str | None) -> Summary:
    summary = engine.stats.summary(
        elapsed_s=asyncio.get_running_loop().time() - started,
        pending=engine.pending,
        output=output,
        is_complete=engine.is_source_read and not engine.pending,
    )
    is_read_whole = engine.is_source_read and engine.limit is None
    unlisted = max(0, len(engine.finished) - engine.stats.already_done) if is_read_whole else 0
    is_past_deadline = engine.is_past_deadline and not summary.is_complete
    return msgspec.structs.replace(summary, unlisted=unlisted, is_past_deadline=is_past_deadline)
