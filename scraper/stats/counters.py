"""Every counter of a run, folded from its records; no clock of its own."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import get_args

from scraper.fill import Coverage, FieldCounts
from scraper.models import NOT_MODIFIED, Change, Ending, Record, Timings
from scraper.stats.histogram import Histogram
from scraper.stats.hosts import HostTimes
from scraper.stats.summary import Summary

SLOWEST_HOSTS = 5
"""Told in the summary."""


@dataclass(slots=True)
class Stats:
    """Every counter of a run.

    The engine adds to `lines`, `blank`, `duplicates` and `already_done`; the rest is folded from the records.
    """

    lines: int = 0
    blank: int = 0
    duplicates: int = 0
    already_done: int = 0
    ok: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    """By error kind."""
    statuses: Counter[int] = field(default_factory=Counter)
    """Records by their last HTTP status."""
    verdicts: Counter[str] = field(default_factory=Counter)
    """Records by verdict, but for those that are ok."""
    retries: int = 0
    bytes: int = 0
    """Decoded bodies."""
    latency: Histogram = field(default_factory=Histogram)
    """Milliseconds of the records' last attempts."""
    phases: dict[str, Histogram] = field(default_factory=dict)
    """Those of each phase that is a key: none, unless somebody wants them."""
    fields: FieldCounts = field(default_factory=FieldCounts)
    """Which of the ok pages have which fields."""
    hosts: HostTimes = field(default_factory=HostTimes)
    changes: Counter[str] = field(default_factory=Counter)
    """Records by what has become of their page."""
    unasked: int = 0
    """Ok records that no request was made for."""

    def record(self, record: Record | Ending) -> None:
        """Fold in the end of one URL."""
        if record.ok:
            self.ok += 1
            self.fields.add(record.fields, record.items)
        else:
            self.failed[record.error.kind if record.error else "internal-error"] += 1
        if record.change is not None:
            self.changes[record.change] += 1
            if record.ok and not record.attempts:  # what else it tells is of an earlier run
                self.unasked += 1
                return
        if record.status is not None:
            self.statuses[record.status] += 1
        if record.verdict is not None and record.verdict != "ok":
            self.verdicts[record.verdict] += 1
        if record.attempts > 1:
            self.retries += record.attempts - 1
        if record.bytes is not None and record.status != NOT_MODIFIED:
            self.bytes += record.bytes
        if record.elapsed_ms is not None:
            self.latency.add(record.elapsed_ms)
            self.hosts.add(record.final_url or record.url, record.elapsed_ms)
        if self.phases and isinstance(record, Record) and record.timings is not None:
            self._add_phases(record.timings)

    def _add_phases(self, timings: Timings) -> None:
        for phase, histogram in self.phases.items():
            value_ms = getattr(timings, phase)
            if value_ms is not None:
                histogram.add(value_ms)

    def measure_phases(self) -> None:
        """Keep the latencies of each phase from now on: 4 µs a page."""
        self.phases = {phase: Histogram() for phase in Timings.__struct_fields__}

    @property
    def done(self) -> int:
        """Lines whose end is known."""
        return self.ok + self.failed.total() + self.duplicates + self.blank + self.already_done

    def summary(self, *, elapsed_s: float, pending: int, output: str | None, is_complete: bool) -> Summary:
        """Return the account of the run so far. `elapsed_s` is its duration, `pending` the lines read and not done."""
        return Summary(
            lines=self.lines,
            ok=self.ok,
            failed=self.failed.total(),
            duplicates=self.duplicates,
            blank=self.blank,
            already_done=self.already_done,
            pending=pending,
            errors=_most_frequent_first(self.failed),
            statuses=_most_frequent_first(self.statuses),
            verdicts=_most_frequent_first(self.verdicts),
            retries=self.retries,
            bytes=self.bytes,
            pages_per_s=round((self.ok - self.unasked) / elapsed_s, 3) if elapsed_s > 0 else 0.0,
            elapsed_s=round(elapsed_s, 3),
            p50_ms=_rounded(self.latency.quantile(0.5)),
            p95_ms=_rounded(self.latency.quantile(0.95)),
            is_complete=is_complete,
            output=output,
            coverage=Coverage(ok=self.ok, failed=self.failed.total(), fields=self.fields.fills()),
            slowest_hosts=self.hosts.slowest(SLOWEST_HOSTS),
            changes={change: self.changes[change] for change in get_args(Change)} if self.changes else {},
            unasked=self.unasked,
        )


def _most_frequent_first(counter: Mapping[str, int] | Mapping[int, int]) -> dict[str, int]:
    return dict(sorted(((str(key), number) for key, number in counter.items()), key=lambda item: (-item[1], item[0])))


def _rounded(value_ms: float | None) -> float | None:
    return None if value_ms is None else round(value_ms, 3)
