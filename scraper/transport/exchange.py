"""One request and its answer, on a connection of the pool."""

from functools import partial

import httpx

from scraper.transport.incoming import Incoming
from scraper.transport.phases import Phases
from scraper.transport.pool import Pool
from scraper.transport.protocol import Dropped
from scraper.transport.route import Route


async def exchange(  # noqa: PLR0913 - where, what, and two limits
    pool: Pool, route: Route, head: bytes, phases: Phases, *, connect_s: float | None, read_s: float | None
) -> Incoming:
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
            answer = await protocol.ask(b"%b%b\r\n" % (head, route.login), read_s)
        except (Dropped, httpx.RemoteProtocolError):
            pool.end(protocol)
            if phases.has_dialled:
                raise
        except BaseException:
            pool.end(protocol)
            raise
        else:
            if (problem := answer.problem()) is not None:
                pool.end(protocol)
                raise httpx.RemoteProtocolError(problem)
            answer.when_done(partial(pool.release, protocol))
            return answer
