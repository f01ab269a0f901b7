"""What holds for any header line, media type, charset, Retry-After and selector; and that none costs a square."""

import string
import time
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper import logs, robots
from scraper.config.values import split_header
from scraper.engine.retry import parse_retry_after
from scraper.errors import UsageError
from scraper.extract import build_extractor
from scraper.fetcher.charset import decide, decode
from scraper.fetcher.inflate import inflater
from scraper.fetcher.media_type import media_type, parse_content_type
from scraper.urls import identity, masked

NOW = datetime(2026, 8, 1, 12, 0, 0, tzinfo=UTC)
PRINTABLE = st.text(st.characters(min_codepoint=32, max_codepoint=126))


@given(st.text() | st.builds("{}:{}".format, st.text(string.ascii_letters + "-", min_size=1), PRINTABLE))
def test_any_text_is_a_header_or_a_usage_error(line):
    try:
        name, value = split_header(line)
    except UsageError as error:
        assert str(error).startswith("--header ")  # noqa: PT017 - both ends are right
        return
    assert name
    assert not set(name + value) & set("\r\n\0")
    assert value == value.strip()
    assert split_header(f"{name}: {value}") == (name, value)


@given(st.text() | st.from_regex(r"[a-z/;=\", \\]*charset=[a-z0-9\"-]*"), st.binary(max_size=200))
def test_any_content_type_and_body_have_a_media_type_a_charset_and_a_text(header, body):
    found = parse_content_type(header)
    assert found.essence == found.essence.lower()
    assert isinstance(media_type(header, body), str)
    assert isinstance(decode(body, decide(body, header).encoding), str)


DATES = st.builds(
    "{}, {} {} {} {}:{}:{} {}".format,
    st.sampled_from(["Sat", "Saturday", "", "x"]),
    st.integers(-1, 99),
    st.sampled_from(["Aug", "August", "13", ""]),
    st.integers(-1, 10**9),
    st.integers(-1, 99),
    st.integers(-1, 99),
    st.integers(-1, 99),
    st.sampled_from(["GMT", "+0200", "-9999", "+99999999", "XYZ", ""]),
)


@given(st.text() | DATES | st.binary().map(lambda value: value.decode("latin-1")) | st.integers().map(str))
def test_any_retry_after_is_none_or_seconds(value):
    seconds = parse_retry_after(value, NOW)
    assert seconds is None or seconds >= 0


@given(st.text(max_size=40) | st.text(" .#a1*>+~:()[]='\"\\|,-_", max_size=20))
def test_any_selector_works_or_is_a_usage_error_that_names_it(selector):
    try:
        build_extractor(select={"price": selector}, links=False, meta=False, html=False, parse=None)
    except UsageError as error:
        assert "price" in str(error)  # noqa: PT017 - both ends are right


def quietly(function, *refusals):
    def call(text):
        with suppress(*refusals):
            function(text)

    return call


def in_bytes(function):
    return lambda text: function(text.encode("latin-1", "replace"))


READERS = {
    "charset": in_bytes(lambda body: decide(body, None)),
    "content type": parse_content_type,
    "sniffing": in_bytes(lambda body: media_type(None, body)),
    "content encoding": quietly(lambda text: inflater(text, 10), Exception),
    "retry-after": lambda text: parse_retry_after(text, NOW),
    "mask": masked,
    "identity": identity,
    "robots": in_bytes(lambda body: robots.parse(body, "scraper")),
    "log line": lambda text: logs._PASSWORD.sub("", text),
}
STARTS = [
    *["", "<meta ", "<?xml version='1.0' ", "<!--", "http://", "http://a:"],
    *['text/html;a="', "user-agent: *\ndisallow: "],
]
REPEATED = [
    *" \t\na1.:/@\\\"'=;,*%[(-<?#\0\xe9",
    *["//", "://", '\\"', "<!--", "<a b", "a='", "<meta charset=", "charset=", "xn--", "a:b@", ';a="', "1:"],
    *["Jan ", "*a"],
]


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
def test_no_reader_takes_the_square_of_a_hostile_texts_length(reader):
    """64,000 characters: a microsecond each would be 64 ms, a square of nanoseconds 4 s."""
    for start in STARTS:
        for repeated in REPEATED:
            for end in ("", "!", "@"):
                text = start + repeated * (64_000 // len(repeated)) + end
                began = time.process_time()
                reader(text)
                assert time.process_time() - began < 1, (start, repeated, end)
