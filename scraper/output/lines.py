"""The text of an output file that a killed run may have left: where its whole part ends, which lines it has."""

from collections.abc import Iterator
from contextlib import suppress

from scraper.compression import MEMBER_START, Decompressor, decompressor
from scraper.output.file import PIECE_BYTES, OutputFile

_COMPRESSED_PIECE_BYTES = 64 * 1024
"""gzip makes at most 64 MiB of it; of our records, one or two."""
_FLUSHED_PIECE_BYTES = 64
"""Of a piece that is damaged nothing is read."""
_RECORD_START = b'{"url":'
_LONGEST_FOREIGN_LINE = 16 * 1024**2
"""Bytes after which a line must begin like a record; how long a record is, the page decides."""


def text(file: OutputFile, end: int) -> Iterator[bytes]:
    """Yield the text of the first `end` bytes in bounded pieces.

    Raises ValueError when it is damaged, or ends inside a member.
    """
    engine = decompressor(file.compression)
    for piece in file.read(0, end, _COMPRESSED_PIECE_BYTES if file.compression else PIECE_BYTES):
        yield engine.decompress(piece)
    if not engine.is_between_members:
        raise ValueError("the compressed data ends too early")


def lines(file: OutputFile, end: int, rest: bytearray) -> Iterator[bytes]:
    """Yield the whole lines of the first `end` bytes; what is read after the last line feed stands in `rest`.

    Raises ValueError when a line goes on and on and does not begin like a record.
    """
    for piece in text(file, end):
        head, line_feed, tail = piece.rpartition(b"\n")
        if line_feed:
            rest += head
            whole = bytes(rest)
            rest.clear()
            yield from whole.split(b"\n")
        rest += tail
        if len(rest) > _LONGEST_FOREIGN_LINE and not begins_like_record(rest):
            raise ValueError("an endless line")


def begins_like_record(beginning: bytes | bytearray) -> bool:
    """Return whether a record (`url` is its first key) can begin so."""
    return _RECORD_START.startswith(beginning[: len(_RECORD_START)])


def end_of_data(file: OutputFile) -> int:
    """Return where the zero bytes at the end of the file begin: blocks that a power loss left without their data."""
    end = file.size
    while end:
        start = max(0, end - PIECE_BYTES)
        if kept := len(b"".join(file.read(start, end)).rstrip(b"\0")):
            return start + kept
        end = start
    return 0


def end_of_members(file: OutputFile) -> int:
    """Return where the last whole gzip member or zstd frame ends.

    Raises ValueError when anything else follows than the beginning of another, with or without zero bytes after it.
    """
    engine = decompressor(file.compression)
    try:
        _feed(engine, file, 0, file.size)
    except ValueError:
        _feed(decompressor(file.compression), file, engine.whole_bytes, end_of_data(file))
    end = engine.whole_bytes
    member_start = MEMBER_START[file.compression]
    if not member_start.startswith(b"".join(file.read(end, min(end + len(member_start), end_of_data(file))))):
        raise ValueError("what follows the last member is not the beginning of another")
    return end


def flushed_text(file: OutputFile, start: int) -> bytes:
    """Return what can be read of the member that begins at `start` and was never finished.

    Its checksum is missing: who reads it must look whether it makes sense.
    """
    engine = decompressor(file.compression)
    flushed = bytearray()
    with suppress(ValueError):  # of a write that was cut, or that a power loss left without its data
        for piece in file.read(start, end_of_data(file), _FLUSHED_PIECE_BYTES):
            flushed += engine.decompress(piece)
    return bytes(flushed)


def _feed(engine: Decompressor, file: OutputFile, start: int, end: int) -> None:
    for piece in file.read(start, end, _COMPRESSED_PIECE_BYTES):
        engine.decompress(piece)
