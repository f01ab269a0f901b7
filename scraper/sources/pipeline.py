"""The bytes of one source to its Rows: decompress, decode, cut into lines, parse. Fed by whoever reads them."""

from collections.abc import Iterator

from scraper.compression import compression_of, decompressor
from scraper.errors import UsageError
from scraper.models import Row
from scraper.sources.columns import Columns
from scraper.sources.formats import parser_for
from scraper.sources.text import Lines

_COMPRESSED_PIECE_BYTES = 4096
"""Decompressed at a time: about 20 KB of text as lists go, 4 MB at gzip's utmost."""


class Pipeline:
    """Takes the bytes of `source` in pieces of any size, and gives its Rows in batches, none of them empty."""

    def __init__(self, source: str, columns: Columns) -> None:
        self._source = source
        self._compression = compression_of(source)
        self._decompressor = decompressor(self._compression)
        self._lines = Lines()
        self._parser = parser_for(source, columns)

    def feed(self, data: bytes) -> Iterator[list[Row]]:
        """Yield the Rows that `data` completes. Raises UsageError when they cannot be read."""
        step = _COMPRESSED_PIECE_BYTES if self._compression else len(data)
        for start in range(0, len(data), step or 1):
            yield from self._parsed(self._text_lines(data[start : start + step]))

    def finish(self) -> Iterator[list[Row]]:
        """Yield the last Rows. Raises UsageError when a compressed source ends before its end."""
        if not self._decompressor.is_between_members:
            raise UsageError(f"{self._source}: the compressed data ends too early; copy or download the file again")
        try:
            lines = self._lines.finish()
        except ValueError as error:
            raise UsageError(f"{self._source} {error}") from error
        yield from self._parsed(lines)
        if rows := self._parser.finish():
            yield rows

    def _text_lines(self, piece: bytes) -> list[str]:
        try:
            text = self._decompressor.decompress(piece)
        except ValueError as error:
            raise UsageError(f"{self._source}: {error}; copy or download the file again") from error
        try:
            return self._lines.feed(text)
        except ValueError as error:
            raise UsageError(f"{self._source} {error}") from error

    def _parsed(self, lines: list[str]) -> Iterator[list[Row]]:
        if lines and (rows := self._parser.rows(lines)):
            yield rows
