"""What the command line says at the end, and what it exits with."""

import os

import pytest
from msgspec import structs

from scraper.cli.session import Session
from scraper.config import Config
from scraper.stats import Stats


def summary(*, ok=0, failed=(), output=None, pending=0, broken=()):
    stats = Stats(lines=ok + len(failed) + pending, ok=ok)
    stats.failed.update(failed)
    made = stats.summary(elapsed_s=1.0, pending=pending, output=output, is_complete=not pending)
    return structs.replace(made, broken=broken)


def session(signal=None):
    made = Session(Config())
    made._signal = signal
    return made


@pytest.mark.parametrize(
    ("ended", "signal", "code"),
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
def test_exit_codes(ended, signal, code):
    assert session(signal).exit_code(ended) == code


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
