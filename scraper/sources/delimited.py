"""Lines of a CSV or TSV file to Rows (RFC 4180, read as Python's csv module reads it)."""

import csv
from collections.abc import Iterator, Sequence

from scraper.errors import UsageError
from scraper.models import Row
from scraper.sources.columns import Columns, make_row, unusable
from scraper.sources.text import MAX_LINE_BYTES

MAX_RECORD_CHARACTERS = MAX_LINE_BYTES
"""A longer record is taken for one whose quote was never closed."""


class DelimitedParser:
    """Its first record names the columns. A quoted field may span lines.

    A quote that is never closed costs its own line only: that one fails, and reading goes on at the next.
    """

    def __init__(self, source: str, columns: Columns, delimiter: str | None = None) -> None:
        self._source = source
        self._columns = columns
        self._delimiter = delimiter
        self._names: list[str] = []
        self._url = ""
        self._priority: str | None = None
        self._pending: list[str] = []  # lines of a record that is not whole yet
        self._pending_characters = 0
        self._line = 1  # number of the first pending line

    def rows(self, lines: list[str]) -> list[Row]:
        """Return the Rows that `lines` complete. Raises UsageError when the header has no URL column."""
        was_open = bool(self._pending)
        self._pending += lines
        self._pending_characters += sum(map(len, lines))
        is_too_long = self._pending_characters > MAX_RECORD_CHARACTERS
        if was_open and not is_too_long and not any('"' in line for line in lines):
            return []  # a quote is open, and only a quote closes it
        return self._drain(is_end=False)

    def finish(self) -> list[Row]:
        """Return the last Rows."""
        return self._drain(is_end=True)

    def _drain(self, *, is_end: bool) -> list[Row]:
        rows: list[Row] = []
        while self._pending:
            if self._delimiter is None and any(map(str.strip, self._pending)):
                self._delimiter = _guess_delimiter(self._pending)
            records, taken, is_broken = split_records(self._pending, self._delimiter or ",")
            rows += self._parsed(records)
            self._forget(taken)
            is_too_long = self._pending_characters > MAX_RECORD_CHARACTERS
            if not self._pending or not (is_broken or is_end or is_too_long):
                break
            rows.append(unusable(self._pending[0], self._line, self._source, "a quote in it is never closed"))
            self._forget(1)
        return rows

    def _forget(self, count: int) -> None:
        del self._pending[:count]
        self._line += count
        self._pending_characters = sum(map(len, self._pending))

    def _parsed(self, records: list[tuple[int, list[str]]]) -> list[Row]:
        """Return the Rows of `records`, whose lines count from the first pending one; the header has none."""
        first, source, rows = self._line, self._source, []
        for index, cells in records:
            if not self._names:
                if any(map(str.strip, cells)):
                    self._read_header(cells)
                else:
                    rows.append(Row("", first + index, source))
                continue
            if len(cells) > len(self._names):
                self._names = _column_names(self._names + [""] * (len(cells) - len(self._names)))
            fields = dict(zip(self._names, cells, strict=False))
            rows.append(make_row(fields, self._url, self._priority, first + index, source))
        return rows

    def _read_header(self, cells: list[str]) -> None:
        if any(cell.strip().lower().startswith(("http://", "https://")) for cell in cells):
            raise UsageError(
                f"{self._source}: there is a URL where the names of the columns belong; put a first line like"
                " `url` above it, or let the name end in .txt when it is a plain list"
            )
        names = _column_names(cells)
        self._url = self._columns.require_url(names, self._source)
        self._priority = self._columns.require_priority(names, self._source)
        self._names = names


def header_of(line: str) -> list[str]:
    """Return the names of the columns if `line` is a table's header."""
    records, _, _ = split_records([line], _guess_delimiter([line]))
    return records[0][1] if records else []


def split_records(lines: Sequence[str], delimiter: str) -> tuple[list[tuple[int, list[str]]], int, bool]:
    """Return the whole records that `lines` begin with, how many lines they take, and whether the next is broken.

    Each record comes with the index of its first line. What is neither taken nor broken has an open quote.
    """
    is_exhausted = False

    def feed() -> Iterator[str]:
        nonlocal is_exhausted
        yield from lines
        is_exhausted = True

    records: list[tuple[int, list[str]]] = []
    taken = 0
    reader = csv.reader(feed(), delimiter=delimiter)
    try:
        for cells in reader:
            if is_exhausted:  # the reader asked for more before it gave this one: its quote is open
                break
            records.append((taken, cells))
            taken = reader.line_num
    except csv.Error:  # a field of more than csv.field_size_limit()
        return records, taken, True
    return records, taken, False


def _guess_delimiter(lines: Sequence[str]) -> str:
    """Return the comma, or what stands instead of it in the header: spreadsheets write `;` where `,` is decimal."""
    header = next((line for line in lines if line.strip()), "")
    return next((delimiter for delimiter in ",;\t" if delimiter in header), ",")


def _column_names(cells: Sequence[str]) -> list[str]:
    """Return the columns' names, trimmed; one that is blank or taken gets its number: `column_3`, `name_3`."""
    names: dict[str, None] = {}
    for position, cell in enumerate(cells, 1):
        name = cell.strip() or f"column_{position}"
        while name in names:
            name += f"_{position}"
        names[name] = None
    return list(names)
