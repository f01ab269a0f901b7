"""Whom a run tells how it ended."""

import json
import logging

import httpx
import pytest

from scraper.cron import heartbeat, notify, tell

ACCOUNT = {"ok": 5, "exit_code": 0}


def ping(url, *answers, has_passed=True):
    """Return whether the heartbeat was taken, and the requests that arrived."""
    requests = []

    def answer(request):
        requests.append(request)
        found = answers[min(len(requests), len(answers)) - 1]
        if isinstance(found, Exception):
            raise found
        return httpx.Response(found)

    return heartbeat(url, ACCOUNT, has_passed=has_passed, transport=httpx.MockTransport(answer)), requests


def test_a_run_that_passed_is_posted_to_the_url_with_its_account():
    taken, (request,) = ping("https://hc.example/abc", 200)
    assert taken
    assert (request.method, str(request.url)) == ("POST", "https://hc.example/abc")
    assert json.loads(request.content) == ACCOUNT


@pytest.mark.parametrize(
    ("url", "failing"),
    [
        ("https://hc.example/abc", "https://hc.example/abc/fail"),
        ("https://hc.example/abc/", "https://hc.example/abc/fail"),
        ("https://hc.example/abc?create=1", "https://hc.example/abc/fail?create=1"),
    ],
)
def test_one_that_did_not_pass_is_posted_beside_it(url, failing):
    _, (request,) = ping(url, 200, has_passed=False)
    assert str(request.url) == failing


def test_a_monitor_that_stumbles_is_asked_again():
    taken, requests = ping("https://hc.example/abc", httpx.ConnectError("refused"), 502, 200)
    assert taken
    assert len(requests) == 3


@pytest.mark.parametrize("answer", [httpx.ConnectError("refused"), 404])
def test_one_that_does_not_answer_is_a_warning_without_its_url(answer, caplog):
    taken, requests = ping("https://hc.example/secret", answer)
    assert not taken
    assert len(requests) == tell.PING_TRIES
    assert "--heartbeat was not taken" in caplog.text
    assert "secret" not in caplog.text


def test_a_text_that_is_no_url_is_a_warning(caplog):
    assert not heartbeat("http://[", ACCOUNT, has_passed=True)
    assert "--heartbeat was not taken" in caplog.text


def test_a_command_gets_the_account_on_its_standard_input(tmp_path):
    assert notify(f"cat > '{tmp_path}/account'", ACCOUNT)
    assert json.loads((tmp_path / "account").read_text()) == ACCOUNT


def test_a_command_that_reads_nothing_or_fails_is_a_warning_at_most(caplog):
    assert notify("true", {"text": "x" * 1_000_000})
    assert not notify("exit 3", ACCOUNT)
    assert [record.message for record in caplog.records if record.levelno == logging.WARNING] == [
        "--notify ended with 3"
    ]


def test_a_command_that_hangs_is_ended(monkeypatch, caplog):
    monkeypatch.setattr(tell, "NOTIFY_TIMEOUT_S", 0.05)
    assert not notify("exec sleep 30", ACCOUNT)
    assert "took more than" in caplog.text
