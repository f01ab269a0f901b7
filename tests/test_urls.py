"""URLs: normal form, host, origin, what is refused, fingerprints."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.errors import InvalidUrl, UnsupportedScheme
from scraper.models import Row
from scraper.urls import (
    MAX_URL_LENGTH,
    FingerprintMap,
    FingerprintSet,
    address_of,
    fingerprint,
    identity,
    join,
    masked,
    parse,
    split,
    split_userinfo,
)


@pytest.mark.parametrize(
    ("text", "href"),
    [
        ("HTTP://EXAMPLE.com:80/a/../b#top", "http://example.com/b"),
        ("https://example.com:443", "https://example.com/"),
        ("http://example.com/a#", "http://example.com/a"),
        ("http://example.com/?", "http://example.com/?"),
        ("http://example.com/a b?q=ä", "http://example.com/a%20b?q=%C3%A4"),
        ("http://example.com/%7Eme|x[1]", "http://example.com/%7Eme|x[1]"),
        ("https://straße.de/", "https://xn--strae-oqa.de/"),
        ("http://2130706433/", "http://127.0.0.1/"),
        ("http://[::FFFF:7f00:1]/", "http://[::ffff:7f00:1]/"),
        ("http://exa\tmple.com/\r\n", "http://example.com/"),
        ("http:/example.com", "http://example.com/"),
    ],
)
def test_a_url_is_normalised_by_the_whatwg_standard_without_its_fragment(text, href):
    assert parse(text).href == href


def test_an_address_knows_its_host_with_port_its_scheme_and_its_origin():
    address = parse("https://user:secret@Example.com:8443/x")
    assert (address.host, address.scheme, address.origin) == (
        "example.com:8443",
        "https",
        "https://example.com:8443",
    )


def test_a_relative_reference_is_resolved_against_its_base():
    assert parse("../c?x#y", "https://example.com/a/b/").href == "https://example.com/a/c?x"
    assert parse("//other.example/", "https://example.com/").href == "https://other.example/"


@pytest.mark.parametrize(
    ("text", "error", "says"),
    [
        ("", InvalidUrl, "empty"),
        ("example.com/page", InvalidUrl, "write https://example.com/page"),
        ("localhost:8080/x", InvalidUrl, "has no scheme"),
        ("http://", InvalidUrl, "not a valid URL"),
        ("http://exa mple.com/", InvalidUrl, "not a valid URL"),
        ("http://[::1", InvalidUrl, "not a valid URL"),
        ("http://example.com:65536/", InvalidUrl, "not a valid URL"),
        ("http://example.com:0/", InvalidUrl, "port 0"),
        ("http://example.com/" + "a" * MAX_URL_LENGTH, InvalidUrl, "8,192 at most"),
        ("http://example.com/" + "ä" * 3000, InvalidUrl, "once encoded"),
        ("ftp://example.com/", UnsupportedScheme, "ftp:"),
        ("javascript:alert(1)", UnsupportedScheme, "javascript:"),
        ("mailto:me@example.com", UnsupportedScheme, "mailto:"),
    ],
)
def test_what_is_no_http_url_is_refused_with_the_reason(text, error, says):
    with pytest.raises(error, match=says.replace("(", r"\(")):
        parse(text)


@given(st.text(max_size=60) | st.text(max_size=40).map(lambda tail: "http://" + tail))
def test_any_text_is_an_address_or_refused_and_the_normal_form_is_stable(text):
    try:
        address = parse(text)
    except (InvalidUrl, UnsupportedScheme):
        return
    assert address.href.isascii()
    assert address.href.startswith(("http://", "https://"))
    assert parse(address.href) == address


def test_a_link_keeps_its_fragment_and_nonsense_is_none():
    assert join("https://example.com/a", "b#c") == "https://example.com/b#c"
    assert join("https://example.com/a", "http://[") is None


def test_lines_that_mean_the_same_url_have_one_identity():
    assert identity("HTTP://example.com:80/#x") == identity("http://example.com")
    assert identity("http://example.com/a") != identity("http://example.com/b")
    assert identity("no url") == fingerprint("no url")
    assert identity("\ud800") != identity("\ud801")


def test_a_fingerprint_set_holds_what_was_added_and_nothing_else():
    rng = random.Random(1)
    values = {rng.getrandbits(64) for _ in range(20_000)} | {0, 1, 255, 256}
    held = FingerprintSet()
    assert all(held.add(value) for value in values)
    assert not any(held.add(value) for value in values)
    assert all(value in held for value in values)
    assert not any(rng.getrandbits(64) in held for _ in range(1000))
    assert len(held) == len(values)


def test_a_fingerprint_set_takes_at_most_16_bytes_for_each_of_many():
    held = FingerprintSet()
    rng = random.Random(2)
    for _ in range(100_000):
        held.add(rng.getrandbits(64))
    assert sum(len(table) * table.itemsize for table in held._tables) / len(held) <= 16.5


def test_a_row_that_names_no_url_says_what_its_source_knows():
    assert address_of(Row("https://a.example/", 1, problem="never told")).href == "https://a.example/"
    with pytest.raises(InvalidUrl, match="a quote is open"):
        address_of(Row('"x', 1, problem="a quote is open"))
    with pytest.raises(InvalidUrl, match="no scheme"):
        address_of(Row("x", 1))


MASKED = {
    "http://me:secret@h/a?b@c": "http://me:***@h/a?b@c",
    "http://token@h/": "http://***@h/",
    "http://me:@h/": "http://***@h/",
    "http://:secret@h": "http://:***@h",
    "http://:@h/": "http://:@h/",
    " HTTP:\\\\me:se:c@ret@h ": " HTTP:\\\\me:***@h ",
    "http:me:secret@h": "http://me:***@h/",
    "ht\ntp://me:secret@h/": "ht\ntp://me:***@h/",
    "http://me:se\ncret@h/": "http://me:***@h/",
    "http://me:***@[/a@b": "http://me:***@[/a@b",
    "//me:secret@h": "//me:***@h",
    "me:secret@h/x": "me:***@h/x",
    "ftp://me:secret@h": "ftp://me:***@h",
    "http://me:sec/ret@h/": "http://me:***@h/",
    "http://me:secret@[": "http://me:***@[",
    "http://[::1]:80/a:b@c": "http://[::1]:80/a:b@c",
    "http://h/@me": "http://h/@me",
    "mailto:me@h.example": "mailto:me@h.example",
    "no url": "no url",
}


@pytest.mark.parametrize(("text", "shown"), MASKED.items())
def test_a_password_is_masked(text, shown):
    assert masked(text) == shown
    assert masked(shown) == shown
    assert identity(shown) == identity(text)


USERINFO = st.text(st.characters(blacklist_characters="/\\\\?#", blacklist_categories=["Cs"]), max_size=9)
TAIL = st.sampled_from(["@h.example/", "@[::1]:8080/a@b", "@h.example/?a:b@c#d@e", "@[/", "@h:port/", "@a b/", "@"])
SPELLING = st.sampled_from(["http://", "HTTPS:\\\\", "http:", " http:/", "//", "", "ftp://", "h\tttp://", "http:////"])


@given(SPELLING, USERINFO, USERINFO, TAIL)
def test_a_masked_url_means_the_same_and_has_no_password(spelling, user, password, tail):
    text = f"{spelling}{user}:{password}S3CRET{tail}"
    shown = masked(text)
    assert "S3CRET" not in shown
    assert masked(shown) == shown
    assert identity(shown) == identity(text)


@given(st.text(max_size=60))
def test_masking_never_fails_and_is_done_once(text):
    for each in (text, f"http://{text}", f"http://h/{text}", f"a:b@{text}"):
        assert masked(masked(each)) == masked(each)
        assert identity(masked(each)) == identity(each)


def test_userinfo_is_told_apart_from_the_rest():
    assert split_userinfo("http://me:s@h/a@b") == ("http://h/a@b", "me:s")
    assert split_userinfo("http://h/a@b") == ("http://h/a@b", "")


@pytest.mark.parametrize(
    "text", ["http://a.test", "https://user:word@A.test:8443/x@y/?q=://", "http://[::1]:81/", "http://ä.test/"]
)
def test_a_url_that_was_parsed_is_split_without_parsing_it_again(text):
    assert split(parse(text).href) == parse(text)


def test_a_map_of_fingerprints_finds_the_number_of_each():
    numbers = random.Random(7)
    expected = {numbers.getrandbits(64): numbers.getrandbits(60) for _ in range(20_000)} | {0: 5, 1 << 63: 6}
    found = FingerprintMap()
    for key, number in expected.items():
        found[key] = number - 1
        found[key] = number
    assert len(found) == len(expected)
    assert all(found.get(key) == number for key, number in expected.items())
    assert all(found.get(numbers.getrandbits(64)) is None for _ in range(1000))
