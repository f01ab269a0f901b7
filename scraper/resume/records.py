"""What is in an output file: which records are whole, which of them stand, what they amount to."""

from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from scraper.errors import HttpStatus, OutputError
from scraper.fill import FieldCounts
from scraper.output import OutputFile
from scraper.output.lines import begins_like_record, end_of_data, end_of_members, flushed_text, lines, text
from scraper.urls import FingerprintSet, identity

Retried = bool | frozenset[str]
"""Which failed records are tried again: all, none, or those of these kinds and statuses."""

Decoded = TypeVar("Decoded")

REMEDY = "; mend it, start anew with --fresh, or choose another --output"
_REWRITE_BYTES = 1024**2


class _Failure(Struct, frozen=True, gc=False):
    kind: str = ""


class _Seen(Struct, frozen=True, gc=False):
    """What is read of a record."""

    url: str
    ok: bool
    status: int | None = None
    error: _Failure = _Failure()

    def is_retried(self, retried: Retried) -> bool:
        if self.ok or isinstance(retried, bool):
            return not self.ok and retried is True
        return self.error.kind in retried or (self.error.kind == HttpStatus.kind and str(self.status) in retried)


class _SeenWhole(_Seen, frozen=True, gc=False):
    """What is read of a record when its fields are to be counted."""

    fields: dict[str, Any] | None = None
    items: list[dict[str, Any]] | None = None


@dataclass
class Tally:
    """What the records of a file amount to."""

    finished: FingerprintSet = field(default_factory=FingerprintSet)
    """Identities (`urls.identity`) of the URLs that have a record and are not tried again."""
    retried: FingerprintSet = field(default_factory=FingerprintSet)
    """Identities of those whose failed record is to be replaced."""
    repeated: FingerprintSet = field(default_factory=FingerprintSet)
    """Identities of those that have several records."""
    ok: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    """By error kind, those to be replaced left out."""
    fields: FieldCounts | None = None
    """Which of the ok pages have which fields; None when nobody asks: they cost an eighth more."""
    end: int = 0
    """Where the last whole record ends, in bytes of the file."""
    is_line_open: bool = False
    """That record lacks its line feed."""
    flushed: bytes = b""
    """Whole records behind that end, decompressed: of a member that a killed run did not finish."""
    superseded: bytes = b""
    """A byte for each line, 1 for a record that gave way to another of its URL; empty when none did."""

    def take(self, line: bytes, number: int, retried: Retried) -> None:
        """Take in the n-th line, from 1. Raises ValueError when it is not a record."""
        seen = _decode(line) if self.fields is None else decode(_WHOLE_DECODER, line)
        if self.superseded and self.superseded[number - 1]:
            return
        name = identity(seen.url)
        if name in self.finished or name in self.retried:
            self.repeated.add(name)
        elif seen.is_retried(retried):
            self.retried.add(name)
        else:
            self.finished.add(name)
            if seen.ok:
                self.ok += 1
                if self.fields is not None and isinstance(seen, _SeenWhole):
                    self.fields.add(seen.fields, seen.items)
            else:
                self.failed[seen.error.kind] += 1


def read(file: OutputFile, retried: Retried, *, field_names: Sequence[str] | None = None) -> Tally:
    """Return what the file amounts to. Raises OutputError for what no run of ours leaves behind.

    Of several records of a URL the newest counts, and an ok one more than a failed one. With `field_names`, those that
    are told of in any case, the fields are counted too.
    """
    begin = partial(_tally, field_names)
    tally = _read_whole(file, retried, begin)
    if len(tally.repeated):
        superseded = find_superseded(file, tally.end, tally.repeated)
        if any(superseded):
            tally = _read_to(tally.end, file, retried, begin(superseded))
    return tally


def _tally(field_names: Sequence[str] | None, superseded: bytes = b"") -> Tally:
    return Tally(superseded=superseded, fields=None if field_names is None else FieldCounts(field_names))


def find_superseded(file: OutputFile, end: int, repeated: FingerprintSet) -> bytes:
    """Return a byte for each line of the first `end` bytes: 1 for a failed record that gave way to another of its URL.

    It gives way to a newer one, and to an ok one wherever that is. Only the `repeated` are looked at. Ok records stay,
    all of them: no run of ours writes a second one, and whoever joined two files wants both.
    """
    marks = bytearray()
    standing = FingerprintSet()
    names, places = array("Q"), array("Q")
    for line in _lines(file, end):
        seen = _decode(line)
        if (name := identity(seen.url)) in repeated:
            if seen.ok:
                standing.add(name)
            else:
                names.append(name)
                places.append(len(marks))
        marks.append(0)
    for name, place in zip(reversed(names), reversed(places), strict=True):
        if not standing.add(name):
            marks[place] = 1
    return bytes(marks)


def without(file: OutputFile, superseded: bytes) -> Iterator[bytes]:
    """Yield the lines that are not superseded, as they are, in batches. Every line of the file is whole."""
    batch = bytearray()
    for line, is_superseded in zip(lines(file, file.size, bytearray()), superseded, strict=True):
        if not is_superseded:
            batch += line
            batch += b"\n"
        if len(batch) >= _REWRITE_BYTES:
            yield bytes(batch)
            batch.clear()
    if batch:
        yield bytes(batch)


def _lines(file: OutputFile, end: int) -> Iterator[bytes]:
    """Yield the lines of the first `end` bytes, the last one with or without its line feed."""
    rest = bytearray()
    yield from lines(file, end, rest)
    if rest:
        yield bytes(rest)


def _read_whole(file: OutputFile, retried: Retried, begin: Callable[[], Tally]) -> Tally:
    if not file.compression:
        return _read_to(end_of_data(file), file, retried, begin())
    try:
        return _read_to(file.size, file, retried, begin())
    except OutputError:
        end = _end_of_members(file)  # the walk is for what a killed run left; it costs as much as the reading
        if end == file.size:
            raise
    tally = _read_to(end, file, retried, begin())
    tally.flushed = _flushed_records(file, end)
    return tally


def _read_to(end: int, file: OutputFile, retried: Retried, tally: Tally) -> Tally:
    rest = bytearray()
    number = 1
    try:
        for line in lines(file, end, rest):
            tally.take(line, number, retried)
            number += 1
        if rest and not _is_torn(file, rest):
            tally.take(bytes(rest), number, retried)
            tally.is_line_open = True
            rest.clear()
    except ValueError:
        raise _foreign(file, f"line {number:,} is not a record") from None
    tally.end = end - len(rest)
    return tally


def _end_of_members(file: OutputFile) -> int:
    try:
        end = end_of_members(file)
        beginning = b"" if end else next(text(file, end_of_data(file)), b"")
    except ValueError as error:
        raise _foreign(file, str(error)) from None
    if not begins_like_record(beginning):
        raise _foreign(file, "line 1 is not a record")
    return end


def _flushed_records(file: OutputFile, start: int) -> bytes:
    """Return the lines from the unfinished member at `start` up to the first that is no whole record."""
    whole = bytearray()
    for line in flushed_text(file, start).split(b"\n")[:-1]:
        try:
            _decode(line)
        except ValueError:
            break
        whole += line + b"\n"
    return bytes(whole)


def _is_torn(file: OutputFile, rest: bytearray) -> bool:
    """Return whether the text after the last line feed is a piece of a record; members hold whole lines."""
    try:
        _decode(bytes(rest))
    except ValueError:
        return begins_like_record(rest) and not file.compression
    return False


def _foreign(file: OutputFile, what: str) -> OutputError:
    return OutputError(f"{file.name}: {what}{REMEDY}")


_DECODER = msgspec.json.Decoder(_Seen)
_WHOLE_DECODER = msgspec.json.Decoder(_SeenWhole)


def _decode(line: bytes) -> _Seen:
    """Return what is needed of the record. Raises ValueError when `line` is not a whole one."""
    return decode(_DECODER, line)


def decode(decoder: msgspec.json.Decoder[Decoded], line: bytes) -> Decoded:
    """Return what `decoder` makes of a record, however deeply nested. Raises ValueError."""
    try:
        return decoder.decode(line)
    except RecursionError:
        pass
    # Nested as deep as the encoder could go, or deeper: it needs a stack with nothing on it.
    try:
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(decoder.decode, line).result()
    except RecursionError:
        raise ValueError("nested too deeply") from None
