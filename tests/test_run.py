"""What a library call returns, and the records read back from a file."""

import os
import sys
import types

import msgspec
import pytest

from scraper.compression import compress
from scraper.errors import UsageError
from scraper.models import Failure, Lines, Record
from scraper.run import Run, read_records, records_in
from scraper.stats import Stats

RECORDS = [
    Record(
        url="http://a/",
        ok=True,
        attempts=1,
        title="A",
        fields={"price": 5, "title": "B"},
        input={"id": "7", "price": "x"},
    ),
    Record(url="http://b/", ok=False, attempts=4, error=Failure(kind="read-timeout", message="silent")),
]


def summary(output=None):
    return Stats(lines=2, ok=1).summary(elapsed_s=1.0, pending=0, output=output, is_complete=True)


def written(path, suffix=""):
    lines = b"".join(msgspec.json.encode(record) + b"\n" for record in RECORDS)
    path.write_bytes(compress(lines[:50], suffix) + compress(lines[50:], suffix))
    return path


@pytest.mark.parametrize("suffix", ["", ".gz", ".zst"])
def test_records_are_read_back_from_any_output(tmp_path, suffix):
    path = written(tmp_path / f"x.jsonl{suffix}", suffix)
    assert list(read_records(path)) == RECORDS
    assert Run(summary(str(path)), None).records == RECORDS


def test_a_torn_last_line_is_left_out(tmp_path):
    path = written(tmp_path / "x.jsonl")
    path.write_bytes(path.read_bytes()[:-3])
    assert list(read_records(path)) == RECORDS[:1]


def test_the_failed_ones_are_those_that_are_not_ok():
    assert Run(summary(), RECORDS).failed == RECORDS[1:]


def test_it_shows_the_account():
    assert repr(Run(summary(), RECORDS)).startswith("<Run: 2 lines")


def test_a_data_frame_has_a_row_for_each_record_and_no_column_is_overwritten(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", types.SimpleNamespace(DataFrame=list))
    first, second = Run(summary(), RECORDS).to_pandas()
    assert (first["title"], first["fields.title"], first["price"], first["input.price"]) == ("A", "B", 5, "x")
    assert (first["id"], first["error_kind"]) == ("7", None)
    assert (second["error_kind"], second["error_message"]) == ("read-timeout", "silent")


def test_records_that_cannot_be_read_back_are_told_in_a_line(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for output, says in [
        ("-", "went to standard output"),
        (str(tmp_path / "pipe"), "is a stream"),
        (str(tmp_path / "gone.jsonl"), "is not there any more"),
    ]:
        with pytest.raises(UsageError, match=says):
            _ = Run(summary(output), None).failed


def test_records_of_another_process_are_read_from_their_lines():
    lines = Lines(b"".join(msgspec.json.encode(record) + b"\n" for record in RECORDS), 2)
    assert list(records_in(lines)) == RECORDS
    assert list(records_in(RECORDS[0])) == RECORDS[:1]
