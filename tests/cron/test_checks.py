"""How many failures a run may have."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.cron import broken_limits, parse_limits
from scraper.errors import ERROR_KINDS, UsageError


def broken(*limits, ok=95, errors=None, statuses=None):
    found = {"read-timeout": 3, "http-status": 2} if errors is None else errors
    return broken_limits(parse_limits(limits), ok=ok, errors=found, statuses=statuses or {"200": ok, "404": 2})


def test_without_a_limit_a_run_fails_when_nothing_is_ok():
    assert broken() == []
    assert broken(ok=0, errors={"dns-not-found": 7}) == ["all 7 pages failed"]
    assert broken(ok=0, errors={}) == []


@pytest.mark.parametrize(
    "limit", ["5", "5%", "5.0%", " 5 % ", "read-timeout=3", "http-status=2", "404=2%", "tls-error=0"]
)
def test_what_reaches_a_limit_does_not_break_it(limit):
    assert broken(limit) == []


@pytest.mark.parametrize(
    ("limit", "clause"),
    [
        ("4", "5 pages failed, --max-failures is 4"),
        ("4.9%", "5 pages failed (5 %), --max-failures is 4.9%"),
        ("read-timeout=2", "3 read-timeout, --max-failures is read-timeout=2"),
        ("404 = 1%", "2 404 (2 %), --max-failures is 404 = 1%"),
        ("0", "5 pages failed, --max-failures is 0"),
    ],
)
def test_what_is_over_a_limit_is_told_with_it(limit, clause):
    assert broken(limit) == [clause]


def test_each_limit_counts_by_itself():
    assert len(broken("4", "read-timeout=2", "404=2")) == 2


def test_a_limit_replaces_the_default_and_all_may_fail():
    assert broken("100%", ok=0, errors={"dns-not-found": 7}) == []


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "write a number"),
        ("-1", "write a number"),
        ("5 percent", "write a number"),
        ("many", "write a number"),
        ("timeout=1", "does not know 'timeout'"),
        ("600=1", "does not know '600'"),
        ("101%", "at most 100%"),
    ],
)
def test_what_is_no_limit_is_named_with_the_remedy(text, what):
    with pytest.raises(UsageError, match=what):
        parse_limits([text])


@given(st.text() | st.from_regex(r"[a-z]+-[a-z]+=\d+%?", fullmatch=True) | st.sampled_from(sorted(ERROR_KINDS)))
def test_any_text_is_a_limit_or_a_usage_error(text):
    try:
        (limit,) = parse_limits([text])
    except UsageError:
        return
    assert limit.number >= 0
