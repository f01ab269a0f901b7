"""aiohttp's exceptions as httpx's; the cause tells DNS, refusal and TLS apart."""

import aiohttp
import httpx
from aiohttp import http_exceptions

from scraper.errors import BlockedAddress
from scraper.transport.exchange import Dropped
from scraper.transport.phases import CURRENT

FOREIGN = (aiohttp.ClientError, http_exceptions.HttpProcessingError, Dropped, OSError, ValueError)
"""What comes out of aiohttp and is to be translated; it refuses some requests by a ValueError."""


def translated(error: Exception) -> Exception:  # noqa: PLR0911 - a table: one line for each kind
    """Return what `error`, one of FOREIGN, is for who speaks httpx: an httpx.TransportError, or a BlockedAddress."""
    match error:
        case aiohttp.ServerTimeoutError():
            return httpx.ReadTimeout("the server fell silent")
        case aiohttp.ClientConnectorError():
            return _connect_error(error)
        case aiohttp.ClientHttpProxyError():
            return httpx.ProxyError(f"the proxy answered {error.status} {error.message}")
        case Dropped():
            return httpx.ReadError("the server closed the connection without an answer")
        case aiohttp.ClientResponseError() | http_exceptions.HttpProcessingError():
            return httpx.RemoteProtocolError(error.message)
        case aiohttp.ClientPayloadError():
            return _payload_error(error)
        case aiohttp.ClientError() | OSError():
            return httpx.ReadError(str(error) or type(error).__name__)
    return httpx.LocalProtocolError(str(error))


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
