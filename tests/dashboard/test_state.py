"""What the page shows at one moment, in words."""

import pytest

from scraper.dashboard.state import Observer
from scraper.engine.bottleneck import HostLoad, Load
from scraper.engine.view import View
from scraper.stats import Histogram, bucket_of

HOST = HostLoad(
    host="h.example", unfinished=90, in_flight=4, slots=4, gap_s=0.0, paused_s=0.0, request_s=0.2, limit="per-host"
)
LOAD = Load(
    workers=50, elapsed_s=10.0, busy_s=200.0, waiting_s=250.0, starved_s=50.0, tail_s=1.0, cpu_s=2.0, unfinished=99,
    phases_s={"first_byte": 150.0, "parse": 1.0}, records_per_s=9.0, hosts=[HOST],
)  # fmt: skip


def view(**changes):
    usual = {
        "done": 500, "total": 2000, "ok": 480, "failed": {"read-timeout": 3, "tls-error": 17}, "busy": 12,
        "workers": 50, "queued": 1488, "left_s": 31.2, "note": "why", "elapsed_s": 10.0, "bytes": 10**7, "retries": 1,
        "statuses": {200: 480, 404: 3}, "latency": {bucket_of(40.0): 400}, "load": LOAD,
    }  # fmt: skip
    return View(**(usual | changes))


def state(*views, ending=""):
    observer = Observer()
    for each in views:
        observer.look(each)
    return observer.state(views[-1], ending=ending)


def test_the_figures_are_those_of_the_view():
    told = state(view())
    texts = told.texts
    assert told.status == "running"
    assert (texts["ok"], texts["failed"], texts["busy"], texts["queued"]) == ("480", "20", "12 of 50", "1,488")
    assert (texts["done"], texts["bytes"], texts["retries"]) == ("500 of 2,000 lines done", "10.0 MB", "1 retry")
    assert (texts["failed-note"], texts["elapsed"], texts["note"]) == ("4.0 % of 500", "10 s", "why")


@pytest.mark.parametrize(
    ("changes", "ending", "headline", "status"),
    [
        ({}, "", "25 % done, about 32 s left", "running"),
        ({"total": None}, "", "500 lines done", "running"),
        ({"total": None, "done": 1}, "", "1 line done", "running"),
        ({"is_stopping": True}, "", "Stopping: waiting for the requests in flight", "stopping"),
        ({}, "ended", "The run has ended: 480 pages ok, 20 failed, in 10 s", "ended"),
        ({"is_stopping": True}, "ended", "The run was stopped: 480 pages ok, 20 failed, in 10 s", "ended"),
        ({"ok": 1}, "no space left", "The run has failed: no space left; 1 page ok, 20 failed", "failed"),
    ],
)
def test_the_headline_tells_where_the_run_is(changes, ending, headline, status):
    told = state(view(**changes), ending=ending)
    assert (told.headline, told.status) == (headline, status)


def test_failures_and_statuses_come_most_frequent_first_with_their_shares():
    tables = state(view()).tables
    assert tables["failures"] == [["tls-error", "17", 0.85], ["read-timeout", "3", 0.15]]
    assert [row[:2] for row in tables["statuses"]] == [["200", "480"], ["404", "3"]]


def test_hosts_are_told_with_what_limits_them_and_how_long_they_take():
    paused = HostLoad(
        host="b", unfinished=2, in_flight=0, slots=1, gap_s=1.0, paused_s=8.5, request_s=0.0, limit="backing-off"
    )
    busy = Load(
        **{name: getattr(LOAD, name) for name in LOAD.__struct_fields__ if name != "hosts"}, hosts=[HOST, paused]
    )
    assert state(view(load=busy)).tables["hosts"] == [
        ["h.example", "90", "4 of 4", "200 ms", "at its limit, --per-host", "5 s"],
        ["b", "2", "0 of 1", "-", "backing off after 429/503, 9 s more", "11 s"],
    ]
    assert state(view(load=busy), ending="ended").tables["hosts"] == []
    assert state(view(load=None)).tables["hosts"] == []


def test_what_the_workers_did_is_told_in_shares_of_their_time():
    assert state(view()).tables["phases"] == [
        ["waiting for first bytes", "30 %", 0.3],
        ["idle: waiting for a host's turn", "50 %", 0.5],
        ["idle: waiting for the list", "10 %", 0.1],
    ]


def test_speed_and_latency_are_those_of_late():
    old, new = bucket_of(1000.0), bucket_of(10.0)
    views = [view(elapsed_s=float(n), ok=10 * n, latency={old: 100 * min(n, 50), new: 2 * n}) for n in range(0, 200, 5)]
    texts = state(*views).texts
    assert texts["rate"] == "10/s"
    assert texts["latency"].removesuffix(" ms") in ("9.9", "10")
    whole = state(*views, ending="ended").texts
    assert whole["rate-note"] == "pages ok, whole run"


def test_when_nothing_ends_the_last_known_latency_stays():
    views = [view(elapsed_s=float(n)) for n in range(0, 500, 5)]
    assert state(*views).texts["latency"] == "41 ms"
    assert state(view(latency={})).texts["latency"] == "-"


def test_what_is_remembered_stays_bounded():
    observer = Observer()
    for second in range(20_000):
        observer.look(view(elapsed_s=float(second), ok=second))
    plots = observer.state(view(elapsed_s=20_000.0, ok=20_000)).plots
    assert max(len(plot.ok) for plot in plots.values()) <= 200
    assert len(observer._latencies) <= 15
    assert Histogram(view().latency).count == 400
