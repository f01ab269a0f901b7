"""What comes after an answer's end costs the connection and not the page, wherever the packets are cut."""

import asyncio
import gc
import weakref

import clients
import httpx
import local_site
import pytest
from clients import transport
from local_site import html, raw

from scraper.transport import pool
from scraper.transport.protocol import Protocol

PAGE = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"


async def get(client, url):
    return (await clients.get(client, url))[1]


def bodies(*pieces, gets=2, **how):
    """Ask a server that sends `pieces` as packets of their own for `gets` pages; return those and its connections."""

    async def scenario():
        reply = raw(b"", body=list(pieces), interval=0.01, **{"then": "keep", **how})
        async with local_site.serve({"/": reply}) as site:
            client = transport(max_open=10, read_timeout_s=2.0)
            try:
                found = [await get(client, site.url()) for _ in range(gets)]
            finally:
                await client.aclose()
            await site.until(lambda: site.open_connections == 0)
            return found, site.connections

    return asyncio.run(scenario())


@pytest.mark.parametrize("page", [PAGE, CHUNKED], ids=["length", "chunked"])
@pytest.mark.parametrize("garbage", [b"garbage", b"\r\n\r\n\0", PAGE])
def test_what_comes_in_the_packet_of_the_bodys_end_costs_the_connection(page, garbage):
    assert bodies(page + garbage) == ([b"hello"] * 2, 2)


def test_a_part_of_another_head_is_forgotten():
    assert bodies(PAGE + b"HTTP/1.1 500 No\r\n")[0] == [b"hello"] * 2


@pytest.mark.parametrize("cut", range(1, len(PAGE)))
def test_a_head_may_be_cut_anywhere(cut):
    assert bodies(PAGE[:cut], PAGE[cut:] + b"garbage", gets=1) == ([b"hello"], 1)


def test_an_answer_that_nobody_asked_for_is_not_the_next_ones():
    found, connections = bodies(PAGE, b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", gets=1)
    assert (found, connections) == ([b"hello"], 1)

    async def scenario():
        reply = raw(b"", body=[PAGE, PAGE.replace(b"hello", b"evils")], interval=0.02, then="keep")
        async with local_site.serve({"/first": reply, "/second": html("mine")}) as site:
            client = transport(max_open=10, read_timeout_s=2.0)
            assert await get(client, site.url("/first")) == b"hello"
            await asyncio.sleep(0.06)  # the second answer has come
            assert await get(client, site.url("/second")) == b"mine"
            await client.aclose()
            assert site.connections == 2

    asyncio.run(scenario())


def test_a_kept_connection_that_answers_with_nonsense_is_replaced_at_once():
    async def answer(_, connection):
        return html("x") if connection.hits == 1 else raw(b"nonsense\r\n\r\n")

    async def scenario():
        async with local_site.serve(answer) as site:
            client = transport(max_open=10, read_timeout_s=2.0)
            assert [await get(client, site.url()) for _ in range(3)] == [b"x"] * 3
            await client.aclose()
            assert (site.connections, len(site.hits)) == (3, 5)

    asyncio.run(scenario())


def test_connections_are_kept_when_nothing_is_amiss():
    assert bodies(PAGE, gets=5) == ([b"hello"] * 5, 1)
    assert bodies(CHUNKED, gets=5) == ([b"hello"] * 5, 1)
    assert bodies(b"HTTP/1.1 103 Early\r\n\r\n" * 3 + PAGE, gets=5) == ([b"hello"] * 5, 1)


@pytest.mark.parametrize("cut", [len(CHUNKED) - 5, len(CHUNKED) - 15])
def test_a_bad_chunk_in_a_packet_of_its_own_ends_the_wait_at_once(cut):
    with pytest.raises(httpx.RemoteProtocolError):
        bodies(CHUNKED[:cut], b"zz\r\n", gets=1, then="hang")


@pytest.mark.parametrize("start", [b"RTSP/1.0 200 OK", b"HTTP/2.0 200 OK", b"HTTP/0.9 200 OK"])
@pytest.mark.parametrize("packet", [1, 4, 100])
def test_an_answer_in_another_protocol_is_refused_wherever_it_is_cut(start, packet):
    answer = start + b"\r\nContent-Length: 5\r\n\r\nhello"
    pieces = [answer[place : place + packet] for place in range(0, len(answer), packet)]
    with pytest.raises(httpx.RemoteProtocolError, match=r"does not begin with HTTP/1\.0"):
        bodies(*pieces)


def test_silence_counts_from_the_last_piece_that_came():
    async def scenario():
        pieces = [bytes([byte]) for byte in PAGE[-8:]]
        slow = raw(PAGE[:-8], body=pieces, interval=0.02, then="keep")
        async with local_site.serve({"/": slow}) as site:
            client = transport(read_timeout_s=0.1)
            assert await get(client, site.url()) == b"hello"
            await client.aclose()

    asyncio.run(scenario())


def test_silence_ends_the_second_request_of_a_kept_connection_too():
    async def answer(_, connection):
        return html("x") if connection.hits == 1 else raw(b"", then="hang")

    async def scenario():
        async with local_site.serve(answer) as site:
            client = transport(read_timeout_s=0.05)
            assert await get(client, site.url()) == b"x"
            with pytest.raises(httpx.ReadTimeout):
                await get(client, site.url())
            await client.aclose()
            assert site.connections == 1

    asyncio.run(scenario())


def test_a_server_that_speaks_before_it_is_asked_is_heard():
    async def greet(reader, writer):
        writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")
        await reader.read()
        writer.close()

    async def scenario():
        server = await asyncio.start_server(greet, "127.0.0.1", 0)
        client = transport()
        with pytest.raises(httpx.RemoteProtocolError, match="does not begin with HTTP"):
            await get(client, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
        await client.aclose()
        server.close()
        await asyncio.sleep(0.01)  # it closes its end

    asyncio.run(scenario())


def test_a_switch_to_another_protocol_is_no_answer():
    switch = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nwhat is not HTTP"
    with pytest.raises(httpx.RemoteProtocolError, match="101"):
        bodies(switch, gets=1)


@pytest.mark.parametrize("tls", [False, True])
def test_a_connection_that_has_ended_is_gone_without_the_garbage_collector(tls, monkeypatch):
    made = []

    class Watched(Protocol):
        def __init__(self, *args, **options):
            super().__init__(*args, **options)
            made.append(weakref.ref(self))

    monkeypatch.setattr(pool, "Protocol", Watched)

    async def scenario():
        async with local_site.serve({"/": html("x")}, tls=tls) as site:
            client = transport(is_insecure=True)
            assert (await clients.get(client, site.url(), headers={"Connection": "close"}))[1] == b"x"
            await site.until(lambda: site.open_connections == 0)
            await client.aclose()
            await asyncio.sleep(0)

    with asyncio.Runner(loop_factory=pytest.importorskip("uvloop").new_event_loop) as runner:
        gc.disable()
        try:
            runner.run(scenario())
            assert [connection() for connection in made] == [None]
        finally:
            gc.enable()
