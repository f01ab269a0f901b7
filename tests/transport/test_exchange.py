"""A request on a connection: when it is sent again, and what goes wrong."""

import asyncio

import httpx
import local_site
import pytest
from clients import get, transport
from local_site import html, raw


def test_interim_answers_are_passed_over():
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"

    async def scenario():
        async with local_site.serve({"/": raw(hints + hints + answer)}) as site:
            client = transport()
            found, body = await get(client, site.url())
            await client.aclose()
        assert (found.status, body) == (200, b"x")

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
                found, body = await get(client, site.url())
                assert (found.status, body) == (200, b"x")
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


@pytest.mark.parametrize(
    ("page", "error"),
    [
        (raw(b"", then="close"), httpx.ReadError),
        (raw(b"", then="reset"), httpx.ReadError),
        (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort"), httpx.ReadError),
        (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort", then="reset"), httpx.ReadError),
        (raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"), httpx.ReadError),
        (raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n"), httpx.RemoteProtocolError),
        (raw(b"ICY 200 OK\r\n\r\n"), httpx.RemoteProtocolError),
        (raw(b"HTTP/1.1 99 Low\r\n\r\n"), httpx.RemoteProtocolError),
        (raw(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n"), httpx.RemoteProtocolError),
        (raw(b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n"), httpx.RemoteProtocolError),
    ],
)
def test_every_fault_is_an_httpx_exception(page, error):
    async def scenario():
        async with local_site.serve({"/": page}) as site:
            client = transport()
            with pytest.raises(error):
                await get(client, site.url())
            await client.aclose()

    asyncio.run(scenario())


def test_silence_is_a_read_timeout_and_a_full_backlog_a_connect_timeout():
    async def scenario():
        client = transport(connect_timeout_s=0.05, read_timeout_s=0.05)
        async with local_site.serve({"/": raw(b"", then="hang")}) as site:
            with pytest.raises(httpx.ReadTimeout):
                await get(client, site.url())
        with local_site.silent_listener() as port, pytest.raises(httpx.ConnectTimeout):
            await get(client, f"http://127.0.0.1:{port}/")
        await client.aclose()

    asyncio.run(scenario())
