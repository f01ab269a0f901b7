"""An httpx transport on aiohttp's connection pool: cancelled requests leak nothing, open sockets are capped."""

import os
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager

import aiohttp
import certifi
import httpx
import yarl
from aiohttp import http_exceptions

from scraper.errors import BlockedAddress, UsageError
from scraper.transport.dns import CachingResolver
from scraper.transport.phases import CURRENT, Phases
from scraper.transport.pool import CappedConnector

__all__ = ["AiohttpTransport"]

_MAX_LINE_BYTES = 64 * 1024
"""Of a status or header line: real Content-Security-Policy headers pass aiohttp's 8,190."""
_MAX_HEADERS = 1_000
_LOWEST_STATUS, _HIGHEST_STATUS = 200, 599
"""RFC 9110, section 15; interim ones (1xx) are not the answer, and 101 was not asked for."""
_LONGEST = 2**63 - 1
"""A Content-Length of 2^64 - 1 is none at all for aiohttp's parser: the body would be lost without a sign."""
_CODINGS = frozenset({"chunked", "identity"})
"""Transfer codings that are taken off, each alone; the old `identity` (RFC 2616) is none. None other is asked for."""


class AiohttpTransport(httpx.AsyncBaseTransport):
    """Sends httpx requests through aiohttp. Build it inside the running loop.

    Redirects, cookies, decoding and total time limits are the caller's. A request's extensions `timeout` (as in
    httpcore), `href` (the URL to send, byte for byte) and `guard` (a Guard: addresses that it refuses are not dialled)
    are obeyed, and `phases`, a Phases, is filled in. A proxy is dialled in any case, and resolves names by itself.
    """

    def __init__(  # noqa: PLR0913 - each is one setting of the run
        self,
        *,
        limit: int,
        max_open: int,
        idle_timeout_s: float,
        resolver: CachingResolver,
        proxy: str | None = None,
        is_insecure: bool = False,
    ) -> None:
        self._proxy = proxy
        self._resolver = resolver
        self._pool = CappedConnector(
            max_open=max_open,
            limit=limit,
            keepalive_timeout=idle_timeout_s,
            ssl=tls_context(is_insecure=is_insecure),
            resolver=resolver,
            use_dns_cache=False,  # the resolver has its own
        )
        self._session = aiohttp.ClientSession(
            connector=self._pool,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            skip_auto_headers=("Accept", "Accept-Encoding", "User-Agent"),
            max_line_size=_MAX_LINE_BYTES,
            max_field_size=_MAX_LINE_BYTES,
            max_headers=_MAX_HEADERS,
            middlewares=(_retry_stale,),
        )

    @property
    def open_sockets(self) -> int:
        """Sockets open now, idle ones included."""
        return self._pool.budget.open

    @property
    def names(self) -> CachingResolver | None:
        """What resolves the names of the hosts that are asked; None when a proxy does."""
        return None if self._proxy else self._resolver

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the response with its body still to be read. Raises httpx.TransportError, or BlockedAddress."""
        phases = request.extensions.get("phases") or Phases()
        phases.guard = None if self._proxy else request.extensions.get("guard")
        CURRENT.set(phases)
        with _translated():
            response = await self._session.request(
                request.method,
                _wire_url(request),
                headers=[(name.decode("ascii"), value.decode("latin-1")) for name, value in request.headers.raw],
                allow_redirects=False,
                proxy=self._proxy,
                timeout=_client_timeout(request.extensions.get("timeout", {})),
            )
            _check_head(response)
        return httpx.Response(
            response.status,
            headers=list(response.raw_headers),
            stream=_Body(response),
        )

    async def aclose(self) -> None:
        """Close every connection."""
        await self._session.close()
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


class _Body(httpx.AsyncByteStream):
    """A response body in the pieces that come off the wire."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _translated():
            async for piece in self._response.content.iter_any():
                yield piece

    async def aclose(self) -> None:
        """Give the connection back if the body has arrived whole; close it otherwise."""
        self._response.release()


def _check_head(response: aiohttp.ClientResponse) -> None:
    """Refuse what aiohttp lets pass. Raises httpx.RemoteProtocolError."""
    reason = ""
    if not _LOWEST_STATUS <= response.status <= _HIGHEST_STATUS:
        reason = f"{response.status} is no status of an answer"
    elif (response.content_length or 0) > _LONGEST or len(response.headers.getall("Content-Length", ())) > 1:
        reason = "its Content-Length is no length of anything, or there are several"
    elif lines := response.headers.getall("Transfer-Encoding", ()):
        codings = ", ".join(lines).lower()
        if codings not in _CODINGS:
            reason = f"its Transfer-Encoding is {codings!r}"
    if reason:
        response.close()
        raise httpx.RemoteProtocolError(reason)


class _Dropped(Exception):
    """A connection that went away, in a dress that aiohttp does not retry on its own."""


async def _retry_stale(
    request: aiohttp.ClientRequest, send: Callable[[aiohttp.ClientRequest], Awaitable[aiohttp.ClientResponse]]
) -> aiohttp.ClientResponse:
    """Send again at once when a kept connection turns out to be closed (RFC 9112, section 9.3.1), or out of step.

    aiohttp would send again on a new connection too, and so hit a server that drops its clients twice.
    """
    while True:
        try:
            return await send(request)
        except (aiohttp.ClientConnectorError, aiohttp.ServerTimeoutError):
            raise
        except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
            if CURRENT.get().has_dialled:
                raise _Dropped from error
        except aiohttp.ClientResponseError:  # perhaps the end of what came too much with the answer before
            if CURRENT.get().has_dialled:
                raise


@contextmanager
def _translated() -> Iterator[None]:
    """Turn aiohttp's exceptions into httpx's; the cause tells DNS, refusal and TLS apart."""
    try:
        yield
    except aiohttp.ConnectionTimeoutError as error:
        raise httpx.ConnectTimeout("connecting took too long") from error
    except aiohttp.ServerTimeoutError as error:
        raise httpx.ReadTimeout("the server fell silent") from error
    except aiohttp.ClientConnectorError as error:
        raise _connect_error(error) from error
    except aiohttp.ClientHttpProxyError as error:
        raise httpx.ProxyError(f"the proxy answered {error.status} {error.message}") from error
    except _Dropped as error:
        raise httpx.ReadError("the server closed the connection without an answer") from error.__cause__
    except (aiohttp.ClientResponseError, http_exceptions.HttpProcessingError) as error:
        raise httpx.RemoteProtocolError(error.message) from error
    except aiohttp.ClientPayloadError as error:
        raise _payload_error(error) from error
    except (aiohttp.ClientError, OSError) as error:
        raise httpx.ReadError(str(error) or type(error).__name__) from error
    except ValueError as error:  # aiohttp and yarl refuse some requests so
        raise httpx.LocalProtocolError(str(error)) from error


def _connect_error(error: aiohttp.ClientConnectorError) -> Exception:
    phases = CURRENT.get()
    if phases.refusal is not None and not phases.has_dialled:
        return BlockedAddress(phases.refusal)
    return httpx.ConnectError(str(error.os_error))


def _payload_error(error: aiohttp.ClientPayloadError) -> httpx.TransportError:
    reason = error.__cause__ or error
    if isinstance(reason, http_exceptions.TransferEncodingError) and "Not enough data" not in str(reason):
        return httpx.RemoteProtocolError(f"the body's chunks are malformed ({reason.message})")
    return httpx.ReadError("the connection closed before the body's end")


def _wire_url(request: httpx.Request) -> yarl.URL:
    """Return the URL to send: the `href` extension if there is one, byte for byte.

    httpx and yarl re-quote what the WHATWG URL Standard leaves alone (`|`, `[`, `%7E`).
    """
    return yarl.URL(request.extensions.get("href") or str(request.url), encoded=True)


def _client_timeout(limits: dict[str, float | None]) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=None, sock_connect=limits.get("connect"), sock_read=limits.get("read"))
