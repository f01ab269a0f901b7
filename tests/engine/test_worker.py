"""One job in; a record, or a wait, out."""

import asyncio
import hashlib
import logging
import threading
import time
from datetime import UTC, datetime

import pytest

from scraper import errors
from scraper.engine.retry import RetryPolicy
from scraper.engine.worker import Worker
from scraper.frontier import ANSWERED, FAILED, NOTHING, Signal
from scraper.models import Extracted, Job, Page, Redirect, Row, Timings, Trail, Verdict

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


def process(fetch=None, extract=lambda _: Extracted(title="x"), *, of=None, retries=3, **settings):
    async def page(_):
        return PAGE

    policy = RetryPolicy(retries=retries, wait_s=0.5, wait_cap_s=30, wall_clock=lambda: NOW)
    worker = Worker(
        fetch=fetch or page,
        extract=extract,
        retry=policy,
        retry_after_cap_s=120,
        wall_clock=lambda: NOW,
        **settings,
    )
    return asyncio.run(worker.process(of or job(), is_last_of_host=True))


def record_of(*arguments, **options):
    return process(*arguments, **options).record


def failing(error):
    async def fetch(_):
        raise error

    return fetch


@pytest.mark.parametrize(("microsecond", "told"), [(0, "000"), (999, "000"), (1000, "001"), (999_999, "999")])
def test_the_start_of_a_try_is_told_in_whole_milliseconds(monkeypatch, microsecond, told):
    monkeypatch.setitem(globals(), "NOW", NOW.replace(microsecond=microsecond))
    assert record_of().fetched_at == f"2026-11-24T07:15:03.{told}Z"


def test_a_page_becomes_the_record_of_the_design():
    record = record_of()
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
    outcome = process(failing(errors.ReadTimeout("silent")))
    assert outcome.record is None
    assert 0 <= outcome.wait_s <= 0.5
    record = record_of(failing(errors.ReadTimeout("silent")), of=job(attempt=4))
    assert (record.ok, record.error.kind, record.error.message) == (False, "read-timeout", "silent")
    assert (record.attempts, record.url, record.input) == (4, "HTTP://a.test/#x", {"id": "7"})


def test_a_failure_carries_how_far_the_attempt_came():
    error = errors.HttpStatus("404 Not Found", 404)
    error.status, error.final_url, error.redirects = 404, "http://a.test/gone", (Redirect(301, "http://a.test/"),)
    record = record_of(failing(error))
    assert (record.status, record.final_url, record.redirects) == (404, error.final_url, error.redirects)


def pushed_back(status, retry_after=None):
    error = errors.HttpStatus(str(status), status)
    error.status, error.retry_after = status, retry_after
    return error


def answered(error, status=404):
    error.status = status
    return error


@pytest.mark.parametrize(
    ("error", "signal"),
    [
        (errors.ConnectRefused("x"), FAILED),
        (errors.DnsTimeout("x"), FAILED),
        (errors.ReadTimeout("x"), FAILED),
        (answered(errors.ReadTimeout("in the body"), 200), ANSWERED),
        (answered(errors.HttpStatus("404", 404)), ANSWERED),
        (answered(errors.HttpStatus("500", 500), 500), ANSWERED),
        (errors.DnsNotFound("x"), NOTHING),
        (errors.InvalidUrl("x"), NOTHING),
    ],
)
def test_a_host_learns_whether_it_answered(error, signal):
    assert process(failing(error)).signal == signal
    assert process(failing(error), of=job(attempt=4)).signal == signal


def test_a_page_is_an_answer():
    assert process().signal == ANSWERED


@pytest.mark.parametrize("status", [429, 503])
def test_a_host_that_pushes_back_is_paused_for_as_long_as_it_asks(status):
    outcome = process(failing(pushed_back(status, "30")))
    assert outcome.signal == Signal("pushed-back", pause_s=30.0)
    assert outcome.record is None
    assert 0 <= process(failing(pushed_back(status))).signal.pause_s <= 0.5


def test_a_url_whose_host_wants_too_long_a_pause_stays_pending_even_at_its_last_try():
    outcome = process(failing(pushed_back(503, "3600")), of=job(attempt=4))
    assert outcome.record is None
    assert outcome.signal.pause_s == 3600


def test_a_callback_that_raises_is_a_record():
    def extract(_):
        raise errors.ExtractError("ValueError: no price")

    assert record_of(extract=extract).error.kind == "extract-error"


def test_a_bug_is_a_record_and_its_traceback_is_in_the_log(caplog):
    def extract(_):
        raise ZeroDivisionError("oops")

    with caplog.at_level(logging.ERROR, logger="scraper"):
        record = record_of(extract=extract)
    assert (record.error.kind, record.error.message) == ("internal-error", "ZeroDivisionError: oops")
    assert caplog.records[0].exc_info


def test_cancelling_is_no_record():
    async def fetch(_):
        asyncio.current_task().cancel()
        await asyncio.sleep(1)

    with pytest.raises(asyncio.CancelledError):
        process(fetch)


def test_something_else_that_was_cancelled_is_an_error_of_the_url():
    async def fetch(_):
        raise asyncio.CancelledError

    assert record_of(fetch).error.kind == "internal-error"


HOP = Redirect(302, "http://a.test/")


async def redirected(request):
    hops = request.trail.redirects if request.trail else ()
    timings = Timings(first_byte=5.0 * (len(hops) + 1))
    return Page(
        url="http://a.test/", final_url=request.url, status=302, redirects=(*hops, HOP), timings=timings,
        location="https://b.test:8443/x",
    )  # fmt: skip


def test_a_redirect_becomes_a_job_of_the_host_that_it_leads_to():
    first = process(redirected)
    assert (first.record, first.retry, first.signal) == (None, None, ANSWERED)
    hop = first.following
    assert (hop.href, hop.host, hop.origin) == ("https://b.test:8443/x", "b.test:8443", "https://b.test:8443")
    assert (hop.row, hop.ordinal, hop.attempt) == (job().row, 0, 1)
    assert (hop.trail.listed, hop.trail.redirects) == (job(), (HOP,))
    second = process(redirected, of=hop).following
    assert second.trail.listed == job()
    assert second.trail.redirects == (HOP, HOP)
    assert second.trail.elapsed_s > hop.trail.elapsed_s > 0


def test_the_end_of_a_redirected_job_tells_of_the_whole_way():
    trail = Trail(
        listed=job(), redirects=(HOP,), timings=Timings(), elapsed_s=2.0, fetched_at="2026-11-24T07:00:00.000Z"
    )
    hop = job(href="http://b.test/", host="b.test", trail=trail, attempt=2)
    asked = []

    async def fetch(request):
        asked.append(request)
        return PAGE

    record = record_of(fetch, of=hop)
    assert (asked[0].url, asked[0].trail, asked[0].is_followed) == ("http://b.test/", trail, False)
    assert 2000.0 <= record.elapsed_ms < 3000.0
    assert (record.attempts, record.fetched_at) == (2, trail.fetched_at)
    failed = record_of(failing(errors.TooLarge("x")), of=hop)
    assert failed.elapsed_ms >= 2000.0
    again = process(failing(errors.ReadTimeout("silent")), of=hop).retry
    assert (again.href, again.host, again.trail, again.attempt) == ("http://a.test/", "a.test", None, 3)


def test_a_page_that_cannot_be_extracted_is_still_known_to_have_come():
    def extract(_):
        raise errors.ExtractError("the callback raised")

    record = record_of(extract=extract)
    assert (record.status, record.final_url, record.redirects) == (200, PAGE.final_url, PAGE.redirects)
    assert (record.error.kind, record.timings) == ("extract-error", PAGE.timings)


@pytest.mark.parametrize(("large_page_bytes", "is_beside"), [(len(PAGE.body), False), (len(PAGE.body) - 1, True)])
def test_a_large_page_is_parsed_beside_the_loop_and_fails_like_any_other(large_page_bytes, is_beside):
    threads = []

    def extract(_):
        threads.append(threading.current_thread() is not threading.main_thread())
        raise errors.ParseLimit("too deep")

    record = record_of(extract=extract, large_page_bytes=large_page_bytes)
    assert threads == [is_beside]
    assert (record.status, record.error.kind, record.final_url) == (200, "parse-limit", PAGE.final_url)


def test_the_time_of_a_large_page_is_that_of_its_parse_not_of_its_wait():
    def extract(_):
        time.sleep(0.05)
        return Extracted()

    async def page(_):
        return PAGE

    async def scenario():
        policy = RetryPolicy(retries=0, wait_s=0.5, wait_cap_s=30, wall_clock=lambda: NOW)
        worker = Worker(
            fetch=page, extract=extract, retry=policy, retry_after_cap_s=120, wall_clock=lambda: NOW, large_page_bytes=1
        )
        return await asyncio.gather(*(worker.process(job()) for _ in range(6)))

    outcomes = asyncio.run(scenario())
    assert max(outcome.record.elapsed_ms for outcome in outcomes) >= 300  # one at a time
    assert sorted(outcome.timings.parse for outcome in outcomes)[2] < 100


def kept_by(extract=lambda _: Extracted(title="x"), fetch=None, **settings):
    """Return the outcome, and what was kept by then."""
    kept = []

    async def keep(page, record):
        kept.append((page, record))

    return process(fetch, extract, keep=keep, **settings), kept


def test_a_page_is_kept_before_its_record_goes_anywhere():
    outcome, [(page, record)] = kept_by()
    assert page is PAGE
    assert record is outcome.record


def test_a_page_that_could_not_be_extracted_is_kept_with_what_its_fetching_was():
    def fail(_):
        raise errors.ExtractError("no price")

    outcome, [(page, record)] = kept_by(fail)
    assert outcome.record.error.kind == "extract-error"
    assert page is PAGE
    assert (record.ok, record.status, record.bytes, record.title) == (True, 200, 16, None)


def test_what_has_no_page_is_not_kept():
    assert kept_by(fetch=failing(errors.HttpStatus("404", 404)))[1] == []
    assert kept_by(fetch=failing(errors.ReadTimeout("silence")))[1] == []


def test_a_page_that_cannot_be_kept_ends_the_run():
    async def full(*_):
        raise errors.OutputError("disk full")

    with pytest.raises(errors.OutputError, match="disk full"):
        process(keep=full)


BLOCKED = Verdict("blocked", "a vendor: a sign")


def test_a_page_that_is_a_challenge_is_kept_with_its_verdict_and_slows_its_host():
    outcome = process(extract=lambda _: Extracted(verdict=BLOCKED), blocked_pause_s=7)
    assert (outcome.record.ok, outcome.record.verdict, outcome.record.evidence) == (True, "blocked", BLOCKED.evidence)
    assert outcome.signal == Signal("pushed-back", pause_s=7)


@pytest.mark.parametrize("verdict", [Verdict(), Verdict("soft-404", "x"), Verdict("login", "x"), Verdict("empty", "x")])
def test_any_other_verdict_says_nothing_of_the_host(verdict):
    outcome = process(extract=lambda _: Extracted(verdict=verdict), blocked_pause_s=7)
    assert (outcome.record.verdict, outcome.record.evidence) == (verdict.name, verdict.evidence)
    assert outcome.signal == ANSWERED


@pytest.mark.parametrize(
    ("verdict", "recorded", "signal"),
    [(BLOCKED, "blocked", Signal("pushed-back", pause_s=7)), (Verdict("login", "x"), None, ANSWERED)],
)
def test_a_refusal_whose_page_is_a_challenge_slows_its_host(verdict, recorded, signal):
    refusal = errors.HttpStatus("403 Forbidden", 403)
    refusal.status, refusal.page = 403, PAGE
    outcome = process(failing(refusal), judge=lambda page: verdict if page is PAGE else None, blocked_pause_s=7)
    assert outcome.record.error.kind == "http-status"
    assert (outcome.record.ok, outcome.record.verdict) == (False, recorded)
    assert outcome.signal == signal


def test_a_refusal_whose_page_costs_too_much_to_look_at_is_a_refusal():
    def judge(_page):
        raise errors.ParseLimit("too deep")

    refusal = errors.HttpStatus("403 Forbidden", 403)
    refusal.status, refusal.page = 403, PAGE
    assert process(failing(refusal), judge=judge).record.error.kind == "http-status"


def test_a_page_that_is_what_it_should_be_gets_its_main_text():
    async def read(page):
        assert page is PAGE
        await asyncio.sleep(0.01)
        return "text"

    record = record_of(read_text=read)
    assert record.text == "text"
    assert record.timings.text >= 9
    assert record_of().timings.text is None


def test_no_main_text_is_looked_for_on_another_page():
    async def read(_page):
        pytest.fail("it is read")

    assert record_of(extract=lambda _: Extracted(verdict=BLOCKED), read_text=read).text is None


def test_a_main_text_that_takes_too_long_is_a_parse_limit_with_what_is_known_of_the_page():
    async def read(_page):
        raise errors.ParseLimit("too long")

    record = record_of(read_text=read)
    assert (record.error.kind, record.status, record.final_url) == ("parse-limit", 200, "http://a.test/home")
