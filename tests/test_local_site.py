"""The tests' own site does what it says on a real socket."""

import asyncio
import errno
import gzip as gzip_module
import http.client
import socket
import ssl

import local_site
import pytest
from local_site import chunk, drip, endless, gzip, html, in_turn, raw, redirect, reply


class Client:
    """One bare connection."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    async def get(self, target, **headers):
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self.writer.write(f"GET {target} HTTP/1.1\r\nHost: x\r\n{lines}\r\n".encode())
        return await self.page()

    async def page(self):
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        return head, await self.reader.readexactly(length)

    async def rest(self, target):
        self.writer.write(f"GET {target} HTTP/1.1\r\n\r\n".encode())
        return await self.reader.read()

    async def leave(self):
        self.writer.close()
        await self.writer.wait_closed()


async def connect(site, **options):
    return Client(*await asyncio.open_connection(site.host, site.port, **options))


async def rest(site, target="/"):
    client = await connect(site)
    try:
        return await client.rest(target)
    finally:
        client.writer.close()


def with_site(handler, visit, **options):
    async def main():
        async with asyncio.timeout(5), local_site.serve(handler, **options) as site:
            return await visit(site)

    return asyncio.run(main())


def test_requests_share_a_connection_until_the_client_says_close():
    async def visit(site):
        client = await connect(site)
        first = await client.get("/", accept="text/html")
        second = await client.get("/nowhere?q=1", connection="close")
        assert await client.reader.read() == b""
        await client.leave()
        await site.until(lambda: site.open_connections == 0)
        return site, first, second

    site, (_, body), (head, _) = with_site({"/": html("<title>é</title>")}, visit)
    assert body == "<title>é</title>".encode()
    assert head.startswith(b"HTTP/1.1 404 ")
    assert site.targets() == ["/", "/nowhere?q=1"]
    assert site.hits[0].headers == {"host": "x", "accept": "text/html"}
    assert [hit.connection for hit in site.hits] == [1, 1]
    assert (site.connections, site.most_open_connections) == (1, 1)


def test_constructors_write_correct_replies():
    assert reply(204).data == b"HTTP/1.1 204 \r\n\r\n"
    assert reply("299 Fine", {"Content-Length": "7"}, "ab").data == b"HTTP/1.1 299 Fine\r\nContent-Length: 7\r\n\r\nab"
    assert reply(200, [("A", "é"), ("A", b"\xc3")], [b"ab", b""], chunked=True).data == (
        b"HTTP/1.1 200 \r\nA: \xe9\r\nA: \xc3\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n"
    )
    assert redirect("/é", 301).data == b"HTTP/1.1 301 \r\nLocation: /\xe9\r\nContent-Length: 0\r\n\r\n"
    assert gzip_module.decompress(b"".join(gzip("page").body)) == b"page"
    assert chunk(b"x" * 16) == b"10\r\n" + b"x" * 16 + b"\r\n"


def test_a_function_answers_by_connection_and_request():
    async def answer(hit, connection):
        return html(f"{hit.method} {connection.number}.{connection.hits}")

    async def visit(site):
        clients = [await connect(site) for _ in range(2)]
        bodies = [(await client.get("/"))[1] for client in clients * 2]
        for client in clients:
            await client.leave()
        return bodies

    assert with_site(answer, visit) == [b"GET 1.1", b"GET 2.1", b"GET 1.2", b"GET 2.2"]


def test_replies_come_in_turn_and_the_last_one_stays():
    async def visit(site):
        client = await connect(site)
        heads = [(await client.get("/"))[0] for _ in range(3)]
        await client.leave()
        return [head[9:12] for head in heads]

    assert with_site({"/": in_turn(reply(503), reply(200))}, visit) == [b"503", b"200", b"200"]


@pytest.mark.parametrize("then", ["close", "half-close"])
def test_the_end_of_a_reply_can_be_a_fin(then):
    assert with_site({"/": raw(b"half", then=then)}, rest) == b"half"


def test_the_end_of_a_reply_can_be_a_reset():
    with pytest.raises(ConnectionResetError):
        with_site({"/": raw(b"", then="reset")}, rest)


def test_a_greeting_comes_without_a_request():
    async def visit(site):
        client = await connect(site)
        data = await client.reader.read()
        await client.leave()
        return data, site.hits

    assert with_site({}, visit, greeting=raw(b"220 not HTTP\r\n")) == (b"220 not HTTP\r\n", [])


@pytest.mark.parametrize(
    "silence",
    [raw(b"", then="hang"), html("late", delay=60), drip(b"HTTP", 60), endless(), endless(b"X: 1\r\n", head=b"")],
)
def test_the_site_notices_that_a_client_left(silence):
    async def visit(site):
        client = await connect(site)
        client.writer.write(b"GET / HTTP/1.1\r\n\r\n")
        await site.until(lambda: len(site.hits) == 1)
        client.writer.transport.abort()
        await site.until(lambda: site.open_connections == 0)
        return site.connections

    assert with_site({"/": silence}, visit) == 1


def test_a_dripped_reply_sends_its_head_at_once():
    async def visit(site):
        client = await connect(site)
        client.writer.write(b"GET / HTTP/1.1\r\n\r\n")
        head, body = await client.page()
        await client.leave()
        return head, body

    head, body = with_site({"/": drip(html("slow"), 0.001)}, visit)
    assert head.startswith(b"HTTP/1.1 200 ")
    assert body == b"slow"


def test_a_block_ends_while_clients_are_connected():
    async def main():
        async with local_site.serve({"/": raw(b"", then="hang")}) as site:
            idle, waiting = await connect(site), await connect(site)
            waiting.writer.write(b"GET / HTTP/1.1\r\n\r\n")
            await site.until(lambda: len(site.hits) == 1 and site.connections == 2)
        assert await idle.reader.read() == b""
        await idle.leave()
        await waiting.leave()
        return site.open_connections

    assert asyncio.run(main()) == 0


@pytest.mark.parametrize("bug", [KeyError("in the test"), FileNotFoundError("in the test")])
def test_an_exception_in_a_function_is_raised_at_the_end(bug):
    async def answer(_hit, _connection):
        raise bug

    with pytest.raises(type(bug), match="in the test"):
        with_site(answer, rest)


def test_a_stopped_site_comes_back_on_its_port():
    async def main():
        async with local_site.serve({}) as site:
            pass
        async with local_site.serve({"/": raw(b"back")}, port=site.port) as again:
            return await rest(again)

    assert asyncio.run(main()) == b"back"


def test_one_site_is_many_hosts():
    with local_site.running({"/": html("here")}, host="0.0.0.0") as site:
        for host in ("127.0.0.2", "127.9.8.7"):
            client = http.client.HTTPConnection(host, site.port, timeout=5)
            client.request("GET", "/")
            assert client.getresponse().read() == b"here"
            client.close()
    assert site.url("/a", host="127.9.8.7") == f"http://127.9.8.7:{site.port}/a"
    assert len(site.hits) == 2


def test_ipv6_is_a_host_too():
    async def visit(site):
        return site.url("/x"), await rest(site)

    url, data = with_site({"/": raw(b"six")}, visit, host="::1")
    assert url.startswith("http://[::1]:")
    assert data == b"six"


def test_tls_is_trusted_with_the_authority_of_the_site_only():
    async def visit(site):
        assert site.url().startswith("https://127.0.0.1:")
        with pytest.raises(ssl.SSLCertVerificationError):
            await connect(site, ssl=ssl.create_default_context())
        client = await connect(site, ssl=ssl.create_default_context(cafile=site.ca_pem))
        _, body = await client.get("/")
        with pytest.raises(ConnectionResetError):
            await client.rest("/reset")
        return body, site.ca_pem

    body, ca_pem = with_site({"/": html("secret"), "/reset": raw(b"", then="reset")}, visit, tls=True)
    assert body == b"secret"
    assert not ca_pem.exists()


def test_a_thread_serves_and_ends_even_when_the_block_fails():
    with pytest.raises(ZeroDivisionError), local_site.running({}) as site:
        raise ZeroDivisionError
    with socket.socket() as client:
        assert client.connect_ex((site.host, site.port)) == errno.ECONNREFUSED


def test_a_closed_port_refuses():
    with local_site.closed_port() as port, socket.socket() as client:
        assert client.connect_ex(("127.0.0.1", port)) == errno.ECONNREFUSED


def test_a_silent_listener_lets_connecting_hang():
    with local_site.silent_listener() as port, socket.socket() as client:
        client.settimeout(0.1)
        with pytest.raises(TimeoutError):
            client.connect(("127.0.0.1", port))
