"""The chapters on how the run went: outcomes, latency, speed, hosts."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime

from scraper.markup import Markup, element, foreign, joined, link
from scraper.report import plots, tables
from scraper.report.groups import Groups
from scraper.report.plots import Bar, Tick
from scraper.report.sentence import main_host
from scraper.report.tables import Cell, Table
from scraper.report.tally import NO_HOST, Tally
from scraper.report.timeline import Column
from scraper.stats import Histogram, duration, edge_ms, rate

_KINDS_SHOWN = 30
_HOSTS_SHOWN = 50
_FAILING_SHOWN = 20
_COLUMNS = 60
_TICKS = 4
_TICKS_MS = [factor * 10.0**power for power in range(-3, 9) for factor in (1, 2, 5)]
_DAY_S = 86_400


def outcomes(tally: Tally) -> Markup:
    """Return how the pages ended: ok, or failed by reason, with where and an example."""
    pages = tally.all
    rows = [[Cell("ok", "kind"), tables.number(pages.ok), *tables.share(pages.ok, pages.pages), Cell(""), Cell("")]]
    for label, group in tally.outcomes.largest(_KINDS_SHOWN):
        host, at_host = main_host(tally, label)
        where = Cell(joined(foreign(host), f" {at_host:,}") if host and host != NO_HOST else "", "name")
        url, message = tally.examples.get(label, ("", ""))
        example = joined(link(url, 100), *([element("br"), foreign(message, 200)] if message else []))
        share = tables.share(group.pages, pages.pages, "failed")
        rows.append([Cell(foreign(label), "kind"), tables.number(group.pages), *share, where, Cell(example, "long")])
    head = ["Outcome", "Pages", "Share", "", "Most at", "For example"]
    bar = plots.stack([("ok", pages.ok), ("failed", pages.failed)])
    caption = "Pages by outcome: ok, or the status or error kind that they failed with"
    return tables.section("outcomes", "Outcomes", bar, tables.table(Table(caption=caption, head=head, rows=rows)))


def latency(tally: Tally) -> Markup:
    """Return how long pages took, as a plot and by phase."""
    histogram = tally.all.latency
    if not histogram.counts:
        return Markup()
    return tables.section("latency", "Latency", _distribution(histogram), _phases(tally))


def _distribution(histogram: Histogram) -> Markup:
    first, last = min(histogram.counts), max(histogram.counts)
    width = max(1, -(-(last - first + 1) // _COLUMNS))
    columns = -(-(last - first + 1) // width)

    def across(value_ms: float) -> float:
        return 100 * (_bucket(value_ms) - first) / (width * columns)

    bars, rows = [], []
    for number in range(columns):
        start = first + number * width
        pages = sum(histogram.counts.get(bucket, 0) for bucket in range(start, start + width))
        span = f"{duration(edge_ms(start) / 1000)} to {duration(edge_ms(start + width) / 1000)}"
        bars.append(Bar(100 * number / columns, 100 * (number + 1) / columns, pages, 0, f"{span}: {pages:,} pages"))
        if pages:
            rows.append([Cell(span), tables.number(pages)])
    marks = [(q, histogram.quantile(q)) for q in (0.5, 0.95)]
    told = [Tick(across(value), f"p{q * 100:.0f} {duration(value / 1000)}") for q, value in marks if value is not None]
    plot = plots.columns(
        bars,
        title="Latency distribution",
        description=f"On a logarithmic scale; {', '.join(mark.label for mark in told)}.",
        ticks=_apart([Tick(across(value), duration(value / 1000)) for value in _ticks_ms(first, last)]),
        marks=_unless_too_near(told),
    )
    numbers = Table(caption="Pages by duration of the last attempt", head=["Duration", "Pages"], rows=rows)
    return tables.figure("Pages by the duration of their last attempt", plot, numbers)


def _bucket(value_ms: float) -> float:
    """Return where in the buckets a latency is: the inverse of `edge_ms`."""
    return math.log(value_ms / edge_ms(0)) / math.log(edge_ms(1) / edge_ms(0))


def _ticks_ms(first: int, last: int) -> list[float]:
    within = [value for value in _TICKS_MS if first <= _bucket(value) <= last + 1]
    decades = [value for value in within if str(value).strip("0.").startswith("1")]
    return within if len(decades) < _TICKS else decades


def _apart(ticks: Sequence[Tick]) -> list[Tick]:
    """Leave out ticks whose labels would touch on the narrowest screen."""
    kept: list[Tick] = []
    for tick in ticks:
        if not kept or tick.at - kept[-1].at >= 100 / (_TICKS + 1):
            kept.append(tick)
    return kept


def _unless_too_near(marks: Sequence[Tick]) -> list[Tick]:
    """Let two marks share one label when theirs would touch."""
    first, second = marks
    if second.at - first.at >= 45:  # noqa: PLR2004 - per cent of 280 pixels, for twice 90 pixels around the lines
        return list(marks)
    return [Tick(first.at, ""), Tick(second.at, f"{first.label} · {second.label}")]


def _phases(tally: Tally) -> Markup:
    total_ms = sum(tally.phase_ms.values()) or 1.0
    named = [("whole attempt", tally.all.latency, None)] + [
        (_PHASES[phase], histogram, tally.phase_ms[phase] / total_ms) for phase, histogram in tally.phases.items()
    ]
    rows = []
    for name, histogram, share in named:
        if not histogram.counts:
            continue
        quantiles = [tables.milliseconds(histogram.quantile(q)) for q in (0.5, 0.9, 0.95, 0.99, 1.0)]
        told = [Cell(""), Cell("")] if share is None else tables.share(round(share * 1000), 1000)
        rows.append([Cell(name, "name"), tables.number(histogram.count), *quantiles, *told])
    head = ["Phase", "Pages", "p50", "p90", "p95", "p99", "Slowest", "Of the time", ""]
    note = "Within 2 %. Pages that came over a connection that was open already needed no dns and no connect."
    return tables.table(Table(caption="Last attempts by phase", note=note, head=head, rows=rows))


_PHASES = {
    "dns": "looking the name up",
    "connect": "connecting, with TLS",
    "first_byte": "waiting for the first byte",
    "body": "receiving the body",
    "parse": "parsing",
}


def speed(tally: Tally) -> Markup:
    """Return how many pages ended when."""
    columns = tally.timeline.columns(_COLUMNS)
    if not columns:
        return Markup()
    is_long = tally.last_s - tally.first_s >= _DAY_S
    step = columns[0].seconds
    bars, rows = [], []
    for number, column in enumerate(columns):
        at = _clock(column.start_s, is_long=is_long)
        told = f"{column.ok:,} ok, {column.failed:,} failed"
        left, right = 100 * number / len(columns), 100 * (number + 1) / len(columns)
        bars.append(Bar(left, right, column.ok, column.failed, f"{at}: {told}"))
        per_s = Cell(rate((column.ok + column.failed) / step), "number")
        rows.append([Cell(at), tables.number(column.ok), tables.number(column.failed), per_s])
    plot = plots.columns(
        bars,
        title="Pages over time",
        description=f"Pages that ended in each {duration(step)}, ok and failed, from {rows[0][0].content} UTC on.",
        ticks=_times(columns, is_long=is_long),
        marks=[Tick(100 * n / len(columns), "gone on with") for n, c in enumerate(columns) if c.is_after_pause][-1:],
    )
    head = ["From (UTC)", "Ok", "Failed", "Pages/s"]
    numbers = Table(caption=f"Pages that ended in each {duration(step)}", head=head, rows=rows)
    keys = [("ok", "ok"), ("failed", "failed")] if tally.all.failed else []
    note = _pauses(columns)
    shown = tables.figure(f"Pages that ended in each {duration(step)}, UTC", plot, numbers, keys)
    return tables.section("speed", "Pages over time", shown, *([element("p", note, class_="soft")] if note else []))


def _pauses(columns: Sequence[Column]) -> str:
    pauses = sum(column.is_after_pause for column in columns)
    if not pauses:
        return ""
    times = "once" if pauses == 1 else f"{pauses:,} times"
    return f"The run stood still and was gone on with {times}; those pauses are left out of the plot."


def _times(columns: Sequence[Column], *, is_long: bool) -> list[Tick]:
    places = (
        sorted({round(part * (len(columns) - 1) / (_TICKS - 1)) for part in range(_TICKS)})
        if not is_long
        else [0, len(columns) - 1]
    )
    return _apart([Tick(100 * (n + 0.5) / len(columns), _clock(columns[n].start_s, is_long=is_long)) for n in places])


def _clock(at_s: float, *, is_long: bool) -> str:
    return f"{datetime.fromtimestamp(at_s, UTC):{'%d %b %H:%M' if is_long else '%H:%M:%S'}}"


def hosts(tally: Tally) -> Markup:
    """Return the hosts with most pages, and those with most failures."""
    total = len(tally.hosts)
    named = [(foreign(host), group) for host, group in tally.hosts.largest(_HOSTS_SHOWN)]
    note = f"The {_HOSTS_SHOWN} with most pages of {total:,}." if total > _HOSTS_SHOWN else ""
    content = [
        tables.groups(
            "Hosts with most pages", "Host", named, whole=tally.all.pages, note=joined(note, undercount(tally.hosts))
        )
    ]
    failing = tally.hosts.most_failed(_FAILING_SHOWN)
    if failing and total > 1:
        rows = [
            [
                Cell(foreign(host), "name"),
                tables.number(group.failed),
                *tables.share(group.failed, group.pages, "failed"),
                Cell(foreign(_reasons(tally, host)), "long"),
            ]
            for host, group in failing
        ]
        head = ["Host", "Failed", "Of its pages", "", "Reasons"]
        content.append(tables.table(Table(caption="Hosts with most failures", head=head, rows=rows)))
    return tables.section("hosts", "Hosts", *content)


def _reasons(tally: Tally, host: str) -> str:
    found = [(group.pages, label) for (label, at), group in tally.failed_at.items() if at == host]
    return " · ".join(f"{label} {pages:,}" for pages, label in sorted(found, reverse=True)[:3])


def undercount(groups: Groups[str]) -> str:
    """Return how exact a table of groups is, when it is not."""
    if not groups.undercount:
        return ""
    return f" There are too many to count each: the numbers may be low by {groups.undercount:,} at most."
