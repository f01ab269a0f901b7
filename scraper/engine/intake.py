"""What brings the lines of the input on their way: each to the frontier, to the backlog, or to its record."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from itertools import count
from typing import Protocol

from msgspec import structs

from scraper.config.constants import HOST_SHARE
from scraper.engine.backlog import Backlog
from scraper.engine.door import Door
from scraper.engine.records import failure_record, refusal_record
from scraper.engine.worker import Worker
from scraper.errors import ParseLimit, RunError, UrlError, UsageError
from scraper.frontier import Frontier
from scraper.models import Job, Record, Row, Rows
from scraper.stats import Stats
from scraper.urls import Address, FingerprintSet, address_of, identity, masked

PlaceOf = Callable[[int], int | None]
"""From a URL's `identity` to the `earlier` of its Row."""


class Peers(Protocol):
    """The processes of the run: each asks hosts of its own."""

    def take(self, job: Job, wait_s: float | None = None) -> None:
        """Hand `job` to the process that asks its host, a next try in `wait_s` seconds; it may come back."""
        ...

    async def finished(self) -> None:
        """Wait until no process has anything left that could be handed over."""
        ...


@dataclass(kw_only=True)
class Intake:
    """Takes up rows, and jobs that come back: those behind redirects, and those of other processes."""

    rows: Rows
    frontier: Frontier
    door: Door
    worker: Worker
    backlog: Backlog
    stats: Stats
    emit: Callable[[Record], Awaitable[None]]
    """Brings a record on its way to the writer."""
    finished: FingerprintSet
    fatal: set[int]
    earlier: PlaceOf | None
    limit: int | None
    peers: Peers | None
    backlog_jobs: float

    is_source_read: bool = field(default=False, init=False)
    """Every line of the source was taken up."""
    unrecorded: int = field(default=0, init=False)
    """Jobs that robots.txt has just denied, and whose records are not written yet."""
    error: RunError | None = field(default=None, init=False)
    """What the source ended with before its end."""
    _ordinals: "count[int]" = field(default_factory=count, init=False)
    _urls: int = field(default=0, init=False)

    async def run(self) -> None:
        """Take up every row, then close the frontier; what ends the source early stands in `error`."""
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
            self.error = error
        except asyncio.CancelledError:
            if (task := asyncio.current_task()) is not None and task.cancelling():
                raise
            self.error = UsageError("the source ended early: something that it awaited was cancelled")
        if self.peers is not None:
            await self.peers.finished()
        self.frontier.close()

    async def accept(self, job: Job, wait_s: float | None) -> None:
        """Go on with a job that another process hands over: where a redirect leads, or its next try in `wait_s`."""
        job = structs.replace(job, ordinal=next(self._ordinals))
        if wait_s is None:
            await self.place(job)
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
                await self.emit(failure_record(self._job(row), target))
            elif key in self.fatal:
                await self.refuse(self._job(row, target), ParseLimit("the process died twice while it was parsed"))
                self.fatal.remove(key)
            else:
                if self.earlier is not None:
                    row = with_earlier(row, self.earlier(key))
                if (record := self.worker.unasked(row)) is not None:
                    await self.emit(record)
                else:
                    await self.place(self._job(row, target))
        self.stats.lines += 1

    async def place(self, job: Job) -> None:
        """Bring `job` to the frontier, or to the backlog when its host has its share of the window."""
        if self.frontier.core.waiting_of(job.host) >= HOST_SHARE or self.backlog.has(job.host):
            self.backlog.put(job)
            return
        if job.trail is None:  # where a redirect leads was in the window before
            await self.frontier.room()
        if denial := self.door.offer(job):
            await self.refuse_all([(job, denial)])

    def _job(self, row: Row, target: Address | None = None) -> Job:
        href, host, _, origin = target or ("", "", "", "")
        return Job(
            row=row, href=href, host=host, origin=origin, ordinal=next(self._ordinals), attempt=1 if target else 0
        )

    async def refill(self, host: str) -> None:
        """Bring jobs of `host` from the backlog to the frontier when it has few left there."""
        while self.backlog.has(host) and self.frontier.core.waiting_of(host) <= HOST_SHARE // 2:
            jobs = self.backlog.take(host, HOST_SHARE // 2)
            await self.refuse_all([(job, denial) for job in jobs if (denial := self.door.offer(job))])

    async def refuse_all(self, denied: list[tuple[Job, UrlError]]) -> None:
        """Write the records of jobs that are not tried, all of them counted as pending until then."""
        self.unrecorded += len(denied)
        for job, denial in denied:
            await self.refuse(job, denial)
            self.unrecorded -= 1

    async def refuse(self, job: Job, reason: UrlError) -> None:
        """Write the record of a job that is not tried, or not any more."""
        await self.emit(refusal_record(job, reason))


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
