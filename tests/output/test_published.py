"""A published file is there whole or not at all, and replaces another only when asked."""

import os
import stat

import pytest

from scraper.errors import OutputError, UsageError
from scraper.output.published import published


def test_it_appears_when_the_block_has_ended(tmp_path):
    target = tmp_path / "new" / "t.csv"
    with published(str(target), replaces=False, source="s") as draft:
        draft.write_text("a")
        assert not target.exists()
    assert target.read_text() == "a"
    assert [path.name for path in target.parent.iterdir()] == ["t.csv"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_nothing_is_left_of_a_block_that_fails(tmp_path, error):
    target = tmp_path / "t.csv"
    target.write_text("old")

    def fail():
        with published(str(target), replaces=True, source="s") as draft:
            draft.write_text("half")
            raise error

    with pytest.raises(error):
        fail()
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["t.csv"]


def test_an_existing_file_is_replaced_only_when_asked(tmp_path):
    target = tmp_path / "t.csv"
    target.write_text("old")
    with pytest.raises(UsageError, match="--overwrite"), published(str(target), replaces=False, source="s"):
        pass
    with published(str(target), replaces=True, source="s") as draft:
        draft.write_text("new")
    assert target.read_text() == "new"


def test_one_that_came_meanwhile_is_not_replaced(tmp_path):
    target = tmp_path / "t.csv"

    def write():
        with published(str(target), replaces=False, source="s") as draft:
            draft.write_text("new")
            target.write_text("another's")

    with pytest.raises(UsageError, match="there already"):
        write()
    assert target.read_text() == "another's"


def test_the_source_is_never_replaced(tmp_path):
    source = tmp_path / "out.jsonl"
    source.write_text("records")
    (tmp_path / "link.jsonl").symlink_to(source)
    for name in ("out.jsonl", "link.jsonl"):
        target = str(tmp_path / name)
        with pytest.raises(UsageError, match="what is read"), published(target, replaces=True, source=str(source)):
            pass


def test_a_link_stays_one_and_leads_to_the_new_file(tmp_path):
    (tmp_path / "old.csv").write_text("old")
    (tmp_path / "t.csv").symlink_to("old.csv")
    with published(str(tmp_path / "t.csv"), replaces=True, source="s") as draft:
        draft.write_text("new")
    assert (tmp_path / "t.csv").is_symlink()
    assert (tmp_path / "old.csv").read_text() == "new"


def test_what_cannot_be_written_is_one_line_with_a_remedy(tmp_path):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(OutputError, match="cannot write"),
        published(str(tmp_path / "file" / "t"), replaces=False, source=""),
    ):
        pass
    with pytest.raises(OutputError, match="is a folder"), published(str(tmp_path), replaces=False, source=""):
        pass
    with (
        pytest.raises(OutputError, match="full; nothing is left of it"),
        published(str(tmp_path / "t"), replaces=False, source=""),
    ):
        raise OSError(28, "full")


def test_the_umask_holds(tmp_path):
    before = os.umask(0o027)
    try:
        with published(str(tmp_path / "t"), replaces=False, source="") as draft:
            draft.write_text("a")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "t").stat().st_mode) == 0o640
