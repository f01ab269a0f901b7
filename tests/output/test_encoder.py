import datetime as dt
import json
import pathlib
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.models import Failure, Record, Redirect, Timings
from scraper.output.encoder import append_line, as_json


class Rude:
    def __str__(self):
        raise OSError("no")


class Sly:
    def __str__(self):
        return "\udcff"


def encoded(**rest):
    lines = bytearray(b"before\n")
    append_line(Record(**({"url": "http://h.example/", "ok": True, "attempts": 1} | rest)), lines)
    line = bytes(lines).removeprefix(b"before\n")
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    return msgspec.json.decode(line)


def test_keys_stand_in_the_order_of_the_record_and_absent_ones_are_left_out():
    lines = bytearray()
    append_line(
        Record(
            url="http://h.example/",
            ok=False,
            status=404,
            error=Failure("http-status", "404"),
            redirects=(Redirect(301, "http://h.example/a"),),
            attempts=2,
            timings=Timings(dns=1.5),
            title="é",
        ),
        lines,
    )
    assert lines.decode() == (
        '{"url":"http://h.example/","ok":false,"status":404,"error":{"kind":"http-status","message":"404"},'
        '"redirects":[{"status":301,"url":"http://h.example/a"}],"attempts":2,"timings":{"dns":1.5},"title":"é"}\n'
    )


def test_c4_a_lone_surrogate_becomes_the_replacement_character_and_the_rest_stays():
    entry = encoded(
        title="a\ud800b\udfff",
        error=Failure("not-html", "\ud83d"),
        redirects=(Redirect(301, "http://h.example/\udc80"),),
        timings=Timings(dns=1.0),
        links=["\ud800", "fine"],
        fields={"\ud800": {"x": ["\udc00", 1, None, True, 0.5]}},
        sha256="ab",
    )
    assert entry == {
        "url": "http://h.example/",
        "ok": True,
        "error": {"kind": "not-html", "message": "\ufffd"},
        "redirects": [{"status": 301, "url": "http://h.example/\ufffd"}],
        "attempts": 1,
        "timings": {"dns": 1.0},
        "title": "a\ufffdb\ufffd",
        "links": ["\ufffd", "fine"],
        "fields": {"\ufffd": {"x": ["\ufffd", 1, None, True, 0.5]}},
        "sha256": "ab",
    }


@pytest.mark.parametrize("text", ["\0", "\x1b[0m", "\u2028\u2029", "\ufeff", "\uffff", "\U0010ffff", "a\nb\r\n", '"\\'])
def test_c4_odd_characters_make_one_valid_line(text):
    assert encoded(title=text)["title"] == text


def test_a_pair_of_surrogates_is_the_character_it_stands_for():
    assert encoded(title="\ud83d\ude00 \ud800")["title"] == "😀 \ufffd"


@pytest.mark.parametrize(
    ("value", "form"),
    [
        (pathlib.PurePosixPath("a/b"), "a/b"),
        (Decimal("1.10"), "1.10"),
        (dt.date(2026, 8, 1), "2026-08-01"),
        (3 + 1j, "(3+1j)"),
        (float("nan"), None),
        (float("inf"), None),
        (10**30, 10**30),
        ((1, 2), [1, 2]),
        ({7}, [7]),
        (b"ab", "YWI="),
        ({1: 2}, {"1": 2}),
        ({(1, 2): 3}, {"(1, 2)": 3}),
        ({None: 3}, {"None": 3}),
        (Sly(), "\ufffd"),
    ],
    ids=repr,
)
def test_what_a_callback_returns_is_written_in_some_form(value, form):
    lines = bytearray()
    append_line(Record(url="http://h.example/", ok=True, attempts=1, fields={"x": value}), lines)
    assert json.loads(lines)["fields"] == {"x": form}


def test_an_object_that_cannot_be_told_is_named():
    assert "Rude object at" in encoded(fields={"x": Rude()})["fields"]["x"]


def test_a_cycle_and_a_depth_end_somewhere():
    cycle = {}
    cycle["self"] = [cycle, 1]
    deep = []
    for _ in range(5000):
        deep = [deep]
    entry = encoded(fields={"cycle": cycle, "deep": deep, "good": 1})
    assert entry["fields"]["cycle"] == {"self": ["…", 1]}
    assert entry["fields"]["good"] == 1


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)) | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(codec=None)), inner, max_size=3),
    max_leaves=8,
)


@given(values, st.text(st.characters(codec=None)))
def test_whatever_it_holds_a_record_is_one_valid_line(value, text):
    entry = encoded(title=text, fields={"x": value}, input={text: value})
    assert entry["ok"] is True


@pytest.mark.parametrize("value", [{"a": 1}, {"a": {1}}, "\ud800", {None: Decimal("1.5")}, 10**30])
def test_a_value_of_its_own_is_encoded_as_in_a_record(value):
    line = bytearray()
    append_line(Record(url="x", ok=True, attempts=1, input={"value": value}), line)
    assert as_json({"value": value}) == msgspec.json.encode(json.loads(line)["input"])
