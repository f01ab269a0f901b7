"""Reads the records of an output once, whatever state a run left it in, and takes note of what it could not read."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from scraper.models import Timings
from scraper.output import OutputFile
from scraper.output.lines import begins_like_record, end_of_data, end_of_members, lines
from scraper.resume.records import decode


class Fault(Struct, frozen=True):
    """Why a record is not ok."""

    kind: str = ""
    message: str = ""


class Hop(Struct, frozen=True):
    """A redirect."""

    status: int = 0
    url: str = ""


class Entry(Struct, frozen=True, kw_only=True, gc=False):
    """What a report reads of a record; see the README for the keys."""

    url: str
    ok: bool
    status: int | None = None
    error: Fault = Fault()
    final_url: str | None = None
    redirects: tuple[Hop, ...] = ()
    attempts: int = 0
    fetched_at: datetime | None = None
    elapsed_ms: float | None = None
    timings: Timings | None = None
    content_type: str | None = None
    encoding: str | None = None
    bytes: int | None = None
    title: str | None = None
    description: str | None = None
    canonical: str | None = None
    lang: str | None = None
    fields: dict[str, msgspec.Raw] | None = None
    verdict: str | None = None
    change: str | None = None


@dataclass
class Left:
    """What of an output is in no report."""

    malformed: int = 0
    """Lines that are no record."""
    first: str = ""
    """Where the first of them is, and what is wrong."""
    torn_bytes: int = 0
    """What a run that was killed, or is still at it, left at the end."""
    damage: str = ""
    """Why nothing after it could be read."""

    @property
    def is_sound(self) -> bool:
        """Nothing is wrong with the file but its end."""
        return not self.malformed and not self.damage


class Reader:
    """Iterating yields the records, once; `left` tells what they are not."""

    def __init__(self, file: OutputFile) -> None:
        self._file = file
        self.left = Left()

    def __iter__(self) -> Iterator[Entry]:
        number = 0
        for line in self._lines():
            number += 1
            if not line or line.isspace():
                continue
            try:
                entry = decode(_DECODER, line)
            except ValueError as error:
                self._malformed(number, error)
            else:
                yield entry

    def _lines(self) -> Iterator[bytes]:
        """Yield what can be read; of a compressed file the beginning of an unfinished member, too."""
        rest = bytearray()
        file = self._file
        end = file.size if file.compression else end_of_data(file)
        number = 0
        try:
            for line in lines(file, end, rest):
                number += 1
                yield line
        except ValueError as error:
            self._note_end(number, error)
        else:
            self.left.torn_bytes = file.size - end
        if rest and self._is_record(rest):
            yield bytes(rest)
        elif rest and begins_like_record(rest):
            self.left.torn_bytes += len(rest)
        elif rest:
            self._malformed(number + 1, ValueError("it is not JSON"))

    def _note_end(self, number: int, error: ValueError) -> None:
        """Take note of damage; a member that a run has not finished is none: what it holds was read."""
        try:
            if not self._file.compression:
                raise error
            end_of_members(self._file)
        except ValueError as damage:
            self.left.damage = f"after line {number:,}: {damage}"

    @staticmethod
    def _is_record(text: bytearray) -> bool:
        try:
            decode(_DECODER, bytes(text))
        except ValueError:
            return False
        return True

    def _malformed(self, number: int, error: ValueError) -> None:
        self.left.malformed += 1
        self.left.first = self.left.first or f"line {number:,}: {error}"


_DECODER: msgspec.json.Decoder[Entry] = msgspec.json.Decoder(Entry)


def is_filled(value: Any) -> bool:
    """Return whether the JSON text of a field holds anything."""
    return bytes(value) not in _EMPTY


_EMPTY = frozenset({b"null", b'""', b"[]", b"{}"})
