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

_OWN_WANTS = frozenset({errno.EMFILE, errno.ENFILE, errno.EADDRNOTAVAIL, errno.ENOBUFS, errno.ENOMEM})
"""This machine has no descriptor, port or memory to spare for now: nothing that a host is to blame for."""
_CLOSED = ("disconnected", "peer closed", "incomplete")


def to_url_error(error: Exception, *, is_in_body: bool) -> UrlError:
    """Return the UrlError that says what `error`, raised by an httpx transport, means for its URL.

    A transport of the user's may raise an OSError too.
    `is_in_body` tells that the response head had come: the connection's end is then a truncated body.
    """
    message = _one_line(error)
    match error:
        case httpx.ConnectTimeout() | httpx.PoolTimeout():
            return ConnectTimeout(message)
        case httpx.TimeoutException() | TimeoutError():
            return ReadTimeout(message)
        case httpx.ConnectError() | httpx.ProxyError():
            return _connect_error(error)
        case httpx.InvalidURL() | httpx.UnsupportedProtocol() | httpx.LocalProtocolError():
            return InvalidUrl(f"no request can be made for it: {message}")
    if _is_lost(error, message):
        return Truncated(message) if is_in_body else Disconnected(message)
    return _connect_error(error) if isinstance(error, OSError) else ProtocolError(message)


def _is_lost(error: Exception, message: str) -> bool:
    if isinstance(error, ConnectionError):
        return not isinstance(error, ConnectionRefusedError)
    # httpcore and h11 call a connection that was closed a protocol error too.
    return isinstance(error, httpx.NetworkError) or any(sign in message for sign in _CLOSED)


def _connect_error(error: Exception) -> UrlError:
    for cause in _causes(error):
        if isinstance(cause, socket.gaierror):
            message = cause.strerror or str(cause)
            return DnsNotFound(message) if cause.errno in NOT_FOUND else DnsFailure(message)
        if isinstance(cause, LookupTimeout | TimeoutError):  # the system's own comes after two minutes
            return (DnsTimeout if isinstance(cause, LookupTimeout) else ConnectTimeout)(_one_line(cause))
        if isinstance(cause, ssl.SSLError):
            reason = str(getattr(cause, "reason", None) or cause).replace("_", " ")
            return TlsError(getattr(cause, "verify_message", "") or reason.lower())
        if isinstance(cause, ConnectionRefusedError):
            return ConnectRefused("nothing listens there")
        if isinstance(cause, OSError) and cause.errno is not None:
            failed = ConnectFailed(f"{cause.strerror or cause} ({errno.errorcode.get(cause.errno, cause.errno)})")
            failed.is_host_failure = cause.errno not in _OWN_WANTS
            return failed
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
