"""An output is read as it stands: torn ends are left out and told, malformed lines are named."""

import pytest

from scraper.compression import Members, compress
from scraper.errors import UsageError
from scraper.resume.reading import Records, end_of_whole, open_to_read

LINES = b'{"url":"http://h.example/0","ok":true}\n{"url":"http://h.example/1","ok":true}\n'


def read(path):
    with open_to_read(str(path)) as file:
        records = Records(file)
        return [record["url"] for record in records], records


@pytest.mark.parametrize("suffix", ["", ".gz", ".zst"])
def test_whole_records_are_read_whatever_a_killed_run_left_behind_them(tmp_path, suffix):
    path = tmp_path / f"out.jsonl{suffix}"
    whole = compress(LINES, suffix)
    for torn in (b"", whole[:9], *([bytes(99)] if not suffix else [])):
        path.write_bytes(whole + torn)
        urls, records = read(path)
        assert urls == ["http://h.example/0", "http://h.example/1"]
        assert records.torn_bytes == len(torn)
        assert records.bytes_read == len(LINES)


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_records_of_a_member_that_was_never_finished_are_read(tmp_path, suffix):
    path = tmp_path / f"out.jsonl{suffix}"
    members = Members(suffix)
    flushed = members.add(LINES)
    path.write_bytes(compress(LINES, suffix) + flushed)
    urls, records = read(path)
    assert len(urls) == 4
    assert records.torn_bytes == 0
    path.write_bytes(compress(LINES, suffix) + flushed + members.add(b'{"url":"ht'))
    urls, records = read(path)
    assert len(urls) == 4
    assert records.torn_bytes == 10


def test_records_are_read_as_often_as_wanted(tmp_path):
    path = tmp_path / "out.jsonl"
    path.write_bytes(LINES)
    with open_to_read(str(path)) as file:
        records = Records(file)
        assert list(records) == list(records)


def test_the_last_record_may_lack_its_line_feed(tmp_path):
    path = tmp_path / "out.jsonl"
    path.write_bytes(LINES.rstrip())
    assert len(read(path)[0]) == 2


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (b"notes", "is not JSON"),
        (b"5", "is not a JSON object"),
        (b'{"a":1e999}', "is not JSON"),
        (b'{"a":"\\ud800"}', "is not JSON"),
        (b'{"a":"\0"}', "is not JSON"),
        (b'{"a":' * 100_000, "nested too deeply"),
    ],
)
def test_a_malformed_line_is_named(tmp_path, line, what):
    path = tmp_path / "out.jsonl"
    path.write_bytes(LINES + line + b"\n" + LINES)
    with pytest.raises(UsageError, match=f"line 3 of .*{what}"):
        read(path)


def test_blank_lines_count_and_are_skipped(tmp_path):
    path = tmp_path / "out.jsonl"
    path.write_bytes(b"\n" + LINES + b" \r\n")
    assert len(read(path)[0]) == 2


def test_damage_in_the_middle_is_one_line(tmp_path):
    path = tmp_path / "out.jsonl.gz"
    path.write_bytes(compress(LINES, ".gz") + b"junk" * 9 + compress(LINES, ".gz"))
    with pytest.raises(UsageError, match="damaged"):
        read(path)
    with open_to_read(str(path)) as file:
        assert end_of_whole(file) == file.size


@pytest.mark.parametrize("name", ["", "none.jsonl", "a\0b"])
def test_what_is_no_file_is_refused(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="name the output of a run"), open_to_read(name):
        pass
