"""One URL to one page or one UrlError, over a fake transport and over a real socket."""

import asyncio
import gzip
from contextlib import asynccontextmanager

import httpx
import local_site
import pytest
from clients import transport
from local_site import html, raw, redirect, reply

from scraper import errors
from scraper.fetcher import Fetcher
from scraper.models import Job, Redirect, Request, Row, Timings, Trail
from scraper.seats import Seats
from scraper.transport.adapter import HttpxAdapter
from scraper.transport.addresses import Guard


def fetcher(over, **options):
    if isinstance(over, httpx.MockTransport):
        over = HttpxAdapter(over, connect_timeout_s=2.0, read_timeout_s=2.0)
    defaults = {
        "user_agent": "test/1",
        "headers": (),
        "timeout_s": 5.0,
        "max_body_bytes": 100_000,
        "max_redirects": 10,
        "guard": Guard(),
    }
    return Fetcher(over, **{**defaults, **options})


def fetch_from(answer, url="http://example.test/", *, request=None, **options):
    """Fetch over a fake transport that answers with what `answer` returns for each httpx.Request."""
    fetch = fetcher(httpx.MockTransport(answer), **options)
    return asyncio.run(fetch(request or Request(url=url)))


def over_socket(pages, target="/", **options):
    """Fetch `target` of a site on loopback; return the page and the site."""
    head_bytes = options.pop("head_bytes", None)
    read_timeout_s = options.pop("read_timeout_s", 2.0)

    async def scenario():
        async with local_site.serve(pages) as site:
            async with wire(read_timeout_s=read_timeout_s) as network:
                page = await fetcher(network, **options)(Request(url=site.url(target), head_bytes=head_bytes))
            return page, site

    return asyncio.run(scenario())


@asynccontextmanager
async def wire(**options):
    made = transport(10, **{"connect_timeout_s": 2.0, "read_timeout_s": 2.0, **options})
    try:
        yield made
    finally:
        await made.aclose()


def page(text="<title>x</title>", **options):
    return lambda _: httpx.Response(200, html=text, **options)


def test_a_page_comes_with_what_extraction_and_the_record_need():
    found = fetch_from(page("<title>ä</title>", headers={"ETag": '"7"'}))
    assert found.url == found.final_url == "http://example.test/"
    assert (found.status, found.media_type, found.encoding) == (200, "text/html", "utf-8")
    assert found.body == "<title>ä</title>".encode()
    assert found.text == "<title>ä</title>"
    assert found.header("etag") == '"7"'
    assert found.header("x-none") is None
    assert found.redirects == ()


def test_the_request_is_a_plain_get_with_honest_headers():
    seen = []
    fetch_from(lambda request: seen.append(request) or httpx.Response(200, html="x"), headers=[("X-Mine", "1")])
    assert seen[0].method == "GET"
    assert seen[0].headers["user-agent"] == "test/1"
    assert seen[0].headers["accept-encoding"] == "gzip, deflate, br, zstd"
    assert seen[0].headers["x-mine"] == "1"
    assert "cookie" not in seen[0].headers


def test_a_header_of_the_user_replaces_ours():
    seen = []
    fetch_from(lambda request: seen.append(request) or httpx.Response(200, html="x"), headers=[("user-agent", "me")])
    assert seen[0].headers.get_list("user-agent") == ["me"]


def test_the_last_url_of_a_host_asks_for_the_connection_to_be_closed():
    seen = []
    answer = lambda request: seen.append(request) or httpx.Response(200, html="x")  # noqa: E731 - as short as it gets
    fetch_from(answer, request=Request(url="http://example.test/", is_last_of_host=True))
    fetch_from(answer)
    assert [request.headers.get("connection") for request in seen] == ["close", None]


def test_credentials_in_the_url_become_basic_authorization_and_do_not_stay_in_it():
    seen = []
    found = fetch_from(
        lambda request: seen.append(request) or httpx.Response(200, html="x"), "http://me:s%20cret@example.test/a"
    )
    assert seen[0].headers["authorization"] == "Basic bWU6cyBjcmV0"
    assert str(seen[0].url) == found.final_url == "http://example.test/a"


@pytest.mark.parametrize("status", [400, 404, 410, 429, 500, 503, 304, 300])
def test_a_status_that_is_not_2xx_is_an_error_that_carries_it(status):
    with pytest.raises(errors.HttpStatus) as caught:
        fetch_from(lambda _: httpx.Response(status, html="gone", headers={"Retry-After": "7"}))
    assert caught.value.status == status
    assert caught.value.retry_after == "7"
    assert caught.value.message.startswith(str(status))
    assert caught.value.final_url == "http://example.test/"


def test_a_page_is_not_wanted_from_every_request():
    robots = Request(url="http://example.test/robots.txt", is_page=False)
    found = fetch_from(lambda _: httpx.Response(404, text="none"), request=robots)
    assert (found.status, found.text) == (404, "none")


@pytest.mark.parametrize("content_type", ["image/png", "application/pdf", "text/plain", "application/json"])
def test_what_the_server_does_not_call_html_is_not_read(content_type):
    class Unreadable(httpx.AsyncByteStream):
        async def __aiter__(self):
            raise AssertionError
            yield b""

    with pytest.raises(errors.NotHtml, match=content_type):
        fetch_from(lambda _: httpx.Response(200, headers={"Content-Type": content_type}, stream=Unreadable()))


def test_a_picture_that_is_called_html_is_not_html():
    with pytest.raises(errors.NotHtml, match="image/png"):
        fetch_from(
            lambda _: httpx.Response(200, headers={"Content-Type": "text/html"}, content=b"\x89PNG\r\n\x1a\n123")
        )


@pytest.mark.parametrize("status", [200, 204])
def test_an_empty_page_is_a_page(status):
    assert fetch_from(lambda _: httpx.Response(status)).text == ""


def test_a_compressed_body_is_inflated_and_its_size_bounded_decoded_and_on_the_wire():
    def squeezed(size):
        body = gzip.compress(b"x" * size)
        return lambda _: httpx.Response(
            200, headers={"Content-Type": "text/html", "Content-Encoding": "gzip"}, stream=httpx.ByteStream(body)
        )

    assert len(fetch_from(squeezed(100_000)).body) == 100_000
    with pytest.raises(errors.TooLarge):
        fetch_from(squeezed(100_001))
    with pytest.raises(errors.TooLarge):
        fetch_from(page("x" * 100_001))
    with pytest.raises(errors.DecodeError):
        fetch_from(
            lambda _: httpx.Response(
                200, headers={"Content-Type": "text/html", "Content-Encoding": "gzip"}, stream=httpx.ByteStream(b"no")
            )
        )


def test_only_the_head_of_a_body_is_read_when_no_more_is_wanted():
    found, site = over_socket({"/": local_site.endless(b"x" * 1000)}, timeout_s=3.0, head_bytes=2500)
    assert found.body == b"x" * 2500
    assert site.connections == 1


def test_redirects_are_followed_and_kept():
    def answer(request):
        step = request.url.path
        if step == "/a":
            return httpx.Response(301, headers={"Location": "b?x#y"})
        if step == "/b":
            return httpx.Response(307, headers={"Location": "//other.test/c"})
        return httpx.Response(200, html="here")

    found = fetch_from(answer, "http://example.test/a")
    assert found.final_url == "http://other.test/c"
    assert found.redirects == (Redirect(301, "http://example.test/a"), Redirect(307, "http://example.test/b?x"))


def test_as_many_redirects_as_allowed_are_followed_and_no_more():
    def answer(request):
        n = int(request.url.path[1:])
        return httpx.Response(302, headers={"Location": f"/{n - 1}"}) if n else httpx.Response(200, html="end")

    assert len(fetch_from(answer, "http://example.test/10").redirects) == 10
    with pytest.raises(errors.TooManyRedirects, match="more than 10") as caught:
        fetch_from(answer, "http://example.test/11")
    assert len(caught.value.redirects) == 10
    with pytest.raises(errors.TooManyRedirects):
        fetch_from(answer, "http://example.test/1", max_redirects=0)


def test_a_loop_ends_when_it_closes():
    seen = []

    def answer(request):
        seen.append(request.url.path)
        return httpx.Response(302, headers={"Location": {"/a": "/b", "/b": "/a"}[request.url.path]})

    with pytest.raises(errors.TooManyRedirects, match="loop"):
        fetch_from(answer, "http://example.test/a")
    assert seen == ["/a", "/b"]


@pytest.mark.parametrize(
    ("headers", "error"),
    [
        ({}, errors.BadRedirect),
        ({"Location": ""}, errors.BadRedirect),
        ({"Location": "http://["}, errors.BadRedirect),
        ({"Location": "file:///etc/passwd"}, errors.UnsupportedScheme),
        ({"Location": "javascript:alert(1)"}, errors.UnsupportedScheme),
        ({"Location": "data:text/html,x"}, errors.UnsupportedScheme),
    ],
)
def test_a_redirect_that_leads_nowhere_is_an_error(headers, error):
    with pytest.raises(error) as caught:
        fetch_from(lambda _: httpx.Response(302, headers=headers))
    assert caught.value.status == 302


@pytest.mark.parametrize("location", ["/caf\u00e9".encode("latin-1"), "/caf\u00e9".encode()])
def test_a_location_in_latin_1_or_utf_8_is_followed(location):
    found, site = over_socket({"/": redirect(location), "/caf%C3%A9": html("here")})
    assert found.text == "here"
    assert site.targets() == ["/", "/caf%C3%A9"]


def test_a_redirects_body_is_never_read():
    endless = local_site.endless(
        head=b"HTTP/1.1 302 Found\r\nLocation: /b\r\nTransfer-Encoding: chunked\r\n\r\n",
        piece=local_site.chunk(b"x" * 9999),
    )
    found, site = over_socket({"/": endless, "/b": html("here")}, timeout_s=3.0)
    assert found.text == "here"
    assert site.connections == 2  # the first one was closed, not drained


def test_credentials_and_tokens_do_not_cross_an_origin():
    async def scenario():
        async with local_site.serve({"/": html("x")}, host="127.0.0.2") as other:
            pages = {"/": redirect("/same"), "/same": redirect(other.url())}
            async with local_site.serve(pages) as site, wire() as network:
                headers = [
                    ("Authorization", "Bearer s"),
                    ("Cookie", "a=b"),
                    ("X-Token", "s"),
                    ("Accept-Language", "de"),
                ]
                await fetcher(network, headers=headers)(Request(url=site.url()))
                assert [hit.headers.get("x-token") for hit in site.hits] == ["s", "s"]
                got = other.hits[0].headers
                assert not {"authorization", "cookie", "x-token"} & set(got)
                assert got["accept-language"] == "de"

    asyncio.run(scenario())


def test_the_same_host_on_another_port_is_another_origin():
    async def scenario():
        async with local_site.serve({"/": html("x")}) as other, local_site.serve({"/": redirect(other.url())}) as site:
            async with wire() as network:
                await fetcher(network, headers=[("Authorization", "s")])(Request(url=site.url()))
            assert "authorization" not in other.hits[0].headers

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("reply_", "error"),
    [
        (raw(b"", then="close"), errors.Disconnected),
        (raw(b"", then="reset"), errors.Disconnected),
        (raw(b"HTTP/1.1 200 OK\r\nContent-Type: te", then="reset"), errors.Disconnected),
        (raw(html("a long page").data[:-4], then="close"), errors.Truncated),
        (raw(html("a long page").data[:-4], then="reset"), errors.Truncated),
        (raw(html("a long page", chunked=True).data[:-8], then="half-close"), errors.Truncated),
        (raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nx\r\n"), errors.ProtocolError),
        (raw(b"SSH-2.0-OpenSSH_9.2\r\n"), errors.ProtocolError),
        (raw(b"", then="hang"), errors.ReadTimeout),
        (raw(html("a long page").data[:-4], then="hang"), errors.ReadTimeout),
        (local_site.drip(html("x" * 1000), 0.02), errors.DeadlineExceeded),
        (local_site.drip(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 1000, 0.02), errors.DeadlineExceeded),
        (local_site.endless(), errors.TooLarge),
        (local_site.endless(chunked=False), errors.TooLarge),
    ],
)
def test_every_fault_of_a_server_is_its_kind_of_error(reply_, error):
    with pytest.raises(error) as caught:
        over_socket({"/": reply_}, timeout_s=0.4, read_timeout_s=0.15)
    assert type(caught.value) is error
    assert "\n" not in caught.value.message


def test_endless_headers_end_at_their_limit_or_at_the_deadline():
    flood = local_site.endless(b"X: y\r\n", head=b"HTTP/1.1 200 OK\r\n")
    with pytest.raises((errors.ProtocolError, errors.DeadlineExceeded)):
        over_socket({"/": flood}, timeout_s=3.0)


def test_a_flood_of_1xx_replies_ends_at_the_deadline():
    flood = local_site.endless(b"HTTP/1.1 103 Early Hints\r\n\r\n", head=b"")
    with pytest.raises((errors.DeadlineExceeded, errors.ProtocolError)):
        over_socket({"/": flood}, timeout_s=0.3)


def test_refusal_a_hanging_connect_and_a_bad_certificate_are_told_apart():
    async def scenario():
        async with wire(connect_timeout_s=0.05) as hasty, wire() as network:
            fetch = fetcher(hasty)
            with local_site.closed_port() as port, pytest.raises(errors.ConnectRefused):
                await fetch(Request(url=f"http://127.0.0.1:{port}/"))
            with local_site.silent_listener() as port, pytest.raises(errors.ConnectTimeout):
                await fetch(Request(url=f"http://127.0.0.1:{port}/"))
            async with local_site.serve({"/": html("x")}, tls=True) as site:
                with pytest.raises(errors.TlsError, match=r"certificate|issuer"):
                    await fetcher(network)(Request(url=site.url()))
            async with local_site.serve({}) as plain:
                url = plain.url().replace("http:", "https:")
                with pytest.raises(errors.UrlError) as caught:
                    await fetcher(network)(Request(url=url))
                assert caught.value.kind in ("tls-error", "connect-failed", "connect-timeout")

    asyncio.run(scenario())


def test_the_deadline_spans_redirects():
    pages = {f"/{n}": redirect(f"/{n + 1}", delay=0.06) for n in range(9)}
    with pytest.raises(errors.DeadlineExceeded) as caught:
        over_socket(pages, "/0", timeout_s=0.2)
    assert 1 <= len(caught.value.redirects) <= 4


def test_cancelling_is_not_an_error_of_the_url():
    async def scenario():
        async with local_site.serve({"/": raw(b"", then="hang")}) as site, wire() as network:
            task = asyncio.ensure_future(fetcher(network)(Request(url=site.url())))
            await site.until(lambda: bool(site.hits))
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(scenario())


def test_timings_are_of_all_hops_and_in_milliseconds():
    found, _ = over_socket({"/": redirect("/b", delay=0.03), "/b": html("x", delay=0.03)})
    assert 60 <= found.timings.first_byte < 1000
    assert found.timings.connect > 0
    assert found.timings.dns is None
    assert 0 <= found.timings.body < 100


def test_an_early_1xx_reply_is_skipped():
    found, _ = over_socket({"/": raw(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + html("x").data, then="keep")})
    assert found.text == "x"


def test_a_duplicate_of_an_odd_framing_is_never_silently_ok():
    for head in (
        b"Content-Length: 5\r\nContent-Length: 6",
        b"Content-Length: 5x",
        b"Content-Length: 99999999999999999999",
    ):
        with pytest.raises((errors.ProtocolError, errors.Truncated, errors.TooLarge)):
            over_socket({"/": raw(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\nhello")})


def test_a_reply_without_length_ends_with_the_connection():
    found, _ = over_socket({"/": raw(b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n<p>x")})
    assert found.text == "<p>x"


def test_a_redirect_that_is_not_followed_is_a_page_with_a_location():
    def answer(request):
        assert request.url.path == "/a"
        return httpx.Response(302, headers={"Location": "/b?x#y"})

    page = fetch_from(answer, request=Request(url="http://example.test/a", is_followed=False))
    assert (page.status, page.location, page.body) == (302, "http://example.test/b?x", b"")
    assert page.redirects == (Redirect(302, "http://example.test/a"),)


def trail(elapsed_s=0.0, hops=1):
    row = Row(url="http://example.test/a", line=1)
    listed = Job(row=row, href=row.url, host="example.test", origin="http://example.test", ordinal=0)
    chain = tuple(Redirect(302, f"http://example.test/{n}") for n in range(hops))
    return Trail(listed=listed, redirects=chain, timings=Timings(dns=1.0), elapsed_s=elapsed_s, fetched_at="")


def test_what_a_trail_leads_to_is_fetched_as_a_part_of_the_same_attempt():
    seen = []

    def answer(request):
        seen.append(request.headers)
        return httpx.Response(200, html="<title>x</title>")

    request = Request(url="http://other.test/", trail=trail(), is_followed=False)
    page = fetch_from(answer, request=request, headers=[("Cookie", "secret")])
    assert (page.url, page.final_url) == ("http://example.test/a", "http://other.test/")
    assert page.redirects == trail().redirects
    assert page.timings.dns == 1.0
    assert "cookie" not in seen[0]


def test_limits_hold_over_the_whole_trail():
    async def again(_):
        return httpx.Response(302, headers={"Location": "http://example.test/0"})

    async def moved(_):
        await asyncio.sleep(0)
        return httpx.Response(302, headers={"Location": "/next"})

    request = Request(url="http://example.test/b", trail=trail(hops=1), is_followed=False)
    with pytest.raises(errors.TooManyRedirects, match="loop"):
        fetch_from(again, request=request)
    request = Request(url="http://example.test/b", trail=trail(hops=10), is_followed=False)
    with pytest.raises(errors.TooManyRedirects, match="more than 10"):
        fetch_from(moved, request=request)
    with pytest.raises(errors.DeadlineExceeded):
        fetch_from(moved, request=Request(url="http://example.test/b", trail=trail(elapsed_s=60.0)))


@pytest.mark.parametrize(("sent", "phase"), [(b"", "first_byte"), (b"HTTP/1.1 200 OK\r\n\r\n<p>", "body")])
def test_a_failure_tells_in_which_phase_the_time_went(sent, phase):
    async def scenario():
        async with local_site.serve({"/": raw(sent, then="hang")}) as site, wire(read_timeout_s=0.1) as network:
            with pytest.raises(errors.ReadTimeout) as caught:
                await fetcher(network)(Request(url=site.url()))
            return caught.value.timings

    timings = asyncio.run(scenario())
    assert 90 < getattr(timings, phase) < 1000
    assert timings.connect < 90


def test_over_a_transport_that_cannot_tell_a_request_counts_as_sent_before_it_is():
    told = []

    def answer(_):
        assert told == ["sent"]
        return httpx.Response(200, html="<title>x</title>")

    fetch_from(answer, request=Request(url="http://example.test/", on_sent=lambda: told.append("sent")))
    assert told == ["sent"]


def refusal_from(answer, **options):
    with pytest.raises(errors.HttpStatus) as caught:
        fetch_from(answer, **options)
    return caught.value


@pytest.mark.parametrize("status", [403, 405, 429, 503])
def test_a_refusal_comes_with_the_beginning_of_its_page(status):
    text = "<title>Нет</title>" + "x" * 90_000
    headers = {"Content-Type": "text/html; charset=koi8-r", "Content-Encoding": "gzip", "X-Vendor": "v"}
    found = refusal_from(
        lambda _: httpx.Response(status, content=gzip.compress(text.encode("koi8-r")), headers=headers)
    ).page
    assert (found.status, found.url, found.header("x-vendor")) == (status, "http://example.test/", "v")
    assert found.text.startswith("<title>Нет</title>xxx")
    assert len(found.body) == 32 * 1024


@pytest.mark.parametrize(
    ("status", "headers"), [(404, {}), (500, {}), (401, {}), (403, {"Content-Type": "application/json"})]
)
def test_no_other_status_and_no_other_kind_of_body_is_read(status, headers):
    def body():
        pytest.fail("it is read")
        yield b""

    class Stream(httpx.AsyncByteStream):
        async def __aiter__(self):
            for piece in body():
                yield piece

    headers = {"Content-Type": "text/html", **headers}
    assert refusal_from(lambda _: httpx.Response(status, stream=Stream(), headers=headers)).page is None


def test_a_refusal_whose_page_breaks_off_or_never_comes_is_a_refusal(monkeypatch):
    monkeypatch.setattr("scraper.fetcher._REFUSAL_S", 0.05)

    class Silent(httpx.AsyncByteStream):
        async def __aiter__(self):
            yield b"<title>No</title>"
            await asyncio.sleep(10)

    class Broken(httpx.AsyncByteStream):
        async def __aiter__(self):
            yield b"<title>No</title>"
            raise httpx.ReadError("gone")

    for stream in (Silent(), Broken()):
        error = refusal_from(lambda _, it=stream: httpx.Response(403, stream=it, headers={"Content-Type": "text/html"}))
        assert (error.status, error.page.body) == (403, b"<title>No</title>")
    assert (
        refusal_from(lambda _: httpx.Response(403, content=b"x", headers={"Content-Encoding": "gzip"})).page.body == b""
    )


VALIDATORS = (("If-None-Match", '"\xe4"'), ("If-Modified-Since", "yesterday"))


def test_a_304_to_a_conditional_request_is_a_page_without_a_body():
    seen = []

    def answer(request):
        seen.append(dict(request.headers))
        return httpx.Response(304, headers={"ETag": '"2"'})

    found = fetch_from(answer, request=Request(url="http://example.test/", validators=VALIDATORS))
    assert (found.status, found.body, found.header("etag")) == (304, b"", '"2"')
    assert found.final_url == "http://example.test/"
    assert (seen[0]["if-none-match"], seen[0]["if-modified-since"]) == ('"\xe4"', "yesterday")


def test_conditions_do_not_follow_a_redirect():
    seen = []

    def answer(request):
        seen.append("if-none-match" in request.headers)
        return httpx.Response(302, headers={"Location": "/next"}) if len(seen) == 1 else httpx.Response(304)

    with pytest.raises(errors.HttpStatus, match="304"):
        fetch_from(answer, request=Request(url="http://example.test/", validators=VALIDATORS))
    assert seen == [True, False]


def test_a_connection_goes_on_after_a_304():
    async def scenario():
        async with local_site.serve({"/": reply(304, {"ETag": '"1"'})}) as site, wire() as network:
            fetch = fetcher(network)
            for _ in range(3):
                page = await fetch(Request(url=site.url(), validators=VALIDATORS))
                assert page.status == 304
            return site.connections

    assert asyncio.run(scenario()) == 1


def test_an_attempt_that_is_given_up_ends_as_deadline_and_is_not_tried_again():
    async def answer(_):
        seat.attempt.give_up(120.0)
        await asyncio.Event().wait()

    async def scenario():
        nonlocal seat
        seat = Seats().add(0)
        with pytest.raises(errors.DeadlineExceeded, match="given up: nothing came for 120 s") as ended:
            await fetcher(httpx.MockTransport(answer))(Request(url="http://a.test/"))
        return ended.value

    seat = None
    error = asyncio.run(scenario())
    assert not error.is_retried
    assert error.timings.connect is not None


def test_the_bytes_of_a_body_are_counted_as_they_come():
    counts = []

    async def body():
        for _ in range(3):
            yield b"<p>x"
            counts.append(seat.attempt.received)

    async def scenario():
        nonlocal seat
        seat = Seats().add(0)
        network = httpx.MockTransport(
            lambda _: httpx.Response(200, headers={"Content-Type": "text/html"}, content=body())
        )
        await fetcher(network)(Request(url="http://a.test/"))

    seat = None
    asyncio.run(scenario())
    assert counts == [4, 8, 12]
