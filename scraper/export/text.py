"""CSV and TSV (RFC 4180, with line feeds) and JSON Lines of flat objects, compressed when the name says so."""

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path, PurePath
from typing import Any

import msgspec

from scraper.compression import compress, compression_of
from scraper.export.cells import as_text, is_formula
from scraper.export.columns import Column
from scraper.export.sheet import Sheet
from scraper.stats import count

_BATCH_BYTES = 1024**2
"""Compressed and written at once."""


def write(draft: Path, target: PurePath, sheet: Sheet) -> list[str]:
    """Write `sheet` to `draft` in the format of `target`."""
    compression = compression_of(target)
    format_of = PurePath(target.stem).suffix if compression else target.suffix
    notes: list[str] = []
    if format_of.lower() == ".jsonl":
        batches = _json_lines(sheet)
    else:
        batches = _delimited(sheet, "\t" if format_of.lower() == ".tsv" else ",", notes)
    with draft.open("wb") as file:
        for batch in batches:
            file.write(compress(batch, compression))
    return notes


def _json_lines(sheet: Sheet) -> Iterator[bytes]:
    names = [column.name for column in sheet.columns]
    encoder = msgspec.json.Encoder()
    batch = bytearray()
    for row in sheet:
        present = {name: value for name, value in zip(names, row, strict=True) if value is not None}
        encoder.encode_into(present, batch, -1)
        batch += b"\n"
        if len(batch) >= _BATCH_BYTES:
            yield bytes(batch)
            batch.clear()
    yield bytes(batch)


def _delimited(sheet: Sheet, delimiter: str, notes: list[str]) -> Iterator[bytes]:
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator="\n")
    guard = _Guard()
    writer.writerow([guard.text(column.name) for column in sheet.columns])
    guard.neutralised = 0
    cells = [guard.cell_of(column) for column in sheet.columns]
    for row in sheet:
        writer.writerow(["" if value is None else cell(value) for cell, value in zip(cells, row, strict=True)])
        if buffer.tell() >= _BATCH_BYTES:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()
    if guard.neutralised:
        notes.append(f"{count(guard.neutralised, 'cell')} that a spreadsheet could run as a formula: ' put in front")


class _Guard:
    """Makes the cells of a delimited file: what could be a formula gets a `'` in front (OWASP)."""

    def __init__(self) -> None:
        self.neutralised = 0

    def cell_of(self, column: Column) -> Callable[[Any], Any]:
        """Return what makes a cell of a value of `column`."""
        if column.is_list or column.kind == "json":
            return as_text  # begins with a bracket or a brace
        if column.kind in ("int", "float"):
            return _same
        return as_text if column.kind == "bool" else self._any

    def text(self, text: str) -> str:
        """Return `text`, neutralised, and without NUL, which ends a text for many readers."""
        if is_formula(text):
            self.neutralised += 1
            text = f"'{text}"
        return text.replace("\0", "\N{REPLACEMENT CHARACTER}") if "\0" in text else text

    def _any(self, value: Any) -> str:
        return self.text(value if type(value) is str else as_text(value))


def _same(value: Any) -> Any:
    return value
