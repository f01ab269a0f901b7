"""The container that a run appends pages to: named by --keep, locked and mended like an output."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path, PurePath

from scraper.compression import compress
from scraper.config.constants import LARGE_PAGE_BYTES, VERSION
from scraper.errors import OutputError, UsageError
from scraper.kept.pages import to_warc
from scraper.kept.reading import end_of_last, first
from scraper.kept.warc import encoded, new_id
from scraper.models import Page, Record
from scraper.output import OutputFile, refusal
from scraper.output.file import open_file
from scraper.output.lines import end_of_data

SUFFIXES = (".warc.zst", ".warc.gz")
ZSTD_LEVEL = 1
"""300 MB/s of HTML to a third of its size on one core, 0.06 ms for a page of 16 KB; level 3 takes 40 % longer for 4 %
fewer bytes, 6 four times as long for 10 %."""


_STANDARD = "https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"


class PageKeeper:
    """Appends pages to the container that it is given, before their records are written anywhere."""

    def __init__(self) -> None:
        self.file: OutputFile | None = None
        self._info_id = ""

    async def __call__(self, page: Page, record: Record) -> None:
        """Keep `page`. Raises OutputError; what is compressed is a large page only beside the loop."""
        if self.file is None:
            raise TypeError("there is no container to write to")
        if len(page.body) <= LARGE_PAGE_BYTES:
            data = self._packed(page, record)
        else:
            data = await asyncio.to_thread(self._packed, page, record)
        self.file.append(data)

    def _packed(self, page: Page, record: Record) -> bytes:
        compression = "" if self.file is None else self.file.compression
        return compress(to_warc(page, record, info_id=self._info_id), compression, zstd_level=ZSTD_LEVEL)

    @contextmanager
    def writing_to(self, file: OutputFile) -> Iterator[OutputFile]:
        """Write to `file`, an open container, while the block lasts; then sync and close it."""
        try:
            self._info_id, _ = first(file)
            self.file = file
            yield file
            file.sync()
        finally:
            self.file = None
            file.close()


def container_name(keep: str, output: str | None, now: datetime) -> str:
    """Return the file that `--keep` names, or the one for `output` in the folder that it names.

    `{date}` and `{time}` are filled in from `now`, a local time. Raises UsageError for any other kind of file.
    """
    name = keep.replace("{date}", f"{now:%Y-%m-%d}").replace("{time}", f"{now:%H%M%S}")
    if name.lower().endswith(SUFFIXES):
        return name
    if Path(name).is_file() or PurePath(name).suffix.lower() in (".gz", ".zst", ".warc", ".jsonl"):
        raise UsageError(f"--keep is {keep}; name a folder, or a file that ends in .warc.zst or .warc.gz")
    stem = "pages" if output in (None, "-") else PurePath(output or "").name.partition(".jsonl")[0]
    return str(PurePath(name, f"{stem}{SUFFIXES[0]}"))


def open_container(name: str, *, fresh: bool, now: datetime) -> tuple[OutputFile, bool]:
    """Open and lock the container `name`, and cut what a killed run left of a last page; tell whether it was empty.

    `fresh` renames an earlier one. Raises OutputLocked, OutputError.
    """
    try:
        file = open_file(name)
        if fresh and file.size:
            file.set_aside(now)
            file.close()
            file = open_file(name)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise refusal(name, error, "open") from error
    try:
        return file, _begun(file, now)
    except BaseException as error:
        file.close()
        if isinstance(error, OSError):
            raise refusal(name, error) from error
        raise


def _begun(file: OutputFile, now: datetime) -> bool:
    """Mend the end; begin an empty file with the record that tells what it is, and return whether that was so."""
    try:
        info_id, size = first(file)
    except ValueError as error:
        start = _beginning(now, file.compression)
        end = end_of_data(file)
        # A killed run leaves at most a piece of the first record; another one may be longer by its random parts.
        if end > len(start) + 64 or b"".join(file.read(0, min(end, 4))) != start[: min(end, 4)]:
            reason = f"cannot go on with {file.name}: {error}"
            raise OutputError(f"{reason}; choose another --keep, or start anew with --fresh") from None
        file.cut(0)
        file.append(start)
        return True
    file.cut(end_of_last(file, info_id, size))
    return False


def _beginning(now: datetime, compression: str) -> bytes:
    about = f"software: scraper/{VERSION}\r\nformat: WARC File Format 1.1\r\nconformsTo: {_STANDARD}\r\n"
    fields = (
        ("WARC-Type", "warcinfo"),
        ("WARC-Record-ID", new_id()),
        ("WARC-Date", f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"),
        ("Content-Type", "application/warc-fields"),
    )
    return compress(encoded(fields, about.encode()), compression, zstd_level=ZSTD_LEVEL)
