"""Parquet: types of its own, real lists, row groups of bounded size."""

from pathlib import PurePath

import pyarrow as pa
import pyarrow.parquet as pq
from tabling import RECORDS, MadeSheet

from scraper.export import parquet
from scraper.export.parquet import write


def test_rows_are_read_back_with_their_types(tmp_path):
    assert write(tmp_path / "d", PurePath("t.parquet"), MadeSheet(RECORDS)) == []
    table = pq.read_table(tmp_path / "d")
    types = {field.name: field.type for field in table.schema}
    assert types["ok"] == pa.bool_()
    assert (types["fields.n"], types["fields.f"], types["fields.mixed"]) == (pa.int64(), pa.float64(), pa.string())
    assert types["links"] == pa.list_(pa.string())
    first, second = table.to_pylist()
    assert (first["links"], second["links"]) == (["a", "b"], None)
    assert (first["fields.big"], first["fields.objects"], first["title"]) == (str(2**70), '[{"a":1}]', "=1+1")
    assert (second["fields.n"], second["fields.f"], second["fields.mixed"], second["title"]) == (
        2**60,
        2.0,
        "-12.50",
        None,
    )


def test_lists_of_numbers_are_lists(tmp_path):
    records = [{"fields": {"n": [1, None], "f": [1, 2.5], "t": [1, "a"], "b": [True]}}, {"fields": {"n": []}}]
    write(tmp_path / "d", PurePath("t.parquet"), MadeSheet(records))
    first, second = pq.read_table(tmp_path / "d").to_pylist()
    assert first == {"fields.n": [1, None], "fields.f": [1.0, 2.5], "fields.t": ["1", "a"], "fields.b": [True]}
    assert second["fields.n"] == []


def test_row_groups_hold_so_many_rows_or_bytes_at_most(tmp_path, monkeypatch):
    records = [{"url": str(n)} for n in range(10)]
    monkeypatch.setattr(parquet, "_GROUP_ROWS", 4)
    write(tmp_path / "d", PurePath("t.parquet"), MadeSheet(records))
    assert pq.ParquetFile(tmp_path / "d").num_row_groups == 3
    monkeypatch.setattr(parquet, "_GROUP_BYTES", 2000)
    write(tmp_path / "d", PurePath("t.parquet"), MadeSheet(records))
    assert pq.ParquetFile(tmp_path / "d").num_row_groups == 5
    assert pq.read_table(tmp_path / "d").num_rows == 10
