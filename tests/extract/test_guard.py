"""Which pages are walked through before they are parsed, and which elements have too many attributes."""

import pytest

from scraper.errors import ParseLimit
from scraper.extract import guard
from scraper.extract.document import parse_html
from scraper.extract.guard import (
    FEW_TAGS,
    MANY_TAGS,
    MAX_ATTRIBUTES,
    SOME_TAGS,
    refuse_costly,
    tags_of_many_attributes,
)
from scraper.models import Page


def parsed(html):
    return parse_html(Page(url="http://a.test/", final_url="http://a.test/", status=200, body=html.encode()))


PAGES = {
    "few tags": ("<div>" * FEW_TAGS, False),
    "as many end tags": ("<div>x</div>" * FEW_TAGS, False),
    "unclosed, but not too many": ("<div>" * (2 * FEW_TAGS), False),
    "unclosed": ("<div>" * SOME_TAGS, True),
    "unclosed after as many end tags": ("</div>" * SOME_TAGS + "<div>" * SOME_TAGS, True),
    "unclosed in the middle": ("<p>x</p>" * FEW_TAGS + "<div>" * SOME_TAGS + "</div>" * SOME_TAGS, True),
    "end tags of others": ("<div></x>" * SOME_TAGS, True),
    "names that differ": ("".join(f"<t{n}></t{n}>" for n in range(4 * SOME_TAGS)), True),
    "many tags": ("<p>x</p>" * MANY_TAGS, True),
}


@pytest.mark.parametrize(("html", "is_walked"), PAGES.values(), ids=PAGES.keys())
def test_only_a_page_that_may_be_deep_is_walked_through(html, is_walked, monkeypatch):
    walked = []
    monkeypatch.setattr(guard.Walk, "through", lambda _, html: walked.append(html))
    refuse_costly(html.encode())
    assert bool(walked) == is_walked


@pytest.mark.parametrize("separator", [" ", "/", "='' ", "='>' "])
@pytest.mark.parametrize("tag", ["p", "/p", "html"])
def test_an_element_with_too_many_attributes_is_refused(tag, separator):
    attributes = " ".join(f"a{n}" for n in range(2 * MAX_ATTRIBUTES)) + separator
    attributes += separator.join(f"b{n}" for n in range(MAX_ATTRIBUTES))
    with pytest.raises(ParseLimit, match="an element with more than 5,000 attributes"):
        parsed(f"<p>text</p><{tag} {attributes}>")


@pytest.mark.parametrize("around", ["<script>{}</script>", "<!--{}-->", "<textarea>{}</textarea>", "<p title='{}'>"])
def test_what_only_looks_like_such_an_element_is_parsed(around):
    words = " ".join(f"a{n}" for n in range(2 * MAX_ATTRIBUTES))
    tree = parsed(around.format(f"<p {words}") + "<title>Home</title>")
    assert tree.css_first("title").text() == "Home"


def test_tags_of_many_attributes_are_found_wherever_they_are():
    many = b"<p " + b" ".join(b"a%d" % n for n in range(2 * MAX_ATTRIBUTES)) + b">"
    for before in (0, 1, 7_000, 15_000, 40_000):
        for filler in (b"x", b"<i>y</i>"):
            start = before // len(filler) * len(filler)
            html = filler * (before // len(filler)) + many + b"<p>end</p>" * 1_000
            assert tags_of_many_attributes(html) == [(start, start + len(many) - 1)]


def test_ordinary_pages_have_none():
    for html in [b"", b"text " * 100_000, b"<p>" + b"a b " * 100_000, b"<a href=x>y</a>" * 100_000]:
        assert tags_of_many_attributes(html) == []
