"""Numbers as a reader wants them."""

import pytest

from scraper.stats import count, duration, percent, rate, size
from scraper.stats.text import printable


@pytest.mark.parametrize(("number", "text"), [(0, "0 lines"), (1, "1 line"), (20_000, "20,000 lines")])
def test_a_count_agrees_with_its_noun(number, text):
    assert count(number, "line") == text


@pytest.mark.parametrize(
    ("per_s", "text"),
    [(0, "0"), (0.021, "0.02"), (0.5, "0.50"), (3.44, "3.4"), (9.96, "10"), (611.96, "612"), (12_345.6, "12,346")],
)
def test_a_rate_has_the_digits_worth_reading(per_s, text):
    assert rate(per_s) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 ms"),
        (0.0024, "2.4 ms"),
        (0.041, "41 ms"),
        (0.9996, "1 s"),
        (32.6, "32.6 s"),
        (59.96, "1 min 0 s"),
        (250, "4 min 10 s"),
        (3599.7, "1 h 0 min"),
        (7500, "2 h 5 min"),
        (277_200, "3 d 5 h"),
    ],
)
def test_a_duration_is_told_in_its_two_largest_units(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1, "1 byte"),
        (999, "999 bytes"),
        (1500, "1.5 KB"),
        (999_960, "1.0 MB"),
        (1_200_000_000, "1.2 GB"),
        (5_300_000_000_000, "5.3 TB"),
    ],
)
def test_a_size_is_told_in_units_of_a_thousand(number, text):
    assert size(number) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (1, "100 %"),
        (0.9999, "99.9 %"),
        (0.941, "94.1 %"),
        (0.5, "50 %"),
        (0.0001, "under 0.1 %"),
        (0, "0 %"),
        (0.29, "29 %"),
    ],
)
def test_a_share_is_rounded_down_so_that_all_is_all(share, text):
    assert percent(share) == text


def test_what_a_terminal_would_obey_is_not_printed():
    assert printable("a\x1b[2Jb\nc") == "a\N{REPLACEMENT CHARACTER}[2Jb\N{REPLACEMENT CHARACTER}c"
