import gzip
import io
import time
import wave
import zipfile

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from scraper.fetcher.media_type import ContentType, is_html, may_be_html, media_type, parse_content_type

PAGE = b"<!doctype html><title>x</title>"


def zip_file():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.txt", "a")
    return file.getvalue()


def wave_file():
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setparams((1, 1, 8000, 0, "NONE", ""))
    return file.getvalue()


FILES = {
    "image/jpeg": b"\xff\xd8\xff\xe0\0\x10JFIF\0",
    "image/png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "image/gif": b"GIF89a\x01\0\x01\0",
    "image/webp": b"RIFF\x24\0\0\0WEBPVP8 ",
    "image/bmp": b"BM\x3a\0\0\0\0\0\0\0\x36\0\0\0",
    "image/x-icon": b"\0\0\x01\0\x01\0\x10\x10",
    "image/avif": b"\0\0\0\x20ftypavif\0\0\0\0",
    "application/pdf": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3",
    "application/zip": zip_file(),
    "application/x-gzip": gzip.compress(PAGE),
    "application/zstd": zstandard.ZstdCompressor().compress(PAGE),
    "application/x-elf": b"\x7fELF\x02\x01\x01\0",
    "application/vnd.microsoft.portable-executable": b"MZ\x90\0\x03\0\0\0",
    "application/ogg": b"OggS\0\x02",
    "audio/wave": wave_file(),
    "audio/mpeg": b"ID3\x03\0\0\0\0\0\0",
    "video/mp4": b"\0\0\0\x18ftypmp42\0\0\0\0",
    "video/webm": b"\x1aE\xdf\xa3\x9fB\x86\x81",
    "font/woff2": b"wOF2\0\x01\0\0",
}


@pytest.mark.parametrize(
    ("header", "essence", "charset"),
    [
        (None, "", None),
        ("", "", None),
        ("text/html", "text/html", None),
        (" TEXT/HTML ;Charset=UTF-8", "text/html", "UTF-8"),
        ('text/html; charset="utf-8"', "text/html", "utf-8"),
        ('text/html; charset="utf-8', "text/html", "utf-8"),
        ("text/html;charset=utf-8;", "text/html", "utf-8"),
        ("text/html; charset=utf-8 ; x=y", "text/html", "utf-8"),
        ("text/html; charset=gbk; charset=utf-8", "text/html", "gbk"),
        ("text/html; charset=; charset=utf-8", "text/html", "utf-8"),
        ('text/html; x=";charset=gbk"; charset=utf-8', "text/html", "utf-8"),
        ("text/html; charset", "text/html", None),
        ("text/html; charset=it's", "text/html", "it's"),
        ("application/xhtml+xml", "application/xhtml+xml", None),
        ("text", "", None),
        ("text/", "", None),
        ("/html", "", None),
        ("html", "", None),
        ("text/html charset=utf-8", "", None),
        ("text / html", "", None),
        ("tëxt/html", "", None),
        ("text/html, text/plain", "text/plain", None),
        ("text/plain, text/html;charset=gbk", "text/html", "gbk"),
        ("text/html;charset=gbk, text/html", "text/html", "gbk"),
        ("text/html;charset=gbk, text/html;charset=utf-8", "text/html", "utf-8"),
        ("text/html;charset=gbk, x/x, text/html", "text/html", None),
        ("text/html;charset=gbk, */*", "text/html", "gbk"),
        ("text/html, garbage, ", "text/html", None),
        ('text/html;x="a,text/plain"', "text/html", None),
        (",", "", None),
    ],
)
def test_h18_the_header_is_read_as_the_fetch_standard_does(header, essence, charset):
    assert parse_content_type(header) == ContentType(essence, charset)


def test_h18_the_servers_word_counts():
    assert media_type("text/plain", PAGE) == "text/plain"
    assert media_type("application/octet-stream", PAGE) == "application/octet-stream"
    assert media_type("application/json; charset=utf-8", PAGE) == "application/json"
    assert media_type("Text/HTML; charset=utf-8", b"plain words") == "text/html"
    assert media_type("text/html", b"") == "text/html"
    assert media_type("application/xhtml+xml", b"<?xml version='1.0'?>") == "application/xhtml+xml"


@pytest.mark.parametrize("kind", FILES)
def test_c5_a_binary_file_called_html_is_what_it_starts_as(kind):
    assert media_type("text/html; charset=utf-8", FILES[kind]) == kind
    assert media_type("application/xhtml+xml", FILES[kind]) == kind


@pytest.mark.parametrize("kind", FILES)
def test_h18_a_binary_file_without_a_type_is_what_it_starts_as(kind):
    assert media_type(None, FILES[kind]) == kind


@pytest.mark.parametrize(
    "text", [b"BMW builds cars", b"MZ is a place", b"ID3 tags", b"RIFFs and songs", b"OTTO", b"PK"]
)
def test_h18_words_that_begin_like_a_binary_file_are_still_html(text):
    assert media_type("text/html", text) == "text/html"


@pytest.mark.parametrize("header", [None, "", "text", "*/*", "unknown/unknown", "application/unknown"])
@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (PAGE, "text/html"),
        (b"\r\n\t <HTML lang=en>", "text/html"),
        (b"<!DOCTYPE html PUBLIC", "text/html"),
        (b"<!-- x --><p>", "text/html"),
        (b"<p>x", "text/html"),
        (b"<pre>x", "text/plain"),
        (b"<html", "text/plain"),
        (b"<?xml version='1.0'?><rss>", "text/xml"),
        (b"plain words", "text/plain"),
        (b"", "text/plain"),
        (b"\xff\xfeh\0i\0", "text/plain"),
        (b"\xef\xbb\xbf\x00", "text/plain"),
        (b"\x01\x02\x03", "application/octet-stream"),
        (b"a" * 1445 + b"\0", "text/plain"),
        (b"a" * 1444 + b"\0", "application/octet-stream"),
    ],
)
def test_h18_without_a_type_the_start_decides_by_the_sniffing_standard(header, body, kind):
    assert media_type(header, body) == kind


def test_html_has_two_media_types():
    assert is_html("text/html")
    assert is_html("application/xhtml+xml")
    assert not is_html("text/xml")
    assert not is_html("")


@pytest.mark.parametrize(
    "header", [None, "", "text", "text/html;charset=x", "application/xhtml+xml", "*/*", "image/png, text/html"]
)
def test_a_body_is_worth_reading_when_it_can_be_html(header):
    assert may_be_html(header)


@pytest.mark.parametrize(
    "header", ["video/mp4", "text/plain", "application/octet-stream", "text/xml", "text/html, image/png"]
)
def test_a_body_that_cannot_be_html_is_known_by_its_header_alone(header):
    assert not may_be_html(header)


@pytest.mark.parametrize("unit", ['"', "\\", ";", "=", ",", '";', "a/a,", 'a/a;b="\\', " "])
def test_h18_a_long_header_takes_little_time(unit):
    start = time.perf_counter()
    parse_content_type(unit * 30_000)
    parse_content_type("text/html;" + unit * 30_000)
    assert time.perf_counter() - start < 1


@given(st.text(max_size=60), st.binary(max_size=60))
def test_any_header_and_any_body_have_one_answer(header, body):
    kind = media_type(header, body)
    assert kind.count("/") == 1
    assert may_be_html(header) or not is_html(kind)


@given(st.text(st.sampled_from('text/html;,="\\ charset'), max_size=40))
def test_what_is_html_was_worth_reading(header):
    assert may_be_html(header) or not is_html(media_type(header, PAGE))
