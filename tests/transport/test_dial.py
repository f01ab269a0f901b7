"""New connections: through a proxy's tunnel, to the address that answers, and why none does."""

import asyncio
import socket
from contextlib import asynccontextmanager, suppress
from ipaddress import ip_network

import httpx
import local_site
import pytest
from clients import get, transport
from local_site import html

from scraper.errors import BlockedAddress
from scraper.transport.addresses import Guard
from scraper.transport.phases import Phases

GOOD = b"HTTP/1.1 200 Connection established\r\n\r\n"


@asynccontextmanager
async def tunnels(answer, *, to_port=None):
    """Serve a proxy that answers each CONNECT with `answer`, then passes bytes on; yield its port and what it read."""
    heads = []

    async def pipe(reader, writer):
        with suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def connected(reader, writer):
        heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(answer)
        if to_port is None:
            writer.close()
            return
        beyond = await asyncio.open_connection("127.0.0.1", to_port)
        await asyncio.gather(pipe(reader, beyond[1]), pipe(beyond[0], writer))

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], heads


@pytest.mark.parametrize("loop_factory", [asyncio.new_event_loop, pytest.importorskip("uvloop").new_event_loop])
def test_an_https_page_is_fetched_through_the_tunnel_of_a_proxy(loop_factory):
    async def scenario():
        async with (
            local_site.serve({"/": html("inside")}, tls=True) as site,
            tunnels(GOOD, to_port=site.port) as (port, heads),
        ):
            client = transport(proxy=f"http://me:word@127.0.0.1:{port}", is_insecure=True)
            for _ in range(2):  # on a new connection and on a kept one
                assert (await get(client, site.url()))[1] == b"inside"
            await client.aclose()
            assert client.open_sockets == 0
            return heads, [hit.headers for hit in site.hits], site.port

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        heads, headers, port = runner.run(scenario())
    authority = f"127.0.0.1:{port}"
    login = "Proxy-Authorization: Basic bWU6d29yZA=="
    assert heads == [f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n{login}\r\n\r\n"]
    assert all("proxy-authorization" not in one for one in headers)


@pytest.mark.parametrize(
    ("answer", "error", "message"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", httpx.ProxyError, "407 Proxy Authentication Required"),
        (b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 2\r\n\r\nno", httpx.ProxyError, "502 Bad Gateway"),
        (b"nonsense\r\n\r\n", httpx.RemoteProtocolError, None),
        (b"", httpx.ReadError, None),
        (GOOD, httpx.ConnectError, None),
    ],
)
def test_a_proxy_that_opens_no_tunnel_is_an_error(answer, error, message):
    async def scenario():
        async with tunnels(answer) as (port, _):
            client = transport(proxy=f"http://127.0.0.1:{port}")
            with pytest.raises(error, match=message):
                await get(client, "https://site.test/")
            await client.aclose()
            assert client.open_sockets == 0

    asyncio.run(scenario())


def answer_with(monkeypatch, *hosts):
    def getaddrinfo(*_args, **_options):
        return [
            (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (host, 0, 0, 0))
            if ":" in host
            else (socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, 0))
            for host in hosts
        ]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


def test_the_next_address_is_tried_when_one_refuses(monkeypatch):
    async def scenario():
        async with local_site.serve({"/": html("x")}) as site:
            answer_with(monkeypatch, "127.0.0.9", "127.0.0.1")
            client = transport()
            assert (await get(client, f"http://site.test:{site.port}/"))[1] == b"x"
            await client.aclose()

    asyncio.run(scenario())


def test_a_host_whose_addresses_fail_for_several_reasons_has_the_last_ones(monkeypatch):
    answer_with(monkeypatch, "10.0.0.1", "127.0.0.1")
    guard = Guard(is_for_all=True, allowed=[ip_network("127.0.0.0/8")])

    async def scenario():
        client = transport()
        with local_site.closed_port() as port, pytest.raises(httpx.ConnectError) as caught:
            await get(client, f"http://site.test:{port}/", guard=guard)
        await client.aclose()
        assert isinstance(caught.value.__cause__, ConnectionRefusedError)
        assert client.open_sockets == 0

    asyncio.run(scenario())


def test_only_the_addresses_that_the_guard_lets_pass_are_dialled(monkeypatch):
    answer_with(monkeypatch, "10.0.0.1", "192.168.0.1")

    async def scenario():
        client = transport()
        phases = Phases()
        with pytest.raises(BlockedAddress, match="no public address"):
            await get(client, "http://site.test/", guard=Guard(is_for_all=True), phases=phases)
        await client.aclose()
        assert not phases.has_dialled
        assert client.open_sockets == 0

    asyncio.run(scenario())


class _WithoutWriters(asyncio.SelectorEventLoop):
    """A loop that cannot watch sockets, as Windows' own."""

    add_writer = asyncio.AbstractEventLoop.add_writer


LOOPS = [asyncio.new_event_loop, pytest.importorskip("uvloop").new_event_loop, _WithoutWriters]


@pytest.mark.parametrize("loop_factory", LOOPS)
def test_every_loop_connects_to_one_address_and_tells_why_it_does_not(loop_factory):
    async def scenario():
        client = transport()
        async with local_site.serve({"/": html("x")}) as site:
            assert (await get(client, site.url()))[1] == b"x"
        with local_site.closed_port() as port, pytest.raises(httpx.ConnectError) as caught:
            await get(client, f"http://127.0.0.1:{port}/")
        await client.aclose()
        assert client.open_sockets == 0
        return port, caught.value

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        port, error = runner.run(scenario())
    assert isinstance(error.__cause__, ConnectionRefusedError)
    assert str(error).endswith(f"] Connect call failed ('127.0.0.1', {port})")


@pytest.mark.parametrize("loop_factory", LOOPS)
def test_a_dial_that_is_cancelled_or_takes_too_long_closes_its_socket(loop_factory):
    async def scenario():
        client = transport(connect_timeout_s=0.05)
        with local_site.silent_listener() as port:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.01):
                    await get(client, f"http://127.0.0.1:{port}/")
            assert client.open_sockets == 0
            with pytest.raises(httpx.ConnectTimeout):
                await get(client, f"http://127.0.0.1:{port}/")
            assert client.open_sockets == 0
        await client.aclose()

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(scenario())
