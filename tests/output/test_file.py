import os

import pytest
from outputs import NOW

from scraper.errors import OutputError
from scraper.output.file import open_file


@pytest.fixture
def file(tmp_path):
    file = open_file(str(tmp_path / "out.jsonl"))
    yield file
    file.close()


def test_what_is_appended_stands_behind_what_was_there(file):
    file.append(b"one\n")
    file.append(b"two\n")
    assert file.path.read_bytes() == b"one\ntwo\n"
    assert file.size == 8


def test_it_is_read_in_pieces_and_appended_to_all_the_same(file):
    file.append(b"0123456789")
    assert list(file.read(2, 9, 3)) == [b"234", b"567", b"8"]
    file.append(b"x")
    assert b"".join(file.read(0, 99)) == b"0123456789x"


def test_it_is_cut_and_never_lengthened(file):
    file.append(b"0123456789")
    file.cut(4)
    file.cut(8)
    assert file.path.read_bytes() == b"0123"
    file.append(b"x")
    assert file.path.read_bytes() == b"0123x"


def test_an_interruption_in_the_middle_of_a_write_leaves_the_file_as_it_was(file, monkeypatch):
    file.append(b"one\n")
    real = os.write

    def interrupted(fd, data):
        real(fd, data[:2])
        raise KeyboardInterrupt

    monkeypatch.setattr("os.write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        file.append(b"two\n")
    assert file.path.read_bytes() == b"one\n"
    monkeypatch.undo()
    file.append(b"three\n")
    assert file.path.read_bytes() == b"one\nthree\n"


def test_what_another_program_appended_is_not_cut_away(file, monkeypatch):
    file.append(b"one\n")

    def fail(*_):
        with file.path.open("ab") as other:
            other.write(b"a stranger's line that is longer than ours\n")
        raise OSError(28, "")

    monkeypatch.setattr("os.write", fail)
    with pytest.raises(OutputError):
        file.append(b"two\n")
    assert file.path.read_bytes() == b"one\na stranger's line that is longer than ours\n"


def test_closing_twice_closes_no_other_file(tmp_path):
    file = open_file(str(tmp_path / "out.jsonl"))
    file.close()
    other = os.open(tmp_path / "other", os.O_RDWR | os.O_CREAT)
    file.close()
    os.fstat(other)
    os.close(other)


def test_setting_aside_takes_the_next_free_name(file):
    file.path.with_name("out.20260801T101530Z.jsonl").write_text("taken")
    aside = file.set_aside(NOW)
    assert aside.name == "out.20260801T101530Z-2.jsonl"
    assert not file.path.exists()
    assert aside.with_name("out.20260801T101530Z.jsonl").read_text() == "taken"


@pytest.mark.parametrize(
    ("name", "aside"),
    [
        ("a.jsonl.gz", "a.STAMP.jsonl.gz"),
        ("example.com.jsonl", "example.com.STAMP.jsonl"),
        ("example.com.jsonl.zst", "example.com.STAMP.jsonl.zst"),
        ("plain", "plain.STAMP"),
        (".hidden", ".hidden.STAMP"),
    ],
)
def test_the_time_stands_before_the_suffixes(tmp_path, name, aside):
    file = open_file(str(tmp_path / name))
    assert file.set_aside(NOW).name == aside.replace("STAMP", "20260801T101530Z")
    file.close()


def test_a_rewrite_replaces_the_contents_and_goes_on_from_there(file):
    file.append(b"one\ntwo\n")
    inode = file.path.stat().st_ino
    file.rewrite([b"tw", b"o\n"])
    file.append(b"three\n")
    assert file.path.read_bytes() == b"two\nthree\n"
    assert file.path.stat().st_ino != inode


def test_a_rewrite_that_is_broken_off_changes_nothing(file):
    def batches():
        yield b"two\n"
        raise KeyboardInterrupt

    file.append(b"one\n")
    with pytest.raises(KeyboardInterrupt):
        file.rewrite(batches())
    file.append(b"three\n")
    assert file.path.read_bytes() == b"one\nthree\n"
    assert list(file.path.parent.iterdir()) == [file.path]


def test_the_draft_of_a_rewrite_that_was_killed_is_removed_on_the_next_start(tmp_path):
    draft = tmp_path / ".out.jsonl.rewrite"
    draft.write_text("half")
    open_file(str(tmp_path / "out.jsonl")).close()
    assert not draft.exists()


def test_a_draft_is_written_to_no_place_that_a_link_names(tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("precious")
    file = open_file(str(tmp_path / "out.jsonl"))
    (tmp_path / ".out.jsonl.rewrite").symlink_to(victim)
    with pytest.raises(FileExistsError):
        file.rewrite([b"x\n"])
    file.close()
    open_file(str(tmp_path / "out.jsonl")).close()
    assert victim.read_text() == "precious"


def test_missing_folders_are_made(tmp_path):
    open_file(str(tmp_path / "a" / "b" / "out.jsonl")).close()
    assert (tmp_path / "a" / "b" / "out.jsonl").read_bytes() == b""


def test_a_link_to_a_file_that_is_not_there_yet_makes_that_file(tmp_path):
    (tmp_path / "latest.jsonl").symlink_to(tmp_path / "new.jsonl.gz")
    file = open_file(str(tmp_path / "latest.jsonl"))
    file.close()
    assert file.compression == ".gz"  # what is in it counts, not how it is called
    assert (tmp_path / "new.jsonl.gz").exists()
