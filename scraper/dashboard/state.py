"""What the page shows at one moment, worded here, so that the page only has to put it in its place."""

import math
from collections import deque
from collections.abc import Mapping

from msgspec import Struct

from scraper.dashboard.history import Plot, Series
from scraper.engine.bottleneck import HostLoad, remaining_s
from scraper.engine.view import View
from scraper.progress import Pace
from scraper.stats import Histogram, count, duration, rate, size

_RECENT_STEP_S = 3.0
_COLUMNS = 200
"""Ten minutes of such steps; and as many for the whole run, however long they get."""
_LATENCY_S = 60.0
"""Latency is that of the pages that ended within the last so many seconds,"""
_LATENCY_STEP_S = 5.0
"""to within so many."""
_PHASES = {
    "robots": "robots.txt",
    "dns": "looking names up",
    "connect": "connecting",
    "first_byte": "waiting for first bytes",
    "body": "receiving bodies",
    "parse": "parsing",
    "write": "waiting for the output",
}
_LIMITS = {
    "per-host": "at its limit, --per-host",
    "delay": "--delay",
    "crawl-delay": "its Crawl-delay",
    "backing-off": "backing off after 429/503",
    "robots": "waits for its robots.txt",
    "dns": "waits for its address",
    "down": "does not answer",
    "paused": "paused with scrape ctl",
}

Cell = str | float
"""A text; or a share, 0 to 1, that is drawn as a bar."""


class State(Struct, frozen=True, kw_only=True):
    """All of it: the page keeps nothing from one to the next."""

    status: str
    """running, stopping, ended or failed."""
    headline: str
    done: int
    total: int | None
    """None: the list is still being read."""
    texts: dict[str, str]
    """Texts by the id of where they go."""
    tables: dict[str, list[list[Cell]]]
    """Rows by the id of the table's body."""
    plots: dict[str, Plot]


class Observer:
    """Makes the State of each moment from a View; remembers a bounded past."""

    def __init__(self) -> None:
        self._recent = Series(step_s=_RECENT_STEP_S, columns=_COLUMNS)
        self._whole = Series(step_s=_RECENT_STEP_S, columns=_COLUMNS, is_whole=True)
        self._pace = Pace()
        self._last = (0.0, 0, 0)
        self._latencies: deque[tuple[float, Mapping[int, int]]] = deque([(0.0, {})])

    def look(self, view: View) -> None:
        """Take `view` as the newest moment."""
        now, ok, failed = view.elapsed_s, view.ok, view.records - view.ok
        before, ok_before, failed_before = self._last
        for series in (self._recent, self._whole):
            series.add(before, now, ok - ok_before, failed - failed_before)
        self._last = (now, ok, failed)
        self._pace.add(now, view)
        if now - self._latencies[-1][0] >= _LATENCY_STEP_S:
            self._latencies.append((now, view.latency))
        while len(self._latencies) > 1 and self._latencies[1][0] <= now - _LATENCY_S:
            self._latencies.popleft()

    def state(self, view: View, *, ending: str = "") -> State:
        """Return what `view`, which was looked at last, shows; with `ending` the run is over, and that is why."""
        status = ending and ("ended" if ending == "ended" else "failed")
        return State(
            status=status or ("stopping" if view.is_stopping else "running"),
            headline=_headline(view, ending, _left(view, self._pace)),
            done=view.done,
            total=view.total,
            texts=self._texts(view, is_over=bool(ending)),
            tables={
                "failures": _counts(view.failed),
                "statuses": _counts(view.statuses),
                "hosts": [] if ending else [_host(host) for host in (view.load.hosts if view.load else ())],
                "phases": _phases(view),
            },
            plots={"recent": self._recent.plot(), "whole": self._whole.plot()},
        )

    def _texts(self, view: View, *, is_over: bool) -> dict[str, str]:
        latency = self._latency(view)
        median, slow = latency.quantile(0.5), latency.quantile(0.95)
        failed = view.records - view.ok
        return {
            "done": _done(view),
            "rate": f"{rate(view.ok / view.elapsed_s if is_over and view.elapsed_s else self._pace.pages_per_s)}/s",
            "rate-note": "pages ok, whole run" if is_over else "pages ok, last 10 s",
            "ok": f"{view.ok:,}",
            "failed": f"{failed:,}",
            "failed-note": f"{100 * failed / view.records:.1f} % of {view.records:,}" if view.records else "",
            "busy": f"{view.busy:,} of {view.workers:,}",
            "queued": f"{view.queued:,}",
            "latency": "-" if median is None else duration(median / 1000),
            "latency-note": "" if slow is None else f"p95 {duration(slow / 1000)}, last minute",
            "bytes": size(view.bytes),
            "retries": "1 retry" if view.retries == 1 else f"{view.retries:,} retries",
            "elapsed": duration(view.elapsed_s),
            "note": view.note if not is_over else "",
        }

    def _latency(self, view: View) -> Histogram:
        """Return the latencies of the last minute; of the whole run, when nothing ended in it."""
        before = self._latencies[0][1]
        recent = {bucket: number - before.get(bucket, 0) for bucket, number in view.latency.items()}
        return Histogram(recent if any(recent.values()) else view.latency)


def _headline(view: View, ending: str, left: str) -> str:
    failed = view.records - view.ok
    counts = f"{count(view.ok, 'page')} ok, {failed:,} failed"
    if not ending:
        if view.is_stopping:
            return "Stopping: waiting for the requests in flight"
        share = f"{100 * view.done / view.total:.0f} % done" if view.total else f"{count(view.done, 'line')} done"
        return f"{share}, {left}" if left else share
    if ending != "ended":
        return f"The run has failed: {ending}; {counts}"
    return f"The run {'was stopped' if view.is_stopping else 'has ended'}: {counts}, in {duration(view.elapsed_s)}"


def _done(view: View) -> str:
    if view.total is None:
        return f"{count(view.done, 'line')} done; the list is still being read"
    return f"{view.done:,} of {count(view.total, 'line')} done"


def _left(view: View, pace: Pace) -> str:
    if view.total is None or view.total <= view.done:
        return ""
    left_s = view.left_s
    if left_s is None and pace.records_per_s > 0:
        left_s = (view.total - view.done) / pace.records_per_s
    return "" if left_s is None else f"about {duration(math.ceil(left_s))} left"


def _counts(counts: Mapping[str, int] | Mapping[int, int]) -> list[list[Cell]]:
    total = sum(counts.values()) or 1
    ordered = sorted(((str(name), number) for name, number in counts.items()), key=lambda item: (-item[1], item[0]))
    return [[name, f"{number:,}", number / total] for name, number in ordered]


def _host(host: HostLoad) -> list[Cell]:
    paused = f", {duration(math.ceil(host.paused_s))} more" if host.paused_s else ""
    return [
        host.host,
        f"{host.unfinished:,}",
        f"{host.in_flight} of {host.slots}",
        duration(host.request_s) if host.request_s else "-",
        _LIMITS[host.limit] + paused,
        duration(math.ceil(remaining_s(host))),
    ]


def _phases(view: View) -> list[list[Cell]]:
    """Return what the workers did in the last half minute, as shares of their time."""
    load = view.load
    if load is None or load.elapsed_s <= 0:
        return []
    whole_s = load.workers * load.elapsed_s
    spent = [(_PHASES.get(phase, phase), seconds) for phase, seconds in load.phases_s.items()]
    spent += [
        ("idle: waiting for a host's turn", load.waiting_s),
        ("idle: waiting for the list", load.starved_s),
        ("idle: nothing left to start", load.tail_s),
    ]
    shares = [(name, min(1.0, seconds / whole_s)) for name, seconds in spent]
    return [[name, f"{share * 100:.0f} %", round(share, 4)] for name, share in shares if share >= 0.005]  # noqa: PLR2004 - rounds to 1 %
