"""aiohttp's exceptions as httpx's; the cause tells DNS, refusal and TLS apart."""

import aiohttp
import httpx
from aiohttp import http_exceptions

from scraper.transport.exchange import Dropped

FOREIGN = (aiohttp.ClientError, http_exceptions.HttpProcessingError, Dropped, OSError, ValueError)
"""What comes out of aiohttp and is to be translated; it refuses some requests by a ValueError."""


def translated(error: Exception) -> Exception:
    """Return what `error`, one of FOREIGN, is for who speaks httpx: an httpx.TransportError."""
    match error:
        case aiohttp.ServerTimeoutError():
            return httpx.ReadTimeout("the server fell silent")
        case Dropped():
            return httpx.ReadError("the server closed the connection without an answer")
        case aiohttp.ClientResponseError() | http_exceptions.HttpProcessingError():
            return httpx.RemoteProtocolError(error.message)
        case aiohttp.ClientPayloadError():
            return _payload_error(error)
        case aiohttp.ClientError() | OSError():
            return httpx.ReadError(str(error) or type(error).__name__)
    return httpx.LocalProtocolError(str(error))


def _payload_error(error: aiohttp.ClientPayloadError) -> httpx.TransportError:
    reason = error.__cause__ or error
    if isinstance(reason, http_exceptions.TransferEncodingError) and "Not enough data" not in str(reason):
        return httpx.RemoteProtocolError(f"the body's chunks are malformed ({reason.message})")
    return httpx.ReadError("the connection closed before the body's end")
