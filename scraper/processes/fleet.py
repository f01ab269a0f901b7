"""The process that keeps the list and the output of a run, while others do the work."""

import asyncio
import logging
import pickle
from collections import Counter
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from typing import Any

from msgspec import structs
from msgspec.structs import astuple

from scraper.config import Config
from scraper.control.command import Command
from scraper.engine import Results
from scraper.engine.bottleneck import Load, finish_s
from scraper.engine.view import Inside, View
from scraper.errors import UsageError, reason_of
from scraper.extract import make_extract
from scraper.loops import in_thread
from scraper.models import Lines, Rows
from scraper.poison import ParseNotes
from scraper.processes import wire
from scraper.processes.dealer import Dealer
from scraper.processes.gathering import gather, reason_of_end
from scraper.processes.interpreters import FreshInterpreters
from scraper.processes.member import Member
from scraper.processes.merging import explained, merged, merged_inside, total
from scraper.processes.owners import Owners
from scraper.processes.share import Share, run_share
from scraper.recrawl.earlier import EarlierRecords
from scraper.stats import Stats
from scraper.urls import FingerprintSet
from scraper.wiring import process_count

KILL_AFTER_S = 2.0
"""For the processes to end after they were asked to end at once."""


def make_fleet(
    config: Config,
    *,
    notes: ParseNotes,
    earlier: EarlierRecords | None = None,
    executor: Executor | None = None,
    **parts: Any,
) -> "Fleet":
    """Make what stands in for the Engine of a run in several processes, in the running loop.

    `parts` are the run's two ends and who looks on, `earlier` what it compares with. `executor` runs a call for each
    process, all at the same time; the default gives each a Python of its own. Raises UsageError for a bad setting.
    """
    make_extract(config)
    _refuse_unsendable(config.parse)
    if executor is None:
        executor = FreshInterpreters() if earlier is None else FreshInterpreters((earlier.fd,))
    return Fleet(config=config, notes=notes, earlier=earlier, executor=executor, limit=config.limit, **parts)


def _refuse_unsendable(parse: Any) -> None:
    """Raise UsageError for a function that another process cannot import."""
    name = getattr(parse, "__qualname__", type(parse).__name__)
    try:
        data = pickle.dumps(parse)
    except Exception as error:
        raise UsageError(f"parse: {name} cannot be sent to another process ({error}); {_REMEDY}") from error
    if b"__main__" in data:
        raise UsageError(f"parse: no other process finds {name}, defined in a notebook or script; {_REMEDY}")


_REMEDY = 'put it in a module ("shop:price" for price() in shop.py), or leave processes at 1'


@dataclass(kw_only=True)
class Fleet:
    """One run in several processes: rows go in, encoded records come out of `results`, which `sink` takes further.

    Build it in the running loop, call `run` once. What can be asked of it is what can be asked of an Engine.
    """

    config: Config
    rows: Rows
    sink: Callable[[Results], Coroutine[Any, Any, None]]
    results: Results
    notes: ParseNotes
    executor: Executor
    finished: FingerprintSet = field(default_factory=FingerprintSet)
    fatal: set[int] = field(default_factory=set)
    """Those of the notes, which the processes get from there."""
    earlier: EarlierRecords | None = None
    limit: int | None = None
    is_streaming: bool = False
    """A consumer takes the records out of `results`, when it likes."""
    watch: Callable[[Callable[[], View]], Coroutine[Any, Any, None]] | None = None

    stats: Stats = field(default_factory=Stats)
    is_stopping: bool = field(default=False, init=False)
    is_past_deadline: bool = field(default=False, init=False)
    """That is why."""
    is_told_to_stop: bool = field(default=False, init=False)
    """By `scrape ctl`; that is why."""
    _processes: int = field(init=False)
    _members: list[Member] = field(default_factory=list, init=False)
    _owners: Owners = field(init=False)
    _dealer: Dealer = field(init=False)
    _dealing: asyncio.Task[None] | None = field(default=None, init=False)
    _is_over: bool = field(default=False, init=False)
    _killing: asyncio.TimerHandle | None = field(default=None, init=False)
    _death: Exception | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        """Make its parts."""
        self._processes = process_count(self.config)
        self._owners = Owners(self._processes)
        self._dealer = Dealer(
            self.rows,
            stats=self.stats,
            finished=self.finished,
            limit=self.limit,
            earlier=None if self.earlier is None else self.earlier.index.place_of_ok,
        )

    async def run(self) -> None:
        """Run to the end, or to the end of a stop. Raises RunError when the run cannot go on."""
        try:
            async with asyncio.TaskGroup() as group:
                writer = group.create_task(self.sink(self.results), name="writer")
                watcher = group.create_task(self.watch(self.view), name="watch") if self.watch else None
                self._members = await gather(self._processes, self._start)
                await self._scrape()
                await self.results.put(None)
                await writer
                if watcher is not None:
                    watcher.cancel()
        except BaseExceptionGroup as group:
            raise reason_of(group) from None
        finally:
            await self._end()
        if error := self._death or self._dealer.error:
            raise error

    def stop(self) -> None:
        """First call: start nothing new, give what is in flight the grace time. Second call: cancel it now."""
        if self.is_stopping and self._killing is None:
            self._killing = asyncio.get_running_loop().call_later(KILL_AFTER_S, self._kill)
        self.is_stopping = True
        self._order_stop()

    @property
    def is_source_read(self) -> bool:
        """Every line of the source was taken up."""
        return self._dealer.is_source_read

    @property
    def pending(self) -> int:
        """URLs that were taken up and have no record."""
        return sum(member.pending for member in self._members)

    @property
    def deferred(self) -> Counter[str]:
        """URLs, by host, that stay pending because their host asked for a longer pause than a run waits for."""
        return total([member.report.deferred for member in self._members if member.report])

    def held_back(self) -> str:
        """Return one sentence on what held the run back; empty when there is nothing to say."""
        return explained([state.load for state in self._states()])

    def view(self) -> View:
        """Return what the run tells of itself."""
        states = self._states()
        loads = [state.lately for state in states]
        load = structs.replace(merged(loads), unfinished=self.pending)
        return View(
            done=self.stats.done,
            total=self.stats.lines if self.is_source_read else None,
            ok=self.stats.ok,
            failed=dict(self.stats.failed),
            busy=sum(state.busy for state in states),
            workers=self.config.concurrency,
            queued=sum(state.queued for state in states) + sum(member.untaken for member in self._members),
            left_s=None if self.is_stopping else finish_s(load),
            is_stopping=self.is_stopping,
            note="stopping: waiting for the requests in flight" if self.is_stopping else explained(loads),
            elapsed_s=max((state.load.elapsed_s for state in states), default=0.0),
            bytes=self.stats.bytes,
            retries=self.stats.retries,
            statuses=dict(self.stats.statuses),
            latency=dict(self.stats.latency.counts),
            load=load,
        )

    def obey(self, command: Command) -> str:
        """Have the processes do what a person asks for; return a sentence on what that is. Raises UsageError."""
        if command.verb == "stop":
            self.is_told_to_stop = not self.is_stopping or self.is_told_to_stop
            self.stop()
            return "stopping: what is in flight has its time, and the same line goes on later"
        if self.is_stopping:
            raise UsageError("the run is ending: it stays as it is")
        if command.verb != "concurrency":
            for member in self._members:
                member.order(command=astuple(command))
            return {
                "per-host": f"{command.value} at a time for each host from now on, but those with a limit of their own",
                "pause": f"{command.host} is paused",
                "resume": f"{command.host} is asked again, if it was paused or skipped",
                "skip": f"{command.host} is skipped: its waiting URLs end as host-down",
            }[command.verb]
        if command.value < self._processes:
            raise UsageError(f"each of the {self._processes} processes needs a worker: {self._processes} at least")
        self.config = structs.replace(self.config, concurrency=command.value)
        for member in self._members:
            workers = self._workers_of(member.number)
            member.order(command=astuple(structs.replace(command, value=workers)))
        return f"{command.value} workers in {self._processes} processes"

    def _workers_of(self, number: int) -> int:
        """Return how many of the workers that process has."""
        workers, more = divmod(self.config.concurrency, self._processes)
        return workers + (number < more)

    def inside(self) -> Inside:
        """Return what is going on inside all of the processes, a second ago at most."""
        return merged_inside([member.inside for member in self._members])

    def load(self) -> Load:
        """Return how the workers have spent their time so far."""
        return merged([state.load for state in self._states()])

    def _states(self) -> list[wire.State]:
        return [member.state for member in self._members if member.state is not None]

    def _start(self, number: int, address: tuple[str, int], token: bytes) -> "Future[None]":
        share = Share(
            number=number,
            address=address,
            token=token,
            config=structs.replace(
                self.config, concurrency=self._workers_of(number), processes=1, output=None, limit=None
            ),
            log_level=logging.getLogger("scraper").getEffectiveLevel(),
            notes=self.notes.share(number),
            earlier_fd=None if self.earlier is None else self.earlier.fd,
            is_streaming=self.is_streaming,
        )
        return self.executor.submit(run_share, share)

    async def _scrape(self) -> None:
        async with asyncio.TaskGroup() as crew:
            self._dealing = crew.create_task(self._deal(), name="producer")
            for member in self._members:
                crew.create_task(self._attend(member), name=f"process {member.number + 1}")
            if self.is_stopping:  # asked before there was anything to stop
                self._order_stop()

    async def _deal(self) -> None:
        await self._dealer.run(self._members, self._owners)
        self._end_if_idle()

    async def _attend(self, member: Member) -> None:
        """Take what a process sends, to its end."""
        while (harvest := await member.next()) is not None:
            for line in harvest.log:
                _log_again(line)
            for handed in harvest.handed:
                self._members[self._owners.owner_of(handed.host)].hand(handed.job)
            if harvest.endings:
                await self.results.put(Lines(harvest.lines, len(harvest.endings)))
                for ending in harvest.endings:
                    self.stats.record(ending)
            member.account(harvest)
            self.stats.duplicates = sum(other.status.duplicates for other in self._members)
            self._dealer.news.set()
            self._end_if_idle()
        if member.report is not None:
            self.notes.settle(member.report.settled)
        else:
            await self._mourn(member)

    async def _mourn(self, member: Member) -> None:
        """Take note of a process that has ended before its time: the others end well, and the run says why."""
        death = await reason_of_end(member, self._processes)
        self.notes.bury(member.number)
        if self._killing is None:  # else it was we who killed it
            self._death = self._death or death
            if not self.is_stopping:
                self.stop()

    def _end_if_idle(self) -> None:
        """Let the processes end once none of them has anything left that it could hand over."""
        if self._dealer.is_done and not self._is_over and all(member.is_idle for member in self._members):
            self._is_over = True
            for member in self._members:
                member.order(is_over=True)

    def _order_stop(self) -> None:
        if self._dealing is not None:
            self._dealing.cancel()
        for member in self._members:
            member.order(is_stop=True)

    def _kill(self) -> None:
        self.executor.shutdown(wait=False, cancel_futures=True)

    async def _end(self) -> None:
        """See to it that no process is left."""
        for member in self._members:
            member.close()
        if self._killing is None:
            self._killing = asyncio.get_running_loop().call_later(KILL_AFTER_S, self._kill)
        await in_thread(self.executor.shutdown)
        self._killing.cancel()


def _log_again(line: wire.LogLine) -> None:
    """Log here what another process has logged."""
    logger = logging.getLogger(line.name)
    record = logger.makeRecord(line.name, line.level, "", 0, line.message, (), None)
    record.created, record.exc_text = line.created, line.traceback
    logger.handle(record)
