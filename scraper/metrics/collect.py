"""What each metric of a run is at one moment."""

import platform
from collections import Counter
from collections.abc import Iterator

from scraper.config.constants import VERSION
from scraper.errors import ERROR_KINDS
from scraper.metrics import catalogue as of
from scraper.metrics.exposition import Sample, histogram
from scraper.run import Running
from scraper.seats import PHASES

_CLASSES = ("1xx", "2xx", "3xx", "4xx", "5xx")


def collect(run: Running, now: float, started: float) -> list[Sample]:
    """Return every metric of `run`, which began at `started`. Both are Unix time.

    Each series is there from the start: `rate` needs its zero.
    """
    return [*_account(run), Sample(of.STARTED, round(started, 3)), *_moment(run, now), *_time(run)]


def _account(run: Running) -> Iterator[Sample]:
    stats = run.stats
    yield Sample(of.BUILD, 1, {"version": VERSION, "python": platform.python_version()})
    yield Sample(of.LINES, stats.lines)
    yield Sample(of.SKIPPED, stats.duplicates, {"reason": "duplicate"})
    yield Sample(of.SKIPPED, stats.blank, {"reason": "blank"})
    yield Sample(of.SKIPPED, stats.already_done, {"reason": "already-done"})
    yield Sample(of.SOURCE_READ, run.is_source_read)
    yield Sample(of.PAGES, stats.ok, {"outcome": "ok", "kind": ""})
    for kind in sorted(ERROR_KINDS):
        yield Sample(of.PAGES, stats.failed.get(kind, 0), {"outcome": "failed", "kind": kind})
    classes: Counter[str] = Counter()
    for status, number in stats.statuses.items():
        classes[f"{status // 100}xx"] += number
    for each in _CLASSES:
        yield Sample(of.ANSWERS, classes[each], {"class": each})
    yield Sample(of.RETRIES, stats.retries)
    yield Sample(of.BODY_BYTES, stats.bytes)


def _moment(run: Running, now: float) -> Iterator[Sample]:
    view, inside = run.view(), run.inside()
    yield Sample(of.PROGRESS, round(now - inside.quiet_s, 3))
    yield Sample(of.QUEUE, view.queued)
    yield Sample(of.WORKERS, view.workers)
    yield Sample(of.BUSY, view.busy)
    for phase in PHASES:
        yield Sample(of.IN_FLIGHT, inside.in_flight.get(phase, 0), {"phase": phase})
    yield Sample(of.HOSTS, inside.hosts.active)
    yield Sample(of.PAUSED, inside.hosts.paused)
    yield Sample(of.RESOLVING, inside.hosts.resolving)
    yield Sample(of.SOCKETS, inside.open_sockets)
    if view.left_s is not None:
        yield Sample(of.LEFT, view.left_s)
    yield Sample(of.STOPPING, view.is_stopping)
    yield Sample(of.STALLS, inside.stalls)
    yield from histogram(of.PAGE_S, view.latency)
    for name, counts in inside.phases.items():
        yield from histogram(of.PHASE_S, counts, {"phase": name})


def _time(run: Running) -> Iterator[Sample]:
    load = run.load()
    states = {"busy": load.busy_s, "waiting": load.waiting_s, "starved": load.starved_s, "tail": load.tail_s}
    for state, seconds in states.items():
        yield Sample(of.WORKER_S, seconds, {"state": state})
    yield Sample(of.CPU, load.cpu_s)
