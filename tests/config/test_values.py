"""Texts that stand for sizes, times, addresses, headers and kinds."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.config.values import option, parse_duration, parse_endpoint, parse_size, split_header, split_kinds
from scraper.errors import UsageError


@pytest.mark.parametrize(
    ("text", "number"),
    [(500, 500), ("500", 500), ("10MiB", 10 * 1024**2), ("1.5 kb", 1536), ("2G", 2 * 1024**3), ("7B", 7)],
)
def test_sizes(text, number):
    assert parse_size(text) == number


def test_headers_kinds_and_option_names():
    assert split_header("X-Token:  a:b ") == ("X-Token", "a:b")
    assert split_kinds("read-timeout, 503,") == {"read-timeout", "503"}
    assert option("per_host") == "--per-host"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [(90, 90), (2.5, 2.5), ("90", 90), ("90s", 90), ("50m", 3000), ("50min", 3000), ("1h30m", 5400), ("7d", 604_800)],
)
def test_times(text, seconds):
    assert parse_duration(text, "--deadline") == seconds


@pytest.mark.parametrize("text", ["", "0", "-5", "soon", "5 weeks", "30m1h", "nan", "m"])
def test_what_is_no_time_is_refused_with_the_settings_name_and_a_remedy(text):
    with pytest.raises(UsageError, match=r"--deadline is .*; write a time like 90s, 50m, 1h30m or 7d"):
        parse_duration(text, "--deadline")


@given(st.text() | st.floats() | st.integers())
def test_any_value_is_a_time_or_a_usage_error(value):
    with suppress(UsageError):
        assert parse_duration(value, "--deadline") > 0


@pytest.mark.parametrize(
    ("text", "endpoint"), [(9101, ("127.0.0.1", 9101)), ("9101", ("127.0.0.1", 9101)), ("0.0.0.0:80", ("0.0.0.0", 80))]
)
def test_endpoints(text, endpoint):
    assert parse_endpoint(text) == endpoint
