"""Retries: which errors, how often, how long; Retry-After."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper import errors
from scraper.engine.retry import RetryPolicy, parse_retry_after

NOW = datetime(1994, 11, 6, 8, 49, 0, tzinfo=UTC)


def policy(retries=3):
    return RetryPolicy(retries=retries, wait_s=0.5, wait_cap_s=30.0, wall_clock=lambda: NOW)


def with_retry_after(value, status=503):
    error = errors.HttpStatus(str(status), status)
    error.retry_after = value
    return error


@pytest.mark.parametrize("kind", sorted(errors.ERROR_KINDS - {"http-status"}))
def test_exactly_the_kinds_that_may_pass_are_retried(kind):
    retried = {
        "robots-unreachable", "dns-failure", "dns-timeout", "connect-refused", "connect-failed", "connect-timeout",
        "read-timeout", "deadline", "disconnected", "truncated",
    }  # fmt: skip
    error = {leaf.kind: leaf for leaf in errors.UrlError.__subclasses__()}[kind]("x")
    assert (policy().wait_before_retry(error, 1) is not None) == (kind in retried)


@pytest.mark.parametrize(
    "status", [400, 401, 403, 404, 408, 410, 425, 429, 451, 500, 501, 502, 503, 504, 505, 520, 529]
)
def test_exactly_the_statuses_that_may_pass_are_retried(status):
    wait = policy().wait_before_retry(errors.HttpStatus("x", status), 1)
    assert (wait is not None) == (status in errors.RETRIED_STATUSES)


def test_three_retries_are_four_attempts():
    waits = [policy(3).wait_before_retry(errors.ReadTimeout("x"), attempt) for attempt in (1, 2, 3, 4)]
    assert [wait is None for wait in waits] == [False, False, False, True]
    assert policy(0).wait_before_retry(errors.ReadTimeout("x"), 1) is None


@pytest.mark.parametrize(("attempt", "ceiling"), [(1, 0.5), (2, 1.0), (3, 2.0), (7, 30.0), (12, 30.0)])
def test_the_wait_has_full_jitter_up_to_a_doubling_ceiling(attempt, ceiling):
    waits = [policy(99).wait_before_retry(errors.ReadTimeout("x"), attempt) for _ in range(300)]
    assert 0 <= min(waits) < ceiling * 0.2
    assert ceiling * 0.8 < max(waits) <= ceiling


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("5", 5),
        (" 7 ", 7),
        ("0", 0),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 37),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 37),
        ("Sun Nov  6 08:49:37 1994", 37),
        ("Sun, 06 Nov 1994 08:48:37 GMT", 0),
        ("1000000000000000", float("inf")),
        ("-5", None),
        ("1e9", None),
        ("1m0s", None),
        ("5, 7", None),
        ("²", None),
        ("", None),
        ("Sun, 06 Nov 99999 08:49:37 GMT", None),
    ],
)
def test_retry_after_is_read_in_all_its_forms_and_nonsense_is_as_if_absent(value, seconds):
    assert parse_retry_after(value, NOW) == seconds


@given(st.text(max_size=40))
def test_retry_after_never_raises(value):
    seconds = parse_retry_after(value, NOW)
    assert seconds is None or seconds >= 0


@given(st.integers(0, 10**6))
def test_a_date_asks_for_the_time_until_then(seconds):
    date = format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)
    assert parse_retry_after(date, NOW) == seconds


def test_what_a_server_asks_for_is_the_hosts_to_obey():
    assert policy().asked_pause(with_retry_after("17")) == 17
    assert policy().asked_pause(with_retry_after("86400")) == 86400
    assert policy().asked_pause(with_retry_after("nonsense")) == 0
    assert policy().asked_pause(errors.ReadTimeout("x")) == 0


def test_retry_after_does_not_make_a_final_status_retried():
    assert policy().wait_before_retry(with_retry_after("5", status=404), 1) is None
    assert policy().asked_pause(with_retry_after("5", status=404)) == 0
