"""Failed URLs as the rows of another run, and its records in the place of theirs."""

import logging
from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import count

from scraper.config.values import split_kinds
from scraper.errors import HttpStatus, InvalidUrl, UnsupportedScheme, UrlError
from scraper.models import Record, Row
from scraper.run.spool import Spool
from scraper.urls import FingerprintSet, identity, split_userinfo

BATCH_ROWS = 64
_HOPELESS = frozenset({InvalidUrl.kind, UnsupportedScheme.kind})
"""Of these the URL itself is wrong; they are tried again only when they are named."""
_log = logging.getLogger(__name__)


class FailedRows:
    """The URLs of failed records, with their other columns, as a source."""

    def __init__(self, records: Iterable[Record]) -> None:
        self._records = records

    async def __aiter__(self) -> AsyncGenerator[list[Row], None]:
        """Yield batches."""
        batch: list[Row] = []
        for number, record in zip(count(1), self._records):
            batch.append(Row(record.url, number, input=record.input))
            if len(batch) == BATCH_ROWS:
                yield batch
                batch = []
        if batch:
            yield batch


def to_try(failed: Iterable[Record], kinds: str | None) -> Iterator[Record]:
    """Yield the failed records that are tried again: those of these kinds and statuses, else all that may end better.

    Records do not hold passwords: a URL with one is left as it is, with a warning. Raises UsageError for unknown kinds.
    """
    chosen = None if kinds is None else split_kinds(kinds)
    masked = 0
    for record in failed:
        if not _is_chosen(record, chosen):
            continue
        if _lacks_password(record.url):
            masked += 1
            continue
        yield record
    if masked:
        _log.warning("%d failed URLs have a password, which records do not hold: scrape them anew to try again", masked)


def merged(before: Iterable[Record], after: Sequence[Record]) -> Sequence[Record]:
    """Return the records of both, those of `after` in the place of the failed ones of the same URLs."""
    renewed = FingerprintSet()
    for record in after:
        renewed.add(identity(record.url))
    with closing(Spool()) as spool:
        for record in before:
            if record.ok or identity(record.url) not in renewed:
                spool.add(record)
        for record in after:
            spool.add(record)
        return spool.records()


def _is_chosen(record: Record, chosen: frozenset[str] | None) -> bool:
    kind = record.error.kind if record.error else ""
    if chosen is None:
        return kind not in _HOPELESS
    return kind in chosen or (kind == HttpStatus.kind and str(record.status) in chosen)


def _lacks_password(url: str) -> bool:
    try:
        return "***" in split_userinfo(url)[1]
    except (ValueError, UrlError):  # no URL at all
        return False
