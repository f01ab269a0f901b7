"""What a page may cost at most, by the names of its tags: never less than what a walk through it finds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.extract.nesting import MAX_STEPS, Walk
from scraper.extract.unclosed import most_steps

ORDINARY = {
    "empty": "",
    "well formed": "<ul><li><a href=x>y</a></li></ul>" * 20_000,
    "void elements": "<br><img src=x><input>" * 20_000,
    "paragraphs that the next ends": "<p>text" * 60_000,
    "list items that the next ends": "<ul>" + "<li>text" * 60_000,
    "cells that the next ends": "<table>" + "<tr><td>text<td>text" * 20_000,
    "upper case": "<DIV><p>x</P></div>" * 20_000,
    "few tags, all unclosed": "<div>" * 4_000,
}


@pytest.mark.parametrize("html", ORDINARY.values(), ids=ORDINARY.keys())
def test_an_ordinary_page_of_many_tags_is_told_by_their_names(html):
    assert most_steps(html.encode()) <= MAX_STEPS


COSTLY = {
    "nested": "<div>" * 8_000,
    "nested and closed": "<div>" * 8_000 + "</div>" * 8_000,
    "closed by others": "<div></x>" * 8_000,
    "paragraphs in what is unclosed": "<p><button>" * 5_000,
    "list items in lists": "<ul><li>" * 5_000,
    "list items in terms": "<li><dd>" * 5_000,
    "options in groups": "<option><optgroup>" * 5_000,
    "ruby texts without ruby": "<rt>" * 8_000,
    "paragraphs in cells in tables": "<table><td><p>" * 4_000,
    "formatting that each paragraph makes anew": "".join(f"<p><b i={i}></p>" for i in range(1_000)),
    "names that differ": "".join(f"<t{i}></t{i}>" for i in range(30_000)),
}


@pytest.mark.parametrize("html", COSTLY.values(), ids=COSTLY.keys())
def test_what_may_be_costly_is_left_to_the_walk(html):
    assert most_steps(html.encode()) > MAX_STEPS


PIECES = [
    "<div>",
    "</div>",
    "<p>",
    "<li>",
    "<ul>",
    "</ul>",
    "<b>",
    "</b>",
    "<br>",
    "<button>",
    "<x-y a=1>",
    "text",
    "</p>",
]


@given(st.lists(st.sampled_from(PIECES), max_size=30), st.integers(min_value=1, max_value=300))
def test_it_is_never_less_than_what_a_walk_counts(pieces, times):
    html = "".join(pieces * times).encode()
    assert walked(html) <= most_steps(html) + slack(html)


def walked(html):
    walk = Walk()
    walk.through(html)
    return walk.steps


def slack(html):
    """What is opened and closed within 8 KB is not seen: the depth that 30 pieces can have, for each tag."""
    return html.count(b"<") * 30 * 3
