"""Records as a data frame: pandas' or polars', with the same columns and types that hold missing values."""

from collections.abc import Callable
from typing import Any

import msgspec

from scraper.extras import need
from scraper.run.columns import Columns

_PANDAS = {
    "flag": "bool",
    "bool": "boolean",
    "int": "Int64",
    "float": "float64",
    "text": "str",
    "time": "datetime64[us, UTC]",
    "any": "object",
}


def to_pandas(columns: Callable[[], Columns]) -> Any:
    """Return a pandas.DataFrame: nullable integers and booleans, times with their zone. Needs the extra `pandas`."""
    pandas = need("pandas", extra="pandas")
    table = columns()
    series = {
        name: pandas.Series(values, dtype=_PANDAS[table.kinds[name]], name=name)
        for name, values in table.values.items()
    }
    return pandas.DataFrame(series)


def to_polars(columns: Callable[[], Columns]) -> Any:
    """Return a polars.DataFrame. Needs the extra `polars`.

    Lists of text are lists; what has values of different types, or objects in lists, is JSON text: polars has one type
    to a column.
    """
    polars = need("polars", extra="polars")
    table = columns()
    types = {
        "flag": polars.Boolean,
        "bool": polars.Boolean,
        "int": polars.Int64,
        "float": polars.Float64,
        "text": polars.String,
        "time": polars.Datetime("us", "UTC"),
    }
    series = []
    for name, values in table.values.items():
        dtype = types.get(table.kinds[name])
        if dtype is None:
            is_list = any(values) and all(map(_is_list_of_text, values))
            dtype = polars.List(polars.String) if is_list else polars.String
            values = values if is_list else [_json(value) for value in values]  # noqa: PLW2901 - the same, as text
        series.append(polars.Series(name, values, dtype=dtype))
    return polars.DataFrame(series)


def _is_list_of_text(value: Any) -> bool:
    return value is None or (isinstance(value, list) and all(isinstance(item, str) for item in value))


def _json(value: Any) -> str | None:
    return None if value is None else msgspec.json.encode(value, enc_hook=str).decode()
