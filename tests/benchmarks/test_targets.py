"""How far a target is said to be met."""

import pytest
from comparison import Comparison
from floor import KEPT, STEPS
from measure import Measure
from targets import Target, compared
from workloads import START, WORKLOADS


@pytest.mark.parametrize(
    ("measured", "verdict"), [(0.59, "aim met"), (0.60, "aim met"), (0.80, "met"), (0.81, "**missed**")]
)
def test_less_is_better_up_to_the_limit(measured, verdict):
    assert Target("CPU", measured, None, limit=0.8, aim=0.6).verdict == verdict


def test_more_is_better_where_the_target_is_the_least():
    assert Target("pages/s", 0.98, None, limit=0.97, is_least=True).verdict == "met"
    assert Target("pages/s", 0.96, None, limit=0.97, is_least=True).verdict == "**missed**"


def test_a_ratio_is_told_of_the_whole_run_and_after_start_up():
    pages = WORKLOADS["http"].pages
    start = Comparison(WORKLOADS[START], {"ours": Measure(0.5, 0.5, 50), "go": Measure(0.1, 0.1, 10)}, [])
    costs = {"ours": Measure(0.5 + (pages - 1) / 1000, 9, 80), "go": Measure(0.1 + (pages - 1) / 500, 9, 40)}
    (target,) = compared({START: start, "http": Comparison(WORKLOADS["http"], costs, [])})
    assert target.later == pytest.approx(0.5)
    assert target.measured > target.later


def test_what_slow_replies_allow_counts_without_start_up():
    workload = WORKLOADS["slow-50"]
    ideal_s = workload.pages / workload.workers * workload.delay_s
    start = Comparison(WORKLOADS[START], {"ours": Measure(0.5, 0.6, 50)}, [])
    slow = Comparison(workload, {"ours": Measure(2.0, 0.6 + ideal_s, 80)}, [])
    (target,) = compared({START: start, "slow-50": slow})
    assert target.measured == pytest.approx(1.0)


def test_ours_is_held_against_the_unavoidable_part_of_its_own_rounds():
    steps = dict.fromkeys(STEPS, 0.5) | {KEPT: 1.5}
    costs = {"ours": Measure(3.0, 9, 80)}
    (target,) = compared({"heavy": Comparison(WORKLOADS["heavy"], costs, [], steps)})
    assert target.measured == pytest.approx(1.5)
    assert "200 KB" in target.what
    assert target.later is None
