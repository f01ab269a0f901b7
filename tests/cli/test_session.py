"""What the command line says at the end, and what it exits with."""

import os
import signal
import time
from contextlib import nullcontext
from types import SimpleNamespace
from unittest.mock import Mock

import httpx
import pytest
from clients import FakeNetwork
from msgspec import structs
from running import StillRun

from scraper import wiring
from scraper.cli import unattended
from scraper.cli.session import Session, scrape
from scraper.config import Config
from scraper.errors import OutputError, OutputLocked
from scraper.output.lock import open_locked
from scraper.stats import Stats


def summary(*, ok=0, failed=(), output=None, pending=0, broken=()):
    stats = Stats(lines=ok + len(failed) + pending, ok=ok)
    stats.failed.update(failed)
    made = stats.summary(elapsed_s=1.0, pending=pending, output=output, is_complete=not pending)
    return structs.replace(made, broken=broken)


def session(number=None):
    made = Session(Config())
    made._signal = number
    return made


@pytest.mark.parametrize(
    ("ended", "number", "code"),
    [
        (summary(ok=5), None, 0),
        (summary(ok=1, failed=["tls-error"]), None, 0),
        (summary(failed=["tls-error"]), None, 1),
        (summary(), None, 0),
        (summary(ok=3, pending=2), 15, 143),
        (summary(ok=3, failed=["internal-error"]), None, 70),
        (summary(ok=3, broken=("pages>=9: 3",)), None, 3),
        (summary(failed=["tls-error"], broken=("ok>=1%: 0 %",)), None, 3),
        (summary(ok=3, failed=["internal-error"], broken=("pages>=9: 3",)), None, 70),
        (summary(ok=3, pending=2, broken=("pages>=9: 3",)), 15, 143),
    ],
)
def test_exit_codes(ended, number, code):
    assert session(number).exit_code(ended) == code


def test_the_last_line_says_how_to_go_on(capsys):
    session(2).close(summary(ok=1, pending=3, output="x.jsonl"))
    assert "Stopped by SIGINT. Run the same line again" in capsys.readouterr().err.splitlines()[-1]
    session().close(summary(ok=1, failed=["tls-error"], output="x.jsonl"))
    assert "--retry-failed" in capsys.readouterr().err.splitlines()[-1]


def test_nothing_left_tells_the_age_of_the_output(tmp_path, capsys):
    path = tmp_path / "x.jsonl"
    path.touch()
    os.utime(path, (path.stat().st_mtime - 7200, path.stat().st_mtime - 7200))
    session().close(summary(output=str(path)))
    assert "2 h 0 min old" in capsys.readouterr().err


def test_quiet_says_nothing(capsys):
    Session(Config(quiet=True)).close(summary(ok=1))
    assert capsys.readouterr().err == ""


def test_each_broken_expectation_is_a_line_though_it_be_quiet(capsys):
    ended = summary(ok=1, broken=("price>=95%: 3 % (1 of 30 pages)", "pages>=9: 1"))
    Session(Config(quiet=True)).close(ended)
    assert capsys.readouterr().err == "scrape: price>=95%: 3 % (1 of 30 pages)\nscrape: pages>=9: 1\n"
    session().close(ended)
    assert capsys.readouterr().err.count("BROKEN") == 2


def test_a_run_that_ctl_has_stopped_exits_as_after_sigterm_unless_it_was_done(capsys):
    made = session()
    made._engine = SimpleNamespace(is_told_to_stop=True, deferred={}, held_back=lambda: "")
    assert made.exit_code(summary(ok=3, pending=2)) == 143
    assert made.exit_code(summary(ok=3)) == 0
    made.close(summary(ok=3, pending=2, output="x.jsonl"))
    assert "Stopped by `scrape ctl`. Run the same line again" in capsys.readouterr().err


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="needs SIGUSR1")
def test_usr1_tells_what_the_run_does_and_what_holds_its_thread(capsys):
    before = signal.getsignal(signal.SIGUSR1)
    try:
        Session(Config())._tell_on_usr1(StillRun())
        signal.raise_signal(signal.SIGUSR1)
    finally:
        signal.signal(signal.SIGUSR1, before)
    shown = capsys.readouterr().err
    assert "workers     3 of 8 busy: connect 1, body 2" in shown
    assert "worker 3, body, 31.5 s, http://a.test/slow" in shown
    assert "thread      in " in shown


@pytest.mark.parametrize(
    ("options", "raised", "code"),
    [
        ({}, None, 0),
        ({"max_failures": ("0",)}, None, 1),
        ({}, OutputError("disk full"), 5),
        ({}, ZeroDivisionError("a bug"), 70),
    ],
)
def test_the_metrics_file_is_written_however_the_run_ends(tmp_path, monkeypatch, options, raised, code):
    def answer(request):
        return httpx.Response(404 if request.url.path == "/2" else 200, html="<p>x")

    monkeypatch.setattr(wiring, "_transport", lambda _: FakeNetwork(answer))
    if raised is not None:
        monkeypatch.setattr(unattended, "_publish", Mock(side_effect=raised))
    path = tmp_path / "x.prom"
    config = Config(output=tmp_path / "o.jsonl", metrics_file=path, robots=False, quiet=True, **options)
    (tmp_path / "urls.txt").write_text("http://a.test/1\nhttp://a.test/2\n")
    with nullcontext() if raised is None else pytest.raises(type(raised)):
        assert scrape([str(tmp_path / "urls.txt")], config, started=time.monotonic()) == code
    shown = path.read_text()
    assert f'\nscraper_last_exit_code{{run="x"}} {code}\n' in shown
    assert '\nscraper_pages_total{run="x",outcome="failed",kind="http-status"} 1\n' in shown


def test_a_start_that_overlaps_another_leaves_the_metrics_to_that(tmp_path):
    config = Config(output=tmp_path / "o.jsonl", metrics_file=tmp_path / "x.prom", robots=False)
    fd = open_locked(tmp_path / "o.jsonl", "o.jsonl")
    try:
        (tmp_path / "urls.txt").write_text("http://a.test/1\n")
        with pytest.raises(OutputLocked):
            scrape([str(tmp_path / "urls.txt")], config, started=time.monotonic())
    finally:
        os.close(fd)
    assert not (tmp_path / "x.prom").exists()
