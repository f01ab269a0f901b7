"""Counts the lines of the sources, as a run counts them."""

from collections import Counter
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, field

from msgspec import Struct

from scraper.errors import UrlError
from scraper.models import Row, Rows
from scraper.urls import Address, FingerprintSet, address_of, identity

_INVALID_TOLD = 5


class InvalidLine(Struct, frozen=True):
    """A line that names nothing that can be fetched."""

    line: int
    source: str
    reason: str


@dataclass
class Survey:
    """What the lines are, given the identities of the URLs that are finished."""

    finished: FingerprintSet
    origins: Counter[str] = field(default_factory=Counter)
    """URLs to fetch, by origin."""
    first_invalid: list[InvalidLine] = field(default_factory=list)
    lines: int = 0
    invalid: int = 0
    duplicates: int = 0
    blank: int = 0
    already_done: int = 0

    async def read(self, rows: Rows, limit: int | None, each: Callable[[Address], None] | None = None) -> None:
        """Count `rows`, `limit` URLs of them at most; call `each` with what is to be fetched."""
        seen = FingerprintSet()
        async with aclosing(rows.__aiter__()) as batches:
            async for batch in batches:
                for row in batch:
                    address = self._take(row, seen)
                    if address is not None and each is not None:
                        each(address)
                    if self.lines - self.blank == limit:
                        return

    def _take(self, row: Row, seen: FingerprintSet) -> Address | None:
        """Count one line; return its address when it is to be fetched."""
        self.lines += 1
        if not row.url:
            self.blank += 1
            return None
        target = _address(row)
        key = identity(row.url, target if isinstance(target, Address) else None)
        if key in self.finished:
            self.already_done += 1
        elif not seen.add(key):
            self.duplicates += 1
        elif isinstance(target, Address):
            self.origins[target.origin] += 1
            return target
        else:
            self.invalid += 1
            if len(self.first_invalid) < _INVALID_TOLD:
                self.first_invalid.append(InvalidLine(row.line, row.source, target.message))
        return None


def _address(row: Row) -> Address | UrlError:
    try:
        return address_of(row)
    except UrlError as error:
        return error
