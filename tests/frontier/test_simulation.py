"""The core driven through thousands of jobs with simulated time, each start compared with all that could have been."""

import random

import pytest
from benchmarks.frontier import Simulation, make_jobs, simulate

from scraper.frontier import Pace


def test_jobs_of_many_hosts_start_in_order_within_slots_gaps_and_pauses_and_end_once():
    run = simulate(2_000, full_check_every=1)
    assert run.calls["done"] == 2_000
    assert run.calls["retry"] > 50


def test_a_simulation_plays_the_same_with_the_same_seed():
    assert simulate(300, seed=3, full_check_every=1).now == simulate(300, seed=3, full_check_every=1).now


def too_many_slots(pace):
    pace.slots += 1


def no_gap(pace):
    pace.gap_s = 0.0


@pytest.mark.parametrize(
    ("loosen", "complaint"), [(too_many_slots, "too many in flight"), (no_gap, "starts are too close")]
)
def test_the_referee_sees_a_host_that_is_asked_too_much(loosen, complaint, monkeypatch):
    start = Pace.start

    def start_loosely(pace, now):
        loosen(pace)
        start(pace, now)

    monkeypatch.setattr(Pace, "start", start_loosely)
    with pytest.raises(AssertionError, match=complaint):
        simulate(2_000, full_check_every=1)


def test_the_referee_sees_a_job_that_goes_before_a_better_one():
    chance = random.Random(1)
    simulation = Simulation(list(make_jobs(500, chance)), chance)
    simulation.fill()
    pop = simulation._core.pop
    simulation._core.pop = lambda now: (pop(now), pop(now))[1]
    with pytest.raises(AssertionError, match="a better"):
        simulation.run()
