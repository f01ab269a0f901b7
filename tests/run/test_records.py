"""Records in a file as a sequence."""

import gc
from pathlib import Path

import msgspec
import pytest
from runs import RECORDS, failed, ok, written

from scraper.errors import UsageError
from scraper.models import Lines
from scraper.run.records import failed_of, open_records, records_in

MANY = [
    failed(f"http://h/{n}") if n % 3 == 0 else ok(f"http://h/{n}", title="x" * (n * 997 % 40_000)) for n in range(200)
]


@pytest.fixture
def records(tmp_path):
    return open_records(str(written(tmp_path / "x.jsonl", MANY)))


def test_they_have_a_length_an_order_and_slices_like_a_list(records):
    assert len(records) == 200
    assert records == MANY
    assert records != MANY[:-1]
    assert list(records) == MANY
    assert (records[0], records[7], records[-1]) == (MANY[0], MANY[7], MANY[-1])
    for part in (slice(3, 9), slice(None, None, -1), slice(-5, None), slice(0, 200, 50)):
        assert records[part] == MANY[part]
        assert list(records[part]) == MANY[part]
    assert MANY[150] in records
    with pytest.raises(IndexError):
        records[200]


def test_the_failed_ones_are_a_view_too(records):
    expected = [record for record in MANY if not record.ok]
    assert records.failed() == expected
    assert records.failed()[5] == expected[5]
    assert records[:10].failed() == [record for record in MANY[:10] if not record.ok]
    assert failed_of(MANY) == expected


def test_they_can_be_looked_at_again_and_two_at_a_time(records):
    assert list(zip(records, records, strict=True)) == [(record, record) for record in MANY]


def test_what_is_written_to_the_file_later_is_not_theirs(tmp_path):
    path = written(tmp_path / "x.jsonl")
    records = open_records(str(path))
    with path.open("ab") as file:
        file.write(path.read_bytes())
    assert records == RECORDS


def test_superseded_lines_are_left_out(tmp_path):
    path = written(tmp_path / "x.jsonl", MANY[:4])
    records = open_records(str(path), superseded=bytes([0, 1, 0, 1]))
    assert list(records) == records == [MANY[0], MANY[2]]
    assert records[1] == MANY[2]
    assert records.failed() == [MANY[0]]


def test_a_whole_last_line_needs_no_line_feed_and_a_torn_one_is_no_record(tmp_path):
    path = written(tmp_path / "x.jsonl")
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    assert open_records(str(path)) == RECORDS
    for cut in (2, 30):
        path.write_bytes(whole[:-cut])
        assert open_records(str(path)) == RECORDS[:1]
    path.write_bytes(b"")
    assert len(open_records(str(path))) == 0


def test_a_line_that_is_no_record_is_told(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_bytes(b'{"name":"x"}\n')
    for look in (list, lambda records: records[0], lambda records: records.failed()):
        with pytest.raises(UsageError, match=r"x\.jsonl has a line that is not a record: '\{\"name\""):
            look(open_records(str(path)))


def test_a_damaged_compressed_file_is_told(tmp_path):
    path = tmp_path / "x.jsonl.gz"
    path.write_bytes(b"nonsense")
    with pytest.raises(UsageError, match=r"x\.jsonl\.gz cannot be read back: damaged gzip data"):
        open_records(str(path))


def test_their_file_is_closed_when_nobody_looks_at_them_any_more(tmp_path):
    def descriptors():
        gc.collect()
        return len(list(Path("/proc/self/fd").iterdir()))

    if not Path("/proc/self/fd").exists():
        pytest.skip("no /proc")
    before = descriptors()
    records = open_records(str(written(tmp_path / "x.jsonl.gz", suffix=".gz")))
    view = records[1:]
    del records
    assert descriptors() == before + 1
    assert view == RECORDS[1:]
    del view
    assert descriptors() == before


def test_they_show_how_many_they_are_and_the_first(records):
    assert repr(records).startswith("<200 records of ")
    assert repr(records).count("Record(") == 3


def test_records_of_another_process_are_read_from_their_lines():
    lines = Lines(b"".join(msgspec.json.encode(record) + b"\n" for record in RECORDS), 2)
    assert list(records_in(lines)) == RECORDS
    assert list(records_in(RECORDS[0])) == RECORDS[:1]
