"""SQLite: one table, typed columns, names that do not clash."""

import sqlite3
from contextlib import closing
from pathlib import PurePath

import pytest
from tabling import RECORDS, MadeSheet

from scraper.errors import OutputError
from scraper.export.sqlite import distinct, write


def read(path, query):
    with closing(sqlite3.connect(path)) as database:
        database.row_factory = sqlite3.Row
        return [dict(row) for row in database.execute(query)]


def test_rows_are_read_back_with_their_types(tmp_path):
    assert write(tmp_path / "d", PurePath("t.sqlite"), MadeSheet(RECORDS)) == []
    first, second = read(tmp_path / "d", "SELECT * FROM pages")
    assert (first["ok"], second["ok"], first["status"], second["status"]) == (1, 0, 200, None)
    assert (first["fields.n"], second["fields.n"], first["fields.f"], second["fields.f"]) == (-5, 2**60, 1.5, 2.0)
    assert (first["fields.big"], first["links"], first["title"]) == (str(2**70), '["a","b"]', "=1+1")
    assert second["fields.text"] == "\0\x1b"
    types = read(tmp_path / "d", "SELECT name, type FROM pragma_table_info('pages')")
    assert {"name": "fields.n", "type": "INTEGER"} in types


def test_items_are_a_table_of_that_name(tmp_path):
    write(tmp_path / "d", PurePath("t.sqlite"), MadeSheet([{"url": "u", "items": [{"x": 1}, {"x": 2}]}]))
    assert read(tmp_path / "d", 'SELECT sum("items.x") AS total FROM items') == [{"total": 3}]


def test_names_that_differ_in_case_only_get_a_number(tmp_path):
    names = ["a", "A", "a_2", "É", "é"]
    unlike, notes = distinct(names)
    assert unlike == ["a", "A_3", "a_2", "É", "é"]
    assert len(notes) == 1
    records = [{"fields": {"Price": 1, "price": 2, 'q"': 3, "x\0": 4}}]
    assert write(tmp_path / "d", PurePath("t.db"), MadeSheet(records)) == [
        "the column fields.price is called fields.price_2: SQLite does not tell names apart by case"
    ]
    (row,) = read(tmp_path / "d", "SELECT * FROM pages")
    assert list(row.values()) == [1, 2, 3, 4]


def test_a_thousand_columns_fit(tmp_path):
    records = [{"fields": {f"k{n}": n for n in range(1000)}}]
    write(tmp_path / "d", PurePath("t.db"), MadeSheet(records))
    assert len(read(tmp_path / "d", "SELECT * FROM pages")[0]) == 1000


def test_what_sqlite_refuses_is_one_line(tmp_path):
    with pytest.raises(OutputError, match=r"cannot write t\.db"):
        write(tmp_path / "no" / "d", PurePath("t.db"), MadeSheet(RECORDS))
