"""An Excel workbook, written row by row; what Excel cannot hold is cut, counted and told."""

import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from typing import Any

from scraper.errors import OutputError
from scraper.export.cells import as_text, is_formula
from scraper.export.columns import Column
from scraper.export.sheet import Sheet
from scraper.extras import need
from scraper.stats import count

# "Excel specifications and limits", support.microsoft.com
MAX_ROWS = 1_048_576
MAX_CHARACTERS = 32_767
_EXACT = 10**15
"""Excel keeps 15 digits; longer numbers are text."""
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # XML 1.0, section 2.2: Char
_OPTIONS = {
    "constant_memory": True,
    "strings_to_numbers": False,
    "strings_to_formulas": False,
    "strings_to_urls": False,  # Excel takes 65,530 of them
    "use_zip64": True,
}


def write(draft: Path, target: PurePath, sheet: Sheet) -> list[str]:
    """Write `sheet` to `draft`, on as many sheets as its rows need; return what had to be changed."""
    xlsxwriter = need("xlsxwriter", extra="excel")
    with TemporaryDirectory(dir=draft.parent, prefix=f"{draft.name}.") as folder:  # its rows are gathered there
        workbook = xlsxwriter.Workbook(str(draft), _OPTIONS | {"tmpdir": folder})
        try:
            book = _Book(workbook, sheet.kind, sheet.columns)
            for row in sheet:
                book.add(row)
            workbook.close()
        except xlsxwriter.exceptions.XlsxWriterException as error:
            raise OutputError(f"cannot write {target}: {error}") from error
        except BaseException:
            _discard(workbook)
            raise
        return book.notes()


class _Book:
    def __init__(self, workbook: Any, kind: str, columns: list[Column]) -> None:
        self._workbook = workbook
        self._kind = kind
        self._columns = columns
        self._bold = workbook.add_format({"bold": True})
        self._quoted = workbook.add_format({"quote_prefix": True})  # to edit such a cell makes no formula of it either
        self._sheets = 0
        self._cut = 0
        self._start()

    def add(self, row: list[Any]) -> None:
        if self._row == MAX_ROWS:
            self._start()
        place = self._row
        for index, (write, value) in enumerate(zip(self._cells, row, strict=True)):
            if value is not None:
                write(place, index, value)
        self._row += 1

    def notes(self) -> list[str]:
        notes = []
        if self._cut:
            notes.append(f"{count(self._cut, 'cell')} cut at {MAX_CHARACTERS:,} characters, the most that Excel takes")
        if self._sheets > 1:
            notes.append(f"{self._sheets} sheets: Excel takes {MAX_ROWS:,} rows on each")
        return notes

    def _start(self) -> None:
        """Begin a sheet with its heads."""
        self._sheets += 1
        name = self._kind if self._sheets == 1 else f"{self._kind} {self._sheets}"
        self._sheet = self._workbook.add_worksheet(name)
        self._sheet.freeze_panes(1, 0)
        for index, column in enumerate(self._columns):
            self._sheet.write_string(0, index, self._fitting(column.name), self._bold)
        self._row = 1
        self._cells = [self._writer_of(column) for column in self._columns]

    def _writer_of(self, column: Column) -> Callable[[int, int, Any], None]:
        if column.is_list or column.kind not in ("bool", "int", "float"):
            return self._text
        return self._sheet.write_boolean if column.kind == "bool" else self._number

    def _number(self, row: int, index: int, value: float) -> None:
        if -_EXACT < value < _EXACT or type(value) is float:
            self._sheet.write_number(row, index, value)
        else:
            self._sheet.write_string(row, index, str(value))

    def _text(self, row: int, index: int, value: Any) -> None:
        text = self._fitting(value if type(value) is str else as_text(value))
        self._sheet.write_string(row, index, text, self._quoted if is_formula(text) else None)

    def _fitting(self, text: str) -> str:
        """Return as much of `text` as a cell takes, in UTF-16 units, with what XML cannot hold replaced."""
        text = _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
        if len(text) * 2 > MAX_CHARACTERS and len(units := text.encode("utf-16-le")) > MAX_CHARACTERS * 2:
            self._cut += 1
            text = units[: MAX_CHARACTERS * 2].decode("utf-16-le", "ignore")
        return text


def _discard(workbook: Any) -> None:
    """Close the temporary files of a workbook that is given up."""
    for worksheet in workbook.worksheets():
        with suppress(Exception):
            worksheet.row_data_fh.close()
