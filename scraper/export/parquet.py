"""Parquet, in row groups of bounded size; lists of one type are lists there too."""

from collections.abc import Callable
from pathlib import Path, PurePath
from typing import Any

from scraper.export.cells import as_text
from scraper.export.columns import Column
from scraper.export.sheet import Sheet
from scraper.extras import need

_GROUP_ROWS = 50_000
_GROUP_BYTES = 16 * 1024**2
"""Of records: a row group is made of so much at most, or of one record."""


def write(draft: Path, target: PurePath, sheet: Sheet) -> list[str]:  # noqa: ARG001 - the formats are called alike
    """Write `sheet` to `draft`."""
    arrow = need("pyarrow", extra="parquet")
    parquet = need("pyarrow.parquet", extra="parquet")
    schema = arrow.schema([(column.name, _type(arrow, column)) for column in sheet.columns])
    cells = [_cell_of(column) for column in sheet.columns]
    with parquet.ParquetWriter(draft, schema, compression="zstd") as writer:
        group: list[list[Any]] = []
        begun_at = 0

        def flush() -> None:
            values = zip(*group, strict=True) if group else [[] for _ in cells]
            arrays = [
                arrow.array(column if cell is None else map(cell, column), type=field.type, size=len(group))
                for cell, column, field in zip(cells, values, schema, strict=True)
            ]
            writer.write_table(arrow.Table.from_arrays(arrays, schema=schema))
            group.clear()

        for row in sheet:
            group.append(row)
            if len(group) == _GROUP_ROWS or sheet.bytes_read - begun_at >= _GROUP_BYTES:
                flush()
                begun_at = sheet.bytes_read
        if group:
            flush()
    return []


def _type(arrow: Any, column: Column) -> Any:
    types = {"bool": arrow.bool_(), "int": arrow.int64(), "float": arrow.float64()}
    kind = types.get(column.kind, arrow.string())
    return arrow.list_(kind) if column.is_list else kind


def _cell_of(column: Column) -> Callable[[Any], Any] | None:
    """Return what makes a cell of a value or None of `column`; None: they are as Arrow takes them."""
    if column.kind in ("bool", "int"):
        return None
    if column.kind == "float":
        return _floats if column.is_list else _float
    return _texts if column.is_list else _text


def _text(value: Any) -> str | None:
    return value if value is None or type(value) is str else as_text(value)


def _texts(values: list[Any] | None) -> list[str | None] | None:
    return None if values is None else [_text(value) for value in values]


def _float(value: Any) -> float | None:
    return None if value is None else float(value)


def _floats(values: list[Any] | None) -> list[float | None] | None:
    return None if values is None else [_float(value) for value in values]
