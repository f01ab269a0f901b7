"""Jobs come out by priority, then ordinal, in whatever order they were put in."""

from frontiers import job
from hypothesis import given
from hypothesis import strategies as st

from scraper.frontier.queues import MOST_LANES, Lanes, Queue, key_of

priorities = st.sampled_from([0.0, 0.0, 0.0, 1.0, -2.5, 9.0])


def taken(lanes):
    while (first := lanes.first()) is not None:
        lanes.drop()
        yield first


def test_errands_are_first_then_the_highest_priority_then_the_lowest_ordinal():
    jobs = [job(0, priority=-1.0), job(4), job(7, is_robots=True), job(1), job(3, priority=2.0)]
    assert [each.ordinal for each in sorted(jobs, key=key_of)] == [7, 3, 1, 4, 0]


@given(st.lists(priorities, max_size=30))
def test_lanes_take_jobs_in_the_order_of_their_ordinals_whatever_their_priorities(ranks):
    lanes = Lanes()
    jobs = [job(number, priority=rank) for number, rank in enumerate(ranks)]
    assert all(lanes.add(each) for each in jobs)
    assert list(taken(lanes)) == sorted(jobs, key=key_of)


def test_lanes_refuse_a_job_that_comes_late_and_stay_as_they_were():
    lanes = Lanes()
    assert lanes.add(job(5))
    assert not lanes.add(job(4))
    assert lanes.add(job(4, priority=1.0))
    assert [each.ordinal for each in taken(lanes)] == [4, 5]
    assert lanes.add(job(0))


def test_lanes_refuse_one_priority_too_many_until_a_lane_is_empty():
    lanes = Lanes()
    assert all(lanes.add(job(number, priority=number)) for number in range(MOST_LANES))
    assert not lanes.add(job(99, priority=99))
    lanes.drop()
    assert lanes.add(job(99, priority=99))


@given(st.permutations(range(12)), st.lists(priorities, min_size=12, max_size=12), st.integers(1, 11))
def test_a_queue_sorts_what_comes_in_any_order_also_between_two_takes(order, ranks, before):
    jobs = [job(number, priority=rank) for number, rank in zip(order, ranks, strict=True)]
    queue, waiting = Queue(jobs[0]), jobs[:1]
    for each in jobs[1:before]:
        assert queue.add(each) == (key_of(each) < min(map(key_of, waiting)))
        waiting.append(each)
    first = min(waiting, key=key_of)
    assert queue.best == key_of(first)
    assert queue.take() == (first, len(waiting) == 1)
    waiting.remove(first)
    for each in jobs[before:] if waiting else ():
        queue.add(each)
        waiting.append(each)
    while waiting:
        first = min(waiting, key=key_of)
        waiting.remove(first)
        assert queue.best == key_of(first)
        assert queue.take() == (first, not waiting)
