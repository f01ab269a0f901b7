"""One start of a crontab's line at a time, and what the next one goes on with."""

import pytest

from scraper.cron import Turn
from scraper.errors import OutputError, OutputLocked


@pytest.fixture
def template(tmp_path):
    return str(tmp_path / "out" / "urls-{date}-{time}.jsonl")


def began(folder, name):
    path = folder / "out" / name
    path.parent.mkdir(exist_ok=True)
    path.touch()
    return str(path)


def test_another_start_is_refused_while_one_has_its_turn(template):
    with Turn(template), pytest.raises(OutputLocked, match=r"another run holds .*urls-\{date\}"):
        Turn(template).__enter__()
    with Turn(template):
        pass


def test_an_output_without_date_or_time_needs_no_turn_for_it_is_locked_itself(tmp_path):
    name = str(tmp_path / "urls.jsonl")
    with Turn(name) as turn, Turn(name):
        assert not turn.is_needed
        turn.begin(name)
        assert turn.output() == name
    assert list(tmp_path.iterdir()) == []


def test_the_next_turn_goes_on_with_what_was_not_finished(template, tmp_path):
    with Turn(template) as turn:
        assert turn.output() == template
        turn.begin(began(tmp_path, "urls-2026-11-23-000000.jsonl"))
    with Turn(template) as turn:
        assert turn.output().endswith("urls-2026-11-23-000000.jsonl")
        turn.finish()
    with Turn(template) as turn:
        assert turn.output() == template


def test_an_unfinished_output_that_is_gone_is_forgotten(template, tmp_path):
    with Turn(template) as turn:
        turn.begin(str(tmp_path / "gone.jsonl"))
    with Turn(template) as turn:
        assert turn.output() == template


@pytest.mark.parametrize("left", [b"", b'{"unfin', b"[]", b"\xff"])
def test_what_a_killed_start_left_of_its_note_is_as_if_it_had_said_nothing(template, tmp_path, left):
    with Turn(template):
        pass
    (note,) = (tmp_path / "out").iterdir()
    note.write_bytes(left)
    with Turn(template) as turn:
        assert turn.output() == template
        turn.begin(began(tmp_path, "b.jsonl"))
    with Turn(template) as turn:
        assert turn.output().endswith("b.jsonl")


def test_a_folder_that_cannot_be_made_is_one_clear_line(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot write"):
        Turn(str(tmp_path / "file" / "urls-{date}.jsonl")).__enter__()
