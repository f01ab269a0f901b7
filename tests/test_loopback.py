"""The server on loopback speaks HTTP/1.1 correctly, and ends."""

import asyncio
import gzip

import pytest
import uvloop

from scraper.loopback import HEAD_LIMIT_BYTES, Reply, Server

PAGE = b"<p>" + b"page " * 100


async def respond(request):
    moved = Reply(b"", status=301, headers=(("Location", "x"),))
    return {"/": Reply(PAGE), "/moved": moved}.get(request.path) or Reply(request.path.encode())


def talk(*requests, run=asyncio.run):
    """Send each request on one connection; return the pairs of head and body, and what came after them."""

    async def main():
        server = Server(respond)
        reader, writer = await asyncio.open_connection("127.0.0.1", await server.start())
        replies = []
        async with asyncio.timeout(5):
            for request in requests:
                writer.write(request)
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.partition(b"Content-Length: ")[2].split(b"\r\n")[0])
                replies.append((head, b"" if request.startswith(b"HEAD") else await reader.readexactly(length)))
            await server.stop()
            rest = await reader.read()
        writer.close()
        await writer.wait_closed()
        return replies, rest

    return run(main())


def get(target="/", *lines, version="1.1"):
    return "\r\n".join([f"GET {target} HTTP/{version}", "Host: demo", *lines, "", ""]).encode()


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
def test_a_connection_carries_many_requests_and_is_closed_by_stop(run):
    replies, rest = talk(get("/"), get("/other?q=1"), get("http://demo/whole"), run=run)
    assert [body for _, body in replies] == [PAGE, b"/other", b"/whole"]
    assert b"Connection:" not in replies[0][0]
    assert rest == b""


@pytest.mark.parametrize(
    "request_", [get("/", "Connection: Close"), get("/", version="1.0"), get("/", "Content-Length: 0")]
)
def test_the_last_request_of_a_connection_is_answered_and_the_connection_closed(request_):
    async def main():
        server = Server(respond)
        reader, writer = await asyncio.open_connection("127.0.0.1", await server.start())
        writer.write(request_ + get("/never"))
        async with asyncio.timeout(5):
            data = await reader.read()
        writer.close()
        await server.stop()
        return data

    head, _, body = asyncio.run(main()).partition(b"\r\n\r\n")
    assert b"\r\nConnection: close" in head
    assert body == PAGE


@pytest.mark.parametrize(
    ("accepted", "is_compressed"),
    [("gzip, deflate, br", True), ("br;q=1.0, GZIP;q=0.5", True), ("gzip;q=0", False), ("br, gzip; q=0.0, *", False)],
)
def test_a_page_is_compressed_for_those_who_accept_it(accepted, is_compressed):
    [(head, body)], _ = talk(get("/", f"Accept-Encoding: {accepted}"))
    assert (b"Content-Encoding: gzip" in head) is is_compressed
    assert b"Vary: Accept-Encoding" in head
    assert (gzip.decompress(body) if is_compressed else body) == PAGE


def test_head_has_the_length_and_no_body():
    replies, rest = talk(get().replace(b"GET", b"HEAD"), get("/next"))
    assert f"Content-Length: {len(PAGE)}\r\n".encode() in replies[0][0]
    assert replies[1][1] == b"/next"
    assert rest == b""


@pytest.mark.parametrize(
    ("request_", "status_line"),
    [
        (b"POST / HTTP/1.1\r\nHost: demo\r\n\r\n", b"405 Method Not Allowed\r\n"),
        (b"GET / HTTP/1.1\r\n\r\n", b"400 Bad Request\r\n"),
        (b"GET / HTTP/2.0\r\nHost: demo\r\n\r\n", b"400 Bad Request\r\n"),
        (b"GET http://[ HTTP/1.1\r\nHost: demo\r\n\r\n", b"400 Bad Request\r\n"),
        (b"\x16\x03\x01 nonsense\r\n\r\n", b"400 Bad Request\r\n"),
        (get("/", "X: " + "x" * HEAD_LIMIT_BYTES), b"431 Request Header Fields Too Large\r\n"),
        (get("/moved"), b"301 Moved Permanently\r\n"),
    ],
)
def test_each_request_gets_the_status_that_fits(request_, status_line):
    async def main():
        server = Server(respond)
        reader, writer = await asyncio.open_connection("127.0.0.1", await server.start())
        writer.write(request_)
        line = await reader.readline()
        writer.close()
        await server.stop()
        return line

    assert asyncio.run(main()) == b"HTTP/1.1 " + status_line


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
def test_stop_ends_answers_that_wait_and_clients_that_left(run):
    async def main():
        asked = asyncio.Event()

        async def never(_path):
            asked.set()
            await asyncio.Event().wait()
            raise AssertionError

        server = Server(never)
        port = await server.start()
        (_, left), (reader, waiting), (_, new) = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
        left.write(b"GET / HT")
        left.transport.abort()
        waiting.write(get())
        await asked.wait()
        async with asyncio.timeout(5):
            await server.stop()
            assert await reader.read() == b""
        for writer in (waiting, new):
            writer.close()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)

    run(main())


async def endless(pieces, piece):
    try:
        while True:
            pieces.append(piece)
            yield piece
    finally:
        pieces.append("closed")


def streaming(pieces, piece, scenario):
    async def serve_stream(_request):
        return Reply(b"first\n", "text/event-stream", stream=endless(pieces, piece))

    async def main():
        server = Server(serve_stream)
        reader, writer = await asyncio.open_connection("127.0.0.1", await server.start())
        async with asyncio.timeout(10):
            await scenario(reader, writer)
            while "closed" not in pieces:
                await asyncio.sleep(0.01)
            await server.stop()
        writer.close()

    asyncio.run(main())


def test_a_stream_is_sent_piece_by_piece_until_the_client_leaves():
    async def scenario(reader, writer):
        writer.write(get("/", "Accept-Encoding: gzip"))
        head = await reader.readuntil(b"\r\n\r\n")
        assert b"Content-Length" not in head
        assert b"Content-Encoding" not in head
        assert b"Connection: close" in head
        assert await reader.readexactly(16) == b"first\n" + b"piece" * 2
        writer.transport.abort()

    streaming([], b"piece", scenario)


def test_a_client_that_does_not_read_ends_its_stream_and_little_is_made_for_it(monkeypatch):
    monkeypatch.setattr("scraper.loopback.WRITE_S", 0.05)
    pieces = []

    async def scenario(_reader, writer):
        writer.transport.pause_reading()
        writer.write(get())

    streaming(pieces, b"x" * 100_000, scenario)
    assert len(pieces) < 200  # what the kernel buffers on loopback, and one more


def test_head_of_a_stream_has_no_stream():
    async def scenario(reader, writer):
        writer.write(get().replace(b"GET", b"HEAD"))
        assert (await reader.read()).endswith(b"close\r\n\r\n")

    pieces = ["closed"]
    streaming(pieces, b"x", scenario)
    assert pieces == ["closed"]


def test_one_connection_too_many_is_closed_at_once(monkeypatch):
    monkeypatch.setattr("scraper.loopback.CONNECTIONS", 2)

    async def main():
        server = Server(respond)
        port = await server.start()
        kept = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
        for reader, writer in kept:
            writer.write(get())
            await reader.readuntil(b"\r\n\r\n")
        reader, refused = await asyncio.open_connection("127.0.0.1", port)
        async with asyncio.timeout(5):
            with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
                await reader.readexactly(1)
            await server.stop()
        for writer in (refused, *(writer for _, writer in kept)):
            writer.close()

    asyncio.run(main())
