"""One request and the head of its answer, on a connection of aiohttp's pool: its session's work, for what we need."""

import re
from collections.abc import Callable
from functools import partial
from itertools import chain
from typing import NamedTuple

import aiohttp
import httpx
from aiohttp import StreamReader
from aiohttp.http import RawResponseMessage
from aiohttp.http_exceptions import HttpProcessingError

from scraper.transport.phases import Phases
from scraper.transport.pool import Pool
from scraper.transport.protocol import Protocol
from scraper.transport.route import Route

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


class Answer(NamedTuple):
    """An answer whose body is still to be read."""

    message: RawResponseMessage
    body: StreamReader
    release: Callable[[], None]
    """Gives the connection back if the body has arrived whole; closes it otherwise. The body's end calls it too."""


class Dropped(Exception):
    """The connection was new, and closed without an answer."""


def request_head(request: httpx.Request, target: bytes) -> bytes:
    """Return the bytes that ask for `target`, less the empty line at the end. Raises httpx.LocalProtocolError."""
    raw = request.headers.raw
    if _NO_LINE.search(b"".join((target, *chain.from_iterable(raw)))):
        raise httpx.LocalProtocolError("a line break or a zero byte in the request's target or headers")
    lines = [b"%b: %b\r\n" % pair for pair in raw]
    return b"%b %b HTTP/1.1\r\n%b" % (request.method.encode("ascii"), target, b"".join(lines))


async def exchange(  # noqa: PLR0913 - where, what, and two limits
    pool: Pool, route: Route, head: bytes, phases: Phases, *, connect_s: float | None, read_s: float | None
) -> Answer:
    """Send `head` and return the Answer. Raises aiohttp's exceptions, Dropped, httpx.TransportError or BlockedAddress.

    It is sent again at once when a kept connection turns out to be closed (RFC 9112, section 9.3.1), or out of step.
    aiohttp's session would send again on a new connection too, and so hit a server that drops its clients twice.
    """
    while True:
        protocol = await pool.connect(route, phases, connect_s)
        try:
            message, body = await _ask(protocol, b"%b%b\r\n" % (head, route.login), phases, read_s)
            _check(message)
        except aiohttp.ServerTimeoutError:
            pool.end(protocol)
            raise
        except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
            pool.end(protocol)
            if phases.has_dialled:
                raise Dropped from error
        except HttpProcessingError:  # perhaps the end of what came too much with the one before
            pool.end(protocol)
            if phases.has_dialled:
                raise
        except BaseException:
            pool.end(protocol)
            raise
        else:
            release = partial(pool.release, protocol)
            body.on_eof(release)
            return Answer(message, body, release)


async def _ask(
    protocol: Protocol, head: bytes, phases: Phases, read_s: float | None
) -> tuple[RawResponseMessage, StreamReader]:
    if protocol.transport is None or protocol.transport.is_closing():
        raise aiohttp.ClientConnectionResetError("the connection is closed")
    protocol.set_response_params(
        read_until_eof=True,
        auto_decompress=False,
        read_timeout=read_s,
        max_line_size=_MAX_LINE_BYTES,
        max_field_size=_MAX_LINE_BYTES,
        max_headers=_MAX_HEADERS,
    )
    if phases.on_sent is not None:
        phases.on_sent()
    protocol.transport.write(head)
    protocol.start_timeout()
    message, body = await protocol.read()
    while message.code in _INTERIM:
        message, body = await protocol.read()
    return message, body


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
