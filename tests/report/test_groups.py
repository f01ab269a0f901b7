"""Counters that stay bounded, and say how exact they are."""

import random
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from scraper.report.groups import Group, Groups, Largest


def test_a_group_counts_pages_ok_bytes_and_latency():
    group = Group()
    group.add(is_ok=True, bucket=100, size=5)
    group.add(is_ok=False, bucket=None, size=0)
    assert (group.pages, group.ok, group.failed, group.bytes, group.latency.count) == (2, 1, 1, 5, 1)


def test_few_names_are_counted_exactly():
    groups = Groups(10)
    for name in "abcab":
        groups[name].add(is_ok=name != "b", bucket=None, size=1)
    assert [(name, group.pages) for name, group in groups.largest(2)] == [("a", 2), ("b", 2)]
    assert [name for name, _ in groups.most_failed(9)] == ["b"]
    assert groups.undercount == 0


@given(st.lists(st.integers(0, 40), max_size=400), st.integers(2, 20))
def test_more_names_than_fit_lose_at_most_what_is_told(names, capacity):
    groups = Groups(capacity)
    for name in names:
        groups[name].add(is_ok=True, bucket=None, size=0)
    exact = Counter(names)
    assert len(groups) <= capacity
    for name, group in groups.items():
        assert exact[name] - groups.undercount <= group.pages <= exact[name]
    for name, pages in exact.items():
        assert name in groups or pages <= groups.undercount


def test_a_million_names_leave_the_large_ones():
    groups = Groups(100)
    names = ["large"] * 3_000 + [f"small-{n}" for n in range(6_000)]
    random.Random(1).shuffle(names)
    for name in names:
        groups[name].add(is_ok=True, bucket=None, size=0)
    assert groups.largest(1)[0][0] == "large"


@given(st.lists(st.floats(0, 100)), st.integers(1, 5))
def test_the_largest_are_those_of_a_sort_the_first_seen_first(values, number):
    largest = Largest(number)
    for place, value in enumerate(values):
        largest.add(value, place)
    expected = sorted(enumerate(values), key=lambda item: (-item[1], item[0]))[:number]
    assert largest.items() == [(value, place) for place, value in expected]
