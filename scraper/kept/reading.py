"""Finds the records of a container: one after the other, the first in a stretch, the last whole one.

A record is known by the identifier of the file's first one, a random number that no server has ever seen: whatever a
page holds, it cannot pass for a record.
"""

from collections.abc import Iterator

from msgspec import Struct

from scraper.compression import MEMBER_START, one_member
from scraper.kept.warc import INFO_ID, WarcRecord, decoded
from scraper.output import OutputFile

_PIECE_BYTES = 32 * 1024
_SEARCH_BYTES = 1024**2


class Found(Struct, frozen=True):
    """A record, or a stretch that is none."""

    start: int
    end: int
    warc: WarcRecord | None
    """None: these bytes are damaged, or what a killed run left at the end."""


def first(file: OutputFile) -> tuple[str, int]:
    """Return the identifier and the size of the container's first record. Raises ValueError when it is not ours."""
    text, size = one_member(_pieces(file, 0), file.compression)
    warc = decoded(text)
    if warc.fields.get("WARC-Type") != "warcinfo" or not warc.block.startswith(b"software: scraper/"):
        raise ValueError("it was not begun by --keep")
    return warc.fields.get("WARC-Record-ID", ""), size


def records(file: OutputFile, info_id: str, start: int, end: int) -> Iterator[Found]:
    """Yield the records that begin at `start` or after it and before `end`, and what is damaged between them."""
    place = next_start(file, info_id, start, end)
    while place < end:
        found = _at(file, info_id, place)
        if found is None:
            found = Found(place, next_start(file, info_id, place + 1, file.size), None)
        yield found
        place = found.end


def next_start(file: OutputFile, info_id: str, start: int, end: int) -> int:
    """Return where the first whole record begins at `start` or after it, `end` when there is none before that."""
    magic = MEMBER_START[file.compression]
    while start < end:
        window = _read(file, start, _SEARCH_BYTES)
        place = window.find(magic)
        while place >= 0:
            if start + place >= end:
                return end
            if _at(file, info_id, start + place):
                return start + place
            place = window.find(magic, place + 1)
        if len(window) < _SEARCH_BYTES:
            return end
        start += len(window) - len(magic) + 1
    return end


def end_of_last(file: OutputFile, info_id: str, first_size: int) -> int:
    """Return where the last whole record ends. Costs the reading of what follows it, and of one record."""
    magic = MEMBER_START[file.compression]
    end = file.size
    while end > first_size:
        start = max(first_size, end - _SEARCH_BYTES)
        window = _read(file, start, end - start + len(magic) - 1)
        place = window.rfind(magic)
        while place >= 0:
            if found := _at(file, info_id, start + place):
                return found.end
            place = window.rfind(magic, 0, place + len(magic) - 1)
        end = start
    return first_size


def _at(file: OutputFile, info_id: str, place: int) -> Found | None:
    """Return the whole record of ours that begins at `place`."""
    try:
        text, size = one_member(_pieces(file, place), file.compression)
        warc = decoded(text)
    except ValueError:
        return None
    return Found(place, place + size, warc) if warc.fields.get(INFO_ID) == info_id else None


def _pieces(file: OutputFile, place: int) -> Iterator[bytes]:
    while piece := _read(file, place, _PIECE_BYTES):
        yield piece
        place += len(piece)


def _read(file: OutputFile, start: int, size: int) -> bytes:
    return b"".join(file.read(start, min(file.size, start + size), size))
