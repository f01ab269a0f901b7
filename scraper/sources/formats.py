"""Lines to Rows, by the format that a name or the first line tells: plain lists and JSONL, tables in `delimited`."""

import json
import math
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from pathlib import PurePath
from typing import Any, Protocol

import msgspec

from scraper.compression import compression_of
from scraper.models import Row
from scraper.sources.columns import Columns, Mapper, described, unusable
from scraper.sources.delimited import DelimitedParser, header_of


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
            value = self._decode(text)
        except (ValueError, RecursionError) as error:  # msgspec's are ValueErrors
            reason = str(error).removeprefix("JSON is malformed: ") or type(error).__name__
            return unusable(text, self._line, self._source, f"it is not valid JSON ({reason})")
        if isinstance(value, dict):
            return self._mapper.row(value, self._line, text)
        if isinstance(value, str):
            return Row(value.strip(), self._line, self._source)
        problem = f"it is {described(value)}, not an object with a URL or a URL in quotes"
        return unusable(text, self._line, self._source, problem)

    def _decode(self, text: str) -> Any:
        """Return the value of a JSON text. Raises ValueError, RecursionError."""
        try:
            return self._decoder.decode(text)
        except msgspec.ValidationError:  # a number that no float is large enough for: JSON, as it has no bounds
            return json.loads(text, parse_float=_number)


class GuessingParser:
    """For what has no telling name, such as a pipe; its first line that is not blank decides.

    JSONL when that opens with `{`; a table (CSV, TSV) when it names a URL column, as `Columns.url_among` has it; else a
    plain list. With a column that was named, everything that is neither JSONL nor begins with a URL is a table.
    """

    def __init__(self, source: str, columns: Columns) -> None:
        self._source = source
        self._columns = columns
        self._blank = 0
        self._chosen: Parser | None = None

    def rows(self, lines: list[str]) -> list[Row]:
        """Return the Rows that `lines` complete. Raises UsageError when there is a table without a URL column."""
        if self._chosen is None:
            first = next((text for line in lines if (text := line.strip())), "")
            if not first:
                start = self._blank + 1
                self._blank += len(lines)
                return [Row("", number, self._source) for number, _ in enumerate(lines, start)]
            self._chosen = self._parser(first)
            self._chosen.rows(["\n"] * self._blank)  # they count
        return self._chosen.rows(lines)

    def finish(self) -> list[Row]:
        """Return the last Rows."""
        return [] if self._chosen is None else self._chosen.finish()

    def _parser(self, first: str) -> Parser:
        if first.startswith("{"):
            return JsonlParser(self._source, self._columns)
        is_comment_or_url = first.startswith("#") or "://" in first
        if not is_comment_or_url and (self._columns.url is not None or self._names_urls(first)):
            return DelimitedParser(self._source, self._columns)
        return PlainParser(self._source, self._columns)

    def _names_urls(self, first: str) -> bool:
        # A host (`my.link`) or a URL that lacks its scheme is no header.
        return not {".", "/"}.intersection(first) and self._columns.url_among(header_of(first)) is not None


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


def _number(digits: str) -> float | Decimal:
    number = float(digits)
    return number if math.isfinite(number) else Decimal(digits)
