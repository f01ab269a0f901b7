"""One run, from its rows to the Run it leaves: the output is opened, the engine started, the account drawn up."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import (
    AbstractContextManager,
    AsyncExitStack,
    ExitStack,
    asynccontextmanager,
    closing,
    contextmanager,
    nullcontext,
)
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

import httpx
from msgspec import structs

from scraper.config import Config
from scraper.control.command import Command, Reply
from scraper.control.server import steerable
from scraper.engine import Results
from scraper.engine.view import View
from scraper.errors import ProcessDied, UsageError
from scraper.expect import DataCheck
from scraper.fill import Coverage, FieldCounts
from scraper.kept import PageKeeper, container_name, open_container
from scraper.loops import in_thread
from scraper.models import Rows
from scraper.output import OutputFile, OutputStream
from scraper.poison import ParseNotes
from scraper.recrawl.earlier import EarlierRecords, RecordReader, open_earlier
from scraper.resume import Output, open_output
from scraper.resume.look import look_at
from scraper.run import Again, Run, Running, Spool, records_in
from scraper.stats import Stats, Summary
from scraper.status import status_data, status_text
from scraper.wiring import make_engine, make_results, make_worker, process_count, within_limits
from scraper.writer import Writer

_log = logging.getLogger(__name__)

FINISHING_S = 1.0
"""Of a deadline, for what comes after the last request."""

Watch = Callable[[Callable[[], View]], Coroutine[Any, Any, None]]


async def run(  # noqa: PLR0913 - the run's two ends and who looks on
    rows: Rows,
    config: Config,
    *,
    sources: Sequence[str] = (),
    transport: httpx.AsyncBaseTransport | None = None,
    watch: Watch | None = None,
    on_start: Callable[[Running], None] | None = None,
    again: Again | None = None,
    started: float | None = None,
) -> Run:
    """Scrape `rows` to `config.output`, or into memory without one. `sources` names where the rows come from.

    `watch` draws the progress; `on_start` gets the engine, to stop it; `again` is how the Run tries failed URLs again.
    The deadline counts from `started`, by the loop's clock (`time.monotonic()`); None: now.
    """
    config = within_limits(config)
    check = await in_thread(partial(make_check, config))
    now = asyncio.get_running_loop().time()
    finished = partial(Run, again=again, check=check, field_names=config.field_names)
    notes = ParseNotes()
    keeper = PageKeeper() if config.keep else None
    async with engines(config, transport, notes, keeper) as make, shown(config, watch) as looks:
        start = partial(make, rows=rows, results=make_results(config), watch=looks.watch)
        on_starts = [looks.attend, *([on_start] if on_start else [])]
        steered = partial(_steered, config, on_starts=on_starts, started=now if started is None else started)
        finish = partial(_run_to_end, sources=sources, steered=steered, started=now)
        if config.output is None:
            with closing(Spool()) as spool, await keeping(keeper, config):
                engine = start(sink=partial(_collect, spool), stats=Stats(fields=FieldCounts(config.field_names)))
                summary = await finish(engine, output=None)
                return finished(_judged(check, engine, summary), spool.records())
        with ExitStack() as stack:
            output = stack.enter_context(await _opened(config, sources))
            stack.enter_context(_not_left_empty(output.target))
            with notes.beside(output.target), await keeping(keeper, config, output) as kept:
                engine = start(
                    sink=Writer(output, kept).run,
                    finished=output.finished,
                    fatal=notes.fatal,
                    stats=Stats(fields=output.fields),
                )
                summary = await finish(engine, output=output.path)
            stack.pop_all()  # what settles it closes it, though we be cancelled meanwhile
            replaced = await in_thread(output.settle_and_close)
            return finished(_judged(check, engine, _of_whole(summary, output, replaced)), None)


def make_check(config: Config) -> DataCheck:
    """Return what the run is held against; a baseline is read for it. Raises UsageError."""
    return DataCheck.of(config.expect, None if config.baseline is None else _coverage_of(config.baseline))


def _coverage_of(baseline: str) -> Coverage:
    try:
        tally = look_at(baseline, field_names=(), wanted="an earlier output, or leave it out for a first run")
    except UsageError as error:
        raise UsageError(f"--baseline: {error}") from error
    fields = tally.fields.fills() if tally.fields else {}
    return Coverage(ok=tally.ok, failed=tally.failed.total(), fields=fields)


def _judged(check: DataCheck, engine: Running, summary: Summary) -> Summary:
    """Hold a run that came to its own end against what is expected; a stopped one has not the pages yet."""
    return summary if engine.is_stopping else check.judge(summary)


def _of_whole(summary: Summary, output: Output, replaced: int) -> Summary:
    """Return the account with what concerns the whole output; `replaced` failed records gave way to new ones."""
    ok = summary.ok + output.ok
    failed = summary.failed + sum(output.failed.values()) + len(output.retried) - replaced
    return structs.replace(
        summary,
        failed_before=len(output.retried),
        tried_again=replaced,
        earlier_ok=output.ok,
        earlier_errors=dict(output.failed),
        coverage=structs.replace(summary.coverage, ok=ok, failed=failed),
    )


@asynccontextmanager
async def engines(
    config: Config, transport: httpx.AsyncBaseTransport | None, notes: ParseNotes, keeper: PageKeeper | None
) -> AsyncIterator[Callable[..., Running]]:
    """Make what makes the engine of a run, in this process or for several; `notes` are of the pages under parse."""
    async with _compared(config) as earlier:
        if process_count(config) == 1:
            read, place_of = (None, None) if earlier is None else (RecordReader(earlier.fd), earlier.index.place_of_ok)
            async with make_worker(config, transport, notes.around, keeper, read) as (worker, names):
                yield partial(make_engine, config, worker=worker, names=names, earlier=place_of)
        else:
            yield _fleets(config, transport, notes, keeper, earlier)


def _fleets(
    config: Config,
    transport: httpx.AsyncBaseTransport | None,
    notes: ParseNotes,
    keeper: PageKeeper | None,
    earlier: EarlierRecords | None,
) -> Callable[..., Running]:
    if transport is not None:
        raise UsageError("transport cannot be sent to other processes; leave processes at 1 with one of your own")
    if keeper is not None:
        raise UsageError("--keep writes one container, which one process keeps; leave --processes at 1 with it")
    from scraper.processes.fleet import make_fleet  # noqa: PLC0415 - a run in one process does without

    return partial(make_fleet, config, notes=notes, earlier=earlier)


@asynccontextmanager
async def _compared(config: Config) -> AsyncIterator[EarlierRecords | None]:
    """Open the output that the run compares with, in a thread; a `latest` that is not there yet is an empty one."""
    if config.since is None:
        yield None
        return
    opening = partial(open_earlier, config.since, may_be_missing=config.is_since_latest)
    with await in_thread(opening, undo=EarlierRecords.close) as earlier:
        yield earlier


class Looks(NamedTuple):
    """Those who look at a run."""

    watch: Watch | None
    attend: Callable[[Running], None]
    """To be called with the run before it begins."""


@asynccontextmanager
async def shown(config: Config, watch: Watch | None) -> AsyncIterator[Looks]:
    """Make what looks at the run: `watch`, and the dashboard and the metrics' server when there are to be any.

    Raises UsageError here, before the output is touched, when a port cannot be had.
    """
    async with AsyncExitStack() as stack:
        attend: Callable[[Running], None] = _ignore
        if config.metrics_port is not None:
            from scraper.metrics.server import MetricsServer  # noqa: PLC0415 - a run without one does without

            server = MetricsServer(config.metrics_port, is_quiet=config.quiet or config.cron)
            attend = (await stack.enter_async_context(server)).attend
        if config.dashboard is not False:
            from scraper.dashboard import Dashboard  # noqa: PLC0415 - a run without one does without

            port = None if config.dashboard is True else config.dashboard
            board = await stack.enter_async_context(Dashboard(port=port, title=config.output or "memory"))
            watch = partial(_both, watch, board.watch) if watch else board.watch
        yield Looks(watch, attend)


def _ignore(_: Running) -> None:
    pass


async def _both(one: Watch, other: Watch, view: Callable[[], View]) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(one(view))
        group.create_task(other(view))


async def _collect(spool: Spool, results: Results) -> None:
    while (record := await results.get()) is not None:
        for each in records_in(record):
            spool.add(each)


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
            async with AsyncExitStack() as stack:
                if output is not None and output != "-":
                    await stack.enter_async_context(steerable(output, partial(_obey, engine)))
                await engine.run()
    except (UsageError, ProcessDied) as error:
        if engine.stats.lines:
            error.summary = _summary(engine, started, output=output)
        raise
    summary = _summary(engine, started, output=output)
    if sources and summary.is_complete and summary.lines == summary.blank:
        raise UsageError(f"{', '.join(sources)} holds no URL; write one on each line")
    return summary


def _obey(engine: Running, command: Command) -> Reply:
    if command.verb != "status":
        return Reply(ok=True, text=engine.obey(command))
    view, inside = engine.view(), engine.inside()
    return Reply(ok=True, text=status_text(view, inside), status=status_data(view, inside))


@contextmanager
def _steered(
    config: Config, engine: Running, *, on_starts: Sequence[Callable[[Running], None]], started: float
) -> Iterator[None]:
    """Stop `engine` so early before the deadline that the requests in flight have their grace, and all is written."""
    for on_start in on_starts:
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


@contextmanager
def _not_left_empty(target: OutputFile | OutputStream) -> Iterator[None]:
    """Leave no file behind that was made for a run which failed before it wrote anything."""
    try:
        yield
    except BaseException:
        if isinstance(target, OutputFile):
            target.remove_unused()
        raise


async def _opened(config: Config, sources: Sequence[str]) -> Output:
    """Open the output in a thread, for reading a large one back takes its time."""
    opening = partial(
        open_output,
        config.output or "-",
        fresh=config.fresh,
        retry_failed=config.retry_failed,
        now=datetime.now().astimezone(),
        sources=sources,
        field_names=config.field_names if config.has_fields else None,
    )
    return await in_thread(opening, undo=lambda output: output.target.close())


async def keeping(
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
    return structs.replace(summary, unlisted=unlisted, is_past_deadline=is_past_deadline)
