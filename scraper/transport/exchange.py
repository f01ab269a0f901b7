"""One request and the head of its answer, on a connection of aiohttp's pool: its session's work, for what we need."""

import re
from functools import cached_property, lru_cache
from itertools import chain
from typing import NamedTuple

import aiohttp
import httpx
from aiohttp import ClientTimeout, StreamReader
from aiohttp.client_reqrep import ConnectionKey
from aiohttp.connector import Connection
from aiohttp.http import RawResponseMessage
from aiohttp.http_exceptions import HttpProcessingError

from scraper.transport.phases import CURRENT
from scraper.transport.pool import CappedConnector

_MAX_LINE_BYTES = 64 * 1024
"""Of a status or header line: real Content-Security-Policy headers pass aiohttp's 8,190."""
_MAX_HEADERS = 1_000
_LOWEST_STATUS, _HIGHEST_STATUS = 200, 599
"""RFC 9110, section 15; 101 was not asked for."""
_INTERIM = frozenset(range(100, 200)) - {101}
"""What comes before the answer (section 15.2); 101 would be the last of HTTP on the connection."""
_LONGEST = 2**63 - 1
"""A Content-Length of 2^64 - 1 is none at all for aiohttp's parser: the body would be lost without a sign."""
_CODINGS = frozenset({"chunked", "identity"})
"""Transfer codings that are taken off, each alone; the old `identity` (RFC 2616) is none. None other is asked for."""
_NO_LINE = re.compile(rb"[\r\n\0]")


class Route(aiohttp.ClientRequest):
    """What the pool must know of a request to find or make its connection: the same for all of an origin."""

    @cached_property
    def connection_key(self) -> ConnectionKey:
        """What the pool keeps connections by."""
        return super().connection_key


class Answer(NamedTuple):
    """An answer whose body is still to be read."""

    message: RawResponseMessage
    body: StreamReader
    connection: Connection


class Dropped(Exception):
    """The connection was new, and closed without an answer."""


def request_head(request: httpx.Request, target: bytes) -> bytes:
    """Return the bytes that ask for `target`, less the empty line at the end. Raises httpx.LocalProtocolError."""
    raw = request.headers.raw
    if _NO_LINE.search(b"".join((target, *chain.from_iterable(raw)))):
        raise httpx.LocalProtocolError("a line break or a zero byte in the request's target or headers")
    lines = [b"%b: %b\r\n" % pair for pair in raw]
    return b"%b %b HTTP/1.1\r\n%b" % (request.method.encode("ascii"), target, b"".join(lines))


async def exchange(
    pool: CappedConnector, route: Route, head: bytes, *, connect_s: float | None, read_s: float | None
) -> Answer:
    """Send `head` and return the Answer. Raises aiohttp's exceptions, Dropped, httpx.TransportError or BlockedAddress.

    It is sent again at once when a kept connection turns out to be closed (RFC 9112, section 9.3.1), or out of step.
    aiohttp's session would send again on a new connection too, and so hit a server that drops its clients twice.
    """
    while True:
        try:
            connection = await pool.connect(route, [], _client_timeout(connect_s))
        except TimeoutError as error:
            raise httpx.ConnectTimeout("connecting took too long") from error
        try:
            answer = await _send(connection, route, head, read_s)
            _check(answer.message)
        except aiohttp.ServerTimeoutError:
            connection.close()
            raise
        except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
            connection.close()
            if CURRENT.get().has_dialled:
                raise Dropped from error
        except HttpProcessingError:  # perhaps the end of what came too much with the one before
            connection.close()
            if CURRENT.get().has_dialled:
                raise
        except BaseException:
            connection.close()
            raise
        else:
            return answer


async def _send(connection: Connection, route: Route, head: bytes, read_s: float | None) -> Answer:
    protocol = connection.protocol
    if protocol is None or protocol.transport is None or protocol.transport.is_closing():
        raise aiohttp.ClientConnectionResetError("the connection is closed")
    protocol.set_response_params(
        read_until_eof=True,
        auto_decompress=False,
        read_timeout=read_s,
        max_line_size=_MAX_LINE_BYTES,
        max_field_size=_MAX_LINE_BYTES,
        max_headers=_MAX_HEADERS,
    )
    login = route.headers.get("Proxy-Authorization")  # the pool sets it, from the proxy's URL
    proxy_line = b"" if login is None else b"Proxy-Authorization: %b\r\n" % login.encode("ascii")
    protocol.transport.write(b"%b%b\r\n" % (head, proxy_line))
    protocol.start_timeout()
    message, body = await protocol.read()
    while message.code in _INTERIM:
        message, body = await protocol.read()
    body.on_eof(connection.release)
    return Answer(message, body, connection)


def _check(message: RawResponseMessage) -> None:
    """Refuse what aiohttp lets pass. Raises httpx.RemoteProtocolError."""
    headers = message.headers
    lengths = headers.getall("Content-Length", ())
    if not _LOWEST_STATUS <= message.code <= _HIGHEST_STATUS:
        raise httpx.RemoteProtocolError(f"{message.code} is no status of an answer")
    if len(lengths) > 1 or (lengths and int(lengths[0]) > _LONGEST):
        raise httpx.RemoteProtocolError("its Content-Length is no length of anything, or there are several")
    if lines := headers.getall("Transfer-Encoding", ()):
        codings = ", ".join(lines).lower()
        if codings not in _CODINGS:
            raise httpx.RemoteProtocolError(f"its Transfer-Encoding is {codings!r}")


@lru_cache(maxsize=16)
def _client_timeout(connect_s: float | None) -> ClientTimeout:
    return aiohttp.ClientTimeout(total=None, sock_connect=connect_s)
