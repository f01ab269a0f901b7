"""Where the records of a run without an output are gathered: in memory while they are few, else in a temporary file."""

from collections.abc import Sequence
from io import FileIO

from scraper.config.constants import RECORDS_IN_MEMORY_BYTES, WRITE_BYTES
from scraper.errors import OutputError
from scraper.models import Record
from scraper.output.encoder import append_line
from scraper.run.lines import Lines, temporary_file, write_all
from scraper.run.records import Records

NAME = "a temporary file"


class Spool:
    """Takes records one at a time, and gives them back in that order.

    Once they are `memory_bytes` of JSON they move to a nameless file, which lives as long as what `records` returned.
    """

    def __init__(self, memory_bytes: int = RECORDS_IN_MEMORY_BYTES) -> None:
        self._memory_bytes = memory_bytes
        self._records: list[Record] = []
        self._lines = bytearray()
        self._file: FileIO | None = None

    def add(self, record: Record) -> None:
        """Take one. Raises OutputError when it cannot be written."""
        append_line(record, self._lines)
        if self._file is None:
            self._records.append(record)
        if len(self._lines) >= (self._memory_bytes if self._file is None else WRITE_BYTES):
            self._write()

    def records(self) -> Sequence[Record]:
        """Return all that were taken; it takes no more afterwards. Raises OutputError when they cannot be written."""
        if self._file is None:
            return self._records
        self._write()
        file, self._file = self._file, None
        return Records(Lines(file, NAME))

    def close(self) -> None:
        """Drop what was taken and not given back."""
        if self._file is not None:
            self._file.close()

    def _write(self) -> None:
        try:
            if self._file is None:
                self._file = temporary_file()
                self._records = []
            write_all(self._file, self._lines)
        except OSError as error:
            reason = error.strerror or str(error)
            raise OutputError(
                f"{len(self._lines):,} bytes of records cannot be kept in a temporary file ({reason}); name an output, "
                "or another folder in TMPDIR"
            ) from error
        self._lines = bytearray()
