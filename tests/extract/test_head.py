import pytest
from selectolax.lexbor import LexborHTMLParser

from scraper.extract.head import Head, document_base, read_head

URL = "https://a.example/dir/page.html?q=1"


def head(html: str, url: str = URL) -> Head:
    return read_head(LexborHTMLParser(html), url)


def test_an_empty_page_says_nothing():
    assert head("") == Head(base=URL, title=None, description=None, canonical=None, lang=None)


def test_a_full_head_says_everything():
    found = head(
        """<!doctype html><html lang=" de-AT "><head><meta charset=utf-8><title>Titel</title>
        <meta name=description content="Worum es geht"><link rel=stylesheet href=x.css><link rel=canonical href=/c>"""
    )
    assert found == Head(
        base=URL, title="Titel", description="Worum es geht", canonical="https://a.example/c", lang="de-AT"
    )


# Title


def test_a_title_has_its_whitespace_collapsed_and_its_references_decoded():
    assert head("<title>\n  a &amp; b\t<i>c</i>\xa0d \n</title>").title == "a & b <i>c</i>\xa0d"


def test_the_first_title_that_says_something_is_the_title():
    assert head("<title> </title><title>a</title><title>b</title>").title == "a"


@pytest.mark.parametrize("html", ["<title></title>", "<title> \n</title>", "<p>no title</p>"])
def test_an_empty_title_is_none(html):
    assert head(html).title is None


def test_a_title_in_the_body_counts_when_the_head_has_none():
    assert head("<body><p>text<title>late</title>").title == "late"
    assert head("<title>early</title><body><p>text<title>late</title>").title == "early"


def test_a_drawing_s_title_is_not_the_page_s():
    assert head("<body><svg><title>icon</title><g><title>icon</title></g></svg>").title is None
    assert head("<body><svg><title>icon</title></svg><p><title>late</title>").title == "late"


def test_c4_a_title_of_a_megabyte_is_kept_whole():
    assert len(head(f"<title>{'a' * 2**20}</title>").title or "") == 2**20


# Description


@pytest.mark.parametrize("name", ["description", "Description", " DESCRIPTION "])
def test_a_description_is_found_by_its_name_in_any_case(name):
    assert head(f'<meta name="{name}" content=" a\n b ">').description == "a b"


def test_the_first_description_that_says_something_counts():
    html = """<meta name=description><meta name=description content=" "><meta property=description content=x>
    <meta name=keywords content=y><meta content=z><meta name=description content=a><meta name=description content=b>"""
    assert head(html).description == "a"


# Canonical


@pytest.mark.parametrize(
    ("link", "canonical"),
    [
        ('rel=canonical href="https://b.example/x#y"', "https://b.example/x#y"),
        ("rel=canonical href=other.html", "https://a.example/dir/other.html"),
        ("rel=CANONICAL href=//b.example", "https://b.example/"),
        ('rel="nofollow\tcanonical" href="?x"', "https://a.example/dir/page.html?x"),
        ('rel=canonical href=" /spaced\n"', "https://a.example/spaced"),
        ("rel=canonicals href=/x", None),
        ("rel=canonical", None),
        ("rel=canonical href", None),
        ('rel=canonical href=" "', None),
        ("href=/x", None),
        ("rel=canonical href=https://[/", None),
        ("rel=canonical href=file:///tmp/x", None),
        ("rel=canonical href=javascript:x", None),
    ],
)
def test_a_canonical_url_is_absolute_http_or_none(link, canonical):
    assert head(f"<link {link}>").canonical == canonical


def test_a_canonical_url_is_relative_to_a_base_that_comes_after_it():
    assert head("<link rel=canonical href=x><base href=/other/>").canonical == "https://a.example/other/x"


# Language


@pytest.mark.parametrize(
    ("html", "lang"),
    [("<html lang=en>", "en"), ("<html lang>", None), ("<html lang=' '>", None), ("<html><body lang=fr>", None)],
)
def test_the_language_is_that_of_html(html, lang):
    assert head(html).lang == lang


# Base


@pytest.mark.parametrize(
    ("html", "base"),
    [
        ("", URL),
        ("<base target=_blank>", URL),
        ("<base target=_blank><base href=/x/><base href=/y/>", "https://a.example/x/"),
        ("<base href='http://b.example#f'>", "http://b.example/"),
        ("<base href=''>", URL),
        ("<base href='https://['>", URL),
        ("<base href='data:text/html,x'>", URL),
        ("<base href='javascript:x'>", URL),
    ],
)
def test_the_base_is_that_of_the_first_base_element_with_an_href(html, base):
    assert head(html).base == base


def test_a_base_has_no_fragment():
    assert document_base("https://a.example/#f", None) == "https://a.example/"


# Heads that end too soon


@pytest.mark.parametrize(
    "intruder",
    ["<noscript><img src=pixel></noscript>", "<img src=pixel>", "<noscript><iframe src=x></iframe></noscript>"],
)
def test_what_a_tracker_pushed_out_of_the_head_is_still_found(intruder):
    found = head(
        f"<html><head><script>1</script>{intruder}<title>t</title><meta name=description content=d>"
        "<link rel=canonical href=/c><base href=/b/></head><body><p>text"
    )
    assert (found.title, found.description, found.canonical, found.base) == (
        "t", "d", "https://a.example/c", "https://a.example/b/",
    )  # fmt: skip


def test_what_comes_after_the_body_has_begun_is_not_the_head_s():
    found = head("<head></head><body><p>text</p><meta name=description content=d><link rel=canonical href=/c>")
    assert (found.description, found.canonical) == (None, None)


def test_a_frameset_has_a_head():
    assert head("<head><title>t</title></head><frameset><frame src=x></frameset>").title == "t"
