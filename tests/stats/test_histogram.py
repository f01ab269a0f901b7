"""Quantiles of latencies, within 2 %."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.stats import Histogram, bucket_of, edge_ms

latencies_ms = st.lists(st.floats(min_value=0.001, max_value=1e8), min_size=1, max_size=60)


@given(latencies_ms, st.floats(min_value=0, max_value=1))
def test_a_quantile_is_within_two_percent_of_the_exact_one(values, q):
    histogram = Histogram()
    for value in values:
        histogram.add(value)
    exact = sorted(values)[max(1, math.ceil(q * len(values))) - 1]
    assert histogram.quantile(q) == pytest.approx(exact, rel=0.02)


def test_an_empty_histogram_has_no_quantile():
    assert Histogram().quantile(0.5) is None


def test_latencies_beyond_the_ends_count_as_the_ends():
    histogram = Histogram()
    for value in (0.0, -1.0, math.inf):
        histogram.add(value)
    assert histogram.count == 3
    assert histogram.quantile(0) == pytest.approx(0.001, rel=0.02)
    assert histogram.quantile(1) == pytest.approx(1e8, rel=0.02)


def test_a_histogram_keeps_only_what_is_not_empty_and_stops_to_grow():
    histogram = Histogram()
    assert not histogram.counts
    for exponent in range(10_000):
        histogram.add(0.0001 * 1.003**exponent)
    assert histogram.count == 10_000
    assert len(histogram.counts) <= 646


@given(latencies_ms)
def test_a_bucket_lies_between_its_edges_and_a_histogram_is_made_of_its_counts(values):
    histogram = Histogram()
    for value in values:
        histogram.add(value)
        assert edge_ms(bucket_of(value)) <= value * (1 + 1e-9)
        assert value <= edge_ms(bucket_of(value) + 1) * (1 + 1e-9)
    assert Histogram(histogram.counts).quantile(0.5) == histogram.quantile(0.5)
