"""Starts producer, N workers and one writer in one TaskGroup; stops them gracefully."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from contextlib import aclosing
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Protocol

from msgspec import structs

from scraper.backlog import Backlog
from scraper.bottleneck import HostLoad, Load, explain, finish_s
from scraper.config import BACKLOG_JOBS, HOST_SHARE, SOCKETS_PER_WORKER
from scraper.control.command import Command
from scraper.crew import Crew
from scraper.door import Door
from scraper.errors import HostDown, ParseLimit, RunError, UrlError, UsageError, reason_of
from scraper.frontier import Frontier, Pace
from scraper.models import Job, Lines, Record, Row, Rows, Timings
from scraper.seats import CURRENT, Seats
from scraper.stats import Stats
from scraper.stats import count as count_of
from scraper.timesheet import Timesheet
from scraper.urls import Address, FingerprintSet, address_of, identity, masked
from scraper.view import HostCounts, Inside, View
from scraper.watchdog import LoopWatch, StallWatch, busiest
from scraper.worker import Worker, failure_record, refusal_record

PULSE_S = 0.25

Results = asyncio.Queue[Record | Lines | None]
"""Records on their way to the writer; None: there will be no more."""


PlaceOf = Callable[[int], int | None]
"""From a URL's `identity` to the `earlier` of its Row."""


class Peers(Protocol):
    """The other processes of the run: each asks hosts of its own."""

    def take(self, job: Job, wait_s: float | None = None) -> bool:
        """Hand `job` to the process that asks its host, a next try in `wait_s` seconds; False: that is this one."""
        ...

    async def finished(self) -> None:
        """Wait until no process has anything left that could be handed over."""
        ...


@dataclass(kw_only=True)
class Engine:
    """One run: rows go in, each URL's one Record comes out of `results`, which `sink` takes to where it belongs.

    Build it in the running loop, call `run` once.
    """

    rows: Rows
    frontier: Frontier
    door: Door
    worker: Worker
    backlog: Backlog
    sink: Callable[[Results], Coroutine[Any, Any, None]]
    results: Results
    workers: int
    grace_s: float
    clock: Callable[[], float]
    cpu_clock: Callable[[], float]
    finished: FingerprintSet = field(default_factory=FingerprintSet)
    """Fingerprints of the URLs that an earlier run finished."""
    fatal: set[int] = field(default_factory=set)
    """Fingerprints of the URLs whose pages killed earlier runs; each is taken out when it has its record."""
    earlier: PlaceOf | None = None
    """Where the earlier run's record of a URL is, for a run that compares; None: there is none, or the rows know it."""
    limit: int | None = None
    """Take only the first so many URLs."""
    watch: Callable[[Callable[[], View]], Coroutine[Any, Any, None]] | None = None
    """Runs beside it until the end; asks for a View whenever it likes."""
    is_streaming: bool = False
    """A consumer takes the records out of `results`, when it likes."""
    peers: Peers | None = None
    """None: it asks all hosts itself."""
    backlog_jobs: float = BACKLOG_JOBS
    """With more in the backlog, the rows are read on only for a worker that has nothing to do."""

    stats: Stats = field(default_factory=Stats)
    is_source_read: bool = field(default=False, init=False)
    """Every line of the source was taken up."""
    is_stopping: bool = field(default=False, init=False)
    is_past_deadline: bool = field(default=False, init=False)
    """That is why."""
    is_told_to_stop: bool = field(default=False, init=False)
    """By `scrape ctl`; that is why."""
    deferred: Counter[str] = field(default_factory=Counter, init=False)
    """URLs, by host, that stay pending because their host asked for a longer pause than a run waits for."""
    _producer: asyncio.Task[None] | None = field(default=None, init=False)
    _grace: asyncio.TimerHandle | None = field(default=None, init=False)
    _ordinals: "count[int]" = field(default_factory=count, init=False)
    _urls: int = field(default=0, init=False)
    _unrecorded: int = field(default=0, init=False)
    """Jobs that robots.txt has just denied, and whose records are not written yet."""
    _left_behind: int = field(default=0, init=False)
    """Jobs that were in the backlog when the run ended."""
    _seats: Seats = field(default_factory=Seats, init=False)
    _hosts: HostCounts = field(default=HostCounts(), init=False)
    _sheet: Timesheet = field(init=False)
    _crew: Crew = field(init=False)
    _stalls: StallWatch = field(init=False)
    _source_error: RunError | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        """Start to count the time."""
        self._sheet = Timesheet(
            workers=self.workers, hosts=self._host_loads, clock=self.clock, cpu_clock=self.cpu_clock
        )
        self._crew = Crew(self._work, self._seats, self._sheet)
        self._stalls = StallWatch(self._seats, now=self.clock(), is_streaming=self.is_streaming)

    async def run(self) -> None:
        """Run to the end, or to the end of a stop. Raises RunError when the run cannot go on."""
        try:
            async with asyncio.TaskGroup() as group:
                writer = group.create_task(self.sink(self.results), name="writer")
                watcher = group.create_task(self.watch(self.view), name="watch") if self.watch else None
                pulse = group.create_task(self._pulse(), name="pulse")
                await self._scrape()
                await self.results.put(None)
                await writer
                pulse.cancel()
                if watcher is not None:
                    watcher.cancel()
        except BaseExceptionGroup as group:
            raise reason_of(group) from None
        finally:
            if self._grace is not None:
                self._grace.cancel()
            self._left_behind = len(self.backlog)
            self.backlog.close()
        if self._source_error is not None:
            raise self._source_error

    def stop(self) -> None:
        """First call: start nothing new, give what is in flight the grace time. Second call: cancel it now."""
        if self.is_stopping:
            self._cancel()
            return
        self.is_stopping = True
        self.frontier.stop()
        if self._producer is not None:
            self._producer.cancel()
            self._grace = asyncio.get_running_loop().call_later(self.grace_s, self._cancel)

    @property
    def pending(self) -> int:
        """URLs that were taken up and have no record."""
        core = self.frontier.core
        in_frontier = core.waiting + core.in_flight - core.errands
        return in_frontier + len(self.backlog) + self._left_behind + self.deferred.total() + self._unrecorded

    def view(self) -> View:
        """Return what it tells of itself: of what holds it back now, not of what did an hour ago."""
        load = self.lately()
        return View(
            done=self.stats.done,
            total=self.stats.lines if self.is_source_read else None,
            ok=self.stats.ok,
            failed=dict(self.stats.failed),
            busy=self.frontier.core.in_flight,
            workers=self.workers,
            queued=self.frontier.core.waiting + len(self.backlog),
            left_s=None if self.is_stopping else finish_s(load),
            is_stopping=self.is_stopping,
            note="stopping: waiting for the requests in flight" if self.is_stopping else explain(load),
            elapsed_s=self._sheet.elapsed_s,
            bytes=self.stats.bytes,
            retries=self.stats.retries,
            statuses=dict(self.stats.statuses),
            latency=dict(self.stats.latency.counts),
            load=load,
        )

    def inside(self) -> Inside:
        """Return what its workers do now, and what else is counted only for those who ask."""
        now = self.clock()
        sockets = self.worker.sockets
        return Inside(
            in_flight=self._seats.in_flight(),
            hosts=self._hosts,
            open_sockets=0 if sockets is None else sockets.open_sockets,
            stalls=self._stalls.stalls,
            quiet_s=now - self._stalls.moved_at,
            phases={phase: dict(histogram.counts) for phase, histogram in self.stats.phases.items()},
            busy=busiest(self._seats, now),
        )

    async def _pulse(self) -> None:
        """Measure how late the loop is: what a worker seems to wait for may have come long ago. See to stalls."""
        with LoopWatch(self._seats, clock=self.clock) as watch:
            while True:
                due = self.clock() + PULSE_S
                await asyncio.sleep(PULSE_S)
                now = self.clock()
                self._sheet.late(now - due)
                watch.beat()
                self._stalls.look(now, self.stats.done)

    def _cancel(self) -> None:
        if self._producer is not None:
            self._producer.cancel()
        self._crew.cancel()

    async def _scrape(self) -> None:
        async with asyncio.TaskGroup() as group:
            self._producer = group.create_task(self._produce(), name="producer")
            self._crew.start(group, self.workers)
            if self.is_stopping:  # asked before there was anything to stop
                self._cancel()

    def obey(self, command: Command) -> str:
        """Do what a person asks for; return a sentence on what that is. Raises UsageError."""
        host = command.host
        match command.verb:
            case "concurrency":
                return self._resize(command.value)
            case "per-host":
                self.frontier.set_slots(command.value)
                return f"{command.value} at a time for each host from now on, but those with a limit of their own"
            case "pause":
                self.frontier.pause(host)
                return f"{host} is paused: {count_of(self._waiting_of(host), 'URL')} waiting"
            case "resume":
                was_other = self.frontier.resume(host)
                return f"{host} is asked again" if was_other else f"{host} was neither paused nor skipped"
            case "skip":
                self.frontier.skip(host)
                waiting = self._waiting_of(host)
                return (
                    f"{host} is skipped: {waiting:,} waiting {'URL ends' if waiting == 1 else 'URLs end'} as host-down"
                )
            case "stop":
                self.is_told_to_stop = not self.is_stopping or self.is_told_to_stop
                self.stop()
                return "stopping: what is in flight has its time, and the same line goes on later"
        raise UsageError(f"a run cannot {command.verb}")

    def _waiting_of(self, host: str) -> int:
        return self.frontier.core.waiting_of(host) + self.backlog.waiting(host)

    def _resize(self, workers: int) -> str:
        if self.is_stopping:
            raise UsageError("the run is ending: its workers stay as they are")
        told = self._crew.resize(workers)
        self.workers = workers
        if (sockets := self.worker.sockets) is not None:
            sockets.resize(workers, SOCKETS_PER_WORKER * workers)
        return told

    async def _produce(self) -> None:
        try:
            batches: AsyncGenerator[list[Row], None] = self.rows.__aiter__()
            async with aclosing(batches):
                async for batch in batches:
                    for row in batch:
                        await self._take(row)
                        if self._urls == self.limit:
                            break
                    if self._urls == self.limit:
                        break
                    await asyncio.sleep(0)  # a batch that fits the frontier never waited: let the workers begin
                    if len(self.backlog) > self.backlog_jobs:
                        await self.frontier.idleness()
            self.is_source_read = True
        except RunError as error:  # a damaged source: what was read of it is still scraped
            self._source_error = error
        except asyncio.CancelledError:
            if (task := asyncio.current_task()) is not None and task.cancelling():
                raise
            self._source_error = UsageError("the source ended early: something that it awaited was cancelled")
        if self.peers is not None:
            await self.peers.finished()
        self.frontier.close()

    async def accept(self, job: Job, wait_s: float | None) -> None:
        """Go on with a job that another process hands over: where a redirect leads, or its next try in `wait_s`."""
        job = structs.replace(job, ordinal=next(self._ordinals))
        if wait_s is None:
            await self._place(job)
        else:
            self.frontier.later(job, wait_s)

    async def _take(self, row: Row) -> None:
        """Bring one line of the input on its way. It counts as read once it is."""
        if not row.url:
            self.stats.blank += 1
        else:
            self._urls += 1
            target = _address(row)
            key = identity(row.url, target if isinstance(target, Address) else None)
            if "@" in row.url:  # nothing after this needs a password that stands in it, but Job.href
                row = structs.replace(row, url=masked(row.url))
            if key in self.finished:
                self.stats.already_done += 1
            elif not self.frontier.core.claim(key):
                self.stats.duplicates += 1
            elif isinstance(target, UrlError):
                await self._emit(failure_record(self._job(row), target))
            elif key in self.fatal:
                await self._refuse(self._job(row, target), ParseLimit("the process died twice while it was parsed"))
                self.fatal.remove(key)
            else:
                await self._begin(row if self.earlier is None else with_earlier(row, self.earlier(key)), target)
        self.stats.lines += 1

    async def _begin(self, row: Row, target: Address) -> None:
        """Have the row's page asked for, unless what an earlier run has of it will do."""
        if row.earlier is not None and (record := self.worker.unasked(row)) is not None:
            await self._emit(record)
        else:
            await self._place(self._job(row, target))

    async def _place(self, job: Job) -> None:
        """Bring `job` to the frontier, or to the backlog when its host has its share of the window."""
        if self.frontier.core.waiting_of(job.host) >= HOST_SHARE or self.backlog.waiting(job.host):
            self.backlog.put(job)
            return
        if job.trail is None:  # where a redirect leads was in the window before
            await self.frontier.room()
        if denial := self.door.offer(job):
            await self._refuse_all([(job, denial)])

    def _job(self, row: Row, target: Address | None = None) -> Job:
        href, host, _, origin = target or ("", "", "", "")
        return Job(
            row=row, href=href, host=host, origin=origin, ordinal=next(self._ordinals), attempt=1 if target else 0
        )

    async def _work(self, number: int) -> None:
        sheet = self._sheet
        seat = self._seats.add(number)
        sheet.wait(self._why_idle())
        while self._crew.goes_on(number) and (job := await self.frontier.get()) is not None:
            seat.take(job, sheet.start(number, self._why_idle()))
            pace = self.frontier.core.pace(job.host)
            timings = None
            if pace.is_given_up:
                await self._end_unasked(job, pace)
            elif job.is_robots:
                await self._refuse_all(await self.door.run(job))
            else:
                timings = await self._try(job, pace)
            await self._refill(job.host)
            await asyncio.sleep(0)  # the writer's turn: the record is in the file before the next request is sent
            seat.leave()
            sheet.end(number, timings, is_robots=job.is_robots)
            sheet.wait(self._why_idle())

    async def _try(self, job: Job, pace: Pace) -> Timings | None:
        is_last = not self.frontier.core.waiting_of(job.host) and not self.backlog.waiting(job.host)
        started = self.clock()
        on_sent = self.frontier.on_sent(job)
        outcome = await self.worker.process(job, is_last_of_host=is_last, on_sent=on_sent)
        if on_sent is not None:
            on_sent()
        pace.took(self.clock() - started)
        if outcome.retry is not None and not self._is_taken(outcome.retry, outcome.wait_s):
            self.frontier.retry(job, outcome.retry, outcome.wait_s, outcome.signal)
            return outcome.timings
        if outcome.record is not None:
            await self._emit(outcome.record)
        self.frontier.done(job, outcome.signal)
        if outcome.following is not None and not self._is_taken(outcome.following):
            await self._place(outcome.following)
        return outcome.timings

    def _is_taken(self, job: Job, wait_s: float | None = None) -> bool:
        """Return whether another process goes on with `job`, for its host is that one's to ask."""
        return self.peers is not None and self.peers.take(job, wait_s)

    async def _refill(self, host: str) -> None:
        """Bring jobs of `host` from the backlog to the frontier when it has few left there."""
        while self.backlog.waiting(host) and self.frontier.core.waiting_of(host) <= HOST_SHARE // 2:
            jobs = self.backlog.take(host, HOST_SHARE // 2)
            await self._refuse_all([(job, denial) for job in jobs if (denial := self.door.offer(job))])

    def _why_idle(self) -> str:
        if self.frontier.core.waiting or len(self.backlog):
            return "waiting"
        return "tail" if self.is_source_read else "starved"

    def load(self) -> Load:
        """Return how the workers have spent their time so far."""
        records = self.stats.ok + self.stats.failed.total()
        return self._sheet.load(unfinished=self.pending, records=records)

    def held_back(self) -> str:
        """Return one sentence on what held the run back; empty when there is nothing to say."""
        return explain(self.load())

    def lately(self) -> Load:
        """Return how they have spent the last half minute."""
        return self._sheet.lately(self.load())

    def _host_loads(self) -> Iterator[HostLoad]:
        now = self.clock()
        obstacles = self.frontier.core.obstacles()
        active = paused = 0
        for name, waiting, in_flight, pace in self.frontier.core.hosts():
            paused_s = max(0.0, pace.ready_at() - now)
            active += 1
            paused += (paused_s > 0 or pace.is_paused) and waiting > 0
            yield HostLoad(
                host=name,
                unfinished=waiting + in_flight + self.backlog.waiting(name),
                in_flight=in_flight,
                slots=pace.slots,
                gap_s=pace.gap_s,
                paused_s=paused_s,
                request_s=pace.request_s,
                limit=pace.limit if pace.limit == "down" else obstacles.get(name, pace.limit),
            )
        resolving = sum(1 for obstacle in obstacles.values() if obstacle == "dns")
        self._hosts = HostCounts(active, paused, resolving)

    async def _end_unasked(self, job: Job, pace: Pace) -> None:
        """End a job of a host that is asked no more: it is down, or wants to be left alone for longer than a run."""
        if job.is_robots:
            self.door.give_up(job)
            return
        if pace.is_deferred and not pace.is_skipped:
            self.deferred[job.host] += 1
        else:
            skipped, down = (
                "is skipped: `scrape ctl` asked for it",
                "failed so often in a row that it is not asked any more",
            )
            await self._refuse(job, HostDown(f"{job.host} {skipped if pace.is_skipped else down}"))
        self.frontier.done(job)

    async def _refuse_all(self, denied: list[tuple[Job, UrlError]]) -> None:
        self._unrecorded += len(denied)
        for job, denial in denied:
            await self._refuse(job, denial)
            self._unrecorded -= 1

    async def _refuse(self, job: Job, reason: UrlError) -> None:
        """Write the record of a job that is not tried, or not any more."""
        await self._emit(refusal_record(job, reason))

    async def _emit(self, record: Record) -> None:
        if self.results.full():
            if (seat := CURRENT.get()) is not None:
                seat.stage = "write"
            started = self.clock()
            await self.results.put(record)
            self._sheet.wrote(self.clock() - started)
        else:
            await self.results.put(record)
        self.stats.record(record)


def with_earlier(row: Row, place: int | None) -> Row:
    """Return `row` with where its earlier record is."""
    return row if place is None else structs.replace(row, earlier=place)


def _address(row: Row) -> Address | UrlError:
    """Return what the row's URL names, or why it names nothing, with its line."""
    try:
        return address_of(row)
    except UrlError as error:
        place = f"line {row.line} of {row.source}" if row.source else f"line {row.line}"
        return type(error)(f"{place}: {error.message}")  # both kinds that `address_of` raises take a message alone
