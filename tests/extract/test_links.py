import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from scraper.errors import ParseLimit
from scraper.extract.document import MAX_CHARACTERS
from scraper.extract.links import _PLAIN, absolute, http_url, read_link_details, read_links
from scraper.models import Link, Page
from scraper.urls import join

BASE = "https://a.example/dir/page.html?q=1"


def links(html: str, base: str = BASE) -> list[str]:
    return read_links(LexborHTMLParser(html), base)


def by_ada(references: list[str], base: str) -> list[str]:
    urls = (join(base, reference) for reference in references)
    return list(dict.fromkeys(url for url in urls if url and url.startswith(("http://", "https://"))))


def test_links_are_absolute_and_in_the_order_of_the_document():
    html = (
        "<a href=b.html>1</a><map><area href=/c></map><a href='?x'>2</a><a href=//d.example>3</a><a href=../e#f>4</a>"
    )
    assert links(html) == [
        "https://a.example/dir/b.html",
        "https://a.example/c",
        "https://a.example/dir/page.html?x",
        "https://d.example/",
        "https://a.example/e#f",
    ]


def test_a_link_that_stands_twice_is_one_link():
    assert links("<a href=x><a href=y><a href=./x><a href=x#f><a href=x>") == [
        "https://a.example/dir/x",
        "https://a.example/dir/y",
        "https://a.example/dir/x#f",
    ]


@pytest.mark.parametrize(
    "href",
    ["mailto:a@b.example", "javascript:void(0)", "tel:+43", "data:,x", "ftp://b.example/", "https://[", "http://a b/"],
)
def test_what_is_no_http_url_is_left_out(href):
    assert links(f'<a href="{href}">') == []


def test_an_empty_href_leads_to_the_page_itself():
    assert links("<a href=''>") == links("<a href>") == links("<a href=' '>") == [BASE]


def test_elements_that_are_no_links_are_left_out():
    assert links("<head><link href=x></head><a name=y></a><a>z</a><p href=q></p><svg><use href=w></use></svg>") == []


def test_links_in_drawings_are_links_by_their_href():
    assert links("<svg><a href=x></a><a xlink:href=y></a></svg>") == ["https://a.example/dir/x"]


def test_the_name_of_an_element_or_attribute_may_be_in_any_case():
    assert links("<A HREF=x></A><Area Href=y>") == ["https://a.example/dir/x", "https://a.example/dir/y"]


def test_a_page_of_frames_has_no_links():
    assert links("<frameset><frame src=x></frameset>") == []


@pytest.mark.parametrize("base", ["ftp://a.example/x", "mailto:a@b.example", "data:text/html,x", "file:///x"])
def test_a_base_that_is_not_http_leaves_whole_urls_only(base):
    assert absolute(["x", "#f", "/y", "../z", "https://b.example/"], base) == ["https://b.example/"]


def test_http_url_is_none_for_other_schemes_and_for_what_is_no_url():
    assert http_url(BASE, "x") == "https://a.example/dir/x"
    assert http_url(BASE, "mailto:x") is None
    assert http_url(BASE, "https://[") is None


def test_c1_a_long_base_does_not_multiply_a_page_of_short_links():
    base = "https://a.example/" + "d" * 8000 + "/"
    references = [str(number) for number in range(MAX_CHARACTERS // len(base) + 1)]
    assert len(absolute(references[:100], base)) == 100
    with pytest.raises(ParseLimit, match="links to a base URL of 8,0"):
        absolute(references, base)


@pytest.mark.parametrize("piece", ["../", "a.", "https://a.", "https://a-", "%", "/a", "a:"])
def test_c1_a_long_reference_costs_its_length_only(piece):
    reference = piece + piece.removeprefix("https://") * 200_000
    assert absolute([reference], BASE) == by_ada([reference], BASE)


# What is resolved without the parser is what the parser would have made of it.

PIECES = (
    "a", "b.html", "A", "0x7f", "1", ".", "..", "../", "./", "/", "//", "\\", "?", "#", ":", ";", "&", "=", "@", "~",
    "-", "_", "%", "%2e", "%2E", "%41", "%zz", "'", '"', "<", ">", "[", "]", "^", "|", "`", "{", "}", "!", "$", "(",
    ")", "*", "+", ",", " ", "\t", "\n", "\x00", "\x7f", "\xad", "é", "ß", "。", "\ud800",
    "http:", "https:", "HTTPS://", "http://", "https://", "mailto:", "javascript:", "data:", "C:",
    "b.example", ".example", "xn--bcher-kva", "xn--", "127.0.0.1", "1.2", "localhost", ":80", ":443", ":8080", "u:p@",
)  # fmt: skip
BASES = (
    "https://a.example/",
    "https://a.example/dir/page.html",
    "http://a.example/a/b/c/d.html?x=/../y?z",
    "http://user:pw@127.0.0.1:8080/x//y/z;p?",
    "http://[::1]/%2e%2e%41/.x/",
    "https://xn--bcher-kva.example/a",
    "ftp://a.example/a",
    "mailto:a@b.example",
    "data:text/html,x",
)

references = st.lists(st.sampled_from(PIECES), max_size=8).map("".join) | st.text(max_size=12)


@given(reference=references, base=st.sampled_from(BASES))
@settings(max_examples=600, deadline=None)
@example(reference="../../../x", base=BASES[1])
@example(reference="a:b", base=BASES[1])
@example(reference="a/b:c", base=BASES[1])
@example(reference="x/.", base=BASES[1])
@example(reference="x/..", base=BASES[1])
@example(reference="x/%2e%2E/y", base=BASES[1])
@example(reference="https://b.example", base=BASES[1])
@example(reference="https://b.example/.", base=BASES[1])
@example(reference="https://1.2/", base=BASES[1])
@example(reference="https://xn--a.example/", base=BASES[1])
@example(reference="https:x", base=BASES[1])
@example(reference="///x", base=BASES[1])
@example(reference="?a'b", base=BASES[1])
def test_a_reference_becomes_what_the_url_standard_s_parser_makes_of_it(reference, base):
    assert absolute([reference], base) == by_ada([reference], base)


@pytest.mark.parametrize(
    "reference",
    [
        "",
        "#f",
        "?x=y",
        "/a/b.html#c:d",
        "page.html",
        "a/b?c=d&e",
        "../x",
        "../../x#y",
        "https://b.example/c/?d",
        "a%20b",
    ],
)
def test_the_common_forms_do_not_need_the_parser(reference):
    assert _PLAIN(reference)


def test_a_list_of_references_keeps_its_order_and_drops_repeats():
    many = [
        "x",
        "",
        "./x",
        "https://a.example/dir/x",
        "#",
        "mailto:x",
        "y\n",
        "../dir/x",
        "../../../dir/x",
        "https://b.example",
    ]
    assert absolute(many, BASE) == by_ada(many, BASE)


def details(body, head="", url="https://www.a.example:8443/dir/page", **headers):
    pairs = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    page = Page(url=url, final_url=url, status=200, headers=pairs)
    return read_link_details(LexborHTMLParser(f"<head>{head}</head><body>{body}"), page, url)


def test_details_name_text_rel_and_kind_of_the_same_links():
    html = """<a href=x> Read  more\n</a><a href=https://a.example/ rel="NoFollow noopener">A</a>
    <a href=http://b.example/ rel=ugc>B</a><area href=//sub.a.example/ alt=x><a href=mailto:x>m</a><a href=https://[::1]:8/>6</a>"""
    assert details(html) == [
        Link("https://www.a.example:8443/dir/x", "Read more", [], "internal", nofollow=False),
        Link("https://a.example/", "A", ["nofollow", "noopener"], "internal", nofollow=True),
        Link("http://b.example/", "B", ["ugc"], "external", nofollow=True),
        Link("https://sub.a.example/", "", [], "external", nofollow=False),
        Link("https://[::1]:8/", "6", [], "external", nofollow=False),
    ]


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<a href=x><img src=i alt='A picture'></a>", "A picture"),
        ("<a href=x aria-label=Label title=Title></a>", "Label"),
        ("<a href=x title=Title><img src=i alt=''></a>", "Title"),
        ("<a href=x></a>", ""),
        ("<a href=x></a><p><a href=x>later</a><a href=x>last</a>", "later"),
    ],
)
def test_a_link_without_text_is_called_by_what_else_says_it(html, text):
    (link,) = details(html)
    assert link.text == text


@pytest.mark.parametrize(
    ("head", "headers", "nofollow"),
    [
        ("<meta name=Robots content='noindex, NoFollow'>", {}, True),
        ("<meta name=robots content=none>", {}, True),
        ("<meta name=robots content=noindex>", {}, False),
        ("", {"x_robots_tag": "nofollow"}, True),
        ("", {}, False),
    ],
)
def test_a_page_can_make_all_its_links_nofollow(head, headers, nofollow):
    (link,) = details("<a href=x>y</a>", head, **headers)
    assert link.nofollow is nofollow


def test_c1_texts_of_links_in_links_are_bounded(monkeypatch):
    monkeypatch.setattr("scraper.extract.links.MAX_CHARACTERS", 3000)
    with pytest.raises(ParseLimit, match="texts"):
        details("<svg>" + "".join(f"<a href={n}><text>{'x' * 50}" for n in range(50)))


def test_a_frameset_has_no_details():
    page = Page(url="https://a.example/", final_url="https://a.example/", status=200)
    assert read_link_details(LexborHTMLParser("<frameset><frame src=x>"), page, page.url) == []
