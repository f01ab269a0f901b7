"""Lines to Rows, by the format that a file's name tells: plain lists and JSONL here, tables in `delimited`."""

from collections.abc import Callable
from functools import partial
from pathlib import PurePath
from typing import Protocol

import msgspec

from scraper.compression import compression_of
from scraper.models import Row
from scraper.sources.columns import Columns, Mapper, unusable
from scraper.sources.delimited import DelimitedParser


class Parser(Protocol):
    """Takes the lines of one source, with their ends, as they come."""

    def rows(self, lines: list[str]) -> list[Row]:
        """Return the Rows that `lines` complete. Raises UsageError when the source has no URL column."""
        ...

    def finish(self) -> list[Row]:
        """Return the last Rows."""
        ...


class PlainParser:
    """One URL a line; blank lines and `#` comments are Rows without one."""

    def __init__(self, source: str, _columns: Columns) -> None:
        self._source = source
        self._line = 1

    def rows(self, lines: list[str]) -> list[Row]:
        """Return one Row a line."""
        source, first = self._source, self._line
        self._line += len(lines)
        return [Row(url_of(line), number, source) for number, line in enumerate(lines, first)]

    def finish(self) -> list[Row]:
        """Return nothing: no Row spans lines."""
        return []


class JsonlParser:
    """One JSON object, or one JSON string that is the URL, a line."""

    def __init__(self, source: str, columns: Columns) -> None:
        self._source = source
        self._line = 0
        self._decoder = msgspec.json.Decoder()
        self._mapper = Mapper(source, columns)

    def rows(self, lines: list[str]) -> list[Row]:
        """Return one Row a line. Raises UsageError when the first objects have no URL column."""
        rows = [self._row(line) for line in lines]
        self._mapper.check()
        return rows

    def finish(self) -> list[Row]:
        """Return nothing: no Row spans lines."""
        return []

    def _row(self, line: str) -> Row:
        self._line += 1
        text = line.strip()
        if not text:
            return Row("", self._line, self._source)
        try:
            value = self._decoder.decode(text)
        except (msgspec.DecodeError, RecursionError):
            return unusable(text, self._line, self._source)
        if isinstance(value, dict):
            return self._mapper.row(value, self._line, text)
        if isinstance(value, str):
            return Row(value.strip(), self._line, self._source)
        return unusable(text, self._line, self._source)


class GuessingParser:
    """For what has no telling name, such as a pipe: JSONL when the first line that is not blank opens with `{`."""

    def __init__(self, source: str, columns: Columns) -> None:
        self._plain = PlainParser(source, columns)
        self._jsonl = JsonlParser(source, columns)
        self._chosen: Parser | None = None

    def rows(self, lines: list[str]) -> list[Row]:
        """Return one Row a line. Raises UsageError when the first objects have no URL column."""
        if self._chosen is None:
            first = next((text for line in lines if (text := line.strip())), "")
            if first:
                self._chosen = self._jsonl if first.startswith("{") else self._plain
        if self._chosen is None:
            self._jsonl.rows(lines)  # blank lines count, whatever follows
            return self._plain.rows(lines)
        return self._chosen.rows(lines)

    def finish(self) -> list[Row]:
        """Return nothing: no Row spans lines."""
        return []


_PARSERS: dict[str, Callable[[str, Columns], Parser]] = {
    ".txt": PlainParser,
    ".csv": DelimitedParser,
    ".tsv": partial(DelimitedParser, delimiter="\t"),
    ".jsonl": JsonlParser,
    ".ndjson": JsonlParser,
}
SUFFIXES = frozenset(_PARSERS)


def format_of(path: str) -> str:
    """Return the suffix that names the format of `path`, its compression aside: `.csv` for `urls.csv.gz`."""
    name = PurePath(path).name
    return PurePath(name.removesuffix(PurePath(name).suffix) if compression_of(name) else name).suffix.lower()


def parser_for(source: str, columns: Columns) -> Parser:
    """Return a new Parser for the source of that name."""
    return _PARSERS.get(format_of(source), GuessingParser)(source, columns)


def url_of(line: str) -> str:
    """Return `line` trimmed; nothing when it is a comment."""
    text = line.strip()
    return "" if text.startswith("#") else text
