"""One request and its answer, on a connection of the pool."""

from collections.abc import Callable, Sequence
from functools import partial

import httpx
from aiohttp import StreamReader
from aiohttp.http import RawResponseMessage

from scraper.transport.phases import Phases
from scraper.transport.pool import Pool
from scraper.transport.protocol import Dropped
from scraper.transport.route import Route

_LOWEST_STATUS, _HIGHEST_STATUS = 200, 599
"""RFC 9110, section 15; 101 was not asked for."""
_LONGEST = 2**63 - 1
"""A Content-Length of 2^64 - 1 is none at all for aiohttp's parser: the body would be lost without a sign."""
_CODINGS = frozenset({"chunked", "identity"})
"""Transfer codings that are taken off, each alone; the old `identity` (RFC 2616) is none. None other is asked for."""


class WireAnswer:
    """An answer whose body is still to be read off the wire."""

    __slots__ = ("_release", "headers", "read", "status")

    def __init__(self, message: RawResponseMessage, body: StreamReader, release: Callable[[], None]) -> None:
        self.status = message.code
        self.headers: Sequence[tuple[bytes, bytes]] = message.raw_headers
        self.read = body.readany
        self._release = release
        body.on_eof(release)

    async def aclose(self) -> None:
        """Give the connection back if the body has arrived whole; close it otherwise."""
        self._release()


async def exchange(  # noqa: PLR0913 - where, what, and two limits
    pool: Pool, route: Route, head: bytes, phases: Phases, *, connect_s: float | None, read_s: float | None
) -> WireAnswer:
    """Send `head`, which wants its empty line, and return the answer. Raises httpx.TransportError or BlockedAddress.

    It is sent again at once when a kept connection turns out to be closed (RFC 9112, section 9.3.1), or out of step:
    perhaps by the end of what came too much with the answer before. On a new one it would hit a server that drops its
    clients twice.
    """
    while True:
        protocol = pool.kept(route, phases) or await pool.connect(route, phases, connect_s)
        try:
            if phases.on_sent is not None:
                phases.on_sent()
            message, body = await protocol.ask(b"%b%b\r\n" % (head, route.login), read_s)
        except (Dropped, httpx.RemoteProtocolError):
            pool.end(protocol)
            if phases.has_dialled:
                raise
        except BaseException:
            pool.end(protocol)
            raise
        else:
            if (problem := _problem(message)) is not None:
                pool.end(protocol)
                raise httpx.RemoteProtocolError(problem)
            return WireAnswer(message, body, partial(pool.release, protocol))


def _problem(message: RawResponseMessage) -> str | None:
    """Return what is wrong with a head that aiohttp's parser lets pass."""
    headers = message.headers
    lengths = headers.getall("Content-Length", ())
    if not _LOWEST_STATUS <= message.code <= _HIGHEST_STATUS:
        return f"{message.code} is no status of an answer"
    if len(lengths) > 1 or (lengths and int(lengths[0]) > _LONGEST):
        return "its Content-Length is no length of anything, or there are several"
    if lines := headers.getall("Transfer-Encoding", ()):
        codings = ", ".join(lines).lower()
        if codings not in _CODINGS:
            return f"its Transfer-Encoding is {codings!r}"
    return None
