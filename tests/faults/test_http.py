"""HTTP that is not as it should be: rows H1 to H7, H11, and H13 to H15 of the fault catalogue."""

import asyncio
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from unittest import mock

import brotli
import httpx
import local_site
import pytest
import virtual_time
from hostile import GOOD, NEIGHBOUR, meet, scraped
from local_site import endless, html, in_turn, raw, redirect, reply

from scraper.config import constants
from scraper.engine.retry import RetryPolicy, parse_retry_after
from scraper.engine.worker import Worker
from scraper.errors import HttpStatus
from scraper.frontier import Signal
from scraper.models import Job, Row

NOW = datetime(2026, 8, 1, 12, 0, 0, tzinfo=UTC)
PAGE = b"<title>x</title>"


def answer(head, body=PAGE, then="close"):
    """Return a page with these further header lines."""
    return raw(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n" + head + b"\r\n" + body, then=then)


def is_not_retried(outcome):
    return (outcome.attempts, len(outcome.hits)) == (1, 1)


def named(cases):
    """Return parameters of named cases."""
    return [pytest.param(case, id=name) for name, case in cases.items()]


STATUS_LINES = {
    "0.9": b"HTTP/0.9 200 OK",
    "1.2": b"HTTP/1.2 200 OK",
    "2.0": b"HTTP/2.0 200 OK",
    "3.0": b"HTTP/3.0 200 OK",
    "no minor": b"HTTP/2 200 OK",
    "ICY": b"ICY 200 OK",
    "RTSP": b"RTSP/1.0 200 OK",
    "lower case": b"http/1.1 200 OK",
    "no version": b"HTTP 200 OK",
    "no space": b"HTTP/1.1200 OK",
    "tabs": b"HTTP/1.1\t200\tOK",
    "leading space": b" HTTP/1.1 200 OK",
    "BOM": b"\xef\xbb\xbfHTTP/1.1 200 OK",
    "request": b"GET / HTTP/1.1",
    "HTTP/2 preface": b"PRI * HTTP/2.0",
    "TLS alert": b"\x15\x03\x01\x00\x02\x02\x28",
    "ssh": b"SSH-2.0-OpenSSH_9.6",
    "smtp": b"220 mail.example ESMTP",
    "bare page (HTTP/0.9)": b"<html><title>x</title></html>",
    "binary": bytes(range(14, 64)),
}


@pytest.mark.parametrize("line", named(STATUS_LINES))
def test_h1_what_is_not_http_1_is_a_protocol_error(line):
    outcome = meet(raw(line + b"\r\nContent-Type: text/html\r\nContent-Length: 16\r\n\r\n" + PAGE))
    assert outcome.kind == "protocol-error"
    assert outcome.message
    assert is_not_retried(outcome)


STATUSES = {
    status.decode()[:10] or "none": status
    for status in (
        *(b"0", b"000", b"99", b"099", b"600", b"999", b"-1", b"9" * 100),
        *(b"20", b"2000", b"2OO", b"0x200", b"200.0", b""),
    )
}


@pytest.mark.parametrize("status", named(STATUSES))
def test_h2_a_status_that_is_none_is_a_protocol_error(status):
    outcome = meet(raw(b"HTTP/1.1 " + status + b" OK\r\nContent-Type: text/html\r\nContent-Length: 16\r\n\r\n" + PAGE))
    assert outcome.kind == "protocol-error"
    assert is_not_retried(outcome)


@pytest.mark.parametrize("early", [b"100 Continue", b"102 Processing", b"103 Early Hints", b"199 Odd"])
def test_h3_one_interim_reply_is_skipped(early):
    outcome = meet(raw(b"HTTP/1.1 " + early + b"\r\nLink: </a>\r\n\r\n" + html("<title>x</title>").data))
    assert (outcome.kind, outcome.record.title, outcome.record.status) == ("ok", "x", 200)


@pytest.mark.parametrize("early", [b"100 Continue", b"103 Early Hints"])
def test_h3_a_flood_of_interim_replies_ends_at_the_deadline(early):
    flood = endless(b"HTTP/1.1 " + early + b"\r\n\r\n", head=b"")
    outcome = meet(flood, timeout=0.3)
    assert outcome.kind == "deadline"
    assert outcome.attempts == 2


def test_h3_switching_protocols_unasked_is_a_protocol_error():
    outcome = meet(
        raw(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", "hang")
    )
    assert outcome.kind == "protocol-error"
    assert is_not_retried(outcome)


BODILESS = {
    "204": (b"204 No Content", b"", "ok"),
    "204 with a body": (b"204 No Content", b"Content-Length: 16\r\n", "ok"),
    "204 chunked": (b"204 No Content", b"Transfer-Encoding: chunked\r\n", "ok"),
    "304": (b"304 Not Modified", b"", "http-status"),
    "304 with a body": (b"304 Not Modified", b"Content-Length: 16\r\n", "http-status"),
}


@pytest.mark.parametrize("case", named(BODILESS))
def test_h4_a_body_that_must_not_be_is_not_read(case):
    status, framing, kind = case
    outcome = meet(raw(b"HTTP/1.1 " + status + b"\r\n" + framing + b"\r\n" + PAGE))
    assert outcome.kind == kind
    assert not outcome.record.bytes
    assert is_not_retried(outcome)


EMPTY = {
    "length 0": b"Content-Length: 0\r\n",
    "chunked": b"Transfer-Encoding: chunked\r\n",
    "closed": b"",
}


@pytest.mark.parametrize("framing", EMPTY.values(), ids=EMPTY)
def test_h4_an_empty_page_is_a_page(framing):
    outcome = meet(answer(framing, b"0\r\n\r\n" if b"chunked" in framing else b""))
    assert (outcome.kind, outcome.record.bytes, outcome.record.title) == ("ok", 0, None)


def test_h4_what_answers_a_get_like_a_head_is_truncated():
    outcome = meet(answer(b"Content-Length: 16\r\n", b""))
    assert (outcome.kind, outcome.attempts) == ("truncated", 2)


HEADERS = {
    "200 KB line": b"A: " + b"x" * 200_000,
    "200 KB name": b"A" * 200_000 + b": x",
    "200 KB line, no end": b"A: " + b"x" * 200_000 + b"\x00",
    "10,000 headers": b"\r\n".join(b"H%d: x" % n for n in range(10_000)),
    "NUL in a value": b"A: b\x00c",
    "NUL in a name": b"A\x00: b",
    "CR in a value": b"A: b\rc",
    "CR in a name": b"A\r: b",
    "no colon": b"What is this",
    "no name": b": x",
    "space in a name": b"A b: c",
    "non-ASCII name": b"\xe9: x",
    "brackets in a name": b"(A): x",
}


@pytest.mark.parametrize("lines", HEADERS.values(), ids=HEADERS)
def test_h5_a_header_that_is_none_is_a_protocol_error_with_the_reason(lines):
    outcome = meet(answer(lines + b"\r\n"))
    assert outcome.kind == "protocol-error"
    assert 10 < len(outcome.message) <= 300
    assert is_not_retried(outcome)


@pytest.mark.parametrize("piece", named({"CRLF": b"A: b\r\n", "LF": b"A: b\n", "folded": b" folded\r\n"}))
def test_h5_endless_headers_are_a_protocol_error(piece):
    outcome = meet(endless(piece, head=b"HTTP/1.1 200 OK\r\nA: b\r\n"), timeout=5.0)
    assert outcome.kind == "protocol-error"
    assert is_not_retried(outcome)


def test_h5_a_folded_header_is_one_line():
    """RFC 9112, section 5.2: a user agent replaces the fold with a space."""
    outcome = meet(answer(b"ETag:\r\n  folded\r\nContent-Length: 16\r\n"))
    assert (outcome.kind, outcome.record.title, outcome.record.etag) == ("ok", "x", "folded")


@pytest.mark.parametrize("value", ["café".encode(), "café".encode("latin-1"), b"\xff\xfe", b"\xed\xa0\x80"])
def test_h6_header_values_may_be_any_bytes(value):
    outcome = meet(answer(b'ETag: "' + value + b'"\r\nX-Odd: ' + value + b"\r\nContent-Length: 16\r\n"))
    assert outcome.kind == "ok"
    assert outcome.record.etag == f'"{value.decode("latin-1")}"'


@pytest.mark.parametrize("location", ["/café".encode(), "/café".encode("latin-1")], ids=["UTF-8", "latin-1"])
def test_h6_a_location_in_any_encoding_is_followed(location):
    outcome = meet({"/": redirect(location), "/caf%C3%A9": html("<title>x</title>")})
    assert (outcome.kind, outcome.record.title) == ("ok", "x")
    assert outcome.hits == ["/", "/caf%C3%A9"]


ROUNDS = {
    "self": {"/": redirect("/")},
    "A to B to A": {"/": redirect("/b"), "/b": redirect("/")},
    "empty query": {"/": redirect("?")},
    "fragment only": {"/": redirect("#x")},
    "scheme only": {"/": redirect("http:")},
    "11 hops": {f"/{n or ''}": redirect(f"/{n + 1}") for n in range(11)},
    "21 hops": {f"/{n or ''}": redirect(f"/{n + 1}") for n in range(21)},
    "self, with other userinfo each time": {"/": redirect("//a:b@{host}/")},
}


def to_itself(pages):
    """Return `pages` with `{host}` in their Locations filled in with the host that was asked."""

    def make(page):
        async def give(hit, _connection):
            return raw(page.data.replace(b"{host}", hit.headers["host"].encode()), page.then)

        return give

    return {path: make(page) for path, page in pages.items()}


@pytest.mark.parametrize("pages", ROUNDS.values(), ids=ROUNDS)
def test_h7_redirects_without_end_are_too_many(pages):
    outcome = meet(to_itself(pages))
    assert outcome.kind == "too-many-redirects"
    assert outcome.attempts == 1
    assert len(outcome.hits) <= 11


def test_h7_as_many_redirects_as_allowed_are_followed():
    pages = {f"/{n or ''}": redirect(f"/{n + 1}") for n in range(10)}
    outcome = meet({**pages, "/10": html("<title>x</title>")})
    assert outcome.kind == "ok"
    assert [hop.status for hop in outcome.record.redirects] == [302] * 10


LOCATIONS = {
    "relative": b"next",
    "absolute path": b"/next",
    "dots": b"../../next",
    "//host": b"//{host}/next",
    "4 slashes": b"////{host}/next",
    "backslashes": b"\\\\{host}\\next",
    "absolute": b"http://{host}/next",
    "upper case": b"HTTP://{host}/next",
    "one slash": b"http:/next",
    "no slash": b"http:next",
    "spaces around": b"  /next  ",
    "tab inside": b"/ne\txt",
    "fragment": b"/next#top",
    "twice the same": b"/next\r\nLocation: /next",
}


@pytest.mark.parametrize("location", LOCATIONS.values(), ids=LOCATIONS)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_h7_a_location_of_any_form_is_followed(location, status):
    pages = to_itself({"/": reply(status, {"Location": location}, then="close")})
    outcome = meet({**pages, "/next": html("<title>x</title>")})
    assert (outcome.kind, outcome.record.title) == ("ok", "x")
    assert [hop.status for hop in outcome.record.redirects] == [status]


NOWHERE = {
    "none": b"X: y",
    "empty": b"Location:",
    "blank": b"Location:   ",
    "no host": b"Location: http://",
    "slashes": b"Location: //",
    "open bracket": b"Location: http://[::1",
    "port 0": b"Location: http://h.example:0/",
    "port 65536": b"Location: http://h.example:65536/",
    "space in the host": b"Location: http://a b/",
    "9 KB": b"Location: /" + b"a" * 9000,
    "9 KB once encoded": b"Location: /" + b"\xff" * 3000,
    "two": b"Location: /a\r\nLocation: /b",
}


@pytest.mark.parametrize("lines", NOWHERE.values(), ids=NOWHERE)
def test_h7_a_redirect_to_nowhere_is_a_bad_redirect(lines):
    outcome = meet(raw(b"HTTP/1.1 302 Found\r\n" + lines + b"\r\nContent-Length: 0\r\n\r\n"))
    assert outcome.kind == "bad-redirect"
    assert outcome.record.status == 302
    assert is_not_retried(outcome)


FOUND = b"HTTP/1.1 302 Found\r\nLocation: /next\r\n"
BODIES = {
    "endless": endless(head=FOUND + b"\r\n"),
    "endless chunks": endless(b"1\r\nx\r\n", head=FOUND + b"Transfer-Encoding: chunked\r\n\r\n"),
    "not as long as it says": raw(FOUND + b"Content-Length: 99999999\r\n\r\nx", "hang"),
    "bomb": raw(FOUND + b"Content-Encoding: br\r\n\r\n" + brotli.compress(bytes(50_000_000), quality=1)),
    "no gzip": raw(FOUND + b"Content-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx"),
    "broken chunks": raw(FOUND + b"Transfer-Encoding: chunked\r\n\r\nno chunk"),
}


@pytest.mark.parametrize("first", named(BODIES))
def test_h11_the_body_of_a_redirect_is_not_read(first):
    outcome = meet({"/": first, "/next": html("<title>x</title>")})
    assert (outcome.kind, outcome.record.title) == ("ok", "x")
    assert outcome.hits == ["/", "/next"]


COOKIES = {
    "10,000": (b"\r\n".join(b"Set-Cookie: c%d=%d" % (n, n) for n in range(10_000)), "protocol-error"),
    "900": (b"\r\n".join(b"Set-Cookie: c%d=%d" % (n, n) for n in range(900)), "ok"),
    "1 MB": (b"Set-Cookie: a=" + b"x" * 1_000_000, "protocol-error"),
    "60 KB": (b"Set-Cookie: a=" + b"x" * 60_000, "ok"),
    "60 KB of backslashes (CVE-2024-7592)": (b'Set-Cookie: a="' + b"\\" * 60_000 + b'"', "ok"),
    "60 KB of escapes": (b'Set-Cookie: a="' + b"\\1" * 30_000, "ok"),
    "60 KB of semicolons": (b"Set-Cookie: a=b" + b";" * 60_000, "ok"),
    "60 KB of spaces": (b"Set-Cookie: a=b;" + b" " * 60_000 + b"x", "ok"),
    "date of 60,000 digits (cpython 82985)": (b"Set-Cookie: a=b; Expires=" + b"1" * 60_000, "ok"),
    "date of 60,000 spaces": (b"Set-Cookie: a=b; Expires=Wed, 1" + b" " * 60_000 + b"x", "ok"),
    "date of dashes": (b"Set-Cookie: a=b; Expires=" + b"1-" * 30_000, "ok"),
    "public suffix": (b"Set-Cookie: a=b; Domain=com\r\nSet-Cookie: a=b; Domain=co.uk", "ok"),
    "other host": (b"Set-Cookie: a=b; Domain=127.0.0.2; Path=/", "ok"),
    "not a cookie": (b"Set-Cookie: ;;;=\xff=;", "ok"),
}


@pytest.mark.parametrize(("lines", "kind"), COOKIES.values(), ids=COOKIES)
def test_h13_cookies_cost_nothing_and_are_not_kept(lines, kind):
    async def scenario():
        pages = {"/a": answer(lines + b"\r\nContent-Length: 16\r\n", then="keep"), "/b": html("<title>b</title>")}
        async with local_site.serve(pages, host="0.0.0.0") as site:
            first = site.url("/a")
            after = [site.url("/b?1"), site.url("/b?2", host=NEIGHBOUR)]
            run, _ = await scraped([first, *after], {"concurrency": 1, "timeout": 0.5})
            return {record.url: record for record in run.records}, first, site.hits

    records, first, hits = asyncio.run(scenario())
    assert (records[first].error.kind if records[first].error else "ok") == kind
    assert [record.title for url, record in records.items() if url != first] == ["b", "b"]
    assert all("cookie" not in hit.headers for hit in hits)


PAST = "Mon, 01 Jan 2001 00:00:00 GMT"
RETRY_AFTER = {
    PAST: 0.0,
    "5": 5.0,
    "0": 0.0,
    " 7 ": 7.0,
    "-5": None,
    "1e9": None,
    "1m0s": None,
    "5.5": None,
    "+5": None,
    "\u0665": None,
    "": None,
    "soon": None,
    "5, 7": None,  # two headers
    "9" * 20: float("inf"),
    "9" * 5000: float("inf"),
    format_datetime(NOW + timedelta(seconds=90), usegmt=True): 90.0,
    format_datetime(NOW - timedelta(days=1), usegmt=True): 0.0,
    "Saturday, 01-Aug-26 12:00:30 GMT": 30.0,
    "Sat Aug  1 12:01:00 2026": 60.0,
    "Sat, 01 Aug 2026 14:00:30 +0200": 30.0,
    "Sat, 32 Aug 2026 12:00:00 GMT": None,
    "Sat, 01 Aug 99999 12:00:00 GMT": None,
    "Sat, 01 Aug 0000 12:00:00 GMT": None,
    "Sat, 01 Aug 2026 12:00:00 +9999": None,
    "Mon, 01 Jan 0001 00:00:00 +2359": 0.0,
}


@pytest.mark.parametrize(("value", "seconds"), RETRY_AFTER.items(), ids=lambda value: str(value)[:40] or "empty")
def test_h14_what_a_retry_after_means(value, seconds):
    found = parse_retry_after(value, NOW)
    assert found == seconds or (seconds is None and found in (0.0, None))


@pytest.mark.parametrize("value", RETRY_AFTER, ids=lambda value: value[:40] or "empty")
@pytest.mark.parametrize("status", [429, 503])
def test_h14_the_host_waits_and_the_worker_is_free(value, status):
    policy = RetryPolicy(retries=1, wait_s=0.5, wait_cap_s=30.0, wall_clock=lambda: NOW)
    worker = Worker(fetch=None, extract=None, retry=policy, retry_after_cap_s=120.0, wall_clock=lambda: NOW)
    failure = HttpStatus("busy", status)
    failure.status, failure.retry_after = status, value
    row = Row(url="http://h.example/", line=1)
    job = Job(row=row, href=row.url, host="h.example", ordinal=0)
    wait_s, signal = worker.decide(failure, job)
    asked_s = RETRY_AFTER[value] or 0.0
    assert 0 <= wait_s <= 0.5
    assert isinstance(signal, Signal)
    assert signal.kind == "pushed-back"
    assert signal.pause_s >= asked_s
    assert asked_s or signal.pause_s <= 0.5


@pytest.mark.parametrize(
    "value", ["0", "-5", "1m0s", "1e9", "Sat, 01 Aug 99999 12:00:00 GMT", "Mon, 01 Jan 2001 00:00:00 GMT"]
)
@pytest.mark.parametrize("status", [429, 503])
def test_h14_a_retry_after_that_asks_for_nothing_is_a_normal_retry(value, status):
    outcome = meet(in_turn(reply(status, {"Retry-After": value}, then="close"), html("<title>x</title>")))
    assert (outcome.kind, outcome.attempts, len(outcome.hits)) == ("ok", 2, 2)


def test_h14_two_retry_after_headers_are_a_normal_retry():
    twice = reply(503, [("Retry-After", "7"), ("Retry-After", "9")], then="close")
    outcome = meet(in_turn(twice, html("<title>x</title>")))
    assert (outcome.kind, outcome.attempts) == ("ok", 2)


def test_h14_a_short_pause_is_kept():
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
    with mock.patch.object(constants, "RETRY_AFTER_CAP_S", 100.0):
        outcome = meet(in_turn(reply(503, {"Retry-After": date}, then="close"), html("<title>x</title>")))
    assert (outcome.kind, outcome.attempts) == ("ok", 2)
    first, second = [hit.time for hit in outcome.site.hits if not hit.target.startswith(GOOD)]
    assert second - first > 0.5


def test_h15_a_storm_at_one_host_leaves_the_others_alone():
    asked = []

    def answer(request):
        asked.append((asyncio.get_running_loop().time(), request.url.host))
        if request.url.host == "storm.test":
            return httpx.Response(429, headers={"Retry-After": "1"})
        return httpx.Response(200, html="<title>x</title>")

    storm = [f"http://storm.test/{n}" for n in range(20)]
    calm = [f"http://calm{n}.test/{m}" for n in range(49) for m in range(4)]
    options = {"concurrency": 10, "transport": httpx.MockTransport(answer)}
    run, _ = virtual_time.run(scraped([*storm, *calm], options))
    kinds = {record.url: record.error.kind if record.error else "ok" for record in run.records}
    assert kinds == {**dict.fromkeys(storm, "http-status"), **dict.fromkeys(calm, "ok")}
    assert max(at for at, host in asked if host != "storm.test") < 1
    assert sum(host == "storm.test" for _, host in asked) == 2 * len(storm)
    assert max(at for at, _ in asked) < 20 * 2 * 30  # requests, their gap at most
