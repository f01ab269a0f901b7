"""One job in; a record, or a wait, out."""

import asyncio
import hashlib
import logging
from datetime import UTC, datetime

import pytest

from scraper import errors
from scraper.models import Extracted, Job, Page, Redirect, Row, Timings
from scraper.retry import RetryPolicy
from scraper.worker import Retry, Worker, failure_record

NOW = datetime(2026, 11, 24, 7, 15, 3, 123456, tzinfo=UTC)
PAGE = Page(
    url="http://a.test/",
    final_url="http://a.test/home",
    status=200,
    headers=(("etag", '"7"'), ("last-modified", "yesterday")),
    body=b"<title>x</title>",
    media_type="text/html",
    encoding="utf-8",
    decoded="<title>x</title>",
    redirects=(Redirect(301, "http://a.test/"),),
    timings=Timings(first_byte=2.0, body=1.0),
)


def job(**changes):
    row = Row(url="HTTP://a.test/#x", line=3, source="urls.txt", input={"id": "7"})
    return Job(**{"row": row, "href": "http://a.test/", "host": "a.test", "ordinal": 0, **changes})


def process(fetch=None, extract=lambda _: Extracted(title="x"), *, of=None, retries=3):
    async def page(_):
        return PAGE

    policy = RetryPolicy(retries=retries, wait_s=0.5, wait_cap_s=30, retry_after_cap_s=120, wall_clock=lambda: NOW)
    worker = Worker(fetch=fetch or page, extract=extract, retry=policy, wall_clock=lambda: NOW)
    return asyncio.run(worker.process(of or job(), is_last_of_host=True))


def failing(error):
    async def fetch(_):
        raise error

    return fetch


def test_a_page_becomes_the_record_of_the_design():
    record = process()
    assert (record.url, record.ok, record.status, record.error) == ("HTTP://a.test/#x", True, 200, None)
    assert (record.final_url, record.redirects) == ("http://a.test/home", PAGE.redirects)
    assert (record.attempts, record.fetched_at) == (1, "2026-11-24T07:15:03.123Z")
    assert record.elapsed_ms >= 0
    assert record.timings.first_byte == 2.0
    assert record.timings.parse >= 0
    assert (record.content_type, record.encoding, record.bytes) == ("text/html", "utf-8", 16)
    assert (record.etag, record.last_modified) == ('"7"', "yesterday")
    assert record.sha256 == hashlib.sha256(PAGE.body).hexdigest()
    assert (record.title, record.input) == ("x", {"id": "7"})


def test_the_fetch_is_asked_for_the_normalised_url():
    asked = []

    async def fetch(request):
        asked.append(request)
        return PAGE

    process(fetch)
    assert (asked[0].url, asked[0].is_last_of_host) == ("http://a.test/", True)


def test_a_failure_that_may_pass_is_a_retry_and_after_the_last_try_a_record():
    assert isinstance(process(failing(errors.ReadTimeout("silent"))), Retry)
    record = process(failing(errors.ReadTimeout("silent")), of=job(attempt=4))
    assert (record.ok, record.error.kind, record.error.message) == (False, "read-timeout", "silent")
    assert (record.attempts, record.url, record.input) == (4, "HTTP://a.test/#x", {"id": "7"})


def test_a_failure_carries_how_far_the_attempt_came():
    error = errors.HttpStatus("404 Not Found", 404)
    error.status, error.final_url, error.redirects = 404, "http://a.test/gone", (Redirect(301, "http://a.test/"),)
    record = process(failing(error))
    assert (record.status, record.final_url, record.redirects) == (404, error.final_url, error.redirects)


def test_retry_after_makes_the_wait():
    error = errors.HttpStatus("503", 503)
    error.retry_after = "30"
    assert process(failing(error)) == Retry(30.0)


def test_a_callback_that_raises_is_a_record():
    def extract(_):
        raise errors.ExtractError("ValueError: no price")

    assert process(extract=extract).error.kind == "extract-error"


def test_a_bug_is_a_record_and_its_traceback_is_in_the_log(caplog):
    def extract(_):
        raise ZeroDivisionError("oops")

    with caplog.at_level(logging.ERROR, logger="scraper"):
        record = process(extract=extract)
    assert (record.error.kind, record.error.message) == ("internal-error", "ZeroDivisionError: oops")
    assert caplog.records[0].exc_info


def test_cancelling_is_no_record():
    async def fetch(_):
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        process(fetch)


def test_a_url_that_was_never_tried_has_no_times():
    record = failure_record(job(attempt=0), errors.InvalidUrl("line 3: no"))
    assert (record.attempts, record.fetched_at, record.elapsed_ms) == (0, None, None)
