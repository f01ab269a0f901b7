"""Starts producer, N workers and one writer in one TaskGroup; stops them gracefully."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from typing import Any

from scraper.config.constants import BACKLOG_JOBS, SOCKETS_PER_WORKER
from scraper.control.command import Command
from scraper.engine.backlog import Backlog
from scraper.engine.bottleneck import HostLoad, Load, explain, finish_s
from scraper.engine.crew import Crew
from scraper.engine.door import Door
from scraper.engine.intake import Intake, Peers, PlaceOf
from scraper.engine.timesheet import Timesheet
from scraper.engine.view import HostCounts, Inside, View
from scraper.engine.watchdog import LoopWatch, StallWatch, busiest
from scraper.engine.worker import Worker
from scraper.errors import HostDown, UsageError, reason_of
from scraper.frontier import Frontier, Pace
from scraper.models import Job, Lines, Record, Rows
from scraper.seats import CURRENT, Seats
from scraper.stats import Stats
from scraper.stats import count as count_of
from scraper.urls import FingerprintSet

PULSE_S = 0.25

Results = asyncio.Queue[Record | Lines | None]
"""Records on their way to the writer; None: there will be no more."""


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
    is_stopping: bool = field(default=False, init=False)
    is_past_deadline: bool = field(default=False, init=False)
    """That is why."""
    is_told_to_stop: bool = field(default=False, init=False)
    """By `scrape ctl`; that is why."""
    deferred: Counter[str] = field(default_factory=Counter, init=False)
    """URLs, by host, that stay pending because their host asked for a longer pause than a run waits for."""
    _producer: asyncio.Task[None] | None = field(default=None, init=False)
    _grace: asyncio.TimerHandle | None = field(default=None, init=False)
    _left_behind: int = field(default=0, init=False)
    """Jobs that were in the backlog when the run ended."""
    _seats: Seats = field(default_factory=Seats, init=False)
    _hosts: HostCounts = field(default=HostCounts(), init=False)
    _sheet: Timesheet = field(init=False)
    _crew: Crew = field(init=False)
    _stalls: StallWatch = field(init=False)
    _intake: Intake = field(init=False)

    def __post_init__(self) -> None:
        """Start to count the time."""
        self._sheet = Timesheet(
            workers=self.workers, hosts=self._host_loads, clock=self.clock, cpu_clock=self.cpu_clock
        )
        self._crew = Crew(self._work, self._seats, self._sheet)
        self._intake = Intake(
            rows=self.rows,
            frontier=self.frontier,
            door=self.door,
            worker=self.worker,
            backlog=self.backlog,
            stats=self.stats,
            emit=self._emit,
            finished=self.finished,
            fatal=self.fatal,
            earlier=self.earlier,
            limit=self.limit,
            peers=self.peers,
            backlog_jobs=self.backlog_jobs,
        )
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
        if self._intake.error is not None:
            raise self._intake.error

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
    def is_source_read(self) -> bool:
        """Every line of the source was taken up."""
        return self._intake.is_source_read

    @property
    def pending(self) -> int:
        """URLs that were taken up and have no record."""
        core = self.frontier.core
        in_frontier = core.waiting + core.in_flight - core.errands
        return in_frontier + len(self.backlog) + self._left_behind + self.deferred.total() + self._intake.unrecorded

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

    async def accept(self, job: Job, wait_s: float | None) -> None:
        """Go on with a job that another process hands over: where a redirect leads, or its next try in `wait_s`."""
        await self._intake.accept(job, wait_s)

    def _cancel(self) -> None:
        if self._producer is not None:
            self._producer.cancel()
        self._crew.cancel()

    async def _scrape(self) -> None:
        async with asyncio.TaskGroup() as group:
            self._producer = group.create_task(self._intake.run(), name="producer")
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
            sockets.resize(SOCKETS_PER_WORKER * workers)
        return told

    async def _work(self, number: int) -> None:
        seat = self._seats.add(number)
        while (job := await self._next(number)) is not None:
            seat.take(job, self.clock())
            await self._intake.refill(job.host)  # as one starts, not as it ends: the other workers want jobs at once
            pace = self.frontier.core.pace(job.host)
            if pace.is_given_up:
                await self._end_unasked(job, pace)
            elif job.is_robots:
                await self._intake.refuse_all(await self.door.run(job))
                await self._intake.refill(job.host)  # all that waited may have been denied
                self._sheet.spent("robots", self.clock() - seat.since)
            else:
                await self._try(job, pace)
            await asyncio.sleep(0)  # the writer's turn: the record is in the file before the next request is sent
            seat.leave()

    async def _next(self, number: int) -> Job | None:
        """Return the worker's next job, None when it is to end; time in which there is none counts as idle."""
        job = None if self._crew.is_too_large else self.frontier.take()
        if job is None:
            self._sheet.wait(self._why_idle())
            if self._crew.goes_on(number) and (job := await self.frontier.get()) is not None:
                self._sheet.start(self._why_idle())
        return job

    async def _try(self, job: Job, pace: Pace) -> None:
        is_last = not self.frontier.core.waiting_of(job.host) and not self.backlog.has(job.host)
        started = self.clock()
        on_sent = self.frontier.on_sent(job)
        outcome = await self.worker.process(job, is_last_of_host=is_last, on_sent=on_sent)
        if on_sent is not None:
            on_sent()
        pace.took(self.clock() - started)
        if outcome.timings is not None:
            self._sheet.tried(outcome.timings)
        if outcome.retry is not None and not self._is_taken(outcome.retry, job, outcome.wait_s):
            self.frontier.retry(job, outcome.retry, outcome.wait_s, outcome.signal)
            return
        if outcome.record is not None:
            await self._emit(outcome.record)
        self.frontier.done(job, outcome.signal)
        if outcome.following is not None and not self._is_taken(outcome.following, job):
            await self._intake.place(outcome.following)

    def _is_taken(self, job: Job, before: Job, wait_s: float | None = None) -> bool:
        """Return whether the other processes see to what `before` became: a job for another host."""
        if self.peers is None or job.host == before.host:
            return False
        self.peers.take(job, wait_s)
        return True

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
            await self._intake.refuse(job, HostDown(f"{job.host} {skipped if pace.is_skipped else down}"))
        self.frontier.done(job)

    async def _emit(self, record: Record) -> None:
        try:
            self.results.put_nowait(record)
        except asyncio.QueueFull:
            if (seat := CURRENT.get()) is not None:
                seat.stage = "write"
            started = self.clock()
            await self.results.put(record)
            self._sheet.spent("write", self.clock() - started)
        self.stats.record(record)
