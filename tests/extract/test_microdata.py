# ruff: noqa: E501 - pages as they are
"""The examples are those of the HTML Standard, 5.1 and 5.5."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from scraper.extract.microdata import MAX_DEPTH, MAX_PROPERTIES, read_microdata


def items(html):
    return read_microdata(LexborHTMLParser(html), lambda reference: f"abs:{reference}")


def properties(html):
    (item,) = items(html)
    return item["properties"]


def test_an_item_has_its_properties_by_name_in_the_order_of_the_document():
    html = """<div itemscope itemtype="https://a/t https://a/u https://a/t" itemid=" urn:1 "><p>My name is
    <span itemprop="name">Ned \n Nederlander</span>, <b itemprop="flavor">Lemon</b> <i itemprop="flavor colour">Orange</i>"""
    assert items(html) == [
        {
            "type": ["https://a/t", "https://a/u"],
            "id": "abs:urn:1",
            "properties": {"name": ["Ned Nederlander"], "flavor": ["Lemon", "Orange"], "colour": ["Orange"]},
        }
    ]


@pytest.mark.parametrize(
    ("element", "value"),
    [
        ("<img itemprop=p src=a.png>", "abs:a.png"),
        ("<a itemprop=p href='x y'>t</a>", "abs:x y"),
        ("<a itemprop=p>t</a>", ""),
        ("<link itemprop=p href=x>", "abs:x"),
        ("<object itemprop=p data=d></object>", "abs:d"),
        ("<iframe itemprop=p src=i></iframe>", "abs:i"),
        ("<meta itemprop=p content=' c '>", "c"),
        ("<meta itemprop=p>", ""),
        ("<data itemprop=p value=v>t</data>", "v"),
        ("<meter itemprop=p value=5>t</meter>", "5"),
        ("<time itemprop=p datetime=2024-01-01>t</time>", "2024-01-01"),
        ("<time itemprop=p>2024</time>", "2024"),
        ("<p itemprop=p> a <b> b </b></p>", "a b"),
    ],
)
def test_a_value_is_where_its_element_has_it(element, value):
    assert properties(f"<div itemscope>{element}</div>") == {"p": [value]}


def test_an_item_can_be_a_property_and_only_others_are_at_the_top():
    html = """<div itemscope><p itemprop=band itemscope><b itemprop=name>Jazz</b></p><b itemprop=name>Amanda</b></div>
    <div itemscope></div><b itemprop=stray>s</b>"""
    assert items(html) == [
        {"properties": {"band": [{"properties": {"name": ["Jazz"]}}], "name": ["Amanda"]}},
        {"properties": {}},
    ]


def test_itemref_brings_what_is_elsewhere_each_once():
    html = """<div itemscope id=amanda itemref="a b none a"><i itemprop=first>1</i></div>
    <p id=a>Name: <span itemprop=name>Amanda</span></p>
    <div id=b itemprop=band itemscope itemref=c></div><div id=c><p>Band: <span itemprop=name>Jazz</span></p></div>"""
    assert properties(html) == {
        "first": ["1"],
        "name": ["Amanda"],
        "band": [{"properties": {"name": ["Jazz"]}}],
    }


def test_what_is_in_an_item_that_is_referred_to_is_that_items():
    html = "<div itemscope itemref=x></div><div id=x itemprop=inner itemscope><b itemprop=k>v</b></div>"
    assert properties(html) == {"inner": [{"properties": {"k": ["v"]}}]}


def test_c1_an_item_that_contains_itself_is_an_error_in_its_place():
    html = "<div id=a itemscope itemref=b><p id=c itemprop=x itemscope itemref=b></p></div><div id=b><p itemprop=y itemscope itemref=c></p></div>"
    assert "ERROR" in str(items(html))
    assert properties("<div itemscope itemref=a><p id=a itemprop=x itemscope itemref=a></div>") == {
        "x": [{"properties": {}}]
    }


@pytest.mark.parametrize(
    "html",
    [
        pytest.param("<div itemscope>" + "<b itemprop=x>y</b>" * (MAX_PROPERTIES + 1), id="properties"),
        pytest.param("<div itemscope><div>" + "<p>" * 0 + "<i>" * 900 + "<b itemprop=x>y</b>" * 3000, id="depth"),
        pytest.param(
            "<div itemscope itemref='a0'></div>"
            + "".join(
                f"<div id=a{n}><p itemprop=x itemscope itemref=a{n + 1}></p><p itemprop=y itemscope itemref=a{n + 1}></p></div>"
                for n in range(40)
            ),
            id="doubling",
        ),
    ],
)
def test_c1_items_that_would_cost_too_much_are_left_out(html):
    started = time.process_time()
    assert items(html) == []
    assert time.process_time() - started < 2


def test_c2_items_in_items_end_at_a_depth():
    found = str(items("<div itemscope itemprop=x>" * 200)) + str(
        items("<div itemscope>" + "<div itemscope itemprop=x>" * 200)
    )
    assert found.count("properties") == MAX_DEPTH
    assert "ERROR" in found


SOUP = st.lists(
    st.sampled_from([
        "<div itemscope>", "</div>", "<p id=a>", "<p id=b itemprop=x>", "<div itemscope itemprop=y itemref='a b'>",
        "<div itemscope itemref=b id=a>", "text", "<b itemprop='x y'>", "</b>", "<template>", "<svg itemscope>", "</svg>",
    ]),
    max_size=15,
).map("".join)  # fmt: skip


@given(SOUP)
def test_c4_any_items_come_to_an_end(html):
    assert all("properties" in item for item in items(html))
