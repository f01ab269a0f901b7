"""Excel workbooks: text is text, numbers are numbers, and the limits of Excel hold."""

from pathlib import PurePath

import openpyxl
import pytest
from tabling import RECORDS, MadeSheet

from scraper.export import excel
from scraper.export.excel import MAX_CHARACTERS, write


def read(tmp_path, records=RECORDS):
    notes = write(tmp_path / "d.xlsx", PurePath("t.xlsx"), MadeSheet(records))
    return openpyxl.load_workbook(tmp_path / "d.xlsx"), notes


def cells_of(sheet, row):
    heads = [cell.value for cell in sheet[1]]
    return dict(zip(heads, sheet[row], strict=True))


def test_cells_are_read_back_with_their_types(tmp_path):
    book, notes = read(tmp_path)
    first, second = cells_of(book["pages"], 2), cells_of(book["pages"], 3)
    assert (first["ok"].value, second["ok"].value, first["status"].value, second["status"].value) == (
        True,
        False,
        200,
        None,
    )
    assert (first["fields.n"].value, first["fields.f"].value) == (-5, 1.5)
    assert second["fields.n"].value == str(2**60)  # Excel would round it
    assert first["links"].value == '["a","b"]'
    assert first["fields.text"].value == 'é\n"x",\t'
    assert second["fields.text"].value == "\ufffd\ufffd"
    assert notes == []


def test_no_text_is_a_formula_or_a_link(tmp_path):
    texts = ["=1+1", "@SUM(A1)", "-5", "+1-1", "http://h.example/", "{=1}", "internal:Sheet1!A1", "_x000D_", "1e5"]
    book, _ = read(tmp_path, [{"title": text} for text in texts])
    cells = [row[0] for row in book["pages"].iter_rows(min_row=2)]
    escaped = "_x005F_x000D_"  # ECMA-376, part 1, 22.9.2.19: Excel shows _x000D_
    assert [cell.value for cell in cells] == [text if text != "_x000D_" else escaped for text in texts]
    assert not any(cell.data_type == "f" or cell.hyperlink for cell in cells)
    assert [cell.quotePrefix for cell in cells[:4]] == [True, True, False, True]


def test_what_is_longer_than_a_cell_is_cut_and_told(tmp_path):
    texts = ["x" * (MAX_CHARACTERS + 1), "😀" * 20_000, "y" * MAX_CHARACTERS]
    book, notes = read(tmp_path, [{"title": text} for text in texts])
    values = [row[0].value for row in book["pages"].iter_rows(min_row=2)]
    assert values == ["x" * MAX_CHARACTERS, "😀" * (MAX_CHARACTERS // 2), "y" * MAX_CHARACTERS]
    assert notes == [f"2 cells cut at {MAX_CHARACTERS:,} characters, the most that Excel takes"]


def test_more_rows_than_a_sheet_takes_go_on_the_next_with_their_heads(tmp_path, monkeypatch):
    monkeypatch.setattr(excel, "MAX_ROWS", 3)
    book, notes = read(tmp_path, [{"url": str(n)} for n in range(5)])
    assert book.sheetnames == ["pages", "pages 2", "pages 3"]
    assert [[cell.value for cell in sheet["A"]] for sheet in book] == [
        ["url", "0", "1"],
        ["url", "2", "3"],
        ["url", "4"],
    ]
    assert notes == ["3 sheets: Excel takes 3 rows on each"]


def test_nothing_is_left_of_a_workbook_that_is_given_up(tmp_path):
    class Failing(MadeSheet):
        def __iter__(self):
            yield from super().__iter__()
            raise ValueError("line 3")

    with pytest.raises(ValueError, match="line 3"):
        write(tmp_path / "d.xlsx", PurePath("t.xlsx"), Failing(RECORDS))
    assert list(tmp_path.iterdir()) == []
