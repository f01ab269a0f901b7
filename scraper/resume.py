"""Opens the output and goes on with it: what is finished is read back, a torn end cut, failed records dropped."""

import os
import stat
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Self

import msgspec
from msgspec import Struct

from scraper.compression import compress
from scraper.config import split_kinds
from scraper.errors import HttpStatus, OutputError, UsageError
from scraper.output import STDOUT, OutputFile, OutputStream, open_destination, refusal
from scraper.output.lines import begins_like_record, end_of_data, end_of_members, lines, text
from scraper.urls import FingerprintSet, identity

Retried = bool | frozenset[str]
"""Which failed records are dropped: all, none, or those of these kinds and statuses."""

_REWRITE_BYTES = 1024**2


class Output(Struct, frozen=True, kw_only=True):
    """An output that is ready to be written to, and what was in it. Leaving its `with` block closes it."""

    target: OutputFile | OutputStream
    finished: FingerprintSet
    """Identities (`urls.identity`) of the URLs that have a record."""
    ok: int = 0
    """How many of them are ok."""
    failed: Mapping[str, int] = {}
    """How many are not, by error kind."""
    dropped: int = 0
    """Failed records that were taken out, to be tried again."""
    torn_bytes: int = 0
    """What a killed run had left of a last record; it was cut."""
    modified_at: float | None = None
    """When an earlier run last wrote to it, in seconds since 1970; None when it was empty."""
    set_aside: Path | None = None
    """What `fresh` renamed the earlier file to."""

    @property
    def path(self) -> str:
        """The file as the user calls it, date and time filled in; `-` for standard output."""
        return self.target.name

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.target.close()


def open_output(
    path: str, *, fresh: bool, retry_failed: bool | str, now: datetime, sources: Sequence[str] = ()
) -> Output:
    """Open `path` for a run that goes on where the records in it end.

    `{date}` and `{time}` in it become those of `now`, a local time; `-` is standard output. `fresh` renames an earlier
    file; `retry_failed` (True, or kinds and statuses: `"read-timeout,503"`) drops its failed records of those kinds.

    Raises UsageError when it is one of the `sources`, OutputLocked when another run holds it, and OutputError when
    it cannot be opened, or holds anything else than records: it is then left as it is.
    """
    retried = split_kinds(retry_failed) if isinstance(retry_failed, str) else retry_failed
    name = path.replace("{date}", f"{now:%Y-%m-%d}").replace("{time}", f"{now:%H%M%S}")
    _refuse_sources(name, sources)
    target = open_destination(name)
    try:
        if isinstance(target, OutputStream):
            return Output(target=target, finished=FingerprintSet())
        if not fresh or not target.size:
            return _go_on(target, retried)
        set_aside = target.set_aside(now)
        target.close()
        anew = open_output(path, fresh=False, retry_failed=False, now=now)
        return msgspec.structs.replace(anew, set_aside=set_aside)
    except BaseException as error:
        target.close()
        if isinstance(error, OSError):
            raise refusal(name, error) from error
        raise


def finished_in(path: str, *, retry_failed: bool | str, now: datetime, sources: Sequence[str] = ()) -> FingerprintSet:
    """Return the identities that `open_output` would find finished; nothing is locked, created, mended or dropped.

    A missing file, `-`, a pipe or a device holds none. Raises UsageError and OutputError as `open_output` does.
    """
    retried = split_kinds(retry_failed) if isinstance(retry_failed, str) else retry_failed
    name = path.replace("{date}", f"{now:%Y-%m-%d}").replace("{time}", f"{now:%H%M%S}")
    _refuse_sources(name, sources)
    place = Path(name)
    try:
        if name != STDOUT and place.is_dir():
            raise OutputError(f"{name} is a folder; name a file in it with --output")
        if name == STDOUT or not stat.S_ISREG(place.stat().st_mode):
            return FingerprintSet()
        with place.open("rb", buffering=0) as raw:
            return _read(OutputFile(name, place, raw.fileno()), retried).finished
    except FileNotFoundError:
        return FingerprintSet()
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise refusal(name, error, "read") from error


def _refuse_sources(name: str, sources: Sequence[str]) -> None:
    """Raise UsageError when a regular file is read from and written to."""
    output = _stat(name, standard=1)
    for source in sources:
        there = _stat(source, standard=0)
        if output and there and stat.S_ISREG(output.st_mode) and os.path.samestat(output, there):
            raise UsageError(f"{name} is read as a source; choose another --output")


def _stat(name: str, standard: int) -> os.stat_result | None:
    with suppress(OSError, ValueError):
        return os.fstat(standard) if name == STDOUT else Path(name).stat()
    return None


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


@dataclass
class _Tally:
    """What the lines of a file amount to."""

    retried: Retried
    finished: FingerprintSet = field(default_factory=FingerprintSet)
    ok: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    dropped: int = 0
    end: int = 0
    """Where the last whole record ends, in bytes of the file."""
    is_line_open: bool = False
    """That record lacks its line feed."""

    def add(self, line: bytes) -> None:
        """Take in one line. Raises ValueError when it is not a record."""
        seen = _decode(line)
        if seen.is_retried(self.retried):
            self.dropped += 1
        elif self.finished.add(identity(seen.url)):  # else a file that was put together from two: the first counts
            if seen.ok:
                self.ok += 1
            else:
                self.failed[seen.error.kind] += 1


_DECODER = msgspec.json.Decoder(_Seen)


def _decode(line: bytes) -> _Seen:
    """Return what is needed of the record. Raises ValueError when `line` is not a whole one."""
    try:
        return _DECODER.decode(line)
    except RecursionError:
        pass
    # Nested as deep as the encoder could go, or deeper: it needs a stack with nothing on it.
    try:
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(_DECODER.decode, line).result()
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _go_on(file: OutputFile, retried: Retried) -> Output:
    """Read the file, then mend its end, then drop what is tried again."""
    size, modified_at = file.size, file.modified_at() if file.size else None
    tally = _read(file, retried)
    file.cut(tally.end)
    if tally.is_line_open:
        file.append(compress(b"\n", file.compression))
    if tally.dropped:
        file.rewrite(_kept(file, retried))
    return Output(
        target=file,
        finished=tally.finished,
        ok=tally.ok,
        failed=tally.failed,
        dropped=tally.dropped,
        torn_bytes=size - tally.end,
        modified_at=modified_at,
    )


def _read(file: OutputFile, retried: Retried) -> _Tally:
    """Return what the file amounts to. Raises OutputError for what no run of ours leaves behind."""
    if not file.compression:
        return _read_to(end_of_data(file), file, retried)
    try:
        return _read_to(file.size, file, retried)
    except OutputError:
        end = _end_of_members(file)  # the walk is for what a killed run left; it costs as much as the reading
        if end == file.size:
            raise
    return _read_to(end, file, retried)


def _read_to(end: int, file: OutputFile, retried: Retried) -> _Tally:
    tally = _Tally(retried)
    rest = bytearray()
    number = 1
    try:
        for line in lines(file, end, rest):
            tally.add(line)
            number += 1
        if rest and not _is_torn(file, rest):
            tally.add(bytes(rest))
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


def _is_torn(file: OutputFile, rest: bytearray) -> bool:
    """Return whether the text after the last line feed is a piece of a record; members hold whole lines."""
    try:
        _decode(bytes(rest))
    except ValueError:
        return begins_like_record(rest) and not file.compression
    return False


def _foreign(file: OutputFile, what: str) -> OutputError:
    return OutputError(f"{file.name}: {what}; mend it, start anew with --fresh, or choose another --output")


def _kept(file: OutputFile, retried: Retried) -> Iterator[bytes]:
    """Yield the lines that are not dropped, as they are, in batches."""
    batch = bytearray()
    for line in lines(file, file.size, bytearray()):
        if not _decode(line).is_retried(retried):
            batch += line
            batch += b"\n"
        if len(batch) >= _REWRITE_BYTES:
            yield bytes(batch)
            batch.clear()
    if batch:
        yield bytes(batch)
