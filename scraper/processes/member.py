"""What the process that runs a run knows of each of the others: the connection, what it was given, what came back."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import Future

from scraper.engine.view import Inside
from scraper.models import Row
from scraper.processes import wire

ROWS_AHEAD = 2_000
"""Rows on their way to a process; with more of them it is not hungry, whatever it says."""


class Member:
    """One of the processes."""

    def __init__(self, number: int, future: "Future[None]") -> None:
        self.number = number
        self.future = future
        """The end of the process."""
        self.connected: asyncio.Future[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = (
            asyncio.get_running_loop().create_future()
        )
        self.status = wire.Status()
        self.state: wire.State | None = None
        self.inside = Inside()
        self.report: wire.Report | None = None
        self._rows = 0
        self._jobs = 0
        self._returned = 0
        self._records = 0

    def give(self, rows: Sequence[Row]) -> None:
        """Send rows of its hosts."""
        self._rows += len(rows)
        self.order(rows)

    def hand(self, job: bytes) -> None:
        """Send a job that another process hands over."""
        self._jobs += 1
        self.order(jobs=(job,))

    def order(self, rows: Sequence[Row] = (), **order: object) -> None:
        """Send an Order, if there is still somebody to read it."""
        if self.connected.done() and not self.connected.cancelled():
            _, writer = self.connected.result()
            if not writer.is_closing():
                writer.write(wire.order_frame(rows, **order))

    async def next(self) -> wire.Harvest | None:
        """Return the next of what it sends; None at the end."""
        reader, _ = await self.connected
        return await wire.next_harvest(reader)

    def account(self, harvest: wire.Harvest) -> None:
        """Take note of what it sent, once that was dealt with."""
        self.status = harvest.status
        self.state = harvest.state or self.state
        if harvest.state is not None and harvest.state.inside is not None:
            self.inside = harvest.state.inside
        self.report = harvest.report or self.report
        self._returned += len(harvest.handed)
        self._records += len(harvest.endings)

    def close(self) -> None:
        """Close the connection: the process ends."""
        if self.connected.done() and not self.connected.cancelled():
            _, writer = self.connected.result()
            writer.close()

    @property
    def untaken(self) -> int:
        """Rows that it was given and has not taken up."""
        return self._rows - self.status.rows

    @property
    def wants_rows(self) -> bool:
        """Whether more would be of use to it."""
        return self.status.is_hungry and self.untaken < ROWS_AHEAD

    @property
    def is_idle(self) -> bool:
        """Whether it has nothing left to do, and nothing is on its way to it."""
        return self.status.is_idle and not self.untaken and self.status.jobs == self._jobs

    @property
    def pending(self) -> int:
        """URLs that it was given and that have no record: as it reported; of one that died, what it owes."""
        if self.report is not None:
            return self.report.pending + self.untaken + self._jobs - self.status.jobs
        return self._rows + self._jobs - self._returned - self._records - self.status.duplicates
