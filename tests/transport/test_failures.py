"""What goes wrong on a real socket, as httpx calls it."""

import asyncio

import httpx
import local_site
import pytest
from clients import get, transport
from local_site import raw


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
        client = transport()
        short = {"timeout": {"connect": 0.05, "read": 0.05}}
        async with local_site.serve({"/": raw(b"", then="hang")}) as site:
            with pytest.raises(httpx.ReadTimeout):
                await get(client, site.url(), **short)
        with local_site.silent_listener() as port, pytest.raises(httpx.ConnectTimeout):
            await get(client, f"http://127.0.0.1:{port}/", **short)
        await client.aclose()

    asyncio.run(scenario())
