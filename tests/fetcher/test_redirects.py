"""Where a redirect leads, and which headers go there."""

import pytest

from scraper.errors import BadRedirect, UnsupportedScheme
from scraper.fetcher.redirects import safe, target
from scraper.urls import parse

BASE = "https://example.test/a/b"


@pytest.mark.parametrize(
    ("location", "href"),
    [
        (b"c", "https://example.test/a/c"),
        (b" /c ", "https://example.test/c"),
        (b"?q#f", "https://example.test/a/b?q"),
        (b"//other.test", "https://other.test/"),
        (b"////other.test/x", "https://other.test/x"),
        (b"http:c", "http://c/"),
        ("/ü".encode(), "https://example.test/%C3%BC"),
        ("/ü".encode("latin-1"), "https://example.test/%C3%BC"),
    ],
)
def test_a_location_is_resolved_by_the_whatwg_standard(location, href):
    assert target([location], BASE).href == href


@pytest.mark.parametrize("locations", [[], [b""], [b"  "], [b"http://"], [b"http://[x"], [b"http://a:99999/"], [b"//"]])
def test_a_location_that_names_nothing_is_a_bad_redirect(locations):
    with pytest.raises(BadRedirect):
        target(locations, BASE)


@pytest.mark.parametrize("location", [b"file:///x", b"ftp://a/", b"gopher://a/", b"data:,x", b"javascript:x"])
def test_other_schemes_are_refused(location):
    with pytest.raises(UnsupportedScheme):
        target([location], BASE)


def test_headers_stay_with_the_origin_they_were_given_for():
    headers = [("Authorization", "s"), ("User-Agent", "me"), ("X-Anything", "s"), ("accept", "text/html")]
    assert safe(headers) == [("User-Agent", "me"), ("accept", "text/html")]


def test_userinfo_in_a_location_is_dropped():
    assert target([b"http://me:secret@other.example/x?a@b"], BASE) == parse("http://other.example/x?a@b")


def test_several_locations_must_be_the_same():
    assert target([b"/x", b"/x"], BASE) == parse("/x", BASE)
    with pytest.raises(BadRedirect, match="2 different Locations"):
        target([b"/x", b"/y"], BASE)
