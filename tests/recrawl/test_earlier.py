"""Earlier records are found by their URL, whatever becomes of the file meanwhile."""

import os
import tempfile
from pathlib import Path

import pytest
from outputs import SUFFIXES, failed, opened, record, write

from scraper.errors import OutputError, UsageError
from scraper.recrawl.earlier import EarlierRecords, Index, RecordReader, line_at, open_earlier
from scraper.urls import identity

A, B, C = (f"http://h.example/{name}" for name in "abc")


def made(path, *records):
    with opened(path) as output:
        write(output, records)
    return str(path)


def found(earlier: EarlierRecords, url: str):
    place = earlier.index.place_of_ok(identity(url))
    return None if place is None else RecordReader(earlier.fd)(place)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_each_record_is_found_by_its_url_however_long_it_is(tmp_path, suffix):
    records = [record(A, title="ä" * 20), record(B, html="x" * 300_000), record(C)]
    with open_earlier(made(tmp_path / f"o.jsonl{suffix}", *records)) as earlier:
        assert [found(earlier, url) for url in (A, B, C)] == records
        assert found(earlier, "http://h.example/d") is None
        assert [len(line) for line in earlier.lines()] == [len(earlier.line(p)) for p in places(earlier)]


def places(earlier):
    return [earlier.index.place_of(identity(url)) for url in (A, B, C)]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_that_was_removed_and_replaced_is_read_as_it_was(tmp_path, suffix):
    path = tmp_path / f"o.jsonl{suffix}"
    made(path, record(A, title="before"))
    with open_earlier(str(path)) as earlier:
        path.unlink()
        made(path, record(A, title="after"))
        assert found(earlier, A).title == "before"


def test_a_failed_record_is_none_of_an_ok_page_and_gives_way_to_it(tmp_path):
    with open_earlier(made(tmp_path / "o.jsonl", record(A), failed(A, "deadline"), failed(B, "deadline"))) as earlier:
        assert found(earlier, A) == record(A)
        assert found(earlier, B) is None
        assert earlier.index.place_of(identity(B)) is not None


def test_of_several_records_the_last_counts():
    index = Index()
    for place, is_ok in ((0, False), (10, True), (20, True), (30, False)):
        index.add(7, place, is_ok=is_ok)
    index.add(8, 40, is_ok=False)
    assert (index.place_of(7), index.place_of_ok(7), index.place_of_ok(8)) == (20, 20, None)
    assert (len(index), index.ok) == (2, 1)


def test_a_torn_last_line_is_left_out(tmp_path):
    path = tmp_path / "o.jsonl"
    made(path, record(A), record(B))
    path.write_bytes(path.read_bytes()[:-5])
    with open_earlier(str(path)) as earlier:
        assert found(earlier, A) == record(A)
        assert found(earlier, B) is None
        assert len(list(earlier.lines())) == 1


def test_what_is_no_output_is_refused_in_one_line(tmp_path):
    path = tmp_path / "urls.txt"
    path.write_text(f"{A}\n{B}\n")
    with pytest.raises(UsageError, match=r"line 1 of .*urls.txt is not a record"):
        open_earlier(str(path))
    with pytest.raises(UsageError, match="name the output of an earlier run"):
        open_earlier(str(tmp_path / "none.jsonl"))


def test_a_missing_file_may_be_an_empty_one(tmp_path):
    with open_earlier(str(tmp_path / "latest.jsonl"), may_be_missing=True) as earlier:
        assert (len(earlier.index), list(earlier.lines())) == (0, [])


def test_a_record_that_is_not_there_any_more_is_none_and_told(tmp_path, caplog):
    path = tmp_path / "o.jsonl"
    made(path, record(A), record(B))
    with open_earlier(str(path)) as earlier:
        place = earlier.index.place_of_ok(identity(B))
        os.truncate(path, place + 3)
        assert RecordReader(earlier.fd)(place) is None
        assert "fetched as a new one" in caplog.text


def test_a_full_disk_says_where_and_what_to_do(tmp_path, monkeypatch):
    name = made(tmp_path / "o.jsonl.gz", *(record(f"{A}{n}", html=os.urandom(5000).hex()) for n in range(200)))

    def full(**_):
        return Path("/dev/full").open("r+b", buffering=0)

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    with pytest.raises(OutputError, match=r"cannot unpack .*o.jsonl.gz in .*: No space left on device; let TMPDIR"):
        open_earlier(name)


def test_closing_twice_closes_once(tmp_path):
    earlier = open_earlier(made(tmp_path / "o.jsonl", record(A)))
    earlier.close()
    earlier.close()
    with pytest.raises(OSError, match="Bad file"):
        line_at(earlier.fd, 0)


def test_a_system_without_pread_reads_the_same(tmp_path, monkeypatch):
    monkeypatch.delattr(os, "pread")
    with open_earlier(made(tmp_path / "o.jsonl", record(A), record(B, html="x" * 50_000))) as earlier:
        assert found(earlier, B).html == "x" * 50_000
        assert found(earlier, A) == record(A)
