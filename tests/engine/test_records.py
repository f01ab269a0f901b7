"""What becomes the record of a job: its page, its error, why it was not tried."""

from scraper import errors
from scraper.engine.records import failure_record, page_record, refusal_record
from scraper.models import Extracted, Job, Page, Redirect, Row, Timings, Trail, Verdict

HOP = Redirect(302, "http://a.test/")


def job(**changes):
    row = Row(url="HTTP://a.test/#x", line=3, source="urls.txt", input={"id": "7"})
    return Job(**{"row": row, "href": "http://a.test/", "host": "a.test", "ordinal": 0, **changes})


def test_a_page_is_told_as_it_came_and_what_was_found_on_it():
    page = Page(url="http://a.test/", final_url="http://a.test/home", status=203, body=b"", headers=(("etag", "7"),))
    found = Extracted(title="x", verdict=Verdict("login", "a form"))
    record = page_record(job(attempt=2), page, found, fetched_at="now", elapsed_ms=3.0, timings=Timings(body=1.0))
    assert (record.url, record.ok, record.status, record.attempts) == ("HTTP://a.test/#x", True, 203, 2)
    assert (record.title, record.verdict, record.evidence, record.etag) == ("x", "login", "a form", "7")
    assert record.sha256 == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"  # of nothing
    assert (record.bytes, record.input, record.timings) == (0, {"id": "7"}, Timings(body=1.0))


def test_a_url_that_was_never_tried_has_no_times():
    record = failure_record(job(attempt=0), errors.InvalidUrl("line 3: no"))
    assert (record.attempts, record.fetched_at, record.elapsed_ms) == (0, None, None)


def test_a_job_that_is_not_tried_was_tried_once_less_unless_redirects_led_to_it():
    record = refusal_record(job(attempt=1), errors.RobotsDenied("robots.txt disallows it"))
    assert (record.attempts, record.status, record.redirects) == (0, None, ())
    trail = Trail(listed=job(), redirects=(HOP,), timings=Timings(first_byte=3.0), elapsed_s=0.5, fetched_at="then")
    record = refusal_record(job(href="http://b.test/", trail=trail), errors.RobotsDenied("robots.txt disallows it"))
    assert (record.attempts, record.status, record.redirects) == (1, 302, (HOP,))
    assert (record.final_url, record.fetched_at, record.elapsed_ms) == ("http://b.test/", "then", 500.0)
    assert record.timings == Timings(first_byte=3.0)
