"""Every metric of a run. Names and units are as Prometheus's conventions have them; labels are kinds and phases only.

https://prometheus.io/docs/practices/naming/
"""

from importlib import resources
from typing import Literal

from msgspec import Struct

Kind = Literal["counter", "gauge", "histogram"]


class Metric(Struct, frozen=True):
    """One metric."""

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    is_live: bool = False
    """It tells of this moment: once the run has ended it means nothing."""
    is_final: bool = False
    """It tells how the run ended: it is in the file alone."""


BUILD = Metric("scraper_build_info", "gauge", "1; the versions of scraper and Python.", ("version", "python"))
STARTED = Metric("scraper_start_time_seconds", "gauge", "When the run began, in Unix time.")
PROGRESS = Metric(
    "scraper_last_progress_time_seconds", "gauge", "When a byte came in or a URL came to its end last, in Unix time."
)
LINES = Metric("scraper_lines_total", "counter", "Lines of the input that were read.")
SKIPPED = Metric(
    "scraper_lines_skipped_total",
    "counter",
    "Lines that needed no page: duplicate, blank, or done by an earlier run.",
    ("reason",),
)
SOURCE_READ = Metric("scraper_source_read", "gauge", "1 once the input was read to its end.")
PAGES = Metric(
    "scraper_pages_total", "counter", "URLs that came to their end, by outcome and error kind.", ("outcome", "kind")
)
ANSWERS = Metric("scraper_answers_total", "counter", "URLs by the class of their last HTTP status.", ("class",))
RETRIES = Metric("scraper_retries_total", "counter", "Further tries after the first.")
BODY_BYTES = Metric("scraper_body_bytes_total", "counter", "Decoded bodies of the pages.")
QUEUE = Metric("scraper_queue_depth", "gauge", "URLs that were read and wait for their turn.", is_live=True)
WORKERS = Metric("scraper_workers", "gauge", "Workers.", is_live=True)
BUSY = Metric("scraper_workers_busy", "gauge", "Workers that have a URL.", is_live=True)
IN_FLIGHT = Metric("scraper_in_flight", "gauge", "Busy workers by what they do.", ("phase",), is_live=True)
HOSTS = Metric("scraper_hosts", "gauge", "Hosts with URLs that wait or are in flight.", is_live=True)
PAUSED = Metric(
    "scraper_hosts_paused",
    "gauge",
    "Hosts that wait for a time: Retry-After, back-off, a delay, probing.",
    is_live=True,
)
RESOLVING = Metric("scraper_hosts_resolving", "gauge", "Hosts whose name is being looked up.", is_live=True)
SOCKETS = Metric("scraper_open_sockets", "gauge", "Open sockets to hosts, idle ones included.", is_live=True)
LEFT = Metric("scraper_left_seconds", "gauge", "Until the end of the run, as it seems now.", is_live=True)
STOPPING = Metric("scraper_stopping", "gauge", "1 once the run was asked to stop.", is_live=True)
STALLS = Metric("scraper_stalls_total", "counter", "How often nothing came in for 30 s though workers were busy.")
WORKER_S = Metric(
    "scraper_worker_seconds_total",
    "counter",
    "Time of the workers: busy, or idle for a host's turn, for the input, at the end.",
    ("state",),
)
CPU = Metric("scraper_cpu_seconds_total", "counter", "CPU time of the run's processes.")
PAGE_S = Metric("scraper_page_duration_seconds", "histogram", "Duration of the last try of each URL.")
PHASE_S = Metric("scraper_phase_duration_seconds", "histogram", "The same, by phase.", ("phase",))
EXIT_CODE = Metric("scraper_last_exit_code", "gauge", "What the last run exited with; 0: well.", is_final=True)
ENDED = Metric("scraper_last_end_time_seconds", "gauge", "When the last run ended, in Unix time.", is_final=True)
SUCCEEDED = Metric(
    "scraper_last_success_time_seconds", "gauge", "When a run ended with 0 last, in Unix time; 0: never.", is_final=True
)
RUN_S = Metric("scraper_last_run_duration_seconds", "gauge", "How long the last run took.", is_final=True)

METRICS: tuple[Metric, ...] = tuple(each for each in globals().values() if isinstance(each, Metric))


def table() -> str:
    """Return a line for each metric: its name and labels, its kind, what it tells."""
    rows = [(_named(each), each.kind, each.help) for each in METRICS]
    widths = [max(len(row[column]) for row in rows) + 2 for column in (0, 1)]
    return "".join(f"{name:<{widths[0]}}{kind:<{widths[1]}}{text}\n" for name, kind, text in rows)


def data(what: Literal["grafana", "alerts"]) -> str:
    """Return the dashboard for Grafana, or the alert rules for Prometheus."""
    name = {"grafana": "grafana.json", "alerts": "alerts.yml"}[what]
    return resources.files("scraper.metrics").joinpath("data", name).read_text(encoding="utf-8")


def _named(metric: Metric) -> str:
    return metric.name + (f"{{{', '.join(metric.labels)}}}" if metric.labels else "")
