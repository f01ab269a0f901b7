"""CSV, TSV and JSON Lines as other programs read them."""

import csv
import io
from pathlib import PurePath

import msgspec
import pytest
from tabling import RECORDS, MadeSheet

from scraper.compression import compression_of, decompressor
from scraper.export import text
from scraper.export.text import write


def written(tmp_path, name, records=RECORDS):
    draft = tmp_path / "draft"
    notes = write(draft, PurePath(name), MadeSheet(records))
    return decompressor(compression_of(name)).decompress(draft.read_bytes()).decode(), notes


@pytest.mark.parametrize(
    ("name", "delimiter"), [("t.csv", ","), ("t.tsv", "\t"), ("T.CSV", ","), ("t.csv.gz", ","), ("t.tsv.zst", "\t")]
)
def test_a_delimited_file_is_read_back(tmp_path, name, delimiter):
    data, notes = written(tmp_path, name)
    first, second = csv.DictReader(io.StringIO(data), delimiter=delimiter)
    assert first["fields.text"] == 'é\n"x",\t'
    assert (first["ok"], second["ok"], second["status"]) == ("true", "false", "")
    assert (first["links"], first["fields.objects"]) == ('["a","b"]', '[{"a":1}]')
    assert (first["fields.n"], first["fields.big"], first["fields.f"]) == ("-5", str(2**70), "1.5")
    assert first["title"] == "'=1+1"
    assert (first["fields.mixed"], second["fields.mixed"]) == ("1", "-12.50")
    assert second["fields.text"] == "\ufffd\x1b"
    assert notes == ["1 cell that a spreadsheet could run as a formula: ' put in front"]


def test_a_head_cannot_be_a_formula_either(tmp_path):
    data, notes = written(tmp_path, "t.csv", [{"=cmd": 1}])
    assert data.splitlines()[0] == "'=cmd"
    assert notes == []


@pytest.mark.parametrize("name", ["t.jsonl", "t.jsonl.gz", "t.jsonl.zst"])
def test_json_lines_are_flat_objects_without_what_is_absent(tmp_path, name):
    data, notes = written(tmp_path, name)
    first, second = map(msgspec.json.decode, data.splitlines())
    assert first["links"] == ["a", "b"]
    assert first["fields.big"] == 2**70
    assert first["title"] == "=1+1"
    assert "title" not in second
    assert notes == []


@pytest.mark.parametrize("name", ["t.csv.gz", "t.jsonl.zst", "t.tsv"])
def test_files_of_many_batches_are_whole(tmp_path, monkeypatch, name):
    monkeypatch.setattr(text, "_BATCH_BYTES", 50)
    records = [{"url": f"http://h.example/{n}"} for n in range(100)]
    data, _ = written(tmp_path, name, records)
    assert [line for line in data.splitlines() if f"{records[99]['url']}" in line]
    assert len(data.splitlines()) == 100 + (".jsonl" not in name)
