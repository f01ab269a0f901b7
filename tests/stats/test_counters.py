"""Records folded into the counters, and the account they end in."""

import msgspec
import pytest
from msgspec import structs

from scraper.fill import Coverage, FieldCounts, Fill
from scraper.models import Failure, Record
from scraper.stats import Stats, Summary


def failure(kind: str, **fields) -> Record:
    return Record(url="http://a.example/", ok=False, error=Failure(kind, "why"), **({"attempts": 1} | fields))


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
    assert [(host.host, host.records) for host in stats.hosts.slowest(1)] == [("a.example", 3)]


def test_fields_are_counted_over_the_ok_pages():
    stats = Stats(fields=FieldCounts(["sku"]))
    for price in ("5", None):
        stats.record(Record(url="http://a.example/", ok=True, attempts=1, fields={"price": price}))
    stats.record(failure("not-html"))
    summary = stats.summary(elapsed_s=1, pending=0, output=None, is_complete=True)
    assert summary.coverage == Coverage(ok=2, failed=1, fields={"sku": Fill(0, 2), "price": Fill(1, 2)})
    stats.record(Record(url="http://a.example/", ok=True, attempts=1, items=[{"x": 1}, {"x": None}]))
    assert stats.fields.fills()["items.x"] == Fill(1, 2)


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
        coverage=Coverage(ok=1, failed=4),
    )
    assert list(summary.errors) == ["deadline", "bad-redirect", "tls-error"]
    assert list(summary.statuses) == ["200", "404"]
    assert summary.is_balanced


def test_a_run_that_took_no_time_has_no_speed():
    assert Stats().summary(elapsed_s=0, pending=0, output=None, is_complete=True).pages_per_s == 0


def test_verdicts_other_than_ok_are_counted_and_told():
    stats = Stats()
    for verdict in ("ok", "blocked", "blocked", "soft-404", None):
        stats.record(Record(url="http://a/", ok=True, attempts=1, verdict=verdict))
    summary = stats.summary(elapsed_s=1.0, pending=0, output=None, is_complete=True)
    assert summary.verdicts == {"blocked": 2, "soft-404": 1}
    assert "verdicts    blocked 2 · soft-404 1\n" in str(summary)


def test_what_has_become_of_the_pages_is_counted_and_told():
    stats = Stats(lines=6)
    ok = Record(url="http://a.example/", ok=True, attempts=1, status=200, bytes=10, elapsed_ms=1.0, change="new")
    unchanged = structs.replace(ok, status=304, change="same")
    for record in (ok, unchanged, structs.replace(ok, attempts=0, change="same")):
        stats.record(record)
    stats.record(failure("http-status", status=404, change="gone"))
    stats.record(failure("read-timeout"))
    summary = stats.summary(elapsed_s=2.0, pending=1, output=None, is_complete=False)
    assert summary.changes == {"new": 1, "changed": 0, "same": 2, "gone": 1}
    assert (summary.ok, summary.failed, summary.unasked, summary.is_balanced) == (3, 2, 1, True)
    assert (summary.bytes, summary.pages_per_s, stats.latency.count) == (10, 1.0, 2)
    assert summary.statuses == {"200": 1, "304": 1, "404": 1}
    assert "changes     new 1 · changed 0 · same 2 (1 not asked for) · gone 1\n" in str(summary)
    assert "http-status 1 (404: 1)" in str(summary)  # a 304 is none of the failures


def test_a_run_that_compares_with_none_tells_of_no_changes():
    stats = Stats(lines=1)
    stats.record(Record(url="http://a.example/", ok=True, attempts=1))
    summary = stats.summary(elapsed_s=2.0, pending=0, output=None, is_complete=True)
    assert summary.changes == {}
    assert "changes" not in str(summary)
