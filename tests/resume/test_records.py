"""What the records of a file amount to; whole runs over one are in tests/test_resume.py."""

from outputs import failed, opened, record, write

from scraper.resume.records import find_superseded, read, without
from scraper.urls import FingerprintSet, identity


def test_a_failed_record_gives_way_to_a_newer_one_and_to_an_ok_one_wherever_that_is(tmp_path):
    records = [
        failed("http://h.example/twice", "deadline"),
        record("http://h.example/ok"),
        failed("http://h.example/ok", "deadline"),
        failed("http://h.example/once", "deadline"),
        failed("http://H.example:80/twice#top", "read-timeout"),
        record("http://h.example/ok"),
        failed("http://h.example/unasked", "deadline"),
        failed("http://h.example/unasked", "deadline"),
    ]
    repeated = FingerprintSet()
    for name in ("twice", "ok", "once"):
        repeated.add(identity(f"http://h.example/{name}"))
    with opened(tmp_path / "out.jsonl") as output:
        write(output, records)
        file = output.target
        marks = find_superseded(file, file.size, repeated)
        assert list(marks) == [1, 0, 1, 0, 0, 0, 0, 0]
        assert b"".join(without(file, marks)).count(b"\n") == 6


def test_a_file_without_repeated_records_is_read_once(tmp_path, monkeypatch):
    with opened(tmp_path / "out.jsonl") as output:
        write(output, [record("http://h.example/a"), failed("http://h.example/b", "deadline")])
        monkeypatch.setattr("scraper.resume.records.find_superseded", None)
        tally = read(output.target, retried=True)
    assert (len(tally.finished), len(tally.retried), len(tally.repeated)) == (1, 1, 0)
    assert not tally.superseded
