"""A request on a connection: its bytes, and when they are sent again."""

import asyncio

import httpx
import local_site
import pytest
from clients import get, transport
from local_site import html, raw

from scraper.transport.exchange import request_head


def test_a_head_is_the_targets_and_the_headers_bytes_in_their_order():
    request = httpx.Request("GET", "http://a.test/", headers=[("Host", "a.test"), ("X-Mine", "1")])
    assert request_head(request, b"/%7E|x") == b"GET /%7E|x HTTP/1.1\r\nHost: a.test\r\nX-Mine: 1\r\n"


@pytest.mark.parametrize(
    ("target", "value"), [(b"/ HTTP/1.1\r\nX: 1", "1"), (b"/", "1\r\nX: 1"), (b"/", "1\n"), (b"/", "\0")]
)
def test_a_line_break_cannot_smuggle_another_header(target, value):
    request = httpx.Request("GET", "http://a.test/", headers={"X-Mine": value})
    with pytest.raises(httpx.LocalProtocolError):
        request_head(request, target)


def test_interim_answers_are_passed_over():
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"

    async def scenario():
        async with local_site.serve({"/": raw(hints + hints + answer)}) as site:
            client = transport()
            response, body = await get(client, site.url())
            await client.aclose()
        assert (response.status_code, body) == (200, b"x")

    asyncio.run(scenario())


def test_a_new_connection_that_is_dropped_is_not_tried_again():
    async def scenario():
        async with local_site.serve({"/": raw(b"", then="close")}) as site:
            client = transport()
            with pytest.raises(httpx.ReadError):
                await get(client, site.url())
            await client.aclose()
        assert site.connections == 1

    asyncio.run(scenario())


def test_a_kept_connection_that_the_server_closed_is_replaced_at_once():
    async def scenario():
        async with local_site.serve({"/": html("x", then="close")}) as site:
            client = transport()
            for _ in range(50):
                response, body = await get(client, site.url())
                assert (response.status_code, body) == (200, b"x")
            await client.aclose()
        assert site.connections == 50

    asyncio.run(scenario())


def test_a_kept_connection_that_dies_under_the_request_is_replaced_at_once():
    async def answer(_, connection):
        return raw(b"", then="reset") if connection.hits == 2 else html("x")

    async def scenario():
        async with local_site.serve(answer) as site:
            client = transport()
            for _ in range(10):
                assert (await get(client, site.url()))[1] == b"x"
            await client.aclose()
        assert site.connections == 10

    asyncio.run(scenario())
