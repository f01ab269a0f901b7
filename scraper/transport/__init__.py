"""An httpx transport on aiohttp's parser: cancelled requests leak nothing, open sockets are capped."""

import os
import ssl
from collections.abc import AsyncIterator
from functools import cache, cached_property, lru_cache, partial

import certifi
import httpx

from scraper.errors import UsageError
from scraper.transport.dns import CachingResolver
from scraper.transport.exchange import Answer, exchange, request_head
from scraper.transport.failures import FOREIGN, translated
from scraper.transport.phases import Phases
from scraper.transport.pool import Pool
from scraper.transport.route import Route, proxy_of, route_to

__all__ = ["AiohttpTransport", "RawResponse"]

_MAX_ROUTES = 1024
"""Origins that are remembered; one more costs a few µs."""


class AiohttpTransport(httpx.AsyncBaseTransport):
    """Sends httpx requests through aiohttp. Build it inside the running loop.

    Redirects, cookies, decoding and total time limits are the caller's. A request's extensions `timeout` (as in
    httpcore), `href` (the URL to send, byte for byte) and `guard` (a Guard: addresses that it refuses are not dialled)
    are obeyed, and `phases`, a Phases, is filled in. A proxy is dialled in any case, and resolves names by itself.
    """

    def __init__(
        self,
        *,
        max_open: int,
        idle_timeout_s: float,
        resolver: CachingResolver,
        proxy: str | None = None,
        is_insecure: bool = False,
    ) -> None:
        self._proxy = proxy_of(proxy) if proxy else None
        self._resolver = resolver
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

    async def handle_async_request(self, request: httpx.Request) -> "RawResponse":
        """Return the response with its body still to be read. Raises httpx.TransportError, or BlockedAddress.

        The request must not have a body.
        """
        extensions = request.extensions
        phases = extensions.get("phases") or Phases()
        phases.guard = None if self._proxy else extensions.get("guard")
        limits = extensions.get("timeout", {})
        try:
            origin, target = _wire_url(request)
            if self._proxy and origin.startswith("http://"):  # RFC 9112, section 3.2.2
                target = origin.encode("ascii") + target
            head = request_head(request, target)
            answer = await exchange(
                self._pool,
                self._route(origin),
                head,
                phases,
                connect_s=limits.get("connect"),
                read_s=limits.get("read"),
            )
        except FOREIGN as error:
            raise translated(error) from error
        return RawResponse(answer)

    def _make_route(self, origin: str) -> Route:
        if not origin.startswith(("http://", "https://")):
            raise httpx.UnsupportedProtocol(f"{origin} is neither http nor https")
        return route_to(origin, self._tls() if origin.startswith("https://") else None, self._proxy)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._pool.close()
        await self._resolver.close()


def tls_context(*, is_insecure: bool) -> ssl.SSLContext:
    """Return a TLS context with certifi's CA bundle, or the one that SSL_CERT_FILE names, loaded once.

    aiohttp's own searches the system's CA directory at each handshake.
    """
    path = os.environ.get("SSL_CERT_FILE") or certifi.where()
    try:
        context = ssl.create_default_context(cafile=path)
    except OSError as error:
        raise UsageError(f"SSL_CERT_FILE names {path}, which is no readable CA bundle ({error})") from error
    context.set_alpn_protocols(["http/1.1"])
    if is_insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


class RawResponse(httpx.Response):
    """A response whose headers are put in httpx's form when they are asked for: most of what it takes to make one."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.message.code, stream=_Body(answer))
        del self.headers  # httpx's own, without any
        self.raw_headers = answer.message.raw_headers

    @cached_property
    def headers(self) -> httpx.Headers:  # type: ignore[override]  # a variable there
        """The headers as httpx has them."""
        return httpx.Headers(self.raw_headers)


class _Body(httpx.AsyncByteStream):
    """A response body in the pieces that come off the wire."""

    def __init__(self, answer: Answer) -> None:
        self._body = answer.body
        self._release = answer.release

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            while piece := await self._body.readany():
                yield piece
        except FOREIGN as error:
            raise translated(error) from error

    async def aclose(self) -> None:
        """Give the connection back if the body has arrived whole; close it otherwise."""
        self._release()


def _wire_url(request: httpx.Request) -> tuple[str, bytes]:
    """Return origin and target of a request: of the `href` extension if there is one, byte for byte.

    httpx re-quotes what the WHATWG URL Standard leaves alone (`|`, `[`, `%7E`).
    """
    href = request.extensions.get("href")
    if href is None:
        return f"{request.url.scheme}://{request.url.netloc.decode('ascii')}", request.url.raw_path
    path_at = href.index("/", len("https://"))
    return href[:path_at], href[path_at:].encode("ascii")
