"""Order, slots, gaps, not-before times, gates."""

import random
from collections import Counter, defaultdict
from itertools import pairwise

import pytest
from frontiers import core, drain, job
from hypothesis import given
from hypothesis import strategies as st

from scraper.frontier import ANSWERED, FAILED, Signal
from scraper.frontier.core import MEMORY_S
from scraper.frontier.pace import BREAKER_WAITS_S
from scraper.models import Job


def test_jobs_of_one_priority_start_in_the_order_they_came():
    frontier = core()
    for number, host in enumerate("abcab"):
        frontier.push(job(number, host), 0.0)
    assert drain(frontier) == [0, 1, 2, 3, 4]


def test_higher_priorities_start_first_across_hosts_and_within_one():
    frontier = core()
    for number, (host, priority) in enumerate([("a", 0), ("a", 5), ("b", 9), ("b", -1), ("c", 5)]):
        frontier.push(job(number, host, priority), 0.0)
    assert drain(frontier) == [2, 1, 4, 0, 3]


def test_a_host_has_at_most_its_slots_in_flight_and_holds_nobody_else_up():
    frontier = core(per_host=2)
    for number in range(4):
        frontier.push(job(number, "slow"), 0.0)
    frontier.push(job(4, "fast"), 0.0)
    assert drain(frontier) == [0, 1, 4]
    frontier.done(job(0, "slow"), 0.0)
    assert drain(frontier) == [2]


def test_starts_of_one_host_are_the_delay_apart_whatever_its_slots():
    frontier = core(per_host=4, delay=1.0)
    for number in range(3):
        frontier.push(job(number), 10.0)
    assert drain(frontier, 10.0) == [0]
    assert frontier.next_due() == 11.0
    assert drain(frontier, 10.9) == []
    assert drain(frontier, 11.0) == [1]
    assert drain(frontier, 12.5) == [2]


def test_the_delay_holds_for_a_host_that_had_nothing_waiting_meanwhile():
    frontier = core(delay=5.0)
    frontier.push(job(0), 0.0)
    started = frontier.pop(0.0)
    frontier.done(started, 1.0)
    frontier.push(job(1), 2.0)
    assert drain(frontier, 4.9) == []
    assert drain(frontier, 5.0) == [1]


def test_a_host_is_forgotten_once_nothing_of_it_is_left():
    frontier = core(delay=5.0)
    frontier.push(job(0), 0.0)
    frontier.done(frontier.pop(0.0), 1.0)
    assert frontier._hosts
    assert frontier.pop(5.0) is None
    assert not frontier._hosts


def test_a_retry_waits_for_its_time_without_a_slot():
    frontier = core(per_host=1)
    frontier.push(job(0), 0.0)
    frontier.push(job(1), 0.0)
    started = frontier.pop(0.0)
    frontier.retry(started, started, 0.0, not_before=3.0)
    assert drain(frontier, 0.0) == [1]
    assert frontier.waiting == 1
    frontier.done(job(1), 0.5)
    assert drain(frontier, 2.9) == []
    assert drain(frontier, 3.0) == [0]


def test_a_url_is_claimed_once():
    frontier = core()
    assert frontier.claim(17)
    assert not frontier.claim(17)
    assert frontier.claim(18)


def test_the_last_job_of_a_host_is_known_as_such():
    frontier = core()
    frontier.push(job(0), 0.0)
    frontier.push(job(1), 0.0)
    frontier.pop(0.0)
    assert frontier.waiting_of("a")
    frontier.pop(0.0)
    assert not frontier.waiting_of("a")
    assert not frontier.waiting_of("elsewhere")


@given(st.integers(0, 2**32), st.integers(1, 3), st.sampled_from([0.0, 0.5]))
def test_nothing_is_lost_and_every_promise_is_kept_under_random_use(seed, per_host, delay):
    rng = random.Random(seed)
    frontier = core(per_host=per_host, delay=delay)
    now, number, done = 0.0, 0, []
    running: list[tuple[float, Job]] = []
    starts = defaultdict(list)
    not_before: dict[int, float] = {}
    while number < 60 or frontier.waiting or running:
        if number < 60 and rng.random() < 0.6:
            frontier.push(job(number, rng.choice("abcdefg"), rng.choice([0, 0, 1])), now)
            number += 1
        if (found := frontier.pop(now)) is not None:
            assert now >= not_before.get(found.ordinal, 0.0)
            starts[found.host].append(now)
            running.append((now + rng.random(), found))
            assert max(Counter(other.host for _, other in running).values()) <= per_host
        elif number == 60:
            pending = [end for end, _ in running] + ([frontier.next_due()] if frontier.next_due() else [])
            now = max(now, min(pending)) if pending else now
        now += rng.random() * 0.05
        for ended in [entry for entry in running if entry[0] <= now]:
            running.remove(ended)
            if rng.random() < 0.2:
                not_before[ended[1].ordinal] = now + rng.random()
                frontier.retry(ended[1], ended[1], now, not_before[ended[1].ordinal])
            else:
                frontier.done(ended[1], now)
                done.append(ended[1].ordinal)
    assert sorted(done) == list(range(60))
    assert frontier.in_flight == 0
    for times in starts.values():
        assert all(later - earlier >= delay - 1e-9 for earlier, later in pairwise(times))


def test_a_gate_holds_its_origin_back_and_nobody_else():
    frontier = core()
    frontier.gate("http://a")
    for number, host in enumerate("aab"):
        frontier.push(job(number, host), 0.0)
    frontier.push(job(3, "a", is_robots=True), 0.0)
    assert drain(frontier) == [3, 2]
    assert (frontier.waiting, frontier.errands) == (2, 1)
    held = frontier.open_gate("http://a")
    assert [found.ordinal for found in held] == [0, 1]
    assert frontier.waiting == 0
    for found in held:
        frontier.push(found, 0.0)
    frontier.done(job(3, "a", is_robots=True), 0.0)
    assert drain(frontier) == [0, 1]


def test_an_errand_goes_before_its_hosts_pages_and_counts_as_none():
    frontier = core(per_host=1)
    frontier.push(job(0, "a", priority=99), 0.0)
    frontier.push(job(1, "a", is_robots=True), 0.0)
    assert frontier.waiting == 1
    assert drain(frontier) == [1]
    frontier.retry(job(1, "a", is_robots=True), job(1, "a", is_robots=True), 0.0, 0.0)
    assert (frontier.waiting, frontier.errands, frontier.in_flight) == (1, 0, 0)


def test_a_host_that_pushes_back_is_paused_and_the_others_are_not():
    frontier = core(per_host=4)
    for number in range(8):
        frontier.push(job(number, "a"), 0.0)
    frontier.push(job(8, "b"), 0.0)
    assert drain(frontier) == [0, 1, 2, 3, 8]
    frontier.retry(job(0), job(0), 0.1, 0.1, Signal("pushed-back", pause_s=5.0))
    for number in (1, 2, 3):
        frontier.done(job(number), 0.2, ANSWERED)
    assert drain(frontier, 5.0) == []
    assert drain(frontier, 5.1) == [0]  # and 0.25 s later the next, two at a time


def test_a_dead_host_costs_ten_failures_and_three_probes_then_its_jobs_come_out_to_be_ended():
    frontier = core(per_host=4)
    for number in range(1000):
        frontier.push(job(number), 0.0)
    asked, now = 0, 0.0
    while not frontier.pace("a").is_down:
        while not frontier.pace("a").is_down and (found := frontier.pop(now)) is not None:
            asked += 1
            frontier.retry(found, found, now, now, FAILED)
        now = max(now, frontier.next_due() or now)
    assert asked == 10 + 3
    assert now == sum(BREAKER_WAITS_S) == 35.0
    assert len(drain(frontier, now)) == 1000


def test_a_host_that_comes_back_while_its_breaker_is_open_loses_nothing():
    frontier = core(per_host=4)
    for number in range(40):
        frontier.push(job(number), 0.0)
    done, now = [], 0.0
    while len(done) < 40:
        found = frontier.pop(now)
        if found is None:
            now = frontier.next_due()
        elif now < 5.0:
            frontier.retry(found, found, now, now + 0.3, FAILED)
        else:
            frontier.done(found, now, ANSWERED)
            done.append(found.ordinal)
    assert sorted(done) == list(range(40))
    assert now <= sum(BREAKER_WAITS_S[:2]) + 1


def test_the_next_try_may_be_at_another_host():
    frontier = core()
    listed = job(0, "a")
    frontier.push(job(1, "b"), 0.0)
    frontier.push(job(2, "a"), 0.0)
    assert drain(frontier) == [1, 2]
    frontier.done(job(2, "a"), 0.0)  # the frontier knows nothing of a any more
    frontier.retry(job(1, "b"), listed, 0.0, 3.0, ANSWERED)
    assert (frontier.waiting_of("a"), frontier.waiting_of("b"), frontier.in_flight) == (1, 0, 0)
    assert drain(frontier, 3.0) == [0]


def test_a_host_that_cannot_be_reached_yet_is_held_and_delays_no_other():
    frontier = core(delay=5.0)
    for number, host in enumerate("aabb"):
        frontier.push(job(number, host), 0.0)
    asked = []

    def is_reachable(host):
        asked.append(host)
        return host == "b"

    assert frontier.pop(0.0, is_reachable).host == "b"
    assert frontier.pop(0.0, is_reachable) is None
    assert asked == ["a", "b"]  # a held host is not asked for again
    frontier.push(job(4, "a"), 0.0)
    assert frontier.pop(1.0, is_reachable) is None
    frontier.release("a", 2.0)
    assert frontier.pop(2.0).ordinal == 0  # and it was not delayed by a start that was none
    frontier.release("gone", 2.0)


def test_a_host_in_flight_may_be_held_and_is_remembered():
    frontier = core(per_host=2)
    frontier.push(job(0), 0.0)
    frontier.push(job(1), 0.0)
    started = frontier.pop(0.0)
    assert frontier.pop(0.0, lambda _: False) is None
    frontier.done(started, 0.0)
    assert frontier.pop(0.0, lambda _: True) is None
    frontier.release("a", 0.0)
    assert frontier.pop(0.0, lambda _: True).ordinal == 1


def test_the_jobs_of_a_host_that_is_down_are_ended_without_reaching_it():
    frontier = core(per_host=4)
    frontier.push(job(0), 0.0)
    frontier.pace("a").is_down = True
    assert frontier.pop(0.0, lambda _: False).ordinal == 0


@given(
    st.permutations(range(24)),
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from([0.0, 0.0, 5.0]) | st.integers(0, 40)), min_size=24),
    st.integers(1, 3),
    st.randoms(use_true_random=False),
)
def test_the_best_job_that_may_start_is_first_whatever_order_they_come_in(order, kinds, per_host, rng):
    coming = [job(number, *kind) for number, kind in zip(order, kinds, strict=False)]
    frontier = core(per_host=per_host)
    waiting, running = [], []
    while coming or waiting or running:
        step = rng.random()
        if step < 0.4 and coming:
            waiting.append(coming.pop())
            frontier.push(waiting[-1], 0.0)
        elif step < 0.6 and running:
            frontier.done(running.pop(rng.randrange(len(running))), 0.0)
        else:
            slots_taken = Counter(other.host for other in running)
            able = [each for each in waiting if slots_taken[each.host] < per_host]
            best = min(able, key=lambda each: (-each.row.priority, each.ordinal), default=None)
            assert frontier.pop(0.0) is best
            if best is not None:
                waiting.remove(best)
                running.append(best)
    assert not frontier._hosts


def test_a_wrong_yes_to_whether_one_may_start_becomes_a_no_once_it_was_looked_for():
    frontier = core(per_host=1)
    for number in range(3):
        frontier.push(job(number), 0.0)
    assert frontier.pop(0.0) is not None
    assert frontier.has_ready()
    assert frontier.pop(0.0) is None
    assert not frontier.has_ready()
    frontier.done(job(0), 0.0)
    assert frontier.has_ready()


def test_what_keeps_hosts_from_being_asked_is_told():
    frontier = core()
    frontier.gate("http://a")
    for number, host in enumerate("abc"):
        frontier.push(job(number, host), 0.0)
    assert frontier.pop(0.0, lambda host: host != "b").host == "c"
    assert frontier.obstacles() == {"a": "robots", "b": "dns"}
    frontier.release("b", 0.0)
    frontier.open_gate("http://a")
    assert frontier.obstacles() == {}


def test_the_gap_counts_from_when_a_request_is_sent():
    frontier = core(delay=1.0)
    for number in range(3):
        frontier.push(job(number), 0.0)
    assert drain(frontier) == [0]
    assert frontier.wait_until_sent("a")
    assert drain(frontier, 5.0) == []  # it connects for so long
    frontier.sent("a", 5.5)
    assert drain(frontier, 6.4) == []
    assert drain(frontier, 6.5) == [1]
    assert frontier.wait_until_sent("a")
    frontier.done(job(0), 6.6)
    assert drain(frontier, 99.0) == []
    frontier.done(job(1), 99.0)  # its connection failed
    assert drain(frontier, 99.0) == [2]


def test_without_a_gap_nobody_waits_for_a_request_to_be_sent():
    frontier = core(per_host=2)
    for number in range(2):
        frontier.push(job(number), 0.0)
    frontier.pop(0.0)
    assert not frontier.wait_until_sent("a")
    assert drain(frontier) == [1]


@pytest.mark.parametrize(
    ("signal", "quiet_at"), [(Signal("pushed-back", pause_s=5.0), MEMORY_S), (Signal("pushed-back", 3600.0), 3600.0)]
)
def test_what_a_host_without_jobs_has_shown_is_remembered_for_a_while(signal, quiet_at):
    frontier = core(per_host=4)
    frontier.push(job(0), 0.0)
    frontier.done(frontier.pop(0.0), 0.0, signal)
    assert frontier.pop(quiet_at - 1) is None
    assert frontier.pace("a").slots == 2
    assert frontier.pop(quiet_at) is None
    assert not frontier._hosts


def test_a_host_that_has_jobs_again_is_remembered_anew():
    frontier = core(per_host=4)
    frontier.push(job(0), 0.0)
    frontier.done(frontier.pop(0.0), 0.0, Signal("pushed-back", pause_s=5.0))
    frontier.push(job(1), 500.0)
    assert drain(frontier, 500.0) == [1]
    frontier.done(job(1), 500.0)
    frontier.pop(MEMORY_S + 1)
    assert frontier.pace("a").slots == 2
    frontier.pop(500.0 + MEMORY_S)
    assert not frontier._hosts


def test_a_crawl_delay_is_remembered_for_good():
    frontier = core(per_host=4)
    frontier.push(job(0), 0.0)
    frontier.obey_crawl_delay("a", 2.0, 0.0)
    assert frontier.pop(2.0) is not None
    frontier.done(job(0), 2.5, ANSWERED)
    assert frontier.pop(10 * MEMORY_S) is None
    assert frontier.pace("a").has_crawl_delay


def test_a_paused_host_keeps_its_jobs_until_it_is_resumed_and_longer_than_any_other_is_remembered():
    frontier = core()
    frontier.pause("a", 0.0)
    frontier.push(job(0, "a"), 0.0)
    frontier.push(job(1, "b"), 0.0)
    assert drain(frontier) == [1]
    assert frontier.next_due() is None  # no time passes for it
    assert frontier.pop(10 * MEMORY_S) is None
    assert frontier.resume("a", 10 * MEMORY_S)
    assert drain(frontier, 10 * MEMORY_S) == [0]
    assert not frontier.resume("a", 10 * MEMORY_S)


def test_a_host_without_jobs_can_be_paused_for_those_to_come():
    frontier = core()
    frontier.push(job(0, "a"), 0.0)
    assert drain(frontier) == [0]
    frontier.pause("a", 0.0)
    frontier.done(job(0, "a"), 0.0)
    frontier.pop(2 * MEMORY_S)
    frontier.push(job(1, "a"), 2 * MEMORY_S)
    assert drain(frontier, 2 * MEMORY_S) == []


def test_the_jobs_of_a_skipped_host_start_at_once_however_many_to_be_ended():
    frontier = core(per_host=1)
    for number in range(5):
        frontier.push(job(number, "a"), 0.0)
    assert drain(frontier) == [0]
    frontier.skip("a", 0.0)
    assert frontier.pace("a").is_given_up
    assert drain(frontier) == [1, 2, 3, 4]


def test_slots_change_for_hosts_that_are_known_and_those_to_come():
    frontier = core(per_host=1)
    for number in range(6):
        frontier.push(job(number, "a"), 0.0)
    assert drain(frontier) == [0]
    frontier.set_slots(3, 0.0)
    assert drain(frontier) == [1, 2]
    for number in range(6, 12):
        frontier.push(job(number, "b"), 0.0)
    assert drain(frontier) == [6, 7, 8]
    frontier.set_slots(1, 0.0)
    frontier.done(job(0, "a"), 0.0)
    assert drain(frontier) == []
