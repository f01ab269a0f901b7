from datetime import UTC, datetime

import pytest
from selectolax.lexbor import LexborHTMLParser

from scraper.extract.json_data import MAX_DEPTH, NotJsonError, parse, plain


def nested(depth: int) -> list[object]:
    value: list[object] = []
    for _ in range(depth - 1):
        value = [value]
    return value


def looped() -> list[object]:
    value: list[object] = []
    value.append(value)
    return value


@pytest.mark.parametrize("value", [None, True, 1, 1.5, "é", [1, [2]], {"a": {"b": None}}, 2**80])
def test_json_data_stays_as_it_is(value):
    assert plain(value) == value


@pytest.mark.parametrize(
    ("value", "data"),
    [
        ((1, 2), [1, 2]),
        ({1: "a"}, {"1": "a"}),
        (datetime(2024, 1, 2, tzinfo=UTC), "2024-01-02T00:00:00Z"),
        (float("nan"), None),
    ],
)
def test_what_json_has_another_form_for_takes_it(value, data):
    assert plain(value) == data


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (object(), "objects of type object"),
        ({"tree": LexborHTMLParser("")}, "objects of type selectolax.lexbor.LexborHTMLParser"),
        ({(1, 2): 3}, "keys"),
        ("a\ud800", "lone surrogate, '\\ud800'"),
        (looped(), "itself"),
        (nested(5000), "too deep"),
        (nested(MAX_DEPTH + 1), f"deeper than {MAX_DEPTH}"),
        pytest.param(10**5000, "4300 digits", id="a number of 5000 digits"),
    ],
)
def test_what_json_cannot_hold_is_refused(value, reason):
    with pytest.raises(NotJsonError, match=reason.replace("\\", r"\\")):
        plain(value)


@pytest.mark.parametrize("text", ["", "{", "nul", '"\\udc00"', pytest.param("[" * 100_000, id="deep")])
def test_what_is_no_json_is_refused(text):
    with pytest.raises(NotJsonError):
        parse(text)


def test_data_may_nest_to_the_limit():
    assert parse("[" * MAX_DEPTH + "]" * MAX_DEPTH) == nested(MAX_DEPTH)
    with pytest.raises(NotJsonError):
        parse("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1))
