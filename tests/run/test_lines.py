"""Lines of a file, read in any order."""

from io import BytesIO

import pytest

from scraper.run import lines as module
from scraper.run.lines import Lines, is_record, temporary_file, unpacked, write_all


@pytest.mark.parametrize("piece_bytes", [1, 2, 7, 1000])
def test_lines_of_any_length_are_found_whatever_is_read_at_a_time(monkeypatch, piece_bytes):
    monkeypatch.setattr(module, "PIECE_BYTES", piece_bytes)
    monkeypatch.setattr(module, "LINE_BYTES", piece_bytes)
    text = [b'{"a":1}', b"", b"x" * 30, b"\xff"]
    lines = Lines(BytesIO(b"\n".join([*text, b'{"torn'])), "x")
    assert list(lines) == text
    assert [lines.at(start) for start in lines.starts()] == text


def test_only_a_whole_object_is_a_line_without_its_end():
    assert is_record(b'{"a":{"b":[1]}}')
    for rest in (b"", b'{"a":', b"[1]", b"7", b"\0\0", b"[" * 100_000):
        assert not is_record(rest)


def test_a_temporary_file_takes_all_and_is_nameless(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with temporary_file() as file:
        write_all(file, b"x" * 100_000)
        assert file.tell() == 100_000
        assert not list(tmp_path.iterdir())


def test_what_is_unpacked_is_the_text(tmp_path):
    path = tmp_path / "x.txt"
    path.write_bytes(b"abc\n")
    with unpacked(str(path)) as file:
        assert list(Lines(file, "x")) == [b"abc"]
