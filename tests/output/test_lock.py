import os
import subprocess
import sys
from pathlib import Path

import pytest

from scraper.errors import OutputLocked
from scraper.output.lock import lock, open_locked


def descriptors():
    return {fd.name for fd in Path("/proc/self/fd").iterdir()}


def test_a_file_is_held_by_one_at_a_time(tmp_path):
    path = tmp_path / "out"
    fd = open_locked(path, "out")
    with pytest.raises(OutputLocked, match="another run holds out; wait for it or choose another --output"):
        open_locked(path, "out")
    os.close(fd)
    os.close(open_locked(path, "out"))


def test_a_refused_lock_leaves_nothing_open(tmp_path):
    fd = open_locked(tmp_path / "out", "out")
    before = descriptors()
    with pytest.raises(OutputLocked):
        open_locked(tmp_path / "out", "out")
    assert descriptors() == before
    os.close(fd)


@pytest.mark.parametrize("is_replaced", [True, False], ids=["replaced", "renamed away"])
def test_a_file_that_loses_its_name_before_it_is_locked_is_opened_anew(tmp_path, monkeypatch, is_replaced):
    path = tmp_path / "out"
    path.write_text("old")
    turns = []

    def lose_name_and_lock(fd, name):
        if not turns:
            path.rename(tmp_path / "old")
            if is_replaced:
                path.write_text("new")
        turns.append(fd)
        lock(fd, name)

    monkeypatch.setattr("scraper.output.lock.lock", lose_name_and_lock)
    fd = open_locked(path, "out")
    assert len(turns) == 2
    assert os.read(fd, 9) == (b"new" if is_replaced else b"")
    assert os.path.samestat(os.fstat(fd), path.stat())
    os.close(fd)


def test_programs_that_we_start_do_not_hold_the_lock(tmp_path):
    fd = open_locked(tmp_path / "out", "out")
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    os.close(fd)
    os.close(open_locked(tmp_path / "out", "out"))
    child.communicate(b"\n")


def test_where_nothing_can_be_locked_the_reason_comes_through(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(37, "No locks available")

    monkeypatch.setattr("fcntl.flock", refuse)
    with pytest.raises(OSError, match="No locks available"):
        open_locked(tmp_path / "out", "out")
