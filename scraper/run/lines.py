"""The lines of a file that is read in any order, and temporary files to read so."""

import tempfile
import weakref
from array import array
from collections.abc import Iterator
from io import FileIO
from pathlib import Path
from threading import Lock

import msgspec

from scraper.compression import compression_of, decompressor

PIECE_BYTES = 1024**2
"""Read at a time when all are read."""
LINE_BYTES = 16 * 1024
"""Read at a time when one is: most records are shorter."""


class Lines:
    """The whole lines of a file, up to where it ended when it was opened."""

    def __init__(self, file: FileIO, name: str) -> None:
        """Own `file`, and close it when nobody looks at it any more. `name` is what the user calls it."""
        self.name = name
        self._file = file
        self._end = file.seek(0, 2)
        self._lock = Lock()
        weakref.finalize(self, file.close)

    def __iter__(self) -> Iterator[bytes]:
        """Read from the start; what follows the last line feed is left out."""
        for _, lines in self._batches():
            yield from lines

    def starts(self) -> "array[int]":
        """Return where each line starts, in bytes."""
        starts = array("Q")
        for start, lines in self._batches():
            at = start
            for line in lines:
                starts.append(at)
                at += len(line) + 1
        return starts

    def at(self, start: int) -> bytes:
        """Return the line that starts there."""
        pieces = []
        while True:
            piece = self._read(start, LINE_BYTES)
            line, line_feed, _ = piece.partition(b"\n")
            pieces.append(line)
            if line_feed or not piece:
                return b"".join(pieces)
            start += len(piece)

    def _batches(self) -> Iterator[tuple[int, list[bytes]]]:
        """Yield lines that follow each other, and where the first of them starts."""
        at, start, rest = 0, 0, bytearray()
        while piece := self._read(at, PIECE_BYTES):
            at += len(piece)
            head, line_feed, tail = piece.rpartition(b"\n")
            if line_feed:
                whole = bytes(rest + head)
                yield start, whole.split(b"\n")
                start += len(whole) + 1
                rest = bytearray(tail)
            else:
                rest += piece
        if rest and is_record(rest):  # whole, but for its line feed
            yield start, [bytes(rest)]

    def _read(self, start: int, size: int) -> bytes:
        with self._lock:  # two threads may look at the records of a run
            self._file.seek(start)
            return self._file.read(max(0, min(size, self._end - start))) or b""


def temporary_file() -> FileIO:
    """Return a nameless file where temporary files go (TMPDIR); it is gone when it is closed, `kill -9` included."""
    return tempfile.TemporaryFile(buffering=0)


def unpacked(path: str) -> FileIO:
    """Return a temporary file with the text of a compressed one. Raises OSError, ValueError when it is damaged."""
    file = temporary_file()
    try:
        for piece in pieces(path):
            write_all(file, piece)
    except BaseException:
        file.close()
        raise
    return file


def pieces(path: str | Path) -> Iterator[bytes]:
    """Yield the text of a file (`.gz`, `.zst` too) as it is read."""
    unpack = decompressor(compression_of(path))
    with Path(path).open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            yield unpack.decompress(piece)


def write_all(file: FileIO, data: bytes | bytearray) -> None:
    """Write all of `data`; one call may take only a part. Raises OSError."""
    view = memoryview(data)
    while view:
        view = view[file.write(view) or 0 :]


def is_record(rest: bytes | bytearray) -> bool:
    """Return whether what follows the last line feed is a whole object."""
    try:
        msgspec.json.decode(rest, type=dict[str, msgspec.Raw])
    except (ValueError, RecursionError):
        return False
    return True
