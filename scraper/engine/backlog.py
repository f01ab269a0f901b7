"""Jobs of hosts that fill their share of the frontier's window: they wait here, in their host's order.

The first of them are held in memory. A file holds the others one after the other, and memory a single 64-bit entry for
each, its place and its length.
"""

import tempfile
from array import array
from io import FileIO
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
from msgspec import structs

from scraper.errors import OutputError
from scraper.models import Job, Row

BUFFER_BYTES = 64 * 1024
"""Written at once."""
READ_BYTES = 1024**2
"""Read at once at most, when that is more than one job."""
GAP_BYTES = 16 * 1024
"""Jobs no further apart are read at once: copying what lies between costs less than a second call (1.5 µs)."""

MOST_LINES = 16
"""Priorities of one host that are told apart: a line takes about 200 bytes, however few wait in it."""

_LENGTH_BITS = 24
"""Of an entry; the other 40 are the offset in the file, up to a terabyte."""
_LONGEST = (1 << _LENGTH_BITS) - 1
_DEEPEST = 20
_PLAIN = frozenset({str, int, float, bool, type(None)})


class Backlog:
    """A queue of jobs for each host, of any length, in 8 to 12 bytes of memory for each job that is not held there.

    Higher priorities come first, equal ones as they went in. Of a host with more than MOST_LINES priorities waiting,
    a further one counts as the next lower that waits, or as the lowest. No job overtakes those of its host that are in
    the frontier already.

    What cannot be written and read back exactly as it was (a tuple, a date, a lone surrogate, a job over 16 MiB, one
    that redirects led to its host) is kept in memory. Close it at the end.
    """

    def __init__(self, directory: Path | None = None, *, most_held: int = 0) -> None:
        """Use a nameless file in `directory` (None: where temporary files go), made once it is needed.

        So many jobs at most are not written while they have but a URL: 0.6 KB each, and neither encoded nor decoded.
        """
        self._directory = directory
        self._most_held = most_held
        self._lines: dict[str, dict[float, _Line]] = {}  # by host and priority
        self._held: dict[int, Job] = {}
        self._numbers = count()
        self._file: FileIO | None = None
        self._written = 0
        self._buffer = bytearray()  # what comes after the first `_written` bytes
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def waiting(self, host: str) -> int:
        """Return how many jobs of `host` wait here."""
        lines = self._lines.get(host)
        return 0 if lines is None else sum(map(len, lines.values()))

    def has(self, host: str) -> bool:
        """Return whether any job of `host` waits here."""
        return host in self._lines

    def put(self, job: Job) -> None:
        """Let `job` wait behind its host's of its priority. Raises OutputError for a full disk; it waits even so."""
        entry = self._store(job)
        self._line(job.host, job.row.priority).entries.append(entry)
        self._count += 1
        if len(self._buffer) >= BUFFER_BYTES:
            self._flush()

    def take(self, host: str, count: int) -> list[Job]:
        """Remove and return the first `count` jobs of `host`, or all. Raises OutputError when it cannot read them."""
        lines = self._lines.get(host, {})
        jobs: list[Job] = []
        taken = []
        for priority in sorted(lines, reverse=True):
            entries = lines[priority].first(count - len(jobs))
            jobs += self._load(entries)
            taken.append((priority, entries))
        for priority, entries in taken:  # only once all of them could be read
            self._forget(entries)
            lines[priority].drop(len(entries))
            if not lines[priority]:
                del lines[priority]
        if jobs and not lines:
            del self._lines[host]
            if not self._count:
                self._rewind()
        return jobs

    def close(self) -> None:
        """Forget everything and free the disk; a second call does nothing."""
        self._lines, self._held, self._count = {}, {}, 0
        self._buffer.clear()
        self._written = 0
        if self._file is not None:
            self._file.close()
            self._file = None

    def _line(self, host: str, priority: float) -> "_Line":
        lines = self._lines.setdefault(host, {})
        if priority not in lines and len(lines) == MOST_LINES:
            priority = max((known for known in lines if known <= priority), default=min(lines))
        if priority not in lines:
            lines[priority] = _Line()
        return lines[priority]

    def _forget(self, entries: "array[int]") -> None:
        for entry in entries:
            if not entry & _LONGEST:
                del self._held[entry >> _LENGTH_BITS]
        self._count -= len(entries)

    def _store(self, job: Job) -> int:
        """Return the entry that stands for `job`: offset and length, or a number in `_held` and 0."""
        is_held = job.row.input is None and len(self._held) < self._most_held
        data = b"" if is_held else _encoded(job)
        if 0 < len(data) <= _LONGEST:
            offset = self._written + len(self._buffer)
            self._buffer += data
            return offset << _LENGTH_BITS | len(data)
        number = next(self._numbers)
        self._held[number] = job
        return number << _LENGTH_BITS

    def _load(self, entries: "array[int]") -> list[Job]:
        jobs = []
        start = end = 0
        piece = memoryview(b"")  # the bytes from `start` to `end`
        for index, entry in enumerate(entries):
            offset, length = entry >> _LENGTH_BITS, entry & _LONGEST
            if not length:
                jobs.append(self._held[offset])
                continue
            if offset + length > end:
                start, end = offset, _end_of_run(entries, index)
                piece = memoryview(self._read(start, end))
            jobs.append(_decoded(piece[offset - start : offset - start + length]))
        return jobs

    def _read(self, start: int, end: int) -> bytes:
        """Return the bytes from `start` to `end`, of which the last may not be written yet."""
        data = b""
        if self._file is not None and start < self._written:
            try:
                self._file.seek(start)
                data = self._file.read(min(end, self._written) - start)
            except OSError as error:
                raise self._refusal("read", error) from error
        return data + self._buffer[max(start - self._written, 0) : max(end - self._written, 0)]

    def _flush(self) -> None:
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(buffering=0, dir=self._directory)  # noqa: SIM115 - closed by close()
            self._file.seek(self._written)
            data = bytes(self._buffer)
            while data:  # a disk that fills up takes a part
                data = data[self._file.write(data) :]
        except OSError as error:
            raise self._refusal("write", error) from error
        self._written += len(self._buffer)
        self._buffer.clear()

    def _rewind(self) -> None:
        """Begin anew at the start of the file: nothing in it is wanted any more."""
        if self._file is not None and self._written:
            self._file.truncate(0)
        self._written = 0
        self._buffer.clear()

    def _refusal(self, action: str, error: OSError) -> OutputError:
        folder = self._directory or tempfile.tempdir or "the folder for temporary files"
        return OutputError(
            f"cannot {action} the URLs that wait for their host's turn in {folder}: {error.strerror or error}; "
            "let TMPDIR name a folder with more room and run the same line again to go on"
        )


class _Line:
    """The entries of one host's jobs, consumed from the front."""

    __slots__ = ("entries", "start")

    def __init__(self) -> None:
        self.entries = array("Q")
        self.start = 0

    def __len__(self) -> int:
        return len(self.entries) - self.start

    def first(self, number: int) -> "array[int]":
        return self.entries[self.start : self.start + number]

    def drop(self, number: int) -> None:
        """Forget the first `number`; move the others up once a quarter of the array is unused: 3 moved for each."""
        self.start += number
        if self.start * 4 >= len(self.entries):
            del self.entries[: self.start]
            self.start = 0


def _end_of_run(entries: "array[int]", index: int) -> int:
    """Return where the run ends that begins with the job of entry `index`: neighbours, to be read at once."""
    start = entries[index] >> _LENGTH_BITS
    end = start + (entries[index] & _LONGEST)
    for following in range(index + 1, len(entries)):
        offset, length = entries[following] >> _LENGTH_BITS, entries[following] & _LONGEST
        if not length:
            continue
        if offset - end > GAP_BYTES or offset + length - start > READ_BYTES:
            break
        end = offset + length
    return end


def _encoded(job: Job) -> bytes:
    """Return `job` as bytes, or none when it would not come back as it was."""
    if job.trail is not None or (job.row.input is not None and not _is_plain(job.row.input, _DEEPEST)):
        return b""
    row, href, *others = structs.astuple(job)
    try:
        return _ENCODER.encode((row, None if href == row.url else href, *others))
    except (ValueError, OverflowError):  # a lone surrogate; an integer over 64 bits
        return b""


def _decoded(data: memoryview) -> Job:
    row, href, *others = _DECODER.decode(data)
    return Job(row, row.url if href is None else href, *others)


def _is_plain(value: Any, depth: int) -> bool:
    """Tell whether `value` is made of exactly the types that msgpack gives back."""
    kind = type(value)
    if kind in _PLAIN:
        return True
    if not depth:
        return False
    if kind is dict:
        return all(type(key) is str for key in value) and all(_is_plain(item, depth - 1) for item in value.values())
    return kind is list and all(_is_plain(item, depth - 1) for item in value)


_ENCODER = msgspec.msgpack.Encoder()
_DECODER: "msgspec.msgpack.Decoder[Any]" = msgspec.msgpack.Decoder(
    tuple[Row, str | None, str, int, str, int, bool, None, bool]
)
