"""A web site on loopback that does as a test tells it, and misbehaves to order.

A site is a dict of paths, or an async function; a path it does not know is a 404::

    async def test_a_cut_body_is_truncated():
        pages = {
            "/": html("<title>Home</title>"),
            "/old": redirect("/"),
            "/cut": raw(html("<p>a long text").data[:-5], then="close"),
            "/busy": in_turn(reply(503, {"Retry-After": "1"}), html("at last")),
        }
        async with local_site.serve(pages) as site:
            page = await fetch(site.url("/old"))
            await site.until(lambda: site.open_connections == 0)
        assert [hit.target for hit in site.hits] == ["/old", "/"]

A function gets the Hit and its Connection and returns the Reply::

    async def answer(hit, connection):
        return raw(b"", then="reset") if connection.hits == 2 else html(hit.headers["user-agent"])

`with local_site.running(pages) as site:` is the same in a thread of its own, for subprocesses and `scrape()`.
`host="127.0.0.2"` is another host, `host="0.0.0.0"` all of 127.x.y.z at once (`site.url("/", host="127.0.9.1")`);
`tls=True` is https with a certificate by the authority in `site.ca_pem`. An exception in a function is raised at the
end of the block. Nothing outlives the block.
"""

import asyncio
import socket
import ssl
import struct
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from replies import Reply, chunk, drip, endless, gzip, html, in_turn, raw, redirect, reply

__all__ = [
    "Connection", "Hit", "Reply", "Site", "chunk", "closed_port", "drip", "endless", "gzip", "html", "in_turn", "raw",
    "redirect", "reply", "running", "serve", "silent_listener",
]  # fmt: skip

HEAD_LIMIT_BYTES = 1024 * 1024
_CLIENT_LEFT = (ConnectionError, TimeoutError, EOFError, ssl.SSLError)


class Hit(NamedTuple):
    """A request as it came. Header names are in lower case; repeated ones are joined by `, `."""

    method: str
    target: str
    headers: dict[str, str]
    connection: int
    """The number of its connection, from 1."""
    time: float
    """`time.monotonic()` when the head was complete."""


Answer = Callable[[Hit, "Connection"], Awaitable[Reply]]
Handler = Mapping[str, Reply | Answer] | Answer


class _Reader(asyncio.StreamReader):
    """Tells that the client has left, even while nobody reads."""

    def __init__(self) -> None:
        super().__init__(limit=HEAD_LIMIT_BYTES)
        self.ended = asyncio.Event()

    def feed_eof(self) -> None:
        super().feed_eof()
        self.ended.set()

    def set_exception(self, exc: Exception) -> None:
        super().set_exception(exc)
        self.ended.set()


class Connection:
    """One client's connection: its number from 1, how many requests came on it, and its bare streams."""

    def __init__(self, number: int, reader: _Reader, writer: asyncio.StreamWriter) -> None:
        self.number = number
        self.hits = 0
        self.reader = reader
        self.writer = writer
        if not writer.get_extra_info("sslcontext"):  # asyncio's TLS would pause for ever
            writer.transport.set_write_buffer_limits(0)  # drain() returns when the kernel has everything

    async def read(self) -> Hit:
        """Return the next request. Raises EOFError when the client leaves instead."""
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.removesuffix("\r\n\r\n").split("\r\n")
        method, target, _version = first.split(" ")
        headers: dict[str, str] = {}
        for line in lines:
            name, _, value = line.partition(":")
            known = headers.get(name.lower())
            headers[name.lower()] = value.strip() if known is None else f"{known}, {value.strip()}"
        self.hits += 1
        return Hit(method, target, headers, self.number, time.monotonic())

    async def send(self, reply: Reply) -> bool:
        """Write `reply` and do what comes then; return whether the connection is kept."""
        is_one_piece = isinstance(reply.body, list) and not reply.interval
        await self._pause(reply.delay)
        for piece in [reply.data] if is_one_piece else chain([reply.head], reply.body):
            self.writer.write(piece)
            await self.writer.drain()
            if not is_one_piece:
                await self._pause(reply.interval)
        with suppress(OSError):  # a client that left first needs neither
            if reply.then == "reset":
                linger = struct.pack("ii", 1, 0)  # close() then sends RST
                self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self.writer.transport.abort()
            if reply.then == "half-close":
                self.writer.write_eof()
        if reply.then in ("hang", "half-close"):
            await self.reader.ended.wait()
        return reply.then == "keep"

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.reader.ended.wait()
        if self.reader.ended.is_set():
            raise ConnectionResetError("the client has left")


@asynccontextmanager
async def _connection(client: socket.socket, number: int, context: ssl.SSLContext | None) -> AsyncIterator[Connection]:
    """Make a Connection of an accepted socket, and close it, at once when the block raises."""
    loop = asyncio.get_running_loop()
    reader = _Reader()
    protocol = asyncio.StreamReaderProtocol(reader)
    limits = {"ssl_handshake_timeout": 5.0, "ssl_shutdown_timeout": 1.0} if context else {}
    transport, _ = await loop.connect_accepted_socket(lambda: protocol, client, ssl=context, **limits)
    writer = asyncio.StreamWriter(transport, protocol, reader, loop)
    try:
        yield Connection(number, reader, writer)
        writer.close()
        async with asyncio.timeout(1):  # a client that does not read must not hold the site
            await writer.wait_closed()
    finally:
        transport.abort()


class Site:
    """A running site, and what it saw."""

    def __init__(self, handler: Handler, host: str, greeting: Reply | None) -> None:
        self.host = "127.0.0.1" if host == "0.0.0.0" else host
        self.port = 0
        self.scheme = "http"
        self.ca_pem: Path | None = None
        """The authority that signed the certificate."""
        self.hits: list[Hit] = []
        self.connections = 0
        """How many connections were ever opened."""
        self.open_connections = 0
        self.most_open_connections = 0
        self._handler = handler
        self._greeting = greeting
        self._conversations: set[asyncio.Task[None]] = set()
        self._errors: list[BaseException] = []
        self._change = asyncio.Event()

    def url(self, target: str = "/", *, host: str | None = None) -> str:
        """Return the URL of `target` on this site."""
        name = host or self.host
        return f"{self.scheme}://{f'[{name}]' if ':' in name else name}:{self.port}{target}"

    def targets(self) -> list[str]:
        """Return the targets that were asked for, in order."""
        return [hit.target for hit in self.hits]

    async def until(self, condition: Callable[[], bool], *, within: float = 5) -> None:
        """Wait until `condition` holds; it is looked at after each hit, opened and closed connection."""
        async with asyncio.timeout(within):
            while not condition():
                self._change.clear()
                await self._change.wait()

    def start(self, listener: socket.socket, context: ssl.SSLContext | None) -> None:
        """Accept clients; for `serve`."""
        listener.setblocking(False)
        self.port = listener.getsockname()[1]
        asyncio.get_running_loop().add_reader(listener, self._accept, listener, context)

    async def stop(self, listener: socket.socket) -> None:
        """Close every connection; for `serve`. Raises what an Answer raised."""
        asyncio.get_running_loop().remove_reader(listener)
        await asyncio.sleep(0)  # every conversation has begun, and closes its socket when cancelled
        for conversation in self._conversations:
            conversation.cancel()
        if self._conversations:
            await asyncio.wait(self._conversations)
        if self._errors:
            raise self._errors[0]

    def _accept(self, listener: socket.socket, context: ssl.SSLContext | None) -> None:
        # asyncio's own servers lose a connection that arrives while they close (3.11: an unclosed socket).
        try:
            client, _ = listener.accept()
        except OSError:
            return  # gone already
        self.connections += 1
        self._count(+1)
        conversation = asyncio.create_task(self._converse(client, self.connections, context))
        self._conversations.add(conversation)
        conversation.add_done_callback(self._end)

    async def _converse(self, client: socket.socket, number: int, context: ssl.SSLContext | None) -> None:
        with suppress(*_CLIENT_LEFT):
            async with _connection(client, number, context) as connection:
                if self._greeting is None or await connection.send(self._greeting):
                    while await self._exchange(connection):
                        pass

    async def _exchange(self, connection: Connection) -> bool:
        hit = await connection.read()
        self.hits.append(hit)
        self._change.set()
        answer: Reply | Answer = self._handler if callable(self._handler) else self._find(hit.target)
        is_kept = await connection.send(answer if isinstance(answer, Reply) else await answer(hit, connection))
        return is_kept and hit.headers.get("connection", "").lower() != "close"

    def _find(self, target: str) -> Reply | Answer:
        assert isinstance(self._handler, Mapping)
        default = reply(404, {"Content-Type": "text/html"}, "<title>Not found</title>")
        return self._handler.get(target) or self._handler.get(target.partition("?")[0]) or default

    def _end(self, conversation: asyncio.Task[None]) -> None:
        self._conversations.discard(conversation)
        self._count(-1)
        if not conversation.cancelled() and (error := conversation.exception()):
            self._errors.append(error)

    def _count(self, change: int) -> None:
        self.open_connections += change
        self.most_open_connections = max(self.most_open_connections, self.open_connections)
        self._change.set()


@asynccontextmanager
async def serve(
    handler: Handler,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    tls: bool | ssl.SSLContext = False,
    greeting: Reply | None = None,
) -> AsyncIterator[Site]:
    """Serve for as long as the block lasts. `tls` may be a server's own context; `greeting` is sent on connecting."""
    site = Site(handler, host, greeting)
    with ExitStack() as stack:
        context = tls if isinstance(tls, ssl.SSLContext) else None
        if tls is True:
            context, site.ca_pem = stack.enter_context(_certificate(site.host))
        site.scheme = "https" if tls else "http"
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = stack.enter_context(socket.create_server((host, port), family=family, backlog=1024))
        site.start(listener, context)
        try:
            yield site
        finally:
            await site.stop(listener)


@contextmanager
def running(handler: Handler, **options: Any) -> Iterator[Site]:
    """Serve from a thread of its own; arguments as for `serve`. Functions run in that thread."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def call(step: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(step, loop).result()

    try:
        block = serve(handler, **options)
        site = call(block.__aenter__())
        try:
            yield site
        finally:
            call(block.__aexit__(None, None, None))
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@contextmanager
def _certificate(host: str) -> Iterator[tuple[ssl.SSLContext, Path]]:
    """Make a certificate for `host` and localhost, and a file with the authority's."""
    import trustme  # noqa: PLC0415 - a tenth of a second that only TLS tests need

    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(host, "localhost").configure_cert(context)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "ca.pem")
        authority.cert_pem.write_to_path(path)
        yield context, path


@contextmanager
def closed_port(host: str = "127.0.0.1") -> Iterator[int]:
    """A port where connections are refused: bound, so that nobody else gets it, but not listening."""
    with socket.socket() as holder:
        holder.bind((host, 0))
        yield holder.getsockname()[1]


@contextmanager
def silent_listener(host: str = "127.0.0.1", port: int = 0) -> Iterator[int]:
    """A port where connecting hangs: its backlog is full and nobody accepts (Linux then drops each SYN)."""
    with ExitStack() as stack:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = stack.enter_context(socket.socket(family))
        listener.bind((host, port))
        listener.listen(0)
        is_full = False
        while not is_full:
            filler = stack.enter_context(socket.socket(family))
            filler.settimeout(0.1)
            is_full = bool(filler.connect_ex(listener.getsockname()))
        yield listener.getsockname()[1]
