"""Counters and latencies of a run, and the Summary they end in; no clock and no printing of its own."""

import math
import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from msgspec import Struct

from scraper.models import Ending, Record

LOWEST_MS = 0.001
HIGHEST_MS = 1e8
"""Latencies are told apart between a microsecond and 28 hours; beyond, they count as the nearest of the two."""
BUCKET_RATIO = 1.04
"""Upper over lower edge of a bucket; its geometric middle is off by at most sqrt(1.04) - 1 = 1.98 %."""
TEXT_WIDTH = 100
LABEL_WIDTH = 12


class Histogram:
    """Latencies in logarithmic buckets: 646 integers, whatever is added, and quantiles within 2 %.

    The idea is DDSketch's (Masson, Rim, Lee: "DDSketch", VLDB 2019), with fixed ends.
    """

    __slots__ = ("_buckets", "_per_log")

    def __init__(self) -> None:
        self._per_log = 1 / math.log(BUCKET_RATIO)
        self._buckets = [0] * (int(math.log(HIGHEST_MS / LOWEST_MS) * self._per_log) + 1)

    def add(self, value_ms: float) -> None:
        """Count one latency, in milliseconds."""
        within = min(max(value_ms, LOWEST_MS), HIGHEST_MS)
        self._buckets[int(math.log(within / LOWEST_MS) * self._per_log)] += 1

    @property
    def count(self) -> int:
        """How many latencies were added."""
        return sum(self._buckets)

    def quantile(self, q: float) -> float | None:
        """Return, in milliseconds, the smallest latency that a share `q` (0 to 1) does not exceed; None when empty."""
        rank = max(1, math.ceil(q * self.count))
        for index, population in enumerate(self._buckets):
            rank -= population
            if rank <= 0:
                return float(LOWEST_MS * BUCKET_RATIO ** (index + 0.5))
        return None


class Summary(Struct, frozen=True, kw_only=True):
    """What a run did; `str()` of it is the account that the command line closes with."""

    lines: int
    """Lines of the input that were read."""
    ok: int
    failed: int
    duplicates: int
    """Lines whose URL, normalised, had been read before."""
    blank: int
    """Blank lines and comments."""
    already_done: int
    """Lines whose record an earlier run wrote."""
    pending: int
    """Lines that were read and have no record yet."""
    errors: dict[str, int]
    """Failed records by error kind, most frequent first."""
    statuses: dict[str, int]
    """Records by their last HTTP status, most frequent first."""
    retries: int
    bytes: int
    """Decoded bodies."""
    pages_per_s: float
    """Ok records for each second of the run."""
    elapsed_s: float
    p50_ms: float | None
    """Median duration of a record's last attempt, within 2 %."""
    p95_ms: float | None
    is_complete: bool
    """The source was read to its end and nothing is pending."""
    output: str | None
    unlisted: int = 0
    """Records of the output, from an earlier run, whose URLs are not in the sources: so many at least."""
    failed_before: int = 0
    """Failed records of earlier runs that `retry_failed` names."""
    tried_again: int = 0
    """Those of them that this run replaced; the others stay as they were."""
    earlier_ok: int = 0
    """Records of earlier runs that the output has beside this one's."""
    earlier_errors: dict[str, int] = {}
    """Those that are not ok, by error kind."""
    is_past_deadline: bool = False
    """It was ended by its deadline."""

    @property
    def accounted(self) -> int:
        """Lines whose end is known, and those known to be pending."""
        return self.ok + self.failed + self.duplicates + self.blank + self.already_done + self.pending

    @property
    def is_balanced(self) -> bool:
        """Every line that was read is accounted for, once."""
        return self.lines == self.accounted

    def __str__(self) -> str:
        rows = [_equation(self)]
        if not self.is_balanced:
            rows.append(_imbalance(self))
        if self.errors:
            rows.append(_row("failed", _failures(self)))
        if self.failed_before:
            rows.append(_row("tried again", _tried_again(self)))
        if self.statuses:
            rows.append(_row("statuses", (f"{status}: {number:,}" for status, number in self.statuses.items())))
        if self.p50_ms is not None and self.p95_ms is not None:
            latencies = (f"p50 {duration(self.p50_ms / 1000)}", f"p95 {duration(self.p95_ms / 1000)}")
            rows.append(_row("latency", latencies))
        if self.ok or self.failed:
            rows.append(_row("speed", _speed(self)))
        if self.output is not None:
            rows.append(f"{'output':<{LABEL_WIDTH}}{'standard output' if self.output == '-' else self.output}")
        if self.unlisted:
            rows.append(f"{'not listed':<{LABEL_WIDTH}}{_unlisted(self)}")
        return "\n".join(rows)


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
    retries: int = 0
    bytes: int = 0
    """Decoded bodies."""
    latency: Histogram = field(default_factory=Histogram)
    """Milliseconds of the records' last attempts."""

    def record(self, record: Record | Ending) -> None:
        """Fold in the end of one URL."""
        if record.ok:
            self.ok += 1
        else:
            self.failed[record.error.kind if record.error else "internal-error"] += 1
        if record.status is not None:
            self.statuses[record.status] += 1
        if record.attempts > 1:
            self.retries += record.attempts - 1
        if record.bytes is not None:
            self.bytes += record.bytes
        if record.elapsed_ms is not None:
            self.latency.add(record.elapsed_ms)

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
            retries=self.retries,
            bytes=self.bytes,
            pages_per_s=round(self.ok / elapsed_s, 3) if elapsed_s > 0 else 0.0,
            elapsed_s=round(elapsed_s, 3),
            p50_ms=_rounded(self.latency.quantile(0.5)),
            p95_ms=_rounded(self.latency.quantile(0.95)),
            is_complete=is_complete,
            output=output,
        )


def count(number: int, noun: str) -> str:
    """Return `1 line`, `20,000 lines`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def rate(per_s: float) -> str:
    """Return `612`, `3.4` or `0.02`: as many digits as are worth reading."""
    if per_s >= 9.95:  # noqa: PLR2004 - would round to a two-digit 10.0
        return f"{per_s:,.0f}"
    return _one_decimal(per_s) if per_s >= 1 or per_s == 0 else f"{per_s:.2f}"


def duration(seconds: float) -> str:
    """Return `2.4 ms`, `41 ms`, `32.6 s`, `4 min 10 s`, `2 h 5 min` or `3 d 4 h`."""
    if seconds < 0.9995:  # noqa: PLR2004 - would round to 1000 ms
        return f"{_one_decimal(seconds * 1000) if seconds < 0.00995 else round(seconds * 1000)} ms"  # noqa: PLR2004 - 10 ms
    if seconds < 59.95:  # noqa: PLR2004 - would round to 60.0 s
        return f"{_one_decimal(seconds)} s"
    minutes, rest_s = divmod(round(seconds), 60)
    hours, rest_min = divmod(minutes, 60)
    days, rest_h = divmod(hours, 24)
    if days:
        return f"{days:,} d {rest_h} h"
    return f"{hours} h {rest_min} min" if hours else f"{minutes} min {rest_s} s"


def _one_decimal(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def size(number: int) -> str:
    """Return `512 bytes` or `1.2 GB` (units of 1000, as SI has them)."""
    if number < 1000:  # noqa: PLR2004 - a KB
        return count(number, "byte")
    value = float(number)
    for unit in ("KB", "MB", "GB"):
        value /= 1000
        if value < 999.95:  # noqa: PLR2004 - would round to 1000.0
            return f"{value:.1f} {unit}"
    return f"{value / 1000:,.1f} TB"


def _equation(summary: Summary) -> str:
    optional = (
        (summary.duplicates, count(summary.duplicates, "duplicate")),
        (summary.blank, f"{summary.blank:,} blank"),
        (summary.already_done, f"{summary.already_done:,} already done"),
    )
    terms = [
        f"{summary.ok:,} ok",
        f"{summary.failed:,} failed",
        *(term for number, term in optional if number),
        f"{summary.pending:,} pending",
    ]
    left = count(summary.lines, "line") + ("" if summary.is_complete else " read so far")
    return f"{left} {'=' if summary.is_balanced else '≠'} {' + '.join(terms)}"


def _imbalance(summary: Summary) -> str:
    lost = summary.lines - summary.accounted
    what = f"{count(lost, 'line')} unaccounted for" if lost > 0 else f"{count(-lost, 'line')} counted more than once"
    return f"{'ACCOUNT':<{LABEL_WIDTH}}DOES NOT BALANCE: {what}. This is a bug in scraper; please report it."


def _unlisted(summary: Summary) -> str:
    records = count(summary.unlisted, "record")
    return f"{records} of the output, from an earlier run, are of URLs that the sources do not have (any more)"


def _failures(summary: Summary) -> Iterable[str]:
    bad = {status: number for status, number in summary.statuses.items() if not status.startswith("2")}
    for kind, number in summary.errors.items():
        # An http-status record has one status, and that is not 2xx: equal totals mean that these are the same records.
        is_told_by_status = kind == "http-status" and number == sum(bad.values())
        by_status = ", ".join(f"{status}: {times:,}" for status, times in bad.items())
        yield f"{kind} {number:,} ({by_status})" if is_told_by_status else f"{kind} {number:,}"


def _tried_again(summary: Summary) -> Iterable[str]:
    yield f"{summary.tried_again:,} of {count(summary.failed_before, 'failed record')} of earlier runs"
    if summary.tried_again < summary.failed_before:
        yield "the others stay as they were"


def _speed(summary: Summary) -> Iterable[str]:
    yield f"{rate(summary.pages_per_s)} pages/s"
    yield f"{size(summary.bytes)} in {duration(summary.elapsed_s)}"
    if summary.retries:
        yield "1 retry" if summary.retries == 1 else f"{summary.retries:,} retries"


def _row(label: str, items: Iterable[str]) -> str:
    """Lay out `items` beside a label, in lines of TEXT_WIDTH, an item never broken."""
    unbroken = "\N{NO-BREAK SPACE}· ".join(item.replace(" ", "\N{NO-BREAK SPACE}") for item in items)
    lines = textwrap.wrap(unbroken, TEXT_WIDTH - LABEL_WIDTH, break_long_words=False, break_on_hyphens=False)
    block = textwrap.indent("\n".join(lines), " " * LABEL_WIDTH).lstrip()
    return f"{label:<{LABEL_WIDTH}}{block}".replace("\N{NO-BREAK SPACE}", " ")


def _most_frequent_first(counter: Mapping[str, int] | Mapping[int, int]) -> dict[str, int]:
    return dict(sorted(((str(key), number) for key, number in counter.items()), key=lambda item: (-item[1], item[0])))


def _rounded(value_ms: float | None) -> float | None:
    return None if value_ms is None else round(value_ms, 3)
