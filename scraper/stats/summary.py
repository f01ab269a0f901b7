"""The account of a run, and its text."""

from collections.abc import Iterator

from msgspec import Struct

from scraper.fill import Coverage, Fill
from scraper.models import NOT_MODIFIED
from scraper.stats.hosts import HostTime
from scraper.stats.html import card
from scraper.stats.text import count, duration, percent, printable, rate, row, size

FIELDS_SHOWN = 50
"""In the text of the account; `fill_rates` has them all."""
_NOWHERE = Fill(0, 0)


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
    coverage: Coverage = Coverage()
    """What the whole output amounts to, earlier runs included: which pages have which fields."""
    baseline: Coverage | None = None
    """The same of the output that `baseline` names."""
    broken: tuple[str, ...] = ()
    """A line for each of the `expect`ations that do not hold."""
    slowest_hosts: tuple[HostTime, ...] = ()
    """At most five, the slowest first."""
    verdicts: dict[str, int] = {}
    """Records by verdict, but for those that are ok, most frequent first."""
    changes: dict[str, int] = {}
    """Records by what has become of their page since the run that this one compares with: all four, or none."""
    unasked: int = 0
    """Pages that were not asked for, as that run had fetched them not long before."""

    @property
    def accounted(self) -> int:
        """Lines whose end is known, and those known to be pending."""
        return self.ok + self.failed + self.duplicates + self.blank + self.already_done + self.pending

    @property
    def is_balanced(self) -> bool:
        """Every line that was read is accounted for, once."""
        return self.lines == self.accounted

    @property
    def fill_rates(self) -> dict[str, float]:
        """By field, the share (0 to 1) of the ok pages that have it; of `items.price`, the share of the items.

        Of the whole output, earlier runs included.
        """
        return {name: fill.share for name, fill in self.coverage.fields.items()}

    def __str__(self) -> str:
        return "\n".join([_equation(self), *(row(label, items) for label, items in _facts(self))])

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        """Return it as Jupyter shows it: the account, then a row for each of its parts."""
        facts = [(label, " · ".join(items)) for label, items in _facts(self)]
        if self.slowest_hosts:
            facts.insert(-1 if self.output else len(facts), ("slowest", " · ".join(map(str, self.slowest_hosts))))
        return card(_equation(self), facts)


def _facts(summary: Summary) -> list[tuple[str, list[str]]]:
    """Return the rows of the account below its first line: a label and what stands beside it."""
    facts = [
        ("ACCOUNT", _imbalance(summary)),
        ("failed", _failures(summary)),
        ("tried again", _tried_again(summary)),
        ("statuses", (f"{status}: {number:,}" for status, number in summary.statuses.items())),
        ("changes", _changes(summary)),
        ("verdicts", (f"{verdict} {number:,}" for verdict, number in summary.verdicts.items())),
        ("fields", _fields(summary)),
        *(("BROKEN", iter([line])) for line in summary.broken),
        ("latency", _latency(summary)),
        ("speed", _speed(summary)),
        ("output", _output(summary)),
        ("not listed", _unlisted(summary)),
    ]
    return [(label, items) for label, found in facts if (items := list(found))]


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


def _imbalance(summary: Summary) -> Iterator[str]:
    lost = summary.lines - summary.accounted
    what = f"{count(lost, 'line')} unaccounted for" if lost > 0 else f"{count(-lost, 'line')} counted more than once"
    if lost:
        yield f"DOES NOT BALANCE: {what}. This is a bug in scraper; please report it."


def _latency(summary: Summary) -> Iterator[str]:
    if summary.p50_ms is not None and summary.p95_ms is not None:
        yield f"p50 {duration(summary.p50_ms / 1000)}"
        yield f"p95 {duration(summary.p95_ms / 1000)}"


def _output(summary: Summary) -> Iterator[str]:
    if summary.output is not None:
        yield "standard output" if summary.output == "-" else summary.output


def _unlisted(summary: Summary) -> Iterator[str]:
    if summary.unlisted:
        records = count(summary.unlisted, "record")
        yield f"{records} of the output, from an earlier run, are of URLs that the sources do not have (any more)"


def _fields(summary: Summary) -> Iterator[str]:
    before = summary.baseline.fields if summary.baseline else {}
    names = [*summary.coverage.fields, *(name for name in before if name not in summary.coverage.fields)]
    for name in names[:FIELDS_SHOWN]:
        was = f" (was {percent(before[name].share)})" if name in before else ""
        yield f"{printable(name)} {percent(summary.coverage.fields.get(name, _NOWHERE).share)}{was}"
    if len(names) > FIELDS_SHOWN:
        yield f"and {len(names) - FIELDS_SHOWN:,} more"


def _failures(summary: Summary) -> Iterator[str]:
    fine = {str(NOT_MODIFIED)} if summary.changes else set()
    bad = {status: n for status, n in summary.statuses.items() if not status.startswith("2") and status not in fine}
    for kind, number in summary.errors.items():
        # An http-status record has one status, and that is not 2xx: equal totals mean that these are the same records.
        is_told_by_status = kind == "http-status" and number == sum(bad.values())
        by_status = ", ".join(f"{status}: {times:,}" for status, times in bad.items())
        yield f"{kind} {number:,} ({by_status})" if is_told_by_status else f"{kind} {number:,}"


def _changes(summary: Summary) -> Iterator[str]:
    for change, number in summary.changes.items():
        unasked = f" ({summary.unasked:,} not asked for)" if change == "same" and summary.unasked else ""
        yield f"{change} {number:,}{unasked}"


def _tried_again(summary: Summary) -> Iterator[str]:
    if not summary.failed_before:
        return
    yield f"{summary.tried_again:,} of {count(summary.failed_before, 'failed record')} of earlier runs"
    if summary.tried_again < summary.failed_before:
        yield "the others stay as they were"


def _speed(summary: Summary) -> Iterator[str]:
    if not summary.elapsed_s or not (summary.ok or summary.failed):
        return
    yield f"{rate(summary.pages_per_s)} pages/s"
    yield f"{size(summary.bytes)} in {duration(summary.elapsed_s)}"
    if summary.retries:
        yield "1 retry" if summary.retries == 1 else f"{summary.retries:,} retries"
