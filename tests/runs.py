"""Records and runs for the tests of what a library call returns."""

import msgspec

from scraper.compression import compress
from scraper.models import Failure, Record, Timings
from scraper.run import Run
from scraper.stats import Stats


def ok(url="http://a/", **rest):
    return Record(url=url, ok=True, **({"attempts": 1, "status": 200} | rest))


def failed(url="http://b/", kind="read-timeout", **rest):
    return Record(url=url, ok=False, error=Failure(kind=kind, message="silent"), **({"attempts": 4} | rest))


RECORDS = [
    ok(
        title="A",
        fetched_at="2026-11-24T12:00:00.250Z",
        elapsed_ms=41.5,
        timings=Timings(dns=1.5),
        bytes=100,
        fields={"price": 5, "title": "B"},
        input={"id": "7", "price": "x"},
    ),
    failed(),
]


def summary(output=None, records=RECORDS):
    stats = Stats()
    for record in records:
        stats.record(record)
    stats.lines = len(records)
    return stats.summary(elapsed_s=1.0, pending=0, output=output, is_complete=True)


def run_of(records):
    return Run(summary(records=records), list(records))


def written(path, records=RECORDS, suffix=""):
    lines = b"".join(msgspec.json.encode(record) + b"\n" for record in records)
    path.write_bytes(compress(lines[:50], suffix) + compress(lines[50:], suffix))
    return path
