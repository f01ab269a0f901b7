"""What a run under way tells a person who asks: at once, on a terminal."""

from collections.abc import Iterator
from typing import Any

from msgspec import structs

from scraper.engine.bottleneck import HostLoad
from scraper.engine.view import Inside, View
from scraper.engine.watchdog import worker_line
from scraper.seats import PHASES
from scraper.stats import LABEL_WIDTH, Histogram, count, duration, rate, size

_HOSTS_NAMED = 10


def status_text(view: View, inside: Inside) -> str:
    """Return lines: how far it is, what it waits for, its workers one by one, and the hosts that will take longest."""
    return "\n".join(f"{label:<{LABEL_WIDTH}}{text}".rstrip() for label, text in _rows(view, inside))


def _rows(view: View, inside: Inside) -> Iterator[tuple[str, str]]:
    failed = view.records - view.ok
    speed = view.records / view.elapsed_s if view.elapsed_s > 0 else 0.0
    done = f"{view.done:,} of {count(view.total, 'line')}" if view.total is not None else count(view.done, "line")
    yield "done", f"{done}: {view.ok:,} ok, {failed:,} failed; {rate(speed)} pages/s, {size(view.bytes)}"
    left = f"; about {duration(view.left_s)} left" if view.left_s else ""
    yield "running", f"{duration(view.elapsed_s)}{left}; the last sign of life was {duration(inside.quiet_s)} ago"
    if view.note:
        yield "now", view.note
    phases = ", ".join(f"{phase} {inside.in_flight[phase]}" for phase in PHASES if inside.in_flight.get(phase))
    yield "workers", f"{view.busy} of {view.workers} busy" + (f": {phases}" if phases else "")
    yield "queue", f"{count(view.queued, 'URL')} waiting"
    hosts = inside.hosts
    yield "hosts", f"{hosts.active:,} with URLs, {hosts.paused:,} paused, {hosts.resolving:,} being looked up"
    yield "sockets", f"{inside.open_sockets:,} open"
    for label, host in zip(("longest", *[""] * _HOSTS_NAMED), view.load.hosts if view.load else (), strict=False):
        yield label, _host(host)
    for busy in inside.busy:
        yield "", worker_line(busy)
    others = view.busy - len(inside.busy)
    if inside.busy and others > 0:
        yield "", f"and {others} more workers"


def _host(host: HostLoad) -> str:
    paused = f", paused for {duration(host.paused_s)} more" if host.paused_s else ""
    urls = count(host.unfinished, "URL")
    return f"{host.host}: {urls}, {host.in_flight} of {host.slots} at a time ({host.limit}){paused}"


def status_data(view: View, inside: Inside) -> dict[str, Any]:
    """Return the same as plain data, for JSON; latencies in milliseconds."""
    latency = Histogram(view.latency)
    return {
        "done": view.done,
        "total": view.total,
        "ok": view.ok,
        "failed": dict(view.failed),
        "retries": view.retries,
        "bytes": view.bytes,
        "elapsed_s": round(view.elapsed_s, 3),
        "left_s": view.left_s and round(view.left_s, 1),
        "is_stopping": view.is_stopping,
        "note": view.note,
        "workers": view.workers,
        "busy": view.busy,
        "queued": view.queued,
        "in_flight": dict(inside.in_flight),
        "hosts": structs.asdict(inside.hosts),
        "open_sockets": inside.open_sockets,
        "stalls": inside.stalls,
        "quiet_s": round(inside.quiet_s, 3),
        "p50_ms": _rounded(latency.quantile(0.5)),
        "p95_ms": _rounded(latency.quantile(0.95)),
        "longest_hosts": [structs.asdict(host) for host in (view.load.hosts if view.load else ())],
        "busy_workers": [structs.asdict(busy) for busy in inside.busy],
    }


def _rounded(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else round(milliseconds, 3)
