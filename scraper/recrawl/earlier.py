"""The records of an earlier output, found by their URL: an index in memory, the records where they are, on disk."""

import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Protocol, Self

import msgspec
from msgspec import Struct

from scraper.errors import OutputError, UsageError
from scraper.models import Record
from scraper.resume.reading import Records, open_to_read
from scraper.resume.records import decode
from scraper.urls import FingerprintMap, identity

_PIECE_BYTES = 16 * 1024
"""Read at once, and twice as many each time that the record goes on: most are shorter."""
_MOST_DOUBLINGS = 6
_COPY_BYTES = 1024**2
_log = logging.getLogger(__name__)


class _Seen(Struct, frozen=True, gc=False):
    """What is read of a record that is indexed."""

    url: str
    ok: bool


_SEEN = msgspec.json.Decoder(_Seen)
_RECORDS = msgspec.json.Decoder(Record)


class Sink(Protocol):
    """What text is copied to."""

    def write(self, line: bytes) -> None:
        """Append a line, its line feed included."""
        ...


class Index:
    """Where the record of each URL begins in an output's text, in 21 to 32 bytes of memory for each.

    Of several records of a URL the last counts, and an ok one more than a failed one.
    """

    def __init__(self) -> None:
        self._places = FingerprintMap()
        self.ok = 0
        """URLs that have an ok record."""
        self.size = 0
        """Of the text, in bytes; its last line feed may be missing."""

    def __len__(self) -> int:
        return len(self._places)

    def add(self, name: int, place: int, *, is_ok: bool) -> None:
        """Take in the record of the URL with this `identity` that begins at `place`."""
        known = self._places.get(name)
        if known is None or is_ok >= known & 1:
            self._places[name] = place << 1 | is_ok
            self.ok += is_ok and not (known and known & 1)

    def place_of(self, name: int) -> int | None:
        """Return where the record of a URL begins, be it ok or not."""
        known = self._places.get(name)
        return None if known is None else known >> 1

    def place_of_ok(self, name: int) -> int | None:
        """Return where the ok record of a URL begins."""
        known = self._places.get(name)
        return None if known is None or not known & 1 else known >> 1


def index_of(records: Records, copy: Sink | None = None) -> Index:
    """Return the index of an output's text, and copy it. Raises UsageError for a line that is no record."""
    index = Index()
    place = 0
    for number, line in enumerate(records.lines(), 1):
        if line and not line.isspace():
            try:
                seen = decode(_SEEN, line)
            except ValueError as error:
                raise UsageError(f"line {number:,} of {records.name} is not a record: {error}") from None
            index.add(identity(seen.url), place, is_ok=seen.ok)
        if copy is not None:
            copy.write(line + b"\n")
        place += len(line) + 1
    if records.torn_bytes and not len(index):
        raise UsageError(f"{records.name} holds no record; name the output of a run")
    index.size = place
    return index


class EarlierRecords:
    """An output of an earlier run, kept open: it may be renamed, replaced or removed meanwhile."""

    def __init__(self, fd: int, index: Index) -> None:
        self.fd = fd
        """Of its text; other processes may get it, too."""
        self.index = index

    def lines(self) -> Iterator[bytes]:
        """Yield the lines that were indexed, in order. Raises OSError."""
        place = 0
        rest = b""
        while place < self.index.size and (piece := _read_at(self.fd, _COPY_BYTES, place)):
            *lines, rest = (rest + piece[: self.index.size - place]).split(b"\n")
            place += len(piece)
            yield from lines
        if rest:
            yield rest

    def line(self, place: int) -> bytes:
        """Return the line that begins at `place`. Raises OSError."""
        return line_at(self.fd, place)

    def close(self) -> None:
        """Close it; a second call does nothing."""
        fd, self.fd = self.fd, -1
        if fd >= 0:
            os.close(fd)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_earlier(name: str, *, may_be_missing: bool = False) -> EarlierRecords:
    """Open the output `name`, which is read once. A missing one is none, or one without records if it `may_be_missing`.

    The text of a compressed one, of which no piece can be read alone, is copied to a nameless temporary file. Raises
    UsageError when it is none, OutputError when it cannot be copied.
    """
    if may_be_missing and not Path(name).exists():
        return EarlierRecords(os.open(os.devnull, os.O_RDONLY), Index())
    with open_to_read(name, "the output of an earlier run") as file:
        if not file.compression:
            index = index_of(Records(file))
            return EarlierRecords(os.dup(file.fileno()), index)
        with _Copy(name) as copy:
            index = index_of(Records(file), copy)
            return EarlierRecords(copy.finish(), index)


class RecordReader:
    """Reads records of an EarlierRecords by its descriptor, in this process or in another that has got it."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def __call__(self, place: int) -> Record | None:
        """Return the record that begins at `place`; None, and a warning, when it is not there any more."""
        try:
            return decode(_RECORDS, line_at(self._fd, place))
        except (OSError, ValueError) as error:
            _log.warning("a record of the earlier output cannot be read (%s): its page is fetched as a new one", error)
            return None


def line_at(fd: int, place: int) -> bytes:
    """Return the line of an open file that begins at `place`, less its line feed. Raises OSError."""
    pieces: list[bytes] = []
    while piece := _read_at(fd, _PIECE_BYTES << min(len(pieces), _MOST_DOUBLINGS), place):
        end = piece.find(b"\n")
        pieces.append(piece if end < 0 else piece[:end])
        if end >= 0:
            break
        place += len(piece)
    return b"".join(pieces)


def _read_at(fd: int, size: int, place: int) -> bytes:
    if hasattr(os, "pread"):  # other processes may share the descriptor, and its position
        return os.pread(fd, size, place)
    os.lseek(fd, place, os.SEEK_SET)
    return os.read(fd, size)


class _Copy:
    """A nameless temporary file that lines are written to."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with self._translated():
            self._file = self._stack.enter_context(tempfile.TemporaryFile(buffering=_COPY_BYTES))
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):  # what could not be written is told already
            self._stack.close()

    def write(self, line: bytes) -> None:
        with self._translated():
            self._file.write(line)

    def finish(self) -> int:
        """Return a descriptor of the whole file, to be closed by the caller."""
        with self._translated():
            self._file.flush()
            return os.dup(self._file.fileno())

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            folder = tempfile.tempdir or "the folder for temporary files"
            raise OutputError(
                f"cannot unpack {self._name} in {folder}: {error.strerror or error}; let TMPDIR name a folder with "
                "more room, or name an output that is not compressed"
            ) from error
