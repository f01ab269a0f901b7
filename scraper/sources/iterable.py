"""The URLs that a program hands over, as Rows: strings or mappings, from a list, a generator or an async one."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from contextlib import aclosing
from itertools import islice
from typing import Any

from msgspec.structs import replace

from scraper.models import Row
from scraper.sources.columns import Columns, Mapper
from scraper.sources.formats import url_of
from scraper.sources.handover import handed_over

BATCH_ROWS = 64
CLOSE_PATIENCE_S = 1.0
"""How long a run that ends early waits for the caller's generator to be closed."""
NAME = "urls"

Item = str | Mapping[str, Any]

_IN_MEMORY = (list, tuple, set, frozenset, dict, deque, KeysView, ValuesView, ItemsView)
"""What gives its next item at once. All else is pulled on a thread: a generator may be reading a database."""


class IterableSource:
    """Rows of `urls`, pulled as they are needed; their line is their place, from 1.

    What is not in memory already is pulled, and closed, on one thread of its own, BATCH_ROWS ahead at most.
    """

    def __init__(self, urls: Iterable[Item] | AsyncIterable[Item], columns: Columns) -> None:
        self._urls = urls
        self._mapper = Mapper(NAME, columns)
        self._count = 0

    @property
    def progress(self) -> float | None:
        """The part that was pulled, from 0 to 1; None when nobody knows how many there are."""
        total = len(self._urls) if isinstance(self._urls, _IN_MEMORY) else 0
        return self._count / total if total else None

    async def __aiter__(self) -> AsyncGenerator[list[Row], None]:
        """Yield batches. Raises UsageError when the first mappings have no URL column."""
        if isinstance(self._urls, AsyncIterable):
            async for item in self._urls:
                yield self._rows([item])  # waiting to fill a batch could wait for ever
            return
        if isinstance(self._urls, _IN_MEMORY):
            items: Iterator[Item] = iter(self._urls)
            while batch := list(islice(items, BATCH_ROWS)):
                yield self._rows(batch)
                await asyncio.sleep(0)
            return
        urls = self._urls
        batches = handed_over(lambda: urls, ahead=BATCH_ROWS, patience_s=CLOSE_PATIENCE_S, name="pull urls")
        async with aclosing(batches):
            async for batch in batches:
                yield self._rows(batch)

    def _rows(self, items: list[Item]) -> list[Row]:
        rows = [well_formed(self._row(item)) for item in items]
        self._mapper.check()
        return rows

    def _row(self, item: Item) -> Row:
        self._count += 1
        if isinstance(item, Mapping):
            return self._mapper.row({str(key): value for key, value in item.items()}, self._count, repr(item))
        # Whatever else a program hands over (a yarl.URL, a missing value of pandas) is not lost either: as its text.
        return Row("" if item is None else url_of(str(item)), self._count, NAME)


def well_formed(row: Row) -> Row:
    """Return the row with lone surrogates in its URL replaced, as in the record: else no later run would know it."""
    if row.url.isascii():
        return row
    return replace(row, url=row.url.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
