"""Pages over time in a bounded number of steps."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scraper.dashboard.history import Series

looks = st.lists(st.tuples(st.floats(0, 50), st.integers(0, 100)), max_size=60)


def test_what_ended_between_two_moments_is_spread_over_that_time():
    series = Series(step_s=3.0, columns=5)
    series.add(0.0, 3.0, 6, 0)
    series.add(3.0, 9.0, 12, 3)
    plot = series.plot()
    assert plot.ok == [6.0, 6.0, 6.0, 0.0]
    assert plot.failed == [0.0, 1.5, 1.5, 0.0]
    assert (plot.step_s, plot.newest_s) == (3.0, 0.0)


def test_the_last_steps_are_kept():
    series = Series(step_s=1.0, columns=3)
    for second in range(10):
        series.add(second, second + 1.0, second, 0)
    assert series.plot().ok == [8.0, 9.0, 0.0]


def test_after_a_silence_of_more_than_all_steps_they_are_empty_but_for_what_ended_in_them():
    series = Series(step_s=1.0, columns=4)
    series.add(0.0, 1.0, 5, 0)
    series.add(1.0, 101.0, 100, 0)
    assert series.plot().ok == [1.0, 1.0, 1.0, 0.0]


@given(looks, st.integers(2, 8))
@settings(max_examples=50)
def test_the_whole_run_fits_its_steps_and_nothing_of_it_is_lost(steps, columns):
    series = Series(step_s=1.0, columns=columns, is_whole=True)
    now = 0.0
    for seconds, pages in steps:
        series.add(now, now + seconds, pages, 1)
        now += seconds
    plot = series.plot()
    assert len(plot.ok) <= columns
    assert sum(plot.ok) == pytest.approx(sum(pages for _, pages in steps), abs=0.01 * columns)
    assert 0 <= plot.newest_s <= plot.step_s


def test_the_steps_become_twice_as_long():
    series = Series(step_s=1.0, columns=4, is_whole=True)
    for second in range(9):
        series.add(second, second + 1.0, 1, 0)
    assert (series.plot().step_s, series.plot().ok) == (4.0, [4.0, 4.0, 1.0])
