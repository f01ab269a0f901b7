"""The other end: what it says when there is nobody, or somebody who does not answer."""

import socket
import threading

import pytest

from scraper.control import client
from scraper.control.client import ask
from scraper.control.command import Command, Reply
from scraper.control.place import listen, socket_path
from scraper.errors import UsageError

STATUS = Command("status")


def answered(output, answer):
    """Return what `ask` makes of `answer`, or raise what it raises."""
    with listen(socket_path(output)) as listener:

        def serve():
            talk, _ = listener.accept()
            with talk:
                assert talk.makefile("rb").readline() == b'{"verb":"status","host":"","value":0}\n'
                talk.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            return ask(output, STATUS)
        finally:
            thread.join()


def test_the_answer_is_returned(tmp_path):
    reply = answered(str(tmp_path / "o.jsonl"), b'{"ok":true,"text":"fine","status":{"done":1}}\n')
    assert reply == Reply(ok=True, text="fine", status={"done": 1})


@pytest.mark.parametrize(
    ("answer", "message"),
    [(b'{"ok":false,"text":"the run is ending"}\n', "the run is ending"), (b"", "has just ended")],
)
def test_a_refusal_and_an_end_are_told(tmp_path, answer, message):
    with pytest.raises(UsageError, match=message):
        answered(str(tmp_path / "o.jsonl"), answer)


def test_nobody_there(tmp_path):
    output = str(tmp_path / "o.jsonl")
    with pytest.raises(UsageError, match=r"no run holds .*o\.jsonl"):
        ask(output, STATUS)
    listen(socket_path(output)).close()  # a run that was killed
    with pytest.raises(UsageError, match=r"no run holds .*o\.jsonl"):
        ask(output, STATUS)
    with pytest.raises(UsageError, match=r"no run holds .*x\.jsonl"):
        ask(str(tmp_path / "none" / "x.jsonl"), STATUS)
    with pytest.raises(UsageError, match="standard output cannot be steered"):
        ask("-", STATUS)


def test_a_run_that_hangs_and_one_of_somebody_else(tmp_path, monkeypatch):
    output = str(tmp_path / "o.jsonl")
    monkeypatch.setattr(client, "PATIENCE_S", 0.05)
    with listen(socket_path(output)), pytest.raises(UsageError, match="does not answer: something holds it"):
        ask(output, STATUS)
    monkeypatch.setattr(socket.socket, "connect", lambda *_: (_ for _ in ()).throw(PermissionError(13, "denied")))
    with pytest.raises(UsageError, match=r"the run of .*o\.jsonl is not yours"):
        ask(output, STATUS)
