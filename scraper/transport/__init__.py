"""The network: requests over kept connections, whose open sockets are capped; cancelled ones leak nothing."""

import os
from functools import cache, lru_cache, partial

import httpx

from scraper.transport.dns import CachingResolver
from scraper.transport.exchange import exchange
from scraper.transport.incoming import Incoming
from scraper.transport.phases import Phases
from scraper.transport.pool import Pool
from scraper.transport.route import Route, proxy_of, route_to
from scraper.transport.seam import Headers, checked
from scraper.transport.tls import tls_context

__all__ = ["PooledTransport"]

_MAX_ROUTES = 1024
"""Origins that are remembered; one more costs a few µs."""


class PooledTransport:
    """A Transport on a pool of connections. Build it inside the running loop.

    A proxy is dialled in any case, and resolves names by itself.
    """

    def __init__(  # noqa: PLR0913 - each is one setting of the run
        self,
        *,
        max_open: int,
        idle_timeout_s: float,
        resolver: CachingResolver,
        connect_timeout_s: float | None = None,
        read_timeout_s: float | None = None,
        proxy: str | None = None,
        is_insecure: bool = False,
    ) -> None:
        self._proxy = proxy_of(proxy) if proxy else None
        self._resolver = resolver
        self._connect_s = connect_timeout_s
        self._read_s = read_timeout_s
        self._tls = cache(partial(tls_context, is_insecure=is_insecure))  # 20 ms, for those who need it
        if os.environ.get("SSL_CERT_FILE"):  # what is wrong with it is to be told at once
            self._tls()
        self._route = lru_cache(maxsize=_MAX_ROUTES)(self._make_route)
        self._pool = Pool(max_open=max_open, idle_timeout_s=idle_timeout_s, resolver=resolver)

    @property
    def open_sockets(self) -> int:
        """Sockets open now, idle ones included."""
        return self._pool.open

    def resize(self, max_open: int) -> None:
        """Have `max_open` sockets open at most from now on."""
        self._pool.resize(max_open)

    @property
    def names(self) -> CachingResolver | None:
        """What resolves the names of the hosts that are asked; None when a proxy does."""
        return None if self._proxy else self._resolver

    async def send(self, origin: str, target: str, headers: Headers, phases: Phases) -> Incoming:
        """Return the answer to a GET. Raises httpx.TransportError, or BlockedAddress."""
        if self._proxy:
            phases.guard = None
            if origin.startswith("http://"):  # RFC 9112, section 3.2.2
                target = origin + target
        try:
            head = b"GET %b HTTP/1.1\r\n%b" % (checked(target.encode("ascii")), headers.lines)
            return await exchange(
                self._pool, self._route(origin), head, phases, connect_s=self._connect_s, read_s=self._read_s
            )
        except ValueError as error:  # what is no name for TLS, or not ASCII
            raise httpx.LocalProtocolError(str(error)) from error

    def _make_route(self, origin: str) -> Route:
        if not origin.startswith(("http://", "https://")):
            raise httpx.UnsupportedProtocol(f"{origin} is neither http nor https")
        return route_to(origin, self._tls() if origin.startswith("https://") else None, self._proxy)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._pool.close()
        await self._resolver.close()
