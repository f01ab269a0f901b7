"""The bottleneck: the right cause in staged situations, and an ETA from the longest queue."""

import heapq
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from scraper.config import Config
from scraper.engine.bottleneck import FEWEST_RECORDS, HostLoad, Load, explain, finish_s

STEADY = Load(
    workers=50,
    elapsed_s=100.0,
    busy_s=5_000.0,
    waiting_s=0.0,
    starved_s=0.0,
    tail_s=0.0,
    phases_s={},
    cpu_s=20.0,
    unfinished=1_000,
    records_per_s=50.0,
    hosts=(),
)
"""All of 50 workers busy for 100 s."""
CALM = HostLoad(
    host="example.com",
    unfinished=300,
    in_flight=4,
    slots=4,
    gap_s=0.0,
    paused_s=0.0,
    request_s=1.0,
    limit="per-host",
)


def load(**changes):
    """Return a load; `hosts` as they are given, the other changes to STEADY."""
    return structs.replace(STEADY, **changes)


def idle(*hosts, share=0.82, **changes):
    """Return a load whose workers had no job for `share` of the time, because of `hosts`."""
    waiting_s = share * 5_000
    return load(waiting_s=waiting_s, busy_s=5_000 - waiting_s, hosts=hosts, **changes)


def host(name="example.com", **changes):
    return structs.replace(CALM, host=name, **changes)


# The five situations of the issue.


def test_one_slow_host_among_fast_ones_is_named_with_its_slots():
    slow, fast = host(), host("fast.example", unfinished=3, in_flight=3)
    assert explain(idle(slow, fast)) == (
        "82 % of the time waiting for example.com (4 at a time): 41 of 50 workers idle; "
        "more concurrency will not help, a higher --per-host would"
    )


def test_a_full_core_is_told_before_anything_else():
    busy = load(cpu_s=97.0, phases_s={"first_byte": 4_000.0, "parse": 41.0})
    assert explain(busy) == (
        "CPU-bound: 97 % of one core, all 50 workers busy, parsing 41 %; "
        "another process on another core (--processes) would help, more concurrency will not"
    )
    assert explain(idle(host(), cpu_s=97.0)).startswith("CPU-bound: 97 % of one core, 9 of 50 workers busy;")


def test_a_late_loop_is_no_slow_server():
    late = load(cpu_s=60.0, late_s=12.0, pulses=400, phases_s={"first_byte": 4_900.0})
    assert explain(late) == (
        "CPU-bound beside other programs: 60 % of one core, what has arrived waits 30 ms for its turn; "
        "a core of its own would help, more concurrency will not"
    )
    assert "first bytes" in explain(load(cpu_s=5.0, late_s=0.4, pulses=400, phases_s={"first_byte": 4_900.0}))


def test_slow_servers_keep_all_workers_busy_and_more_workers_help():
    assert explain(load(phases_s={"connect": 300.0, "first_byte": 4_150.0, "body": 200.0})) == (
        "83 % of the time waiting for first bytes: all 50 workers busy; a higher --concurrency would help"
    )


def test_a_storm_of_429_needs_time_and_nothing_else():
    assert explain(idle(host(limit="backing-off", paused_s=37.2, slots=1, gap_s=2.0))) == (
        "82 % of the time waiting for example.com, which asked for a pause (429/503, 38 s more): "
        "41 of 50 workers idle; nothing helps but time"
    )
    assert explain(idle(host(limit="backing-off", slots=1, gap_s=2.0))) == (
        "82 % of the time waiting for example.com, slowed down after 429/503 (1 at a time, 2 s between requests): "
        "41 of 50 workers idle; nothing helps but time"
    )
    assert "429/503 (2 at a time):" in explain(idle(host(limit="backing-off", slots=2)))


def test_a_crawl_delay_is_told_with_its_seconds():
    assert explain(idle(host(limit="crawl-delay", gap_s=2.0, slots=1), share=0.98)) == (
        "98 % of the time waiting for the Crawl-delay of example.com (2 s between requests): "
        "49 of 50 workers idle; nothing helps but time, robots.txt asks for it"
    )


# Further hosts' limits.


def test_our_own_delay_is_told_apart_from_the_hosts():
    assert explain(idle(host(limit="delay", gap_s=0.5))) == (
        "82 % of the time waiting for example.com (500 ms between requests): 41 of 50 workers idle; "
        "more concurrency will not help, a shorter --delay would"
    )


def test_pending_robots_are_counted():
    hosts = [host(f"h{number}.example", limit="robots", request_s=0.0) for number in range(4)]
    assert explain(idle(*hosts)) == (
        "82 % of the time waiting for the robots.txt of h0.example and 3 other hosts: 41 of 50 workers idle; "
        "nothing helps but time"
    )


def test_names_that_are_looked_up_are_told():
    assert explain(idle(host(limit="dns", request_s=0.0), share=0.9)) == (
        "90 % of the time waiting for the name server to tell the address of example.com: 45 of 50 workers idle; "
        "more concurrency will not help, a nearer name server would"
    )


def test_a_host_that_is_down_is_told_with_its_next_probe():
    assert "example.com, which does not answer (probed again in 25 s): 41" in explain(
        idle(host(limit="down", paused_s=24.5))
    )
    assert "example.com, which does not answer (being probed): 41" in explain(idle(host(limit="down")))


def test_hosts_that_will_take_about_as_long_are_counted_and_others_are_not():
    hosts = [
        host("a", unfinished=300),
        host("b", unfinished=200),
        host("c", unfinished=290, limit="crawl-delay", gap_s=1.0),
        host("d", unfinished=20),
    ]
    assert "waiting for a and 1 other host (4 at a time)" in explain(idle(*hosts))


def test_a_host_of_which_nothing_waits_is_not_the_one_that_is_waited_for():
    running, waiting = host("running", unfinished=4, request_s=900.0), host("waiting")
    assert "waiting for waiting (4 at a time)" in explain(idle(running, waiting))


def test_at_the_end_of_a_run_the_first_host_is_still_named():
    finished = host(unfinished=0, in_flight=0, limit="crawl-delay", gap_s=2.0)
    assert "the Crawl-delay of example.com (2 s between requests)" in explain(idle(finished, unfinished=0))


def test_without_a_host_it_says_so_much_as_is_known():
    assert explain(idle()) == (
        "82 % of the time waiting for a host's turn: 41 of 50 workers idle; more concurrency will not help"
    )


# No job, for another reason.


def test_a_slow_source_is_the_cause_when_nothing_waits_before_its_end():
    assert explain(load(busy_s=1_500.0, starved_s=3_500.0)) == (
        "70 % of the time waiting for the source, which delivers too slowly: 35 of 50 workers idle; "
        "more concurrency will not help"
    )


def test_a_list_shorter_than_the_workers_is_no_slow_source():
    assert explain(load(busy_s=1_000.0, tail_s=4_000.0, starved_s=0.0)) == (
        "80 % of the time fewer URLs were left than workers: 40 of 50 workers idle; more concurrency will not help"
    )


def test_the_host_of_the_last_urls_is_named():
    slow = host("slow.example", unfinished=4, in_flight=4, request_s=5.0)
    last = explain(load(busy_s=1_000.0, tail_s=4_000.0, hosts=(slow,)))
    assert "fewer URLs were left than workers, the last at slow.example: 40 of 50" in last


def test_a_run_that_is_over_has_no_end_to_wait_for():
    slow = host("slow.example", unfinished=40, request_s=5.0)
    over = load(phases_s={"first_byte": 4_000.0}, hosts=(slow,), unfinished=0)
    assert explain(over).startswith("80 % of the time waiting for first bytes")


def test_the_largest_reason_for_idle_workers_is_told():
    shares = {"busy_s": 1_500.0, "waiting_s": 1_600.0, "starved_s": 1_000.0, "tail_s": 900.0}
    assert explain(load(**shares, hosts=(host(),))).startswith("32 % of the time waiting for example.com")


def test_a_few_idle_workers_are_not_the_cause():
    nearly = load(busy_s=4_100.0, waiting_s=900.0, phases_s={"first_byte": 4_000.0}, hosts=(host(unfinished=100),))
    assert explain(nearly).startswith("80 % of the time waiting for first bytes: 41 of 50 workers busy;")


# All workers busy.


@pytest.mark.parametrize(
    ("phase", "doing", "remedy"),
    [
        ("dns", "looking up names", "a nearer name server would help, more concurrency will not"),
        ("connect", "connecting", "a higher --concurrency would help"),
        (
            "body",
            "receiving bodies",
            "a faster line would help, a higher --concurrency only where the servers are slow",
        ),
        ("write", "waiting for the output to be written", "a faster disk would help, more concurrency will not"),
    ],
)
def test_the_phase_that_takes_most_is_told(phase, doing, remedy):
    busy = load(phases_s={phase: 3_000.0, "first_byte": 1_000.0})
    assert explain(busy) == f"60 % of the time {doing}: all 50 workers busy; {remedy}"


def test_a_callback_that_waits_is_told_apart_from_a_full_core():
    assert explain(load(cpu_s=6.0, phases_s={"parse": 95.0, "first_byte": 4_000.0})) == (
        "parsing holds all workers up 95 % of the time, at 6 % of one core: the parse callback waits for something; "
        "a callback that does not wait would help, more concurrency will not"
    )


def test_when_nothing_stands_out_the_two_largest_phases_are_told():
    assert explain(load(phases_s={"connect": 1_500.0, "first_byte": 1_900.0, "body": 1_000.0})) == (
        "nothing stands out (38 % waiting for first bytes, 30 % connecting): all 50 workers busy; "
        "a higher --concurrency would help"
    )
    assert explain(load()) == "nothing stands out: all 50 workers busy; a higher --concurrency would help"


def test_a_host_whose_queue_will_outlast_all_others_is_told_while_the_workers_are_still_busy():
    slow = host(unfinished=600, limit="crawl-delay", gap_s=1.0)
    assert explain(load(phases_s={"first_byte": 4_000.0}, hosts=(slow,), unfinished=5_000)) == (
        "the end will wait for the Crawl-delay of example.com (1 s between requests): 600 URLs left there, "
        "10 min 0 s more; nothing helps but time, robots.txt asks for it"
    )
    assert explain(load(phases_s={"first_byte": 4_000.0}, hosts=(slow,), unfinished=25_000)).startswith("80 %")


# Too early.


def test_nothing_is_said_of_the_first_second():
    assert explain(load(elapsed_s=0.9, busy_s=45.0, cpu_s=0.9)) == ""


def test_nothing_is_said_of_workers_that_did_nothing():
    assert explain(load(busy_s=0.0, elapsed_s=5.0)) == ""


def test_nothing_is_said_of_the_phases_of_a_few_pages_but_of_a_host_that_holds_all_up():
    few = {"records_per_s": (FEWEST_RECORDS - 1) / 100}
    assert explain(load(phases_s={"first_byte": 4_000.0}, **few)) == ""
    assert "example.com" in explain(idle(host(limit="crawl-delay", gap_s=30.0), **few))


# When it will be finished.


def test_the_longest_queue_decides_when_it_takes_longer_than_all_at_the_runs_pace():
    slow = host(unfinished=100, limit="crawl-delay", gap_s=2.0)
    assert finish_s(load(unfinished=1_000, records_per_s=50.0, hosts=(slow,))) == 200.0


def test_the_runs_pace_decides_when_no_queue_is_longer():
    assert finish_s(load(unfinished=1_000, records_per_s=5.0, hosts=(host(),))) == 200.0


def test_nothing_left_is_finished_now():
    assert finish_s(load(unfinished=0, records_per_s=0.0)) == 0.0


def test_nobody_can_tell_while_nothing_gets_finished_and_hosts_do_not_account_for_all():
    assert finish_s(load(records_per_s=0.0)) is None
    assert finish_s(load(unfinished=301, records_per_s=0.0, hosts=(host(),))) is None
    assert finish_s(load(unfinished=300, records_per_s=0.0, hosts=(host(request_s=0.0),))) is None


def test_a_pause_of_the_only_host_left_is_no_reason_not_to_know():
    paused = host(unfinished=300, limit="backing-off", paused_s=60.0, slots=1, gap_s=0.5, request_s=0.2)
    assert finish_s(load(unfinished=300, records_per_s=0.0, hosts=(paused,))) == 60.0 + 150.0


def test_the_queue_of_a_host_that_is_down_is_not_counted_at_its_pace():
    down = host(unfinished=1_000, limit="down", paused_s=30.0, request_s=10.0)
    assert finish_s(load(unfinished=1_000, records_per_s=100.0, hosts=(down,))) == 40.0


def simulated(job_count, slots, gap_s, paused_s, request_s):
    """Return when the last of a host's jobs ends, started as the frontier does."""
    free = [0.0] * slots
    may_start = paused_s
    end = 0.0
    for _ in range(job_count):
        start = max(heapq.heappop(free), may_start)
        may_start = start + gap_s
        heapq.heappush(free, start + request_s)
        end = max(end, start + request_s)
    return end


@given(
    st.integers(1, 200),
    st.integers(1, 8),
    st.sampled_from([0.0, 0.3, 2.0]),
    st.sampled_from([0.0, 45.0]),
    st.sampled_from([0.1, 1.0, 7.0]),
)
def test_the_critical_path_is_that_of_a_simulated_host_but_for_a_request_and_a_gap(
    urls, slots, gap_s, paused_s, each_s
):
    one = host(unfinished=urls, slots=slots, gap_s=gap_s, paused_s=paused_s, request_s=each_s)
    told = finish_s(load(unfinished=urls, records_per_s=0.0, hosts=(one,)))
    assert abs(told - simulated(urls, slots, gap_s, paused_s, each_s)) <= max(each_s, gap_s) + 1e-6


seconds = st.floats(0, 1e6)
hosts = st.builds(
    HostLoad,
    host=st.sampled_from(["a.example", "b.example"]),
    unfinished=st.integers(0, 1_000),
    in_flight=st.integers(0, 8),
    slots=st.integers(0, 8),
    gap_s=seconds,
    paused_s=seconds,
    request_s=seconds,
    limit=st.sampled_from(["per-host", "delay", "crawl-delay", "backing-off", "robots", "down"]),
)
loads = st.builds(
    Load,
    workers=st.integers(1, 100),
    elapsed_s=seconds,
    busy_s=seconds,
    waiting_s=seconds,
    starved_s=seconds,
    tail_s=seconds,
    phases_s=st.dictionaries(st.sampled_from(["dns", "connect", "first_byte", "body", "parse", "write"]), seconds),
    cpu_s=seconds,
    unfinished=st.integers(0, 10_000),
    records_per_s=seconds,
    hosts=st.lists(hosts, max_size=4),
)


@given(loads)
def test_whatever_the_figures_it_is_one_line_and_names_only_options_that_exist(any_load):
    sentence = explain(any_load)
    assert "\n" not in sentence
    assert "nan" not in sentence
    for option in re.findall(r"--([a-z-]+)", sentence):
        assert option.replace("-", "_") in Config.__struct_fields__


@given(loads)
def test_it_is_never_finished_before_what_is_left_at_the_runs_pace_or_a_hosts_pause(any_load):
    left_s = finish_s(any_load)
    if left_s is not None and any_load.unfinished:
        assert left_s >= max((each.paused_s for each in any_load.hosts if each.unfinished), default=0.0)
        if any_load.records_per_s:
            assert left_s >= any_load.unfinished / any_load.records_per_s
