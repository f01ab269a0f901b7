"""The transport on a real socket: bytes, cancellation, certificates, the proxy."""

import asyncio
import random

import httpx
import local_site
import pytest
from clients import ask, get, transport
from local_site import html, reply

from scraper.transport.phases import Phases

TARGETS = ["/%7Eme|x[1]^?q=%41'{}", "/a%2Fb//c/./d"]


def test_a_response_comes_with_status_raw_headers_and_raw_body():
    async def scenario():
        page = local_site.gzip("<title>x</title>", then="keep")
        async with local_site.serve({"/": page}) as site:
            client = transport()
            answer, body = await get(client, site.url())
            await client.aclose()
        assert answer.status == 200
        assert (b"Content-Encoding", b"gzip") in answer.headers
        assert body.startswith(b"\x1f\x8b")

    asyncio.run(scenario())


def test_the_target_goes_out_byte_for_byte():
    async def scenario():
        async with local_site.serve(lambda hit, _: answer(hit)) as site:
            client = transport()
            for target in TARGETS:
                await get(client, site.url(target))
            await client.aclose()
        assert site.targets() == TARGETS

    async def answer(hit):
        return html(hit.target)

    asyncio.run(scenario())


def test_only_the_headers_that_were_given_and_host_go_out():
    async def scenario():
        async with local_site.serve({"/": html("x")}) as site:
            client = transport()
            await get(client, site.url(), headers={"X-Mine": "1"})
            await client.aclose()
            assert set(site.hits[0].headers) == {"host", "x-mine"}

    asyncio.run(scenario())


def test_cancelled_requests_leak_no_slot():
    """With httpcore's pool all 50 slots were held after such a run, and nothing had succeeded."""

    async def answer(_hit, _connection):
        await asyncio.sleep(random.random() * 0.06)
        return html("x")

    async def scenario():
        async with local_site.serve(answer) as site:
            client = transport(max_open=20)
            succeeded = 0

            async def work():
                nonlocal succeeded
                for _ in range(10):
                    try:
                        async with asyncio.timeout(random.random() * 0.12):
                            await get(client, site.url())
                            succeeded += 1
                    except TimeoutError:
                        pass

            await asyncio.gather(*(work() for _ in range(10)))
            assert succeeded > 0
            async with asyncio.timeout(5):  # every slot is free again
                await asyncio.gather(*(get(client, site.url()) for _ in range(10)))
            await client.aclose()
            await site.until(lambda: site.open_connections == 0)
            assert client.open_sockets == 0

    asyncio.run(scenario())


def test_connection_close_is_asked_for_and_obeyed():
    async def scenario():
        async with local_site.serve({"/": html("x")}) as site:
            client = transport()
            await get(client, site.url(), headers={"Connection": "close"})
            await site.until(lambda: site.open_connections == 0)
            await client.aclose()
        assert site.hits[0].headers["connection"] == "close"

    asyncio.run(scenario())


def test_a_body_that_is_not_read_costs_the_connection_and_nothing_else():
    async def scenario():
        async with local_site.serve({"/": local_site.endless()}) as site:
            client = transport()
            answer = await ask(client, site.url())
            await answer.aclose()
            await site.until(lambda: site.open_connections == 0)
            await client.aclose()

    asyncio.run(scenario())


def test_phases_tell_a_new_connection_from_a_kept_one():
    async def scenario():
        async with local_site.serve({"/": html("x")}) as site:
            client = transport()
            url = f"http://localhost:{site.port}/"
            first, second = Phases(), Phases()
            await get(client, url, phases=first)
            await get(client, url, phases=second)
            await client.aclose()
        assert first.dns >= 0
        assert first.connect >= 0
        assert (second.dns, second.connect) == (None, None)
        assert (first.has_dialled, second.has_dialled, second.is_connected) == (True, False, True)

    asyncio.run(scenario())


def test_a_certificate_is_checked_against_the_bundle_and_may_be_let_pass(monkeypatch):
    async def scenario():
        async with local_site.serve({"/": html("secret")}, tls=True) as site:
            strict = transport()
            with pytest.raises(httpx.ConnectError, match="certificate"):
                await get(strict, site.url())
            await strict.aclose()
            lax = transport(is_insecure=True)
            assert (await get(lax, site.url()))[1] == b"secret"
            await lax.aclose()
            monkeypatch.setenv("SSL_CERT_FILE", str(site.ca_pem))
            trusting = transport()
            assert (await get(trusting, site.url()))[1] == b"secret"
            await trusting.aclose()

    asyncio.run(scenario())


def test_requests_go_through_the_proxy_and_none_is_taken_from_the_environment(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9/")

    async def scenario():
        async with local_site.serve({"http://example.test/x": reply(200, {}, "by proxy")}) as proxy:
            client = transport(proxy=proxy.url().rstrip("/"))
            assert (await get(client, "http://example.test/x"))[1] == b"by proxy"
            await client.aclose()
        async with local_site.serve({"/": html("direct")}) as site:
            client = transport()
            assert (await get(client, site.url()))[1] == b"direct"
            await client.aclose()

    asyncio.run(scenario())


def test_a_proxy_gets_the_login_of_its_url_and_no_host_does():
    async def scenario():
        async with local_site.serve({"http://example.test/x": reply(200, {}, "by proxy")}) as proxy:
            client = transport(proxy=proxy.url().rstrip("/").replace("://", "://user:word@"))
            for _ in range(2):  # on a new connection and on a kept one
                assert (await get(client, "http://example.test/x"))[1] == b"by proxy"
            await client.aclose()
        assert [hit.headers["proxy-authorization"] for hit in proxy.hits] == ["Basic dXNlcjp3b3Jk"] * 2

    asyncio.run(scenario())


def test_a_scheme_that_is_not_http_is_refused():
    async def scenario():
        client = transport()
        with pytest.raises(httpx.UnsupportedProtocol):
            await get(client, "ftp://example.test/")
        await client.aclose()

    asyncio.run(scenario())


def test_it_is_told_when_a_request_goes_out_on_a_new_connection_and_on_a_kept_one():
    async def scenario():
        async with local_site.serve({"/": html("x")}) as site:
            client = transport()
            sent = []
            for _ in range(2):
                await get(client, site.url(), phases=Phases(lambda: sent.append(len(site.hits))))
            with local_site.closed_port() as port, pytest.raises(httpx.ConnectError):
                await get(client, f"http://127.0.0.1:{port}/", phases=Phases(lambda: sent.append("never")))
            await client.aclose()
        assert sent == [0, 1]

    asyncio.run(scenario())
