"""Every exception of the HTTP stack as one of the error kinds."""

import errno
import socket
import ssl
from collections.abc import Iterator

import httpx

from scraper.errors import (
    ConnectFailed,
    ConnectRefused,
    ConnectTimeout,
    Disconnected,
    DnsFailure,
    DnsNotFound,
    DnsTimeout,
    InvalidUrl,
    ProtocolError,
    ReadTimeout,
    TlsError,
    Truncated,
    UrlError,
)
from scraper.transport.dns import NOT_FOUND, LookupTimeout

_CLOSED = ("disconnected", "peer closed", "incomplete")


def to_url_error(error: Exception, *, is_in_body: bool) -> UrlError:
    """Return the UrlError that says what `error`, raised by an httpx transport, means for its URL.

    `is_in_body` tells that the response head had come: the connection's end is then a truncated body.
    """
    message = _one_line(error)
    match error:
        case httpx.ConnectTimeout() | httpx.PoolTimeout():
            return ConnectTimeout(message)
        case httpx.TimeoutException():
            return ReadTimeout(message)
        case httpx.ConnectError() | httpx.ProxyError():
            return _connect_error(error)
        case httpx.InvalidURL() | httpx.UnsupportedProtocol() | httpx.LocalProtocolError():
            return InvalidUrl(f"no request can be made for it: {message}")
    # httpcore and h11 call a connection that was closed a protocol error too.
    if isinstance(error, httpx.NetworkError) or any(sign in message for sign in _CLOSED):
        return Truncated(message) if is_in_body else Disconnected(message)
    return ProtocolError(message)


def _connect_error(error: Exception) -> UrlError:
    for cause in _causes(error):
        if isinstance(cause, socket.gaierror):
            message = cause.strerror or str(cause)
            return DnsNotFound(message) if cause.errno in NOT_FOUND else DnsFailure(message)
        if isinstance(cause, LookupTimeout):
            return DnsTimeout(str(cause))
        if isinstance(cause, ssl.SSLError):
            return TlsError(getattr(cause, "verify_message", "") or getattr(cause, "reason", "") or str(cause))
        if isinstance(cause, ConnectionRefusedError):
            return ConnectRefused("nothing listens there")
        if isinstance(cause, OSError) and cause.errno is not None:
            return ConnectFailed(f"{cause.strerror or cause} ({errno.errorcode.get(cause.errno, cause.errno)})")
    return ConnectFailed(_one_line(error))


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield `error` and what it came from, the deepest first: that one knows the reason."""
    chain = []
    while error is not None and error not in chain:
        chain.append(error)
        error = getattr(error, "os_error", None) or error.__cause__ or error.__context__
    yield from reversed(chain)


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__
