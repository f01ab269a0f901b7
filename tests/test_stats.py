import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.models import Failure, Record
from scraper.stats import Histogram, Stats, Summary, count, duration, rate, size

latencies_ms = st.lists(st.floats(min_value=0.001, max_value=1e8), min_size=1, max_size=60)


def summary_of(**changes) -> Summary:
    fields = {
        "lines": 20_000,
        "ok": 19_950,
        "failed": 20,
        "duplicates": 10,
        "blank": 5,
        "already_done": 15,
        "pending": 0,
        "errors": {"http-status": 12, "dns-not-found": 5, "read-timeout": 3},
        "statuses": {"200": 19_950, "404": 10, "410": 2},
        "retries": 4,
        "bytes": 1_200_000_000,
        "pages_per_s": 611.963,
        "elapsed_s": 32.6,
        "p50_ms": 41.2,
        "p95_ms": 180.3,
        "is_complete": True,
        "output": "output/urls.jsonl",
    }
    return Summary(**(fields | changes))


def failure(kind: str, **fields) -> Record:
    return Record(url="http://a.example/", ok=False, error=Failure(kind, "why"), **({"attempts": 1} | fields))


@given(latencies_ms, st.floats(min_value=0, max_value=1))
def test_a_quantile_is_within_two_percent_of_the_exact_one(values, q):
    histogram = Histogram()
    for value in values:
        histogram.add(value)
    exact = sorted(values)[max(1, math.ceil(q * len(values))) - 1]
    assert histogram.quantile(q) == pytest.approx(exact, rel=0.02)


def test_an_empty_histogram_has_no_quantile():
    assert Histogram().quantile(0.5) is None


def test_latencies_beyond_the_ends_count_as_the_ends():
    histogram = Histogram()
    for value in (0.0, -1.0, math.inf):
        histogram.add(value)
    assert histogram.count == 3
    assert histogram.quantile(0) == pytest.approx(0.001, rel=0.02)
    assert histogram.quantile(1) == pytest.approx(1e8, rel=0.02)


def test_a_histogram_does_not_grow():
    histogram = Histogram()
    before = len(histogram._buckets)
    for value in range(10_000):
        histogram.add(value)
    assert histogram.count == 10_000
    assert len(histogram._buckets) == before < 1000


def test_records_are_folded_into_the_counters():
    stats = Stats(lines=4)
    stats.record(Record(url="http://a.example/", ok=True, status=200, attempts=3, elapsed_ms=40.0, bytes=500))
    stats.record(failure("http-status", status=404, elapsed_ms=80.0, bytes=20))
    stats.record(failure("http-status", status=410, elapsed_ms=80.0))
    stats.record(failure("invalid-url", attempts=0))
    assert stats.ok == 1
    assert stats.failed == {"http-status": 2, "invalid-url": 1}
    assert stats.statuses == {200: 1, 404: 1, 410: 1}
    assert stats.retries == 2
    assert stats.bytes == 520
    assert stats.latency.count == 3
    assert stats.done == 4


def test_a_failed_record_without_a_kind_is_our_bug():
    stats = Stats()
    stats.record(Record(url="http://a.example/", ok=False, attempts=1))
    assert stats.failed == {"internal-error": 1}


def test_the_summary_carries_every_counter_and_orders_by_frequency():
    stats = Stats(lines=12, blank=1, duplicates=2, already_done=3, ok=1, retries=4, bytes=5)
    stats.failed.update({"tls-error": 1, "deadline": 2, "bad-redirect": 1})
    stats.statuses.update({404: 1, 200: 3})
    stats.latency.add(100.0)
    summary = stats.summary(elapsed_s=2.00049, pending=1, output=None, is_complete=False)
    assert summary.p50_ms == summary.p95_ms == pytest.approx(100, rel=0.02)
    assert msgspec.structs.replace(summary, p50_ms=None, p95_ms=None) == Summary(
        lines=12,
        ok=1,
        failed=4,
        duplicates=2,
        blank=1,
        already_done=3,
        pending=1,
        errors={"deadline": 2, "bad-redirect": 1, "tls-error": 1},
        statuses={"200": 3, "404": 1},
        retries=4,
        bytes=5,
        pages_per_s=0.5,
        elapsed_s=2.0,
        p50_ms=None,
        p95_ms=None,
        is_complete=False,
        output=None,
    )
    assert list(summary.errors) == ["deadline", "bad-redirect", "tls-error"]
    assert list(summary.statuses) == ["200", "404"]
    assert summary.is_balanced


def test_a_run_that_took_no_time_has_no_speed():
    assert Stats().summary(elapsed_s=0, pending=0, output=None, is_complete=True).pages_per_s == 0


def test_a_summary_survives_json():
    assert msgspec.json.decode(msgspec.json.encode(summary_of()), type=Summary) == summary_of()


def test_the_text_of_a_summary_is_its_account():
    assert str(summary_of()).splitlines() == [
        "20,000 lines = 19,950 ok + 20 failed + 10 duplicates + 5 blank + 15 already done + 0 pending",
        "failed      http-status 12 (404: 10, 410: 2) · dns-not-found 5 · read-timeout 3",
        "statuses    200: 19,950 · 404: 10 · 410: 2",
        "latency     p50 41 ms · p95 180 ms",
        "speed       612 pages/s · 1.2 GB in 32.6 s · 4 retries",
        "output      output/urls.jsonl",
    ]


def test_rows_without_content_are_left_out():
    nothing = Stats(lines=1, already_done=1).summary(elapsed_s=0.1, pending=0, output="-", is_complete=True)
    assert str(nothing).splitlines() == [
        "1 line = 0 ok + 0 failed + 1 already done + 0 pending",
        "output      standard output",
    ]


def test_an_unfinished_run_says_that_the_lines_are_those_read_so_far():
    text = str(summary_of(ok=19_900, pending=50, is_complete=False))
    assert text.startswith("20,000 lines read so far = 19,900 ok + ")


@pytest.mark.parametrize(
    ("lines", "what"), [(20_003, "3 lines unaccounted for"), (19_999, "1 line counted more than once")]
)
def test_an_account_that_does_not_balance_says_so(lines, what):
    summary = summary_of(lines=lines)
    assert not summary.is_balanced
    equation, alarm = str(summary).splitlines()[:2]
    assert f"{lines:,} lines ≠ 19,950 ok" in equation
    assert alarm == f"ACCOUNT     DOES NOT BALANCE: {what}. This is a bug in scraper; please report it."


def test_http_errors_are_told_by_status_only_when_the_statuses_are_theirs():
    summary = summary_of(
        errors={"http-status": 12, "bad-redirect": 8}, statuses={"200": 19_950, "404": 10, "302": 8, "410": 2}
    )
    assert "failed      http-status 12 · bad-redirect 8" in str(summary).splitlines()


def test_many_kinds_are_laid_out_in_aligned_lines_that_break_between_kinds():
    kinds = {f"error-kind-{number}": 1000 for number in range(10)}
    rows = str(summary_of(errors=kinds, statuses={})).splitlines()[1:4]
    assert rows == [
        "failed      error-kind-0 1,000 · error-kind-1 1,000 · error-kind-2 1,000 · error-kind-3 1,000 ·",
        "            error-kind-4 1,000 · error-kind-5 1,000 · error-kind-6 1,000 · error-kind-7 1,000 ·",
        "            error-kind-8 1,000 · error-kind-9 1,000",
    ]


@pytest.mark.parametrize(("number", "text"), [(0, "0 lines"), (1, "1 line"), (20_000, "20,000 lines")])
def test_a_count_agrees_with_its_noun(number, text):
    assert count(number, "line") == text


@pytest.mark.parametrize(
    ("per_s", "text"),
    [(0, "0"), (0.021, "0.02"), (0.5, "0.50"), (3.44, "3.4"), (9.96, "10"), (611.96, "612"), (12_345.6, "12,346")],
)
def test_a_rate_has_the_digits_worth_reading(per_s, text):
    assert rate(per_s) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 ms"),
        (0.0024, "2.4 ms"),
        (0.041, "41 ms"),
        (0.9996, "1 s"),
        (32.6, "32.6 s"),
        (59.96, "1 min 0 s"),
        (250, "4 min 10 s"),
        (3599.7, "1 h 0 min"),
        (7500, "2 h 5 min"),
        (277_200, "3 d 5 h"),
    ],
)
def test_a_duration_is_told_in_its_two_largest_units(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1, "1 byte"),
        (999, "999 bytes"),
        (1500, "1.5 KB"),
        (999_960, "1.0 MB"),
        (1_200_000_000, "1.2 GB"),
        (5_300_000_000_000, "5.3 TB"),
    ],
)
def test_a_size_is_told_in_units_of_a_thousand(number, text):
    assert size(number) == text


def test_the_account_tells_how_many_failed_records_were_tried_again():
    assert "tried again" not in str(summary_of())
    some = str(summary_of(failed_before=1200, tried_again=7))
    assert "tried again 7 of 1,200 failed records of earlier runs · the others stay as they were" in some
    assert "tried again 1 of 1 failed record of earlier runs\n" in str(summary_of(failed_before=1, tried_again=1))
