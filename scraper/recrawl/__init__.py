"""What a run that compares with an earlier one asks conditionally, takes over, and says of each page. Pure."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import msgspec
from msgspec import structs

from scraper.models import NOT_MODIFIED, Change, Job, Page, Record, Row
from scraper.output.encoder import as_json
from scraper.urls import identity, split_userinfo

GONE = frozenset({404, 410})
"""RFC 9110, sections 15.5.5 and 15.5.11. Whatever else fails, a time-out or a 503, the page may still be there."""
BLOCKED = "blocked"
"""The verdict on a challenge: what is behind it is not known."""
_ENTITY_TAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"')
"""RFC 9110, section 8.8.3. Anything else, a bare `*` above all, would be taken for another condition."""
_DATE = re.compile(r"[\x20-\x7e]{1,64}")
"""A Last-Modified goes back as it came (section 13.1.3); no date is longer."""
_LONGEST_TAG = 1_000
"""Characters: servers take header lines of 8 KiB, and a tag is a few bytes."""

Known = Record | None
"""The record of a page in the earlier output."""

ReadEarlier = Callable[[int], Known]
"""From a Row's `earlier` to the record that is there."""


class Recrawl:
    """The decisions of a run that compares with an earlier one."""

    def __init__(
        self,
        read: ReadEarlier,
        *,
        extractor: str | None,
        change_on: Literal["body", "fields"],
        max_age_s: float | None,
        wall_clock: Callable[[], datetime],
    ) -> None:
        """`extractor` is that of the run's records: earlier ones of another lack something, or have it otherwise.

        Pages that were fetched within `max_age_s` seconds are not asked for; None: all are.
        """
        self._read = read
        self._extractor = extractor
        self._change_on = change_on
        self._max_age = None if max_age_s is None else timedelta(seconds=max_age_s)
        self._wall_clock = wall_clock

    def known(self, row: Row) -> Known:
        """Return the earlier record of the row's URL."""
        if row.earlier is None:
            return None
        record = self._read(row.earlier)
        is_its_own = record is not None and (record.url == row.url or identity(record.url) == identity(row.url))
        return record if is_its_own else None

    def unasked(self, row: Row) -> Known:
        """Return the record of a page that need not be asked for: fetched not long ago, and all that is wanted."""
        if self._max_age is None or (known := self.known(row)) is None or not self._will_do(known):
            return None
        fetched_at = _moment(known.fetched_at)
        if fetched_at is None or self._wall_clock() - fetched_at > self._max_age:
            return None
        return self._again(known, row, attempts=0, change="same")

    def validators(self, known: Known, job: Job) -> tuple[tuple[str, str], ...]:
        """Return the headers that make the request for `job` conditional (RFC 9110, sections 13.1.2 and 13.1.3).

        They go to the URL that gave them and to no other: of a page that redirects led to, with the last request of
        its chain. None when a 304 would not do.
        """
        if known is None or job.is_unconditional or not self._will_do(known):
            return ()
        if split_userinfo(job.href)[0] != known.final_url:
            return ()
        headers = []
        if known.etag is not None and len(known.etag) <= _LONGEST_TAG and _ENTITY_TAG.fullmatch(known.etag):
            headers.append(("If-None-Match", known.etag))
        if known.last_modified is not None and _DATE.fullmatch(known.last_modified):
            headers.append(("If-Modified-Since", known.last_modified))
        return tuple(headers)

    def carried(self, known: Record, page: Page, job: Job, **attempt: Any) -> Record:
        """Return the record of a page that the server says is unchanged: the earlier one, and what this run saw.

        `attempt` are the record's keys of the last attempt. Validators of the 304 replace the earlier ones
        (RFC 9111, section 4.3.4).
        """
        return self._again(
            known,
            job.row,
            status=NOT_MODIFIED,
            final_url=page.final_url,
            redirects=page.redirects,
            attempts=job.attempt,
            etag=page.header("etag") or known.etag,
            last_modified=page.header("last-modified") or known.last_modified,
            change="same",
            **attempt,
        )

    def change(self, known: Known, record: Record) -> Change | None:
        """Return what has become of the page; None for a failure that does not say."""
        if record.error is not None:
            return "gone" if known is not None and record.status in GONE else None
        if record.verdict == BLOCKED:
            return None
        if known is None:
            return "new"
        return "same" if self._is_same(known, record) else "changed"

    def _will_do(self, known: Record) -> bool:
        """Return whether an earlier record holds what this run asks for, of the page and not of a challenge."""
        return known.extractor == self._extractor and known.verdict != BLOCKED

    def _is_same(self, known: Record, record: Record) -> bool:
        if self._change_on == "fields" and known.extractor == record.extractor:
            found = as_json((record.fields, record.items))  # as it is written: lone surrogates, tuples
            return bool(msgspec.json.decode(found) == [known.fields, known.items])
        return known.sha256 == record.sha256

    def _again(self, known: Record, row: Row, **changes: Any) -> Record:
        return structs.replace(known, url=row.url, input=row.input, **changes)


def _moment(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
