"""Counters and latencies of a run, and the Summary they end in; no clock and no printing of its own.

============  ==================================================================
`counters`    Stats: every counter, folded from the records
`histogram`   latencies and their quantiles
`hosts`       which of them answer slowly
`html`        what a notebook shows
`summary`     the account of a run, as data and as text
`text`        numbers as a reader wants them
============  ==================================================================
"""

from scraper.stats.counters import Stats
from scraper.stats.histogram import Histogram, bucket_of, edge_ms
from scraper.stats.hosts import HostTime
from scraper.stats.summary import Summary
from scraper.stats.text import LABEL_WIDTH, TEXT_WIDTH, count, duration, percent, rate, size

__all__ = [
    "LABEL_WIDTH",
    "TEXT_WIDTH",
    "Histogram",
    "HostTime",
    "Stats",
    "Summary",
    "bucket_of",
    "count",
    "duration",
    "edge_ms",
    "percent",
    "rate",
    "size",
]
