"""How the workers' time is told apart."""

from types import SimpleNamespace

import pytest
from msgspec.structs import replace

from scraper.engine.bottleneck import HostLoad
from scraper.engine.timesheet import Timesheet
from scraper.models import Timings


def host(name, unfinished, request_s=1.0):
    return HostLoad(
        host=name, unfinished=unfinished, in_flight=1, slots=2, gap_s=0.0, paused_s=0.0, request_s=request_s,
        limit="per-host",
    )  # fmt: skip


def sheet(hosts=()):
    clock = SimpleNamespace(now=0.0, cpu=0.0)
    hosts = list(hosts)
    made = Timesheet(workers=2, hosts=lambda: iter(hosts), clock=lambda: clock.now, cpu_clock=lambda: clock.cpu)
    return made, clock, hosts


TIMINGS = Timings(dns=100.0, connect=200.0, first_byte=300.0, parse=50.0)


def test_every_second_of_a_worker_goes_to_one_account():
    made, clock, _ = sheet()
    made.wait("waiting")
    made.wait("waiting")
    clock.now = 2.0
    made.start("starved")  # nothing else waits: from now on that is why the other is idle
    clock.now = 5.0
    made.tried(TIMINGS)
    made.wait("tail")
    clock.now, clock.cpu = 6.0, 4.5
    load = made.load(unfinished=7, records=3)
    assert (load.waiting_s, load.starved_s, load.tail_s, load.busy_s) == (4.0, 3.0, 2.0, 3.0)
    assert load.waiting_s + load.starved_s + load.tail_s + load.busy_s == 2 * load.elapsed_s
    assert (load.cpu_s, load.unfinished, load.records_per_s) == (4.5, 7, 0.5)


def test_a_job_under_way_counts_as_busy():
    made, clock, _ = sheet()
    for _ in range(2):
        made.wait("waiting")
    made.start("starved")
    clock.now = 4.0
    load = made.load(unfinished=1, records=0)
    assert (load.busy_s, load.starved_s) == (4.0, 4.0)


def test_phases_are_those_of_pages_failures_and_robots_txt():
    made, _, _ = sheet()
    for timings in (TIMINGS, Timings(connect=2000.0), Timings()):
        made.tried(timings)
    made.spent("robots", 2.0)
    made.spent("write", 0.25)
    phases = made.load(unfinished=0, records=1).phases_s
    expected = {"dns": 0.1, "connect": 2.2, "first_byte": 0.3, "parse": 0.05, "robots": 2.0, "write": 0.25}
    assert phases == pytest.approx(expected)


def test_the_lateness_of_the_loop_is_summed_up():
    made, _, _ = sheet()
    for seconds in (0.001, 0.003):
        made.late(seconds)
    load = made.load(unfinished=0, records=0)
    assert (load.late_s, load.pulses) == (0.004, 2)


def test_lately_forgets_what_was_before():
    made, clock, _ = sheet()
    made.wait("starved")
    made.wait("starved")
    for second in range(1, 101):
        clock.now, clock.cpu = float(second), second * 0.5
        lately = made.lately(made.load(unfinished=9, records=10 * min(second, 70)))
    assert (lately.elapsed_s, lately.starved_s, lately.cpu_s) == (30.0, 60.0, 15.0)
    assert lately.records_per_s == pytest.approx(0.0)
    made.start("waiting")
    clock.now = 130.0
    lately = made.lately(made.load(unfinished=9, records=700))
    assert (lately.busy_s, lately.waiting_s) == (30.0, 30.0)


def test_a_look_at_very_many_hosts_is_taken_less_often():
    clock = SimpleNamespace(now=0.0)
    looks = []

    def hosts():
        looks.append(clock.now)
        clock.now += 0.1
        yield host("a", 1)

    made = Timesheet(workers=1, hosts=hosts, clock=lambda: clock.now, cpu_clock=lambda: 0.0)
    for _ in range(200):
        clock.now += 0.1
        made.wait("waiting")
        made.start("waiting")
    assert len(looks) == 5  # 0.1 s each, in 20 s: each look is a fiftieth of the time to the next


def test_the_hosts_with_the_longest_way_to_go_are_kept_when_they_are_done():
    made, clock, hosts = sheet([host(f"h{n}", n) for n in range(1, 14)])
    made.wait("waiting")
    assert [found.host for found in made.load(unfinished=1, records=1).hosts] == [f"h{n}" for n in range(13, 3, -1)]
    hosts.clear()
    clock.now = 10.0
    assert made.load(unfinished=0, records=9).hosts[0].host == "h13"


def test_a_pause_that_nobody_waits_for_any_more_is_not_told_as_one_to_come():
    made, clock, hosts = sheet([replace(host("a", 3), paused_s=5.0, limit="backing-off")])
    made.wait("waiting")
    assert made.load(unfinished=3, records=1).hosts[0].paused_s == 5.0
    hosts.clear()
    clock.now = 0.1
    assert made.load(unfinished=0, records=4).hosts[0].paused_s == 0.0


def test_workers_that_come_and_go_count_for_as_long_as_they_were_there():
    made, clock, _ = sheet()
    for _ in range(2):
        made.wait("waiting")
    clock.now = 1.0
    made.join()
    made.wait("waiting")
    clock.now = 3.0
    made.leave()
    made.leave()
    clock.now = 7.0
    load = made.load(unfinished=1, records=0)
    assert load.waiting_s == 2 * 1 + 3 * 2 + 1 * 4
    assert load.busy_s == 0
    assert load.workers == 1
