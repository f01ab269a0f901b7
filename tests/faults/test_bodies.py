"""Bodies that are not what they say, or far more than they look like: rows H16 to H18 of the fault catalogue."""

import gzip
import random
import struct
import zlib

import brotli
import pytest
import zstandard
from hostile import meet
from local_site import reply

MIB = 1 << 20
PAGE = b"<title>x</title>" + b"<p>a page" * 500


def bare_deflate(data):
    engine = zlib.compressobj(wbits=-15)
    return engine.compress(data) + engine.flush()


def zstd(data, window_log=20):
    parameters = zstandard.ZstdCompressionParameters(window_log=window_log)
    return zstandard.ZstdCompressor(compression_params=parameters).compress(data)


def br(data):
    return brotli.compress(data, quality=4)


COMPRESS = {"gzip": gzip.compress, "deflate": zlib.compress, "br": br, "zstd": zstd}


def page(body, coding=None, content_type="text/html", **options):
    """Return the outcome of a page with this body, sent as `coding`."""
    headers = [("Content-Type", content_type)] if content_type else []
    headers += [("Content-Encoding", coding)] if coding is not None else []
    return meet(reply(200, headers, body, then="close"), **options)


def is_tried_once(outcome):
    return (outcome.attempts, len(outcome.hits)) == (1, 1)


GZIPPED, ZSTD = gzip.compress(PAGE), zstd(PAGE)
GOOD = {
    "gzip": ("gzip", GZIPPED),
    "x-gzip": ("x-gzip", GZIPPED),
    "GZip": ("GZip", GZIPPED),
    "deflate": ("deflate", zlib.compress(PAGE)),
    "raw deflate": ("deflate", bare_deflate(PAGE)),
    "br": ("br", brotli.compress(PAGE)),
    "zstd": ("zstd", ZSTD),
    "identity": ("identity", PAGE),
    "empty": ("", PAGE),
    "commas": (", ,", PAGE),
    "gzip, gzip": ("gzip, gzip", gzip.compress(GZIPPED)),
    "gzip, br": ("gzip, br", brotli.compress(GZIPPED)),
    "identity, gzip": ("identity, gzip", GZIPPED),
    "gzip with a name": ("gzip", GZIPPED[:3] + b"\x08" + GZIPPED[4:10] + b"page.html\0" + GZIPPED[10:]),
    "trailing zeros": ("gzip", GZIPPED + bytes(512)),
    "trailing garbage": ("gzip", GZIPPED + b"garbage"),
    "trailing garbage, deflate": ("deflate", zlib.compress(PAGE) + b"garbage"),
    "concatenated members": ("gzip", gzip.compress(PAGE[:100]) + gzip.compress(PAGE[100:])),
    "concatenated frames": ("zstd", zstd(PAGE[:100]) + zstd(PAGE[100:])),
    "skippable frame": ("zstd", b"\x50\x2a\x4d\x18" + struct.pack("<I", 4) + b"skip" + ZSTD),
}


@pytest.mark.parametrize(("coding", "body"), GOOD.values(), ids=GOOD)
def test_h16_a_compressed_page_is_a_page(coding, body):
    outcome = page(body, coding)
    assert (outcome.kind, outcome.record.title, outcome.record.bytes) == ("ok", "x", len(PAGE))


def flipped(body, place):
    return (
        body[:place] + bytes([body[place] ^ 0xFF]) + body[place + 1 :]
        if place >= 0
        else flipped(body, len(body) + place)
    )


BAD = {
    **{f"{coding} cut": (coding, compress(PAGE)[:-9]) for coding, compress in COMPRESS.items()},
    **{f"{coding} cut early": (coding, compress(PAGE)[:5]) for coding, compress in COMPRESS.items()},
    **{f"plain as {coding}": (coding, PAGE) for coding in COMPRESS},
    "gzip as br": ("br", GZIPPED),
    "gzip as zstd": ("zstd", GZIPPED),
    "gzip as deflate": ("deflate", GZIPPED),
    "br as gzip": ("gzip", brotli.compress(PAGE)),
    "one gzip for two": ("gzip, gzip", GZIPPED),
    "bad CRC": ("gzip", flipped(GZIPPED, -8)),
    "bad length": ("gzip", flipped(GZIPPED, -1)),
    "bad Adler": ("deflate", flipped(zlib.compress(PAGE), -1)),
    "bad checksum": ("zstd", flipped(zstandard.ZstdCompressor(write_checksum=True).compress(PAGE), -1)),
    "second member cut": ("gzip", GZIPPED + GZIPPED[:-9]),
    "second member bad": ("gzip", GZIPPED + flipped(GZIPPED, -8)),
    "second frame is none": ("zstd", ZSTD + b"garbage"),
    "zstd dictionary": ("zstd", zstandard.ZstdCompressor(dict_data=zstandard.ZstdCompressionDict(PAGE)).compress(PAGE)),
    "unknown coding": ("bogus", PAGE),
    "compress": ("compress", PAGE),
    "sdch": ("sdch, gzip", GZIPPED),
    "a coding of 50 KB": ("x" * 50_000, PAGE),
    "non-ASCII coding": ("gz\xefp", GZIPPED),
}


@pytest.mark.parametrize(("coding", "body"), BAD.values(), ids=BAD)
def test_h16_a_body_that_is_not_what_it_says_is_a_decode_error(coding, body):
    outcome = page(body, coding)
    assert outcome.kind == "decode-error"
    assert 10 < len(outcome.message) < 300
    assert is_tried_once(outcome)


def stacked(times, data):
    for _ in range(times):
        data = gzip.compress(data, 9)
    return data


ZEROS = bytes(20 * MIB)
NOISE = random.Random(17).randbytes(300_000)
BOMBS = {
    **{f"{coding} of zeros": (coding, lambda coding=coding: COMPRESS[coding](ZEROS)) for coding in COMPRESS},
    **{f"{coding} of noise": (coding, lambda coding=coding: COMPRESS[coding](NOISE * 40)) for coding in ("br", "zstd")},
    "br, widest window": ("br", lambda: brotli.compress(ZEROS, quality=4, lgwin=24)),
    "zstd, widest window": ("zstd", lambda: zstd(ZEROS, 23)),
    "2-fold gzip": ("gzip, gzip", lambda: stacked(2, ZEROS)),
    "3-fold gzip": ("gzip, gzip, gzip", lambda: stacked(3, ZEROS)),
    "br in zstd": ("br, zstd", lambda: zstd(brotli.compress(ZEROS, quality=4))),
    "many members": ("gzip", lambda: gzip.compress(bytes(MIB)) * 20),
    "many frames": ("zstd", lambda: zstd(bytes(MIB)) * 20),
    "inner layer only": ("gzip, gzip", lambda: gzip.compress(GZIPPED + bytes(60 * MIB))),
    "no coding": (None, lambda: ZEROS),
}


@pytest.mark.parametrize(("coding", "make"), BOMBS.values(), ids=BOMBS)
def test_h17_a_bomb_is_too_large(coding, make):
    outcome = page(make(), coding, timeout=10.0)
    assert outcome.kind == "too-large"
    assert is_tried_once(outcome)


STACKS = {
    "5-fold gzip": (["gzip, gzip, gzip, gzip, gzip"], lambda: stacked(5, ZEROS)),
    "5 headers": (["gzip"] * 5, lambda: stacked(5, ZEROS)),
    "100 codings": ([", ".join(["gzip"] * 100)], lambda: GZIPPED),
    "10,000 codings": ([",".join(["br"] * 10_000)], lambda: b""),
    "tiny members, 8 MB of them": (["gzip"], lambda: gzip.compress(b"") * 400_000),
}


@pytest.mark.parametrize(("codings", "make"), STACKS.values(), ids=STACKS)
def test_h17_what_only_costs_time_is_refused(codings, make):
    headers = [("Content-Type", "text/html"), *(("Content-Encoding", coding) for coding in codings)]
    outcome = meet(reply(200, headers, make(), then="close"), timeout=10.0)
    assert outcome.kind == "too-large"
    assert is_tried_once(outcome)


def test_h17_a_window_that_rfc_9659_forbids_is_a_decode_error():
    assert page(zstd(ZEROS, 24), "zstd").kind == "decode-error"


def test_h17_a_million_tiny_members_end_at_the_thousandth():
    outcome = page(gzip.compress(b"x") * 1_000_000, "gzip", max_body="100MiB", timeout=10.0)
    assert outcome.kind == "too-large"
    assert "more than 1,000 members" in outcome.message


def test_h17_a_page_of_one_thing_over_and_over_is_a_page_up_to_the_cap():
    body = b"<title>x</title>" + b" " * (2 * MIB - 16)
    for coding, compress in COMPRESS.items():
        outcome = page(compress(body), coding, max_body="2MiB")
        assert (outcome.kind, outcome.record.title, outcome.record.bytes) == ("ok", "x", 2 * MIB)


JPEG, PNG, ZIP = b"\xff\xd8\xff\xe0\0\x10JFIF", b"\x89PNG\r\n\x1a\n", b"PK\x03\x04"
BOTH = {
    "html": (["text/html"], PAGE, "text/html"),
    "xhtml": (["application/xhtml+xml; charset=utf-8"], PAGE, "application/xhtml+xml"),
    "upper case": (["TEXT/HTML;CHARSET=UTF-8"], PAGE, "text/html"),
    "missing": ([], PAGE, "text/html"),
    "empty": ([""], PAGE, "text/html"),
    "nonsense": (["nonsense"], PAGE, "text/html"),
    "html as binary": (["application/unknown"], PAGE, "text/html"),
    "any": (["*/*"], PAGE, "text/html"),
    "3 types, the last is html": (["image/png", "text/plain", "text/html"], PAGE, "text/html"),
    "3 types in one": (["image/png, text/plain, text/html"], PAGE, "text/html"),
    "last is nonsense": (["text/html", "nonsense"], PAGE, "text/html"),
    "60 KB of parameters": (["text/html" + ";a=b" * 15_000], PAGE, "text/html"),
    "open quote": (['text/html; charset="' + "\\" * 30_000], PAGE, "text/html"),
    "non-ASCII": (["text/html; charset=\xe9"], PAGE, "text/html"),
}


@pytest.mark.parametrize(("types", "body", "found"), BOTH.values(), ids=BOTH)
def test_h18_html_is_parsed_whatever_it_is_called(types, body, found):
    outcome = meet(reply(200, [("Content-Type", value) for value in types], body))
    assert (outcome.kind, outcome.record.title, outcome.record.content_type) == ("ok", "x", found)


NOT_HTML = {
    "PDF": (["application/pdf"], b"%PDF-1.7", "application/pdf"),
    "image": (["image/png"], PNG, "image/png"),
    "json": (["application/json"], b"{}", "application/json"),
    "plain text": (["text/plain"], PAGE, "text/plain"),
    "html called binary": (["application/octet-stream"], PAGE, "application/octet-stream"),
    "xml": (["text/xml"], b"<?xml version='1.0'?><a/>", "text/xml"),
    "3 types, the last is none": (["text/html", "text/plain", "image/png"], PAGE, "image/png"),
    "JPEG as html": (["text/html"], JPEG, "image/jpeg"),
    "PNG as html": (["text/html"], PNG, "image/png"),
    "PDF as html": (["text/html; charset=utf-8"], b"%PDF-1.7", "application/pdf"),
    "zip as html": (["text/html"], ZIP, "application/zip"),
    "gzip twice, said once": (["text/html"], GZIPPED, "application/x-gzip"),
    "exe as html": (["text/html"], b"MZ\x90\0", "application/vnd.microsoft.portable-executable"),
    "JPEG of no type": ([], JPEG, "image/jpeg"),
    "PDF of no type": ([], b"%PDF-1.7", "application/pdf"),
    "text of no type": ([], b"just text", "text/plain"),
    "json of no type": ([], b'{"a": 1}', "text/plain"),
    "binary of no type": ([], bytes(range(256)), "application/octet-stream"),
}


@pytest.mark.parametrize(("types", "body", "found"), NOT_HTML.values(), ids=NOT_HTML)
def test_h18_what_is_not_html_says_what_it_is(types, body, found):
    outcome = meet(reply(200, [("Content-Type", value) for value in types], body))
    assert outcome.kind == "not-html"
    assert found in outcome.message
    assert is_tried_once(outcome)


@pytest.mark.parametrize("seed", range(5))
def test_h18_random_bytes_called_html_are_an_outcome_like_any_other(seed):
    outcome = page(random.Random(seed).randbytes(50_000))
    assert outcome.kind in ("ok", "not-html")
