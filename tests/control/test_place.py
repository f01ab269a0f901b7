"""A socket that only its owner can open, wherever the output is."""

import os
import socket
import stat

import pytest

from scraper.control.place import connect, listen, socket_path


def greeted(path):
    """Return what arrives at a listener from a client."""
    with listen(path) as listener, connect(path, 1.0) as client:
        client.sendall(b"hello")
        talk, _ = listener.accept()
        with talk:
            return talk.recv(10)


def test_it_is_a_hidden_socket_beside_the_output_for_its_owner_alone(tmp_path):
    path = socket_path(str(tmp_path / "urls.jsonl"))
    assert path == tmp_path / ".urls.jsonl.ctl"
    with listen(path):
        mode = path.stat().st_mode
        assert stat.S_ISSOCK(mode)
        assert stat.S_IMODE(mode) == 0o600
        assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_it_is_never_there_before_its_mode_is(tmp_path, monkeypatch):
    seen = []
    replace = os.replace

    def look(self, target):
        seen.append((stat.S_IMODE(self.stat().st_mode), stat.S_IMODE(self.parent.stat().st_mode), target.exists()))
        replace(self, target)

    monkeypatch.setattr("pathlib.Path.replace", look)
    listen(tmp_path / ".x.ctl").close()
    assert seen == [(0o600, 0o700, False)]


@pytest.mark.parametrize("name", ["urls.jsonl", "u" * 200 + ".jsonl", "ü.jsonl"])
@pytest.mark.parametrize("depth", [0, 12])
def test_no_path_is_too_long(tmp_path, name, depth):
    folder = tmp_path.joinpath(*["a-folder-with-a-name"] * depth)
    folder.mkdir(parents=True, exist_ok=True)
    path = socket_path(str(folder / name))
    assert greeted(path) == b"hello"
    assert len(os.fsencode(path.name)) < 100


def test_one_that_a_killed_run_left_is_replaced(tmp_path):
    path = tmp_path / ".x.ctl"
    listen(path).close()
    with pytest.raises(ConnectionRefusedError):
        connect(path, 1.0)
    assert greeted(path) == b"hello"


def test_a_link_to_the_output_leads_to_its_socket(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "latest.jsonl").symlink_to("deep/urls-1.jsonl")
    assert socket_path(str(tmp_path / "latest.jsonl")) == tmp_path / "deep" / ".urls-1.jsonl.ctl"


def test_where_no_socket_can_be_nothing_is_left(tmp_path, monkeypatch):
    monkeypatch.setattr(socket.socket, "listen", lambda _: (_ for _ in ()).throw(OSError("not here")))
    with pytest.raises(OSError, match="not here"):
        listen(tmp_path / ".x.ctl")
    assert not list(tmp_path.iterdir())
