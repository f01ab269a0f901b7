"""Pages over time in bounded memory, sittings told apart."""

from hypothesis import given
from hypothesis import strategies as st

from scraper.report.timeline import Timeline


def filled(*times):
    timeline = Timeline()
    for at in times:
        timeline.add(at, is_ok=True)
    return timeline


def test_each_page_is_in_the_column_that_it_ended_in():
    timeline = filled(100.2, 100.9, 103.0)
    timeline.add(103.5, is_ok=False)
    columns = timeline.columns(60)
    assert [(column.start_s, column.ok, column.failed) for column in columns] == [
        (100.0, 2, 0), (101.0, 0, 0), (102.0, 0, 0), (103.0, 1, 1),
    ]  # fmt: skip
    assert timeline.active_s == 4.0


@given(st.lists(st.floats(1.7e9, 1.7e9 + 1e8), min_size=1, max_size=300), st.integers(1, 100))
def test_no_page_is_lost_however_they_are_spread(times, most):
    columns = filled(*times).columns(most)
    assert sum(column.ok for column in columns) == len(times)


def test_a_long_run_takes_no_more_memory_than_a_short_one():
    timeline = filled(*range(0, 3_000_000, 100))
    assert len(timeline._bins) <= 4_000
    assert sum(column.ok for column in timeline.columns(60)) == 30_000
    assert len(timeline.columns(60)) <= 61


def test_a_run_that_was_gone_on_with_days_later_has_no_gap_but_a_mark():
    columns = filled(*range(100), *range(500_000, 500_100)).columns(50)
    assert [column.start_s for column in columns if column.is_after_pause] == [500_000.0]
    assert len(columns) <= 52
    assert sum(column.seconds for column in columns) < 300


def test_a_short_silence_is_no_pause():
    assert not any(column.is_after_pause for column in filled(*range(100), *range(150, 200)).columns(60))


def test_without_pages_there_is_nothing():
    assert Timeline().columns(60) == []
    assert Timeline().active_s == 0
