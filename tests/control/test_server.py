"""The run's end: a line in, a line out, whatever comes."""

import asyncio
import json
import logging

from scraper.control import server
from scraper.control.command import Command, Reply
from scraper.control.place import connect, socket_path
from scraper.control.server import LINE_BYTES, steerable
from scraper.errors import UsageError


def told(tmp_path, *lines, answer=lambda command: Reply(ok=True, text=f"{command.verb} done")):
    """Return what the run answers to each line."""
    output = str(tmp_path / "out.jsonl")

    def talk(line):
        with connect(socket_path(output), 2.0) as client:
            client.sendall(line)
            return client.makefile("rb").read()

    async def scenario():
        async with steerable(output, answer):
            return [await asyncio.to_thread(talk, line) for line in lines]

    answers = asyncio.run(scenario())
    assert not list(tmp_path.iterdir())
    return answers


def test_each_command_gets_its_answer(tmp_path):
    [pause, status] = told(tmp_path, b'{"verb":"pause","host":"a.test"}\n', b'{"verb":"status"}\n')
    assert json.loads(pause) == {"ok": True, "text": "pause done", "status": None}
    assert json.loads(status)["text"] == "status done"


def test_what_is_no_command_is_refused_and_the_run_goes_on(tmp_path):
    refused, unknown, good = told(tmp_path, b"\xff\n", b'{"verb":"exec","host":"rm"}\n', b'{"verb":"stop"}\n')
    assert not json.loads(refused)["ok"]
    assert json.loads(unknown)["text"].startswith("that is no command: ")
    assert json.loads(good)["ok"]


def test_a_line_without_end_is_cut_off(tmp_path):
    [answer] = told(tmp_path, b"x" * (3 * LINE_BYTES))
    assert answer == b""


def test_a_client_that_says_nothing_is_not_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr(server, "PATIENCE_S", 0.05)
    [answer] = told(tmp_path, b"")
    assert answer == b""


def test_a_refusal_is_an_answer(tmp_path):
    def answer(_):
        raise UsageError("not now")

    assert json.loads(told(tmp_path, b'{"verb":"stop"}\n', answer=answer)[0]) == {
        "ok": False, "text": "not now", "status": None,
    }  # fmt: skip


def test_where_there_can_be_no_socket_the_run_goes_on_without(tmp_path, caplog):
    async def scenario():
        async with steerable(str(tmp_path / "nowhere" / "out.jsonl"), lambda _: Reply(ok=True, text="")):
            pass

    with caplog.at_level(logging.INFO):
        asyncio.run(scenario())
    assert "cannot reach this run" in caplog.text


def test_the_socket_of_a_later_run_stays(tmp_path):
    output = str(tmp_path / "out.jsonl")

    async def scenario():
        async with steerable(output, lambda _: Reply(ok=True, text="first")):
            path = socket_path(output)
            path.unlink()
            path.touch()

    asyncio.run(scenario())
    assert socket_path(output).exists()


def test_a_command_is_in_the_log(tmp_path, caplog):
    with caplog.at_level(logging.INFO):
        told(tmp_path, b'{"verb":"skip","host":"a.test"}\n')
    assert "`scrape ctl` asks for: skip a.test" in caplog.text
    assert Command("status").host == ""
