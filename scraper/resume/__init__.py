"""Opens the output and goes on with it: what is finished is read back, a torn end cut, a replaced record taken out."""

import os
import stat
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Self

import msgspec
from msgspec import Struct

from scraper.compression import compress
from scraper.config.values import split_kinds
from scraper.errors import OutputError, UsageError
from scraper.fill import FieldCounts
from scraper.output import STDOUT, OutputFile, OutputStream, open_destination, refusal
from scraper.resume.records import Retried, find_superseded, read, without
from scraper.urls import FingerprintSet


class Output(Struct, frozen=True, kw_only=True):
    """An output that is ready to be written to, and what was in it. Leaving its `with` block closes it."""

    target: OutputFile | OutputStream
    finished: FingerprintSet
    """Identities (`urls.identity`) of the URLs that have a record and are not tried again."""
    retried: FingerprintSet = msgspec.field(default_factory=FingerprintSet)
    """Identities of those whose failed record is tried again. It stays until there is another."""
    ok: int = 0
    """How many of them are ok."""
    failed: Mapping[str, int] = {}
    """How many are not, by error kind."""
    fields: FieldCounts = msgspec.field(default_factory=FieldCounts)
    """Which of the ok ones have which fields, when that was asked for."""
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

    def settle(self) -> int:
        """Take out the failed records that this run replaced; return how many. Raises OutputError.

        Killed at any moment it leaves the file as it was, and the next start does the same.
        """
        if not isinstance(self.target, OutputFile) or not len(self.retried):
            return 0
        try:
            superseded = find_superseded(self.target, self.target.size, self.retried)
            if replaced := superseded.count(1):
                self.target.check()
                self.target.rewrite(without(self.target, superseded))
        except OSError as error:
            raise refusal(self.path, error) from error
        return replaced

    def settle_and_close(self) -> int:
        """As `settle`, then close it whatever happens."""
        with self:
            return self.settle()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.target.close()


def open_output(  # noqa: PLR0913 - what a run asks of its output
    path: str,
    *,
    fresh: bool,
    retry_failed: bool | str,
    now: datetime,
    sources: Sequence[str] = (),
    field_names: Sequence[str] | None = None,
) -> Output:
    """Open `path` for a run that goes on where the records in it end.

    `{date}` and `{time}` in it become those of `now`, a local time; `-` is standard output. `fresh` renames an earlier
    file; `retry_failed` (True, or kinds and statuses: `"read-timeout,503"`) tries its failed records of those kinds
    again: each stays until the new one is written, and `settle` takes it out. With `field_names`, those that are told
    of in any case, it is counted which of the ok records have which fields.

    Raises UsageError when it is one of the `sources`, OutputLocked when another run holds it, and OutputError when
    it cannot be opened, or holds anything else than records: it is then left as it is.
    """
    retried = split_kinds(retry_failed) if isinstance(retry_failed, str) else retry_failed
    name = filled_in(path, now)
    _refuse_sources(name, sources)
    target = open_destination(name)
    try:
        if isinstance(target, OutputStream):
            return Output(target=target, finished=FingerprintSet(), fields=FieldCounts(field_names or ()))
        if not fresh or not target.size:
            return _go_on(target, retried, field_names)
        set_aside = target.set_aside(now)
        target.close()
        anew = open_output(path, fresh=False, retry_failed=False, now=now, field_names=field_names)
        return msgspec.structs.replace(anew, set_aside=set_aside)
    except BaseException as error:
        target.close()
        if isinstance(error, OSError):
            raise refusal(name, error) from error
        raise


def filled_in(path: str, now: datetime) -> str:
    """Return the name of an output with the `{date}` and `{time}` of `now` in it."""
    return path.replace("{date}", f"{now:%Y-%m-%d}").replace("{time}", f"{now:%H%M%S}")


def finished_in(path: str, *, retry_failed: bool | str, now: datetime, sources: Sequence[str] = ()) -> FingerprintSet:
    """Return the identities that `open_output` would find finished; nothing is locked, created or mended.

    A missing file, `-`, a pipe or a device holds none. Raises UsageError and OutputError as `open_output` does.
    """
    retried = split_kinds(retry_failed) if isinstance(retry_failed, str) else retry_failed
    name = filled_in(path, now)
    _refuse_sources(name, sources)
    place = Path(name)
    try:
        if name != STDOUT and place.is_dir():
            raise OutputError(f"{name} is a folder; name a file in it with --output")
        if name == STDOUT or not stat.S_ISREG(place.stat().st_mode):
            return FingerprintSet()
        with place.open("rb", buffering=0) as raw:
            return read(OutputFile(name, place, raw.fileno()), retried).finished
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


def _go_on(file: OutputFile, retried: Retried, field_names: Sequence[str] | None) -> Output:
    """Read the file, then mend its end, then take out what a killed run had replaced already."""
    modified_at = file.modified_at() if file.size else None
    tally = read(file, retried, field_names=field_names)
    torn_bytes = file.size - tally.end
    file.cut(tally.end)
    if tally.is_line_open:
        file.append(compress(b"\n", file.compression))
    if tally.flushed:
        file.append(compress(tally.flushed, file.compression))
        tally, torn_bytes = read(file, retried, field_names=field_names), 0
    if tally.superseded:
        file.rewrite(without(file, tally.superseded))
    return Output(
        target=file,
        finished=tally.finished,
        retried=tally.retried,
        ok=tally.ok,
        failed=tally.failed,
        fields=tally.fields or FieldCounts(),
        torn_bytes=torn_bytes,
        modified_at=modified_at,
    )
