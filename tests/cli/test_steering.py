"""`scrape ctl` against a run that goes on."""

import asyncio
import json

import httpx
import pytest

from scraper import api
from scraper.cli import main
from scraper.config import Config
from scraper.models import Row


def steered(tmp_path, capsys, *calls):
    """Have a run of two hosts wait while the command line is called; return what each call showed, and the Run."""
    output = str(tmp_path / "out.jsonl")
    shown = []

    def call(words):
        with pytest.raises(SystemExit) as ended:
            main(["ctl", output, *words.split()])
        told = capsys.readouterr()
        shown.append((ended.value.code, told.out + told.err))

    async def scenario():
        arrived, go_on = asyncio.Event(), asyncio.Event()

        async def answer(_):
            arrived.set()
            await go_on.wait()
            return httpx.Response(200, html="<p>x")

        async def rows():
            yield [Row(url=f"http://{host}.test/{n}", line=1, source="x") for n in range(9) for host in "ab"]

        async def steer():
            await arrived.wait()
            for words in calls:
                await asyncio.to_thread(call, words)
            go_on.set()

        config = Config(concurrency=3, per_host=2, robots=False, output=output, grace=5.0)
        async with asyncio.TaskGroup() as group:
            group.create_task(steer())
            return await api.run(rows(), config, transport=httpx.MockTransport(answer))

    run = asyncio.run(scenario())
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []
    return shown, run


def test_status_as_text_and_as_json(tmp_path, capsys):
    [(_, text), (_, data)], run = steered(tmp_path, capsys, "status", "status --json")
    assert "workers     3 of 3 busy: connect 3" in text
    assert "http://a.test/0" in text
    assert json.loads(data)["queued"] == 15
    assert run.summary.ok == 18


def test_a_host_that_is_skipped_ends_as_host_down_and_a_paused_one_waits_for_resume(tmp_path, capsys):
    shown, run = steered(tmp_path, capsys, "skip a.test", "pause b.test", "resume b.test", "resume c.test")
    assert [text for _, text in shown] == [
        "a.test is skipped: 7 waiting URLs end as host-down\n",
        "b.test is paused: 8 URLs waiting\n",
        "b.test is asked again\n",
        "c.test was neither paused nor skipped\n",
    ]
    assert (run.summary.ok, run.summary.errors) == (11, {"host-down": 7})
    assert {record.error.message for record in run.failed} == {"a.test is skipped: `scrape ctl` asked for it"}


def test_workers_and_slots_change_while_the_run_goes_on(tmp_path, capsys):
    shown, run = steered(
        tmp_path, capsys, "set per-host=5", "set concurrency=8", "status --json", "set concurrency=1", "status --json"
    )
    assert [text for _, text in shown[:2]] == [
        "5 at a time for each host from now on, but those with a limit of their own\n",
        "8 workers\n",
    ]
    assert json.loads(shown[2][1])["busy"] == 8
    assert shown[3][1] == "1 worker, once 7 more have done their pages\n"
    assert json.loads(shown[4][1])["workers"] == 1
    assert run.summary.ok == 18


def test_stop_lets_what_is_in_flight_end_and_leaves_the_rest(tmp_path, capsys):
    shown, run = steered(tmp_path, capsys, "stop", "set concurrency=5", "status")
    assert shown[0] == (0, "stopping: what is in flight has its time, and the same line goes on later\n")
    assert shown[1] == (2, "scrape: the run is ending: its workers stay as they are\n")
    assert (run.summary.ok, run.summary.pending) == (3, 15)


def test_what_is_wrong_is_one_line(tmp_path, capsys):
    [(code, text), (json_code, json_text)], _ = steered(tmp_path, capsys, "fly", "stop --json")
    assert (code, json_code) == (2, 2)
    assert text.startswith("scrape: `ctl` does not know 'fly'; it takes status, ")
    assert json_text == "scrape: --json goes with `ctl OUTPUT status`\n"
