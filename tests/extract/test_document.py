import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from scraper.extract.document import collapse, parse_html, per_thread, tag_ids
from scraper.models import Page


def page(body: bytes = b"", text: str | None = None, encoding: str = "utf-8") -> Page:
    url = "https://a.example/"
    return Page(url=url, final_url=url, status=200, body=body, decoded=text, encoding=encoding)


def title(found: Page) -> str:
    node = parse_html(found).css_first("head title")
    assert node is not None
    return node.text()


def test_a_utf8_body_is_read_as_it_came():
    assert title(page("<title>Grüße</title>".encode())) == "Grüße"


def test_a_body_in_another_charset_is_read_from_its_text():
    assert title(page("<title>Grüße</title>".encode("utf-16"), "<title>Grüße</title>", "utf-16le")) == "Grüße"


def test_a_page_without_a_body_is_read_from_its_text():
    assert title(page(text="<title>x</title>")) == "x"


@pytest.mark.parametrize(
    "found",
    [page(b"\xef\xbb\xbf<title>x</title>"), page(b"?", "\ufeff<title>x</title>", "utf-16le")],
)
def test_c3_a_byte_order_mark_does_not_end_the_head(found):
    assert title(found) == "x"


def test_c3_bytes_that_are_no_utf8_become_replacement_characters():
    assert title(page(b"<title>a\xffb\xe2\x82</title>")) == "a\ufffdb\ufffd"


def test_c4_lone_surrogates_and_nul_are_replaced():
    assert title(page(text="<title>a\ud800b\x00c</title>", encoding="utf-16le")) == "a?b\ufffdc"


@pytest.mark.parametrize(
    "body", [b"", b" ", b"\x00", b"<!--", b"<", b"<html", b"</html>", b"<frameset>", b"<plaintext>"]
)
def test_c5_a_stump_of_a_page_is_a_tree(body):
    assert isinstance(parse_html(page(body)), LexborHTMLParser)


def test_what_noscript_holds_is_markup():
    assert parse_html(page(b"<body><noscript><img src=x></noscript>")).css_first("noscript img") is not None


def test_tag_ids_tell_elements_apart():
    tree = parse_html(page(b"<a></a><b></b>"))
    assert [node.tag_id for node in tree.css("a, b")] == list(tag_ids("a", "b"))


@pytest.mark.parametrize(
    ("text", "collapsed"),
    [
        ("", ""),
        (" \t\r\n\f ", ""),
        ("a b", "a b"),
        ("  a \n\t b\r\nc  ", "a b c"),
        ("a\n\nb  c", "a b c"),
        ("12\xa0€\u2003\x0b", "12\xa0€\u2003\x0b"),
    ],
)
def test_collapse_leaves_one_space_for_ascii_whitespace_only(text, collapsed):
    assert collapse(text) == collapsed


@given(st.text(alphabet=" \t\n\f\rab\xa0"))
def test_collapse_splits_as_the_infra_standard_does(text):
    for whitespace in "\t\n\f\r":
        text = text.replace(whitespace, " ")
    assert collapse(text) == " ".join(word for word in text.split(" ") if word)


def test_each_thread_has_a_selector_engine_of_its_own():
    others = []
    thread = threading.Thread(target=lambda: others.append(per_thread.selector))
    thread.start()
    thread.join()
    assert per_thread.selector is per_thread.selector
    assert others[0] is not per_thread.selector
