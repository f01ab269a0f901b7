"""A SQLite database with one table, `pages` or `items`."""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path, PurePath
from typing import Any

from scraper.errors import OutputError
from scraper.export.cells import as_text
from scraper.export.columns import Column
from scraper.export.sheet import Sheet

_TYPES = {"bool": "INTEGER", "int": "INTEGER", "float": "REAL", "text": "TEXT", "json": "TEXT"}
_ROWS_AT_ONCE = 500


def write(draft: Path, target: PurePath, sheet: Sheet) -> list[str]:
    """Write `sheet` to `draft`; return what had to be changed."""
    names, notes = distinct([column.name for column in sheet.columns])
    columns = ", ".join(f"{_quoted(name)} {_type(column)}" for name, column in zip(names, sheet.columns, strict=True))
    cells = [_cell_of(column) for column in sheet.columns]
    try:
        with closing(sqlite3.connect(draft, isolation_level=None)) as database:
            # A draft needs no journal: it is thrown away when it is not finished.
            database.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN")
            database.execute(f"CREATE TABLE {sheet.kind} ({columns})")
            insert = f"INSERT INTO {sheet.kind} VALUES ({', '.join('?' * len(names))})"  # noqa: S608 - no data in it
            rows = (
                [None if value is None else cell(value) for cell, value in zip(cells, row, strict=True)]
                for row in sheet
            )
            while batch := list(islice(rows, _ROWS_AT_ONCE)):
                database.executemany(insert, batch)
            database.execute("COMMIT")
    except sqlite3.Error as error:
        raise OutputError(f"cannot write {target}: {error}") from error
    return notes


def distinct(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return `names` so that no two differ in the case of ASCII letters only (SQLite), and what was changed."""
    taken = {_folded(name) for name in names}
    seen: set[str] = set()
    unlike, notes = [], []
    for name in names:
        chosen, turn = name, 1
        while _folded(chosen) in seen or (turn > 1 and _folded(chosen) in taken):
            turn += 1
            chosen = f"{name}_{turn}"
        seen.add(_folded(chosen))
        unlike.append(chosen)
        if chosen != name:
            notes.append(f"the column {name} is called {chosen}: SQLite does not tell names apart by case")
    return unlike, notes


def _folded(name: str) -> str:
    return name.translate(_LOWER)


_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _type(column: Column) -> str:
    return "TEXT" if column.is_list else _TYPES[column.kind]


def _cell_of(column: Column) -> Callable[[Any], Any]:
    if column.is_list or column.kind == "json":
        return as_text
    return {"bool": int, "int": int, "float": float}.get(column.kind, as_text)
