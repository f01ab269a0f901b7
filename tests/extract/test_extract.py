import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from scraper.errors import ExtractError, UsageError
from scraper.extract import build_extractor
from scraper.models import Extracted, Link, Page

HTML = """<!doctype html><html lang=en><head><title>Title</title><meta name=description content=About>
<meta property=og:title content=OG><link rel=canonical href=/canonical><base href=/base/></head>
<body><h1>Heading</h1><a href=link>link</a><img src=i.png>"""


def page(html: str | bytes = HTML, **changes) -> Page:
    body = html.encode() if isinstance(html, str) else html
    url = "https://a.example/dir/page"
    fields = {"url": url, "final_url": url, "status": 200, "body": body}
    return Page(**{**fields, **changes})


def extractor(**changes):
    return build_extractor(**{"select": {}, "links": False, "meta": False, "html": False, "parse": None, **changes})


def everything(select=None, parse=lambda _page: {"n": 1}):
    select = select or {"h": "h1, title", "p[]": "p::html", "src[]": "img::attr(src)", "all[]": "*"}
    return extractor(select=select, links=True, meta=True, html=True, parse=parse)


def test_what_was_not_asked_for_is_none():
    assert extractor()(page()) == Extracted(
        title="Title", description="About", canonical="https://a.example/canonical", lang="en"
    )


def test_all_that_can_be_asked_for():
    extract = everything({"h": "h1", "src": "img::attr(src)"}, lambda found: {"h": "by parse", "status": found.status})
    found = extract(page())
    assert found == Extracted(
        title="Title",
        description="About",
        canonical="https://a.example/canonical",
        lang="en",
        meta={"title": "OG", "sources": {"title": "meta og:title"}, "opengraph": {"og:title": "OG"}},
        links=["https://a.example/base/link"],
        html=HTML,
        fields={"h": "by parse", "src": "https://a.example/base/i.png", "status": 200},
        extractor=found.extractor,
    )
    assert found.extractor


def test_links_of_a_page_without_any_are_an_empty_list():
    assert extractor(links=True)(page("<p>")).links == []


def test_link_details_take_the_place_of_links():
    (link,) = extractor(link_details=True, links=True)(page()).links
    assert link == Link("https://a.example/base/link", "link", [], "internal", nofollow=False)


def test_fields_are_none_only_when_nobody_asked_for_any():
    assert extractor(parse=lambda _page: None)(page()).fields == {}
    assert extractor(select={"x": "h6"})(page()).fields == {"x": None}
    assert extractor()(page()).fields is None


def test_parse_gets_the_page_with_its_tree():
    seen = []
    extractor(parse=seen.append)(page())
    assert msgspec.structs.replace(seen[0], tree=None) == page()
    assert isinstance(seen[0].tree, LexborHTMLParser)
    assert seen[0].tree.css_first("h1").text() == "Heading"


def test_what_parse_does_to_the_tree_changes_nothing_else():
    extract = everything({"h": "h1"}, lambda found: found.tree.css_first("body").decompose())
    found = extract(page())
    assert (found.fields, found.links) == ({"h": "Heading"}, ["https://a.example/base/link"])


def test_a_parse_function_that_fails_is_the_end_of_the_page():
    with pytest.raises(ExtractError, match="ZeroDivisionError: division by zero"):
        extractor(parse=lambda _page: 1 / 0)(page())


@pytest.mark.parametrize("wrong", [{"select": {"x": "h1["}}, {"parse": "no_such_module:parse"}])
def test_wrong_settings_are_refused_before_any_page(wrong):
    with pytest.raises(UsageError):
        extractor(**wrong)


SOUP = st.lists(
    st.sampled_from([
        "<html lang=x>", "<head>", "</head>", "<title>", "</title>", "<base href=/b>",
        "<meta name=description content=x>",
        "<base href='ftp://b'>", "<link rel=canonical href=c>", "<noscript>", "<img src=i>", "<body>", "<frameset>",
        "<svg>", "</svg>", "<a href='x\n", "'>", "<a href=//y>", "<area href>", "<table>", "<tr>", "<template>",
        "<select>", "<math>", "<!--", "<![CDATA[", "<script type='application/ld+json'>", "</script>", "{", "[1]",
        "<plaintext>",
        "<meta property=og:x content=y>", "&#xD800;", "&", "\x00", "\ud800", "\ufeff", "<", ">", "\u2028", " ",
    ]),
    max_size=25,
).map("".join)  # fmt: skip


@given(
    content=st.binary(max_size=80) | SOUP.map(lambda soup: soup.encode("utf-8", "surrogatepass")),
    encoding=st.sampled_from(["utf-8", "utf-16le"]),
)
@settings(max_examples=200, deadline=None)
def test_c5_any_bytes_make_a_record_that_can_be_written(content, encoding):
    found = everything()(page(content, encoding=encoding))
    assert msgspec.json.decode(msgspec.json.encode(found), type=Extracted) == found


@given(SOUP)
@settings(max_examples=100, deadline=None)
def test_c4_any_text_makes_a_record_that_can_be_written(text):
    found = everything()(page(b"", decoded=text, encoding="utf-16le"))
    msgspec.json.encode(msgspec.structs.replace(found, html=None))  # the source is as it was given


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"<div>" * 2000, id="nested"),
        pytest.param(b"<b><p>" * 1000, id="misnested"),
        pytest.param(b"<table><tr><td>" * 700, id="tables"),
        pytest.param(b"<template>" * 2000, id="templates"),
        pytest.param(b"<svg><title>" * 1000, id="drawings"),
        pytest.param(b"<form><input>" * 5000, id="forms"),
        pytest.param(b"<select><option>" * 5000, id="selects"),
        pytest.param(b"<p " + b" ".join(b"a%d" % number for number in range(1000)) + b">", id="attributes"),
        pytest.param(b"<" + b"a" * 500_000 + b">", id="a long name"),
        pytest.param(b"<title>x</title>" + b"word " * 200_000, id="a long text"),
        pytest.param(b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(range(256)) * 400, id="an image"),
    ],
)
def test_c1_c2_oddly_shaped_pages_are_extracted(body):
    select = {"d": "body", "p[]": "p::attr(class)"}
    found = extractor(select=select, links=True, meta=True, html=True)(page(body))
    assert msgspec.json.decode(msgspec.json.encode(found), type=Extracted) == found
