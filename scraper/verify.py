"""Proves from the files alone that each URL of the sources has exactly one whole, well-formed record."""

from collections import Counter
from collections.abc import Iterator
from contextlib import aclosing, suppress
from dataclasses import dataclass, field

import msgspec
from msgspec import Struct

from scraper.errors import ERROR_KINDS
from scraper.models import Failure, Record, Redirect, Row, Rows, Timings
from scraper.output import OutputFile
from scraper.output.lines import lines
from scraper.resume.reading import end_of_whole, open_to_read
from scraper.resume.records import decode
from scraper.urls import FingerprintSet, identity

FIRST = 5
"""Places that are named of each kind of problem."""
_TEXT_LENGTH = 200


class Place(Struct, frozen=True):
    """Where something is wrong."""

    file: str
    line: int
    """From 1."""
    what: str


class Verdict(Struct, frozen=True, kw_only=True):
    """What the files prove. `lines = recorded + missing + duplicates + blank` when there are sources."""

    output: str
    is_proven: bool
    lines: int
    """Lines of the sources."""
    recorded: int
    """Of them, URLs that have a record."""
    missing: int
    """URLs that have none."""
    duplicates: int
    blank: int
    records: int
    """Well-formed records in the output."""
    ok: int
    failed: dict[str, int]
    """By error kind, most frequent first."""
    repeated: int
    """Records of a URL that has an earlier one."""
    extra: int
    """Records of URLs that are in no source."""
    malformed: int
    """Lines that are no record."""
    torn_bytes: int
    """What a killed run left at the end; the next run mends it."""
    places: dict[str, list[Place]]
    """The first few of each: `missing`, `repeated`, `extra`, `malformed`, `torn`."""


async def verify(name: str, rows: Rows | None, *, limit: int | None = None) -> Verdict:
    """Compare the output file `name` with the first `limit` URLs of `rows`; with None only look at its records.

    Takes some 30 bytes of memory for each URL. Raises UsageError when a file cannot be read.
    """
    with open_to_read(name) as file:
        proof = _Proof(file)
        proof.read_output()
        if rows is not None:
            await proof.read_sources(rows, limit)
            proof.find_extra()
        return proof.verdict()


class _Failure(Failure, frozen=True, forbid_unknown_fields=True):
    pass


class _Redirect(Redirect, frozen=True, forbid_unknown_fields=True):
    pass


class _Timings(Timings, frozen=True, forbid_unknown_fields=True):
    pass


class _Record(Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A Record as strictly as the README has it."""

    error: _Failure | None = None
    redirects: tuple[_Redirect, ...] = ()
    timings: _Timings | None = None

    def __post_init__(self) -> None:
        """Check what the types do not. Raises ValueError."""
        if self.ok == (self.error is not None):
            raise ValueError("a record is either `ok` or has an `error`")
        if self.error and self.error.kind not in ERROR_KINDS:
            raise ValueError(f"there is no error kind {self.error.kind!r}")
        if self.attempts < 0 or not self.url:
            raise ValueError("`url` is empty" if not self.url else "`attempts` is negative")


_DECODER = msgspec.json.Decoder(_Record)


@dataclass
class _Proof:
    file: OutputFile
    found: FingerprintSet = field(default_factory=FingerprintSet)
    """Identities that have a record."""
    wanted: FingerprintSet | None = None
    """Identities that the sources name."""
    counts: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    places: dict[str, list[Place]] = field(default_factory=dict)
    torn_bytes: int = 0

    def read_output(self) -> None:
        """Check each line of the output."""
        number = 0
        try:
            for line in self._lines():
                number += 1
                self._check(number, line)
        except ValueError as error:
            self._note("malformed", self.file.name, number + 1, str(error))
        if self.torn_bytes:
            piece = "a member that was not finished" if self.file.compression else "a piece of a record"
            what = f"the last {self.torn_bytes:,} bytes are {piece}"
            self._note("torn", self.file.name, number + 1, what)

    async def read_sources(self, rows: Rows, limit: int | None) -> None:
        """Look up each URL of the sources."""
        self.wanted = FingerprintSet()
        urls = 0
        async with aclosing(rows.__aiter__()) as batches:
            async for batch in batches:
                for row in batch:
                    if urls == limit:
                        return
                    urls += bool(row.url)
                    self._look_up(row, self.wanted)

    def find_extra(self) -> None:
        """Look for records whose URL is in no source, if there can be any."""
        if self.wanted is None or len(self.found) == self.counts["recorded"]:
            return
        with suppress(ValueError):  # that damage is told already
            for number, line in enumerate(self._lines(), 1):
                url = _url_of(line)
                if url and identity(url) not in self.wanted:
                    self._note("extra", self.file.name, number, _short(url))

    def verdict(self) -> Verdict:
        """Return what came of it."""
        counts = self.counts
        return Verdict(
            output=self.file.name,
            is_proven=not self.places,
            lines=counts["lines"],
            recorded=counts["recorded"],
            missing=counts["missing"],
            duplicates=counts["duplicates"],
            blank=counts["blank"],
            records=counts["ok"] + self.failed.total(),
            ok=counts["ok"],
            failed=dict(self.failed.most_common()),
            repeated=counts["repeated"],
            extra=counts["extra"],
            malformed=counts["malformed"],
            torn_bytes=self.torn_bytes,
            places=self.places,
        )

    def _lines(self) -> Iterator[bytes]:
        """Yield the lines, less what a killed run or a power loss left of a last one. Raises ValueError for damage."""
        rest = bytearray()
        number = 0
        end = end_of_whole(self.file)
        for line in lines(self.file, end, rest):
            number += 1
            yield line
        if rest and _url_of(bytes(rest)):
            self._note("torn", self.file.name, number + 1, "the last record lacks its line feed")
            yield bytes(rest)
            rest.clear()
        self.torn_bytes = self.file.size - end + len(rest)

    def _check(self, number: int, line: bytes) -> None:
        try:
            record = decode(_DECODER, line)
        except ValueError as error:
            self._note("malformed", self.file.name, number, str(error))
            return
        if record.error is None:
            self.counts["ok"] += 1
        else:
            self.failed[record.error.kind] += 1
        if not self.found.add(identity(record.url)):
            self._note("repeated", self.file.name, number, _short(record.url))

    def _look_up(self, row: Row, wanted: FingerprintSet) -> None:
        self.counts["lines"] += 1
        if not row.url:
            self.counts["blank"] += 1
        elif not wanted.add(name := identity(row.url)):
            self.counts["duplicates"] += 1
        elif name in self.found:
            self.counts["recorded"] += 1
        else:
            self._note("missing", row.source, row.line, _short(row.url))

    def _note(self, kind: str, file: str, line: int, what: str) -> None:
        self.counts[kind] += 1
        places = self.places.setdefault(kind, [])
        if len(places) < FIRST:
            places.append(Place(file, line, what))


def _url_of(line: bytes) -> str:
    """Return the URL of a record, nothing for a line that is none."""
    try:
        return decode(_DECODER, line).url
    except ValueError:
        return ""


def _short(url: str) -> str:
    return url if len(url) <= _TEXT_LENGTH else url[:_TEXT_LENGTH] + "…"
