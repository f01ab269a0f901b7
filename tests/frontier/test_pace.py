"""How fast one host may be asked: slots, gaps, pushing back, the breaker."""

import pytest

from scraper.frontier.pace import (
    ANSWERED,
    BREAKER_FAILURES,
    BREAKER_WAITS_S,
    FAILED,
    FIRST_GAP_S,
    MAX_GAP_S,
    NOTHING,
    RECOVERY_ANSWERS,
    Pace,
    Signal,
)


def pace(slots=4, gap_s=0.0, jitter=0.0, pause_cap_s=120.0):
    return Pace(slots=slots, gap_s=gap_s, pause_cap_s=pause_cap_s, jitter=lambda: jitter)


def pushed_back(pause_s=1.0):
    return Signal("pushed-back", pause_s=pause_s)


def test_a_plain_host_may_start_at_once_up_to_its_slots():
    host = pace()
    host.start(5.0)
    assert host.ready_at() == 0.0
    assert host.has_slot(3)
    assert not host.has_slot(4)
    assert host.is_plain(5.0)


def test_the_gap_counts_from_start_to_start_and_jitter_only_lengthens_it():
    for jitter, ready_at in [(0.0, 12.0), (1.0, 12.5)]:
        host = pace(gap_s=2.0, jitter=jitter)
        host.start(10.0)
        assert host.ready_at() == ready_at
        assert not host.is_plain(11.0)
        assert host.is_plain(13.0)


def test_a_crawl_delay_is_one_at_a_time_and_at_least_so_far_apart():
    host = pace(gap_s=1.0)
    host.obey(2.5, 7.0)
    assert host.ready_at() == 9.5
    host.start(10.0)
    assert host.ready_at() == 12.5
    assert not host.has_slot(1)
    assert not host.is_plain(99.0)
    slower = pace(gap_s=5.0)
    slower.obey(2.5, 0.0)
    slower.start(3.0)
    assert slower.ready_at() == 8.0


def test_pushing_back_pauses_halves_the_slots_and_spaces_the_starts():
    host = pace(slots=8)
    host.end(10.0, pushed_back(3.0))
    assert host.ready_at() == 13.0
    assert (host.slots, host.gap_s) == (4, FIRST_GAP_S)
    host.end(14.0, pushed_back(1.0))
    assert (host.slots, host.gap_s) == (2, 2 * FIRST_GAP_S)


def test_answers_to_what_was_sent_before_the_pause_push_back_only_once():
    host = pace(slots=8)
    for _ in range(8):
        host.end(10.0, pushed_back(3.0))
    assert host.slots == 4
    host.end(11.0, pushed_back(9.0))
    assert host.slots == 4
    assert host.ready_at() == 20.0


def test_slots_and_gap_are_bounded():
    host = pace(slots=4)
    for n in range(50):
        host.end(100.0 * n, pushed_back(1.0))
    assert (host.slots, host.gap_s) == (1, MAX_GAP_S)


def test_recovery_is_slow_and_additive():
    host = pace(slots=8)
    host.end(0.0, pushed_back(1.0))
    host.end(5.0, pushed_back(1.0))
    assert (host.slots, host.gap_s) == (2, 0.5)
    for _ in range(RECOVERY_ANSWERS - 1):
        host.end(9.0, ANSWERED)
    assert host.slots == 2
    host.end(9.0, ANSWERED)
    assert (host.slots, host.gap_s) == (3, 0.25)
    for _ in range(20 * RECOVERY_ANSWERS):
        host.end(9.0, ANSWERED)
    assert (host.slots, host.gap_s) == (8, 0.0)
    assert host.is_plain(9.0)


def test_a_pause_longer_than_the_cap_leaves_the_host_to_the_next_run():
    host = pace(pause_cap_s=120.0)
    host.end(0.0, pushed_back(120.0))
    assert not host.is_given_up
    host.end(200.0, pushed_back(121.0))
    assert host.is_given_up
    assert host.ready_at() == 0.0  # its jobs come out, to be ended
    assert host.has_slot(10_000)


def test_the_breaker_opens_after_failures_in_a_row_only():
    host = pace()
    for _ in range(BREAKER_FAILURES - 1):
        host.end(0.0, FAILED)
    host.end(0.0, ANSWERED)
    for _ in range(BREAKER_FAILURES - 1):
        host.end(0.0, FAILED)
    host.end(0.0, NOTHING)
    assert host.ready_at() == 0.0
    host.end(7.0, FAILED)
    assert host.ready_at() == 7.0 + BREAKER_WAITS_S[0]
    assert not host.has_slot(1)


def test_stragglers_are_no_probes_and_three_failed_probes_are_the_end():
    host = pace()
    for _ in range(BREAKER_FAILURES + 20):
        host.end(0.0, FAILED)
    now = 0.0
    for wait_s in BREAKER_WAITS_S:
        assert not host.is_down
        assert host.ready_at() == now + wait_s
        now += wait_s
        host.end(now, FAILED)
    assert host.is_down
    assert host.is_given_up


@pytest.mark.parametrize("answer", [ANSWERED, pushed_back(0.0)])
def test_a_probe_that_is_answered_closes_the_breaker(answer):
    host = pace(slots=4)
    for _ in range(BREAKER_FAILURES):
        host.end(0.0, FAILED)
    host.end(BREAKER_WAITS_S[0], answer)
    assert host.has_slot(1)
    for _ in range(BREAKER_FAILURES - 1):
        host.end(BREAKER_WAITS_S[0], FAILED)
    assert not host.is_down


def test_slots_for_all_hosts_leave_alone_who_has_its_own_or_backs_off():
    plain, own, slowed, crawled = (Pace(slots=4, gap_s=0.0) for _ in range(4))
    own.has_own_slots = True
    slowed.end(0.0, Signal("pushed-back", pause_s=1.0))
    crawled.obey(2.0, now=0.0)
    for each in (plain, own, slowed, crawled):
        each.set_slots(8)
    assert [each.slots for each in (plain, own, slowed, crawled)] == [8, 4, 2, 1]
    slowed.set_slots(1)
    assert slowed.slots == 1


def test_a_paused_host_has_no_slot_and_is_remembered():
    pace = Pace(slots=4, gap_s=0.0)
    assert pace.is_plain(0.0)
    pace.is_paused = True
    assert not pace.has_slot(0)
    assert not pace.is_plain(0.0)
    assert pace.limit == "paused"
    pace.is_paused, pace.is_skipped = False, True
    assert pace.has_slot(1000)
    assert pace.is_given_up
