"""A minimal HTTP/1.1 server for one page source: GET and HEAD, keep-alive, gzip (RFC 9110, RFC 9112)."""

import asyncio
import gzip
import re
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import urlsplit

HEAD_LIMIT_BYTES = 16 * 1024
IDLE_S = 30.0
"""How long a connection may wait for its next request."""

_GZIP = re.compile(r"\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))", re.IGNORECASE)


class Reply(NamedTuple):
    """What a path is answered with."""

    body: bytes
    content_type: str = "text/html; charset=utf-8"
    status: int = 200
    location: str | None = None


class _Request(NamedTuple):
    method: str
    path: str
    headers: dict[str, str]
    keeps_alive: bool


class Server:
    """Answers on a free port of 127.0.0.1 with what `respond` returns for the path of a request."""

    def __init__(self, respond: Callable[[str], Awaitable[Reply]]) -> None:
        self._respond = respond
        self._conversations: set[asyncio.Task[None]] = set()
        self._is_stopping = False

    async def start(self) -> int:
        """Return the port."""
        self._server = await asyncio.start_server(self._converse, "127.0.0.1", 0, limit=HEAD_LIMIT_BYTES)
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
                reply = await self._respond(request.path)
            else:
                reply = _error(HTTPStatus.METHOD_NOT_ALLOWED)
        writer.write(_serialise(request, reply))
        await writer.drain()
        return request.keeps_alive


_REFUSED = _Request("GET", "/", {}, keeps_alive=False)


def _parse(head: bytes) -> _Request:
    """Return the request of `head`. Raises ValueError when it is none (RFC 9112, sections 3 and 3.2)."""
    first, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    method, target, version = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if version not in ("HTTP/1.0", "HTTP/1.1") or (version == "HTTP/1.1" and "host" not in headers):
        raise ValueError("not an HTTP/1.x request")
    has_body = "content-length" in headers or "transfer-encoding" in headers  # never read: the connection ends there
    is_last = version == "HTTP/1.0" or has_body or "close" in headers.get("connection", "").lower()
    return _Request(method, urlsplit(target).path, headers, keeps_alive=not is_last)


def _error(status: HTTPStatus) -> Reply:
    return Reply(status.phrase.encode(), "text/plain", status)


def _serialise(request: _Request, reply: Reply) -> bytes:
    body = reply.body
    head = [f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}", f"Content-Type: {reply.content_type}"]
    if body and reply.content_type.startswith("text/"):
        head.append("Vary: Accept-Encoding")
        if _GZIP.search(request.headers.get("accept-encoding", "")):
            body = gzip.compress(body, mtime=0)
            head.append("Content-Encoding: gzip")
    head.append(f"Content-Length: {len(body)}")
    if reply.location is not None:
        head.append(f"Location: {reply.location}")
    if reply.status == HTTPStatus.METHOD_NOT_ALLOWED:
        head.append("Allow: GET, HEAD")
    if not request.keeps_alive:
        head.append("Connection: close")
    return "\r\n".join([*head, "", ""]).encode("latin-1") + (b"" if request.method == "HEAD" else body)
