"""A minimal HTTP/1.1 server, on loopback by default: GET and HEAD, keep-alive, gzip, streams (RFC 9110, RFC 9112)."""

import asyncio
import gzip
import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import urlsplit

HEAD_LIMIT_BYTES = 16 * 1024
IDLE_S = 30.0
"""How long a connection may wait for its next request."""
WRITE_S = 30.0
"""How long a client may take to receive what was sent before more is."""
CONNECTIONS = 100
"""At a time; one more is closed at once."""

_GZIP = re.compile(r"\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))", re.IGNORECASE)


class Reply(NamedTuple):
    """What a request is answered with."""

    body: bytes
    content_type: str = "text/html; charset=utf-8"
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    stream: AsyncGenerator[bytes, None] | None = None
    """What is sent after `body`, piece by piece as the client takes them; then the connection ends."""


class Request(NamedTuple):
    """What a client asks for."""

    method: str
    path: str
    headers: dict[str, str]
    """Names in lower case."""
    keeps_alive: bool


Respond = Callable[[Request], Awaitable[Reply]]


class Server:
    """Answers on a port of `host`, a free one when it is 0, with what `respond` returns for a request."""

    def __init__(self, respond: Respond, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self._respond = respond
        self._host = host
        self._port = port
        self._conversations: set[asyncio.Task[None]] = set()
        self._is_stopping = False

    async def start(self) -> int:
        """Return the port. Raises OSError when it is taken."""
        self._server = await asyncio.start_server(self._converse, self._host, self._port, limit=HEAD_LIMIT_BYTES)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def stop(self) -> None:
        """Close every connection, idle or not."""
        self._is_stopping = True
        self._server.close()
        for conversation in self._conversations:
            conversation.cancel()
        if self._conversations:
            await asyncio.wait(self._conversations)
        await self._server.wait_closed()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine runs in one; start_server made it
        if len(self._conversations) >= CONNECTIONS:
            writer.transport.abort()
            return
        self._conversations.add(task)
        try:
            while not self._is_stopping and await self._answer(reader, writer):
                pass
            writer.close()  # sends what is buffered first
            await writer.wait_closed()
        except (OSError, EOFError, asyncio.CancelledError):
            pass  # the client left or fell silent, or `stop` asks; Python 3.11 logs a cancelled conversation
        finally:
            writer.transport.abort()
            self._conversations.discard(task)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer the next request; return whether another may follow on this connection."""
        try:
            async with asyncio.timeout(IDLE_S):
                request = _parse(await reader.readuntil(b"\r\n\r\n"))
        except asyncio.LimitOverrunError:
            request, reply = _REFUSED, _error(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        except ValueError:
            request, reply = _REFUSED, _error(HTTPStatus.BAD_REQUEST)
        else:
            if request.method in ("GET", "HEAD"):
                reply = await self._respond(request)
            else:
                reply = _error(HTTPStatus.METHOD_NOT_ALLOWED)
        await _send(writer, _serialise(request, reply))
        if reply.stream is None:
            return request.keeps_alive
        async with aclosing(reply.stream) as pieces:
            async for piece in pieces if request.method == "GET" else _nothing():
                await _send(writer, piece)
                await asyncio.sleep(0)  # what is sent at once waits for nobody: others have their turn all the same
        return False


async def _send(writer: asyncio.StreamWriter, data: bytes) -> None:
    """Send `data`; raise TimeoutError, which is an OSError, when the client does not take it."""
    writer.write(data)
    async with asyncio.timeout(WRITE_S):
        await writer.drain()


async def _nothing() -> AsyncGenerator[bytes, None]:
    return
    yield


_REFUSED = Request("GET", "/", {}, keeps_alive=False)


def _parse(head: bytes) -> Request:
    """Return the request of `head`. Raises ValueError when it is none (RFC 9112, sections 3 and 3.2)."""
    first, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    method, target, version = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if version not in ("HTTP/1.0", "HTTP/1.1") or (version == "HTTP/1.1" and "host" not in headers):
        raise ValueError("not an HTTP/1.x request")
    has_body = "content-length" in headers or "transfer-encoding" in headers  # never read: the connection ends there
    is_last = version == "HTTP/1.0" or has_body or "close" in headers.get("connection", "").lower()
    return Request(method, urlsplit(target).path, headers, keeps_alive=not is_last)


def _error(status: HTTPStatus) -> Reply:
    return Reply(status.phrase.encode(), "text/plain", status)


def _serialise(request: Request, reply: Reply) -> bytes:
    body = reply.body
    is_last = not request.keeps_alive or reply.stream is not None
    head = [f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}", f"Content-Type: {reply.content_type}"]
    if body and reply.stream is None and reply.content_type.startswith("text/"):
        head.append("Vary: Accept-Encoding")
        if _GZIP.search(request.headers.get("accept-encoding", "")):
            body = gzip.compress(body, mtime=0)
            head.append("Content-Encoding: gzip")
    if reply.stream is None:
        head.append(f"Content-Length: {len(body)}")
    head += [f"{name}: {value}" for name, value in reply.headers]
    if reply.status == HTTPStatus.METHOD_NOT_ALLOWED:
        head.append("Allow: GET, HEAD")
    if is_last:
        head.append("Connection: close")
    return "\r\n".join([*head, "", ""]).encode("latin-1") + (b"" if request.method == "HEAD" else body)
