"""The demo's pages are a whole small site."""

import json
import re
from urllib.parse import urljoin

import pytest
from selectolax.lexbor import LexborHTMLParser

from scraper.demo import pages

BASE = "http://demo.test:8000"
SITE = pages.build(BASE)
CHARSETS = {"/fr/": "windows-1252", "/ja/": "shift_jis"}
HTML = {
    path: LexborHTMLParser(reply.body.decode(CHARSETS.get(path, "utf-8")))
    for path, reply in SITE.items()
    if reply.status == 200 and reply.content_type.startswith("text/html")
}
BOOKS = {path: tree for path, tree in HTML.items() if path.startswith("/books/")}


def attribute(tree, selector, name):
    return tree.css_first(selector).attributes[name]


def test_there_are_more_than_forty_pages_with_titles_of_their_own():
    titles = {tree.css_first("title").text() for tree in HTML.values()}
    assert len(titles) == len(HTML) > 40


@pytest.mark.parametrize("path", HTML)
def test_each_page_has_what_is_always_extracted(path):
    tree = HTML[path]
    assert tree.css_first("title").text() == f"{tree.css_first('h1').text()} - Lamplight Books"
    assert attribute(tree, "meta[name=description]", "content")
    assert attribute(tree, "link[rel=canonical]", "href") == BASE + path
    assert attribute(tree, "html", "lang") == {"/fr/": "fr", "/ja/": "ja"}.get(path, "en")


@pytest.mark.parametrize("path", BOOKS)
def test_the_fields_metadata_and_json_ld_of_a_book_agree(path):
    tree = BOOKS[path]
    data = json.loads(tree.css_first('script[type="application/ld+json"]').text())
    assert data["@type"] == "Book"
    assert data["name"] == tree.css_first("h1").text() == attribute(tree, 'meta[property="og:title"]', "content")
    assert data["author"]["name"] == tree.css_first(".author").text()
    assert "£" + data["offers"]["price"] == tree.css_first(".price").text()
    assert re.fullmatch("£[1-9][0-9]*[.][0-9]{2}", tree.css_first(".price").text())
    assert re.fullmatch("★{1,5}½?", tree.css_first(".rating").text())


def test_each_link_is_relative_and_leads_somewhere():
    for path, tree in HTML.items():
        for link in tree.css("a[href]"):
            href = link.attributes["href"]
            assert not href.startswith(("/", "http"))
            assert urljoin(BASE + path, href).removeprefix(BASE) in {*SITE, pages.MISSING}


def test_every_page_is_reached_from_the_index():
    seen, waiting = set(), ["/"]
    while waiting:
        path = waiting.pop()
        if path in HTML and path not in seen:
            seen.add(path)
            waiting += [
                urljoin(BASE + path, link.attributes["href"]).removeprefix(BASE) for link in HTML[path].css("a[href]")
            ]
    assert seen == set(HTML)


@pytest.mark.parametrize(("path", "word"), [("/fr/", "cœur"), ("/ja/", "灯台")])
def test_two_pages_name_their_charset_in_the_page_only(path, word):
    reply = SITE[path]
    assert reply.content_type == "text/html"
    assert f'<meta charset="{CHARSETS[path]}">'.encode() in reply.body[:100]
    assert word in reply.body.decode(CHARSETS[path])
    with pytest.raises(UnicodeDecodeError):
        reply.body.decode()


def test_the_cross_references_of_the_pdf_are_right():
    data = SITE[pages.PDF].body
    start = int(data.rpartition(b"startxref\n")[2].split()[0])
    offsets = [int(line[:10]) for line in data[start:].splitlines() if line.endswith(b" n ")]
    assert data[start : start + 4] == b"xref"
    assert [data[offset:].split()[0] for offset in offsets] == [b"1", b"2", b"3", b"4", b"5"]
    stream = data.partition(b"stream\n")[2].partition(b"\nendstream")[0]
    assert f"/Length {len(stream)} ".encode() in data


def test_a_path_that_is_not_there_is_shown_escaped():
    reply = pages.not_found("/<b>")
    assert reply.status == 404
    assert b"/&lt;b&gt;" in reply.body
