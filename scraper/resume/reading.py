"""Reads an output's lines again and again without locking, creating or mending anything."""

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from scraper.errors import UsageError
from scraper.output import OutputFile
from scraper.output.lines import end_of_data, end_of_members, flushed_text, lines
from scraper.resume.records import decode

OUTPUT = "the output of a run"


@contextmanager
def open_to_read(name: str, wanted: str = OUTPUT) -> Iterator[OutputFile]:
    """Open the file `name`, which should be `wanted`, as it is. Raises UsageError for what cannot be read."""
    path = Path(name)
    try:
        if "\0" in name or not stat.S_ISREG(path.stat().st_mode):
            raise UsageError(f"{name} is not a file; name {wanted}")
        with path.open("rb", buffering=0) as raw:
            yield OutputFile(name, path, raw.fileno())
    except OSError as error:
        raise UsageError(f"cannot read {name}: {error.strerror or error}; name {wanted}") from error


def end_of_whole(file: OutputFile) -> int:
    """Return where the zero bytes or the piece of a member begin that a killed run or a power loss left at the end."""
    if not file.compression:
        return end_of_data(file)
    try:
        return end_of_members(file)
    except ValueError:
        return file.size  # damage: reading finds the place


class Records:
    """The JSON objects of a JSON Lines file, to be read as often as wanted; it may grow meanwhile.

    Iterating raises UsageError, with its number, for a line that is no JSON object.
    """

    def __init__(self, file: OutputFile) -> None:
        self.name = file.name
        self.size = end_of_whole(file)
        """Bytes of whole lines or members."""
        self.torn_bytes = file.size - self.size
        """What a killed run left at the end of which no record can be made; known once the lines were read."""
        self.bytes_read = 0
        """Of text, by the iteration that was begun last."""
        self._file = file

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for number, line in enumerate(self.lines(), 1):
            if line and not line.isspace():
                yield self._decoded(number, line)

    def lines(self) -> Iterator[bytes]:
        """Yield the lines as they are, the last one with or without its line feed. Raises UsageError for damage."""
        self.bytes_read = number = 0
        rest = bytearray()
        try:
            for line in lines(self._file, self.size, rest):
                number += 1
                self.bytes_read += len(line) + 1
                yield line
        except ValueError as error:
            raise UsageError(f"line {number + 1:,} of {self.name}: {error}") from None
        if rest and _is_whole(rest):
            yield bytes(rest)
            rest.clear()
        self.torn_bytes = self._file.size - self.size + len(rest)
        if self.torn_bytes and self._file.compression:
            yield from self._flushed()

    def _flushed(self) -> Iterator[bytes]:
        """Yield the whole lines of the last member, which a killed run or one under way has not finished."""
        text = flushed_text(self._file, self.size)
        whole = 0
        for line in text.split(b"\n")[:-1]:
            if not _is_whole(line):
                break
            whole += len(line) + 1
            self.bytes_read += len(line) + 1
            yield line
        if whole:
            self.torn_bytes = len(text) - whole

    def _decoded(self, number: int, line: bytes) -> dict[str, Any]:
        try:
            record = decode(_DECODER, line)
        except ValueError as error:
            raise self._refusal(number, f"is not JSON: {error}") from None
        if not isinstance(record, dict):
            raise self._refusal(number, "is not a JSON object")
        return record

    def _refusal(self, number: int, what: str) -> UsageError:
        return UsageError(f"line {number:,} of {self.name} {what}; mend the line or take it out")


def _is_whole(line: bytes | bytearray) -> bool:
    try:
        decode(_DECODER, bytes(line))
    except ValueError:
        return False
    return True


_DECODER: "msgspec.json.Decoder[Any]" = msgspec.json.Decoder()
