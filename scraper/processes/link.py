"""The engine's rows, its sink and its peers: all that travels between a process and the one that runs it."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import suppress
from itertools import count

from scraper.config.constants import BACKLOG_JOBS, WRITE_BYTES
from scraper.control.command import Command
from scraper.engine import Engine, Results
from scraper.errors import UsageError
from scraper.fill import outline
from scraper.models import Ending, Failure, Job, Record, Row
from scraper.output.encoder import append_line
from scraper.processes import wire

GATHER_S = 0.01
"""How long a record may wait for others to be sent with: the other side pays for each message, not for each record."""
STATE_INTERVAL_S = 0.25
"""As often as the live line looks."""
INSIDE_EVERY = 4
"""What only a monitor or a person asks for, once a second: it is a pass over all workers."""


class ParentGone(Exception):
    """The process that this one works for has ended."""


class Link:
    """The engine's rows, its sink and its peers: all that comes from and goes to the process that runs this one."""

    engine: Engine

    def __init__(self, writer: asyncio.StreamWriter, log: Callable[[], Sequence[wire.LogLine]]) -> None:
        """`log` returns the new lines for the log."""
        self._writer = writer
        self._log = log
        self._rows: deque[list[Row]] = deque()
        self._arrived = asyncio.Event()
        self._over = asyncio.Event()
        self._is_last = False
        self._handed: list[wire.Handed] = []
        self._endings: list[Ending] = []
        self._lines = bytearray()
        self._sending: asyncio.TimerHandle | None = None
        self._jobs = 0
        self._told = wire.Status()

    async def __aiter__(self) -> AsyncGenerator[list[Row], None]:
        """Yield the rows as they come."""
        while True:
            while self._rows:
                yield self._rows.popleft()
            if self._is_last:
                return
            self._arrived.clear()
            self.tell()
            await self._arrived.wait()

    def take(self, job: Job, wait_s: float | None = None) -> None:
        """Hand `job` over to the process that asks its host; it comes back when that is this one."""
        self._handed.append(wire.Handed(job.host, wire.job_data(job, wait_s)))
        asyncio.get_running_loop().call_soon(self.tell)

    async def finished(self) -> None:
        """Wait until no process has anything left."""
        self.tell()
        await self._over.wait()

    async def listen(self, reader: asyncio.StreamReader) -> None:
        """Do as the orders say. Raises ParentGone when there will be no more of them."""
        while (order := await wire.next_order(reader)) is not None:
            if order.is_stop:
                self.engine.stop()
            if order.command is not None:
                with suppress(UsageError):  # it is ending
                    self.engine.obey(Command(*order.command))
            if order.rows:
                self._rows.append(list(map(wire.row_of, order.rows)))
            self._is_last = self._is_last or order.is_last
            self._arrived.set()
            for data in order.jobs:
                await self.engine.accept(*wire.job_of(data))
                self._jobs += 1
            if order.jobs:
                self.tell()
            if order.is_over:
                self._over.set()
        raise ParentGone

    async def send(self, results: Results) -> None:
        """Send each record, those of a moment together; as the engine's sink."""
        try:
            while isinstance(record := await results.get(), Record):
                self._add(record)
                if len(self._lines) >= WRITE_BYTES:
                    self._write()
                elif self._sending is None:
                    self._sending = asyncio.get_running_loop().call_later(GATHER_S, self._write)
                await self._writer.drain()
        finally:  # though it be cancelled, what is finished is not lost
            while not results.empty():
                if isinstance(record := results.get_nowait(), Record):
                    self._add(record)
            self._write()

    def _add(self, record: Record) -> None:
        append_line(record, self._lines)
        self._endings.append(_ending(record))

    def tell(self) -> None:
        """Send how far this process is, and the jobs for others, if there is news."""
        if self._handed or self._told != self._status():
            self._write()

    async def tell_state(self) -> None:
        """Send from time to time what the live line and others want to know, and the log."""
        for number in count():
            await asyncio.sleep(STATE_INTERVAL_S)
            self._write(state=self._state(is_whole=number % INSIDE_EVERY == 0))

    def report(self, settled: list[int]) -> None:
        """Send the last: how it ended."""
        engine = self.engine
        report = wire.Report(engine.pending, dict(engine.deferred), settled)
        self._write(state=self._state(is_whole=True), report=report)

    def _write(self, state: wire.State | None = None, report: wire.Report | None = None) -> None:
        """Send all that came since the last time."""
        if self._sending is not None:
            self._sending.cancel()
            self._sending = None
        self._told = self._status()
        harvest = wire.Harvest(
            status=self._told, endings=self._endings, lines=bytes(self._lines), handed=self._handed, log=self._log(),
            state=state, report=report,
        )  # fmt: skip
        self._writer.write(wire.harvest_frame(harvest))
        self._endings, self._handed = [], []
        self._lines.clear()

    def _status(self) -> wire.Status:
        engine = self.engine
        core = engine.frontier.core
        waiting = len(engine.backlog)
        return wire.Status(
            rows=engine.stats.lines,
            jobs=self._jobs,
            duplicates=engine.stats.duplicates,
            is_idle=not self._rows and engine.pending == engine.deferred.total(),
            is_hungry=waiting <= BACKLOG_JOBS or core.in_flight < engine.workers,
        )

    def _state(self, *, is_whole: bool) -> wire.State:
        core = self.engine.frontier.core
        load = self.engine.load()
        return wire.State(
            core.in_flight, core.waiting + len(self.engine.backlog), load, self.engine.lately(),
            self.engine.inside() if is_whole else None,
        )  # fmt: skip


def _ending(record: Record) -> Ending:
    error = record.error and Failure(record.error.kind, "")
    return Ending(
        record.ok,
        record.status,
        error,
        record.attempts,
        record.bytes,
        record.elapsed_ms,
        record.final_url or record.url,
        outline(record.fields),
        None if record.items is None else [outline(item) or {} for item in record.items],
        verdict=record.verdict,
        change=record.change,
    )
