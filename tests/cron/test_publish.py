"""The name of the last good result, and the runs that are kept."""

import threading
from pathlib import Path

import pytest

from scraper.cron import prune, publish, refuse_publishing
from scraper.errors import OutputError, UsageError


def runs(folder, *days):
    for day in days:
        (folder / f"urls-2026-11-{day:02}.jsonl").write_text(f"{day}\n")
    return [str(folder / f"urls-2026-11-{day:02}.jsonl") for day in days]


def test_latest_leads_to_the_output_wherever_both_are(tmp_path):
    first, second = runs(tmp_path, 1, 2)
    latest = tmp_path / "sub" / "latest.jsonl"
    for output in (first, second, second):
        publish(str(latest), output)
        assert latest.read_text() == Path(output).read_text()
    assert not latest.readlink().is_absolute()
    assert [path.name for path in latest.parent.iterdir()] == ["latest.jsonl"]


def test_latest_is_never_missing_while_it_moves(tmp_path):
    outputs = runs(tmp_path, 1, 2)
    latest = tmp_path / "latest.jsonl"
    publish(str(latest), outputs[0])
    seen, is_over = set(), threading.Event()

    def read():
        while not is_over.is_set():
            seen.add(latest.read_text())

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(300):
        publish(str(latest), outputs[number % 2])
    is_over.set()
    reader.join()
    assert seen <= {"1\n", "2\n"}


def test_latest_that_cannot_be_made_says_where_the_records_are(tmp_path):
    (output,) = runs(tmp_path, 1)
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"the records are in .*urls-2026-11-01"):
        publish(str(tmp_path / "file" / "latest.jsonl"), output)


@pytest.mark.parametrize(
    ("latest", "output", "what"),
    [
        ("own.jsonl", "urls-{date}.jsonl", "no link that a run made"),
        ("latest.jsonl", "-", "standard output is none"),
        ("latest.jsonl", "urls-{date}.jsonl.gz", "give it that of --output"),
        ("urls.jsonl", "urls.jsonl", "the --output itself"),
    ],
)
def test_what_latest_cannot_be_is_refused_before_anything_is_fetched(tmp_path, monkeypatch, latest, output, what):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.jsonl").write_text("mine")
    with pytest.raises(UsageError, match=what):
        refuse_publishing(latest, output)
    assert (tmp_path / "own.jsonl").read_text() == "mine"


def test_a_link_of_an_earlier_run_is_not_refused(tmp_path):
    (output,) = runs(tmp_path, 1)
    latest = str(tmp_path / "latest.jsonl")
    publish(latest, output)
    refuse_publishing(latest, output)


def test_only_the_newest_runs_stay(tmp_path):
    outputs = runs(tmp_path, 1, 2, 3, 4, 5)
    others = ["urls-2026-11-1.jsonl", "urls-latest.jsonl", "other-2026-11-01.jsonl", "urls-2026-11-01.jsonl.gz"]
    for name in others:
        (tmp_path / name).touch()
    removed = prune(str(tmp_path / "urls-{date}.jsonl"), 2, latest=None, current=outputs[-1])
    assert sorted(path.name for path in removed) == [f"urls-2026-11-0{day}.jsonl" for day in (1, 2, 3)]
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"urls-2026-11-04.jsonl", "urls-2026-11-05.jsonl", *others}


def test_what_latest_leads_to_and_the_current_run_stay_though_they_be_old(tmp_path):
    outputs = runs(tmp_path, 1, 2, 3, 4, 5)
    latest = str(tmp_path / "latest.jsonl")
    publish(latest, outputs[0])
    prune(str(tmp_path / "urls-{date}.jsonl"), 1, latest=latest, current=outputs[1])
    assert {path.name for path in tmp_path.glob("urls-*")} == {"urls-2026-11-01.jsonl", "urls-2026-11-02.jsonl"}
    prune(str(tmp_path / "urls-{date}.jsonl"), 0, latest=None, current=outputs[1])
    assert {path.name for path in tmp_path.glob("urls-*")} == {"urls-2026-11-02.jsonl"}
