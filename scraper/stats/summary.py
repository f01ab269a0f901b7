"""The account of a run, and its text."""

from collections.abc import Iterable

from msgspec import Struct

from scraper.stats.text import LABEL_WIDTH, count, duration, rate, row, size


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
            rows.append(row("failed", _failures(self)))
        if self.failed_before:
            rows.append(row("tried again", _tried_again(self)))
        if self.statuses:
            rows.append(row("statuses", (f"{status}: {number:,}" for status, number in self.statuses.items())))
        if self.p50_ms is not None and self.p95_ms is not None:
            latencies = (f"p50 {duration(self.p50_ms / 1000)}", f"p95 {duration(self.p95_ms / 1000)}")
            rows.append(row("latency", latencies))
        if self.ok or self.failed:
            rows.append(row("speed", _speed(self)))
        if self.output is not None:
            rows.append(f"{'output':<{LABEL_WIDTH}}{'standard output' if self.output == '-' else self.output}")
        if self.unlisted:
            rows.append(f"{'not listed':<{LABEL_WIDTH}}{_unlisted(self)}")
        return "\n".join(rows)


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
