"""Reads the list and deals its rows out: those of one host to one process, and no faster than they are wanted."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from scraper.engine.intake import PlaceOf, with_earlier
from scraper.errors import RunError, UrlError, UsageError
from scraper.models import Row, Rows
from scraper.processes.member import ROWS_AHEAD, Member
from scraper.processes.owners import Owners
from scraper.stats import Stats
from scraper.urls import FingerprintSet, address_of, identity

MOST_ROWS_AHEAD = 10 * ROWS_AHEAD
"""Rows on their way to one process at which no more are read, though another be hungry."""


class Dealer:
    """The producer of a run in several processes; counts what it need not deal out."""

    def __init__(
        self,
        rows: Rows,
        *,
        stats: Stats,
        finished: FingerprintSet,
        limit: int | None,
        earlier: PlaceOf | None = None,
    ) -> None:
        self.is_done = False
        """There will be no more rows."""
        self.is_source_read = False
        """Every line of the source was taken up."""
        self.error: RunError | None = None
        """What ended the source early."""
        self.news = asyncio.Event()
        """To be set when one of the processes has told how far it is."""
        self._rows = rows
        self._stats = stats
        self._finished = finished
        self._limit = limit
        self._earlier = earlier
        self._urls = 0

    async def run(self, members: list[Member], owners: Owners) -> None:
        """Deal out all rows. A damaged source is no exception: what was read of it is still scraped."""
        try:
            batches: AsyncGenerator[list[Row], None] = self._rows.__aiter__()
            async with aclosing(batches):
                async for batch in batches:
                    self._deal(batch, members, owners)
                    if self._urls == self._limit:
                        break
                    while not _is_wanted(members):
                        self.news.clear()
                        await self.news.wait()
            self.is_source_read = True
        except RunError as error:
            self.error = error
        except asyncio.CancelledError:
            if (task := asyncio.current_task()) is not None and task.cancelling():
                raise
            self.error = UsageError("the source ended early: something that it awaited was cancelled")
        self.is_done = True
        for member in members:
            member.order(is_last=True)

    def _deal(self, batch: list[Row], members: list[Member], owners: Owners) -> None:
        """Give each row to the process that asks its host, but those that are blank or done."""
        stats = self._stats
        hands: list[list[Row]] = [[] for _ in members]
        for row in batch:
            if not row.url:
                stats.blank += 1
            else:
                self._urls += 1
                dealt = self._dealt(row)
                if dealt is None:
                    stats.already_done += 1
                else:
                    host, row_dealt = dealt
                    hands[owners.owner_of(host)].append(row_dealt)
            stats.lines += 1
            if self._urls == self._limit:
                break
        for member, rows in zip(members, hands, strict=True):
            if rows:
                member.give(rows)

    def _dealt(self, row: Row) -> tuple[str, Row] | None:
        """Return the host of a row, if only an empty one, and what to deal out; None when an earlier run did it."""
        try:
            address = address_of(row)
        except UrlError:  # its record says so; lines of the same text must meet
            address = None
        if len(self._finished) or self._earlier is not None:
            key = identity(row.url, address)
            if key in self._finished:
                return None
            if self._earlier is not None:
                row = with_earlier(row, self._earlier(key))
        return "" if address is None else address.host, row


def _is_wanted(members: list[Member]) -> bool:
    """Return whether to read on: one process has nothing better to do, and none has too much to take up."""
    return any(member.wants_rows for member in members) and all(m.untaken < MOST_ROWS_AHEAD for m in members)
