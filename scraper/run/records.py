"""The records in a file as a sequence: each is read when it is looked at, memory holds 8 bytes for it."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from io import FileIO
from itertools import chain, repeat
from pathlib import Path
from typing import Any, overload

import msgspec
from msgspec import Struct

from scraper.compression import compression_of
from scraper.errors import UsageError
from scraper.models import Lines as RecordLines
from scraper.models import Record
from scraper.resume.records import decode
from scraper.run.lines import Lines, pieces, unpacked

REPR_RECORDS = 3


class _Verdict(Struct, frozen=True, gc=False):
    ok: bool


class Records(Sequence[Record]):
    """Records in a file, in its order. Slices are views of the same kind; iterating reads the file once through.

    Looking at one raises UsageError when its line is not a record.
    """

    def __init__(self, lines: Lines, starts: "array[int] | None" = None, superseded: bytes = b"") -> None:
        """Show the lines at `starts` (None: all). `superseded` has a 1 for each line that gave way to another."""
        self._lines = lines
        self._starts = starts
        self._is_view = starts is not None
        self._superseded = superseded

    @property
    def name(self) -> str:
        """The file as the user calls it."""
        return self._lines.name

    def failed(self) -> "Records":
        """Return those that are not ok; the whole file is read for it."""
        starts = array("Q")
        for start, line in zip(self._places(), self._raw(), strict=True):
            if not _decoded(_VERDICTS, line, self.name).ok:
                starts.append(start)
        return Records(self._lines, starts)

    def __len__(self) -> int:
        return len(self._places())

    @overload
    def __getitem__(self, index: int) -> Record: ...
    @overload
    def __getitem__(self, index: slice) -> "Records": ...
    def __getitem__(self, index: int | slice) -> "Record | Records":
        if isinstance(index, slice):
            return Records(self._lines, self._places()[index])
        record: Record = _decoded(_RECORDS, self._lines.at(self._places()[index]), self.name)
        return record

    def __iter__(self) -> Iterator[Record]:
        for line in self._raw():
            yield _decoded(_RECORDS, line, self.name)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Records | list | tuple):
            return NotImplemented
        return len(self) == len(other) and all(mine == theirs for mine, theirs in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment] # a sequence that equals a list has none either

    def __repr__(self) -> str:
        shown = "".join(f"\n  {record!r}," for record in self[:REPR_RECORDS])
        return f"<{len(self):,} records of {self.name}>{shown}"

    def _raw(self) -> Iterator[bytes]:
        """Yield the lines, read once through when they are all that the file has."""
        if self._is_view:
            return (self._lines.at(start) for start in self._places())
        if not self._superseded:
            return iter(self._lines)
        return (line for line, is_superseded in zip(self._lines, self._marks(), strict=False) if not is_superseded)

    def _marks(self) -> Iterator[int]:
        """Yield a mark for each line; those behind the marked ones stand."""
        return chain(self._superseded, repeat(0))

    def _places(self) -> "array[int]":
        """Return where the lines start; found at the first look."""
        if self._starts is None:
            starts = self._lines.starts()
            if self._superseded:
                marked = zip(starts, self._marks(), strict=False)
                starts = array("Q", (start for start, is_superseded in marked if not is_superseded))
            self._starts = starts
        return self._starts


def open_records(path: str, superseded: bytes = b"") -> Records:
    """Open the records of an output file. A compressed one is unpacked to a temporary file first.

    Raises UsageError for standard output, a stream, and a file that is not there any more or cannot be read.
    """
    if path == "-":
        raise UsageError("the records went to standard output; name a file as output, or none, to have them here")
    if not Path(path).is_file():
        what = "is a stream" if Path(path).exists() else "is not there any more"
        raise UsageError(f"{path} {what}: its records cannot be read back")
    try:
        file = FileIO(path) if not compression_of(path) else unpacked(path)
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read back: {error}") from error
    return Records(Lines(file, path), superseded=superseded)


def read_records(path: str | Path) -> Iterator[Record]:
    """Yield the records of an output file (`.gz`, `.zst` too), one at a time; a torn last line is left out."""
    rest = b""
    for piece in pieces(path):
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            yield _decoded(_RECORDS, line, str(path))


def records_in(result: Record | RecordLines) -> Sequence[Record]:
    """Return the records that came as one: itself, or those of another process."""
    if isinstance(result, Record):
        return (result,)
    return [_RECORDS.decode(line) for line in result.data.splitlines()]


def failed_of(records: Iterable[Record]) -> Sequence[Record]:
    """Return the records that are not ok, on the disk when they are there."""
    return records.failed() if isinstance(records, Records) else [record for record in records if not record.ok]


_RECORDS = msgspec.json.Decoder(Record)
_VERDICTS = msgspec.json.Decoder(_Verdict)


def _decoded(decoder: "msgspec.json.Decoder[Any]", line: bytes, name: str) -> Any:
    try:
        return decode(decoder, line)
    except ValueError as error:
        raise UsageError(f"{name} has a line that is not a record: {line[:60].decode(errors='replace')!r}") from error
