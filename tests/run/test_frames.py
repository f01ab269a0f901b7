"""Data frames: types that hold missing values, the same columns for every run."""

import sys
from datetime import UTC, datetime

import pytest
from runs import RECORDS, failed, ok, run_of

from scraper.errors import UsageError

FIELDS = [
    {"tags": ["a", "b"], "rows": [{"x": 1}], "mixed": 1, "flag": True},
    {"tags": [], "rows": [], "mixed": "1", "flag": None},
]


def frame(make, records):
    pytest.importorskip(make)
    return getattr(run_of(records), f"to_{make}")()


def test_pandas_has_nullable_integers_and_times_with_their_zone():
    data = frame("pandas", RECORDS)
    types = {name: str(data[name].dtype) for name in ("ok", "status", "attempts", "bytes", "fetched_at", "elapsed_ms")}
    assert types == {
        "ok": "bool", "status": "Int64", "attempts": "Int64", "bytes": "Int64", "fetched_at": "datetime64[us, UTC]",
        "elapsed_ms": "float64",
    }  # fmt: skip
    assert data["fetched_at"][0] == datetime(2026, 11, 24, 12, 0, 0, 250_000, UTC)
    assert data["status"].isna().tolist() == [False, True]
    assert data[~data["ok"]]["error.kind"].tolist() == ["read-timeout"]
    assert (data["title"][0], data["fields.title"][0], data["price"][0], data["input.price"][0]) == ("A", "B", 5, "x")


def test_polars_has_the_same_columns_and_types_of_its_own():
    data = frame("polars", RECORDS)
    assert data.columns == list(frame("pandas", RECORDS).columns)
    assert data.schema["fetched_at"].time_zone == "UTC"
    assert data["fetched_at"][0] == datetime(2026, 11, 24, 12, 0, 0, 250_000, UTC)
    assert data["bytes"].to_list() == [100, None]
    assert data["ok"].to_list() == [True, False]


@pytest.mark.parametrize("make", ["pandas", "polars"])
def test_an_empty_run_has_the_columns_and_their_types(make):
    empty, full = frame(make, []), frame(make, [ok(fetched_at="2026-11-24T12:00:00Z")])
    assert empty.shape == (0, len(full.columns))
    assert [str(empty[name].dtype) for name in empty.columns] == [str(full[name].dtype) for name in full.columns]


def test_lists_and_objects_stay_what_they_are_in_pandas_and_in_polars_become_lists_of_text_or_json():
    records = [ok(fields=found) for found in FIELDS]
    data = frame("pandas", records)
    assert (data["tags"].tolist(), data["rows"][0]) == ([["a", "b"], []], [{"x": 1}])
    data = frame("polars", records)
    assert data["tags"].to_list() == [["a", "b"], []]
    assert data["rows"].to_list() == ['[{"x":1}]', "[]"]
    assert data["mixed"].to_list() == ["1", '"1"']
    assert data["flag"].to_list() == [True, None]


@pytest.mark.parametrize("make", ["pandas", "polars"])
def test_a_library_that_is_missing_is_told_with_its_extra(monkeypatch, make):
    monkeypatch.setitem(sys.modules, make, None)
    with pytest.raises(UsageError, match=rf"pip install 'scraper\[{make}\]'"):
        getattr(run_of([failed()]), f"to_{make}")()
