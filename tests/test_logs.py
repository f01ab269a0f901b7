"""Log lines: short on stderr, JSON with tracebacks in the file."""

import logging
from pathlib import Path

import msgspec
import pytest

from scraper.errors import UsageError
from scraper.logs import configured

log = logging.getLogger("scraper.engine.worker")


def say():
    log.info("fetched %s", "a")
    log.warning("two\nlines")
    try:
        int("oops\ud800")
    except ValueError:
        log.exception("a bug")


def test_stderr_gets_warnings_in_one_line_each_without_tracebacks(capsys):
    with configured(log_file=None, is_verbose=False):
        say()
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "scrape: two lines"
    assert lines[1].startswith("scrape: a bug (ValueError: ")
    assert len(lines) == 2


def test_verbose_adds_what_is_merely_informative(capsys):
    with configured(log_file=None, is_verbose=True):
        say()
    assert "scrape: fetched a" in capsys.readouterr().err


def test_the_file_gets_everything_as_json_lines(tmp_path, capsys):
    path = tmp_path / "run.log"
    with configured(log_file=str(path), is_verbose=False):
        say()
    entries = [msgspec.json.decode(line) for line in path.read_bytes().splitlines()]
    assert [(entry["level"], entry["message"]) for entry in entries] == [
        ("info", "fetched a"), ("warning", "two\nlines"), ("error", "a bug"),
    ]  # fmt: skip
    assert "Traceback" in entries[2]["traceback"]
    assert "fetched" not in capsys.readouterr().err


def test_everything_is_as_before_afterwards():
    logger = logging.getLogger("scraper")
    before = (logger.level, logger.propagate, list(logger.handlers))
    with configured(log_file=None, is_verbose=True):
        assert logger.handlers
    assert (logger.level, logger.propagate, logger.handlers) == before


def test_a_file_that_cannot_be_written_is_one_clear_line(tmp_path):
    with (
        pytest.raises(UsageError, match=r"--log-file .* cannot be written"),
        configured(log_file=str(tmp_path), is_verbose=False),
    ):
        pass


@pytest.mark.parametrize("name", ["out.jsonl", "./out.jsonl", "link.log", "later.jsonl"])
def test_a_log_in_the_place_of_an_output_or_a_source_is_refused_before_anything_is_written(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("out.jsonl").write_text("{}\n")
    Path("link.log").symlink_to("out.jsonl")
    with (
        pytest.raises(UsageError, match=f"--log-file {name} is the output or a source"),
        configured(log_file=name, is_verbose=False, others=["-", "https://a.example/", "out.jsonl", "later.jsonl"]),
    ):
        pass
    assert Path("out.jsonl").read_text() == "{}\n"
    assert not Path("later.jsonl").exists()


def test_a_log_of_its_own_is_fine_beside_others(tmp_path):
    with configured(
        log_file=str(tmp_path / "run.log"), is_verbose=False, others=["-", str(tmp_path / "x"), "/dev/null"]
    ):
        say()
    assert (tmp_path / "run.log").read_text()


def test_passwords_of_urls_are_left_out(tmp_path, capsys):
    path = tmp_path / "run.log"
    with configured(log_file=str(path), is_verbose=True):
        log.info("https://me:s3cr3t@a.test/ and https://a.test/b:c@d")
        try:
            int("http://me:s3cr3t@a.test/")
        except ValueError:
            log.exception("a bug")
    shown = path.read_text() + capsys.readouterr().err
    assert "s3cr3t" not in shown
    assert shown.count("me:***@a.test/") == 5  # stderr has two; the file one, and two in the traceback
    assert "https://a.test/b:c@d" in shown


def test_the_traceback_of_another_process_is_kept_as_text(tmp_path, capsys):
    path = tmp_path / "log.jsonl"
    with configured(log_file=str(path), is_verbose=False):
        logger = logging.getLogger("scraper.test")
        record = logger.makeRecord("scraper.test", logging.ERROR, "", 0, "failed", (), None)
        record.exc_text = "Traceback (most recent call last):\n  there\nValueError: no luck"
        logger.handle(record)
    assert capsys.readouterr().err == "scrape: failed (ValueError: no luck; --log-file keeps the traceback)\n"
    assert msgspec.json.decode(path.read_bytes())["traceback"] == record.exc_text
