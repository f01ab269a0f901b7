"""Every exception of the HTTP stack becomes an error kind, httpx's own transport included."""

import errno
import socket
import ssl

import httpx
import pytest

from scraper.fetcher.failures import to_url_error
from scraper.transport.dns import LookupTimeout


def caused(error, cause):
    error.__cause__ = cause
    return error


def every_httpx_error():
    found, waiting = [], [httpx.HTTPError, httpx.StreamError, httpx.InvalidURL]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        found.append(kind)
    return found


@pytest.mark.parametrize(
    ("cause", "kind"),
    [
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "dns-not-found"),
        (socket.gaierror(socket.EAI_AGAIN, "Temporary failure"), "dns-failure"),
        (LookupTimeout("slow.test was not resolved"), "dns-timeout"),
        (ConnectionRefusedError(errno.ECONNREFUSED, "refused"), "connect-refused"),
        (OSError(errno.EHOSTUNREACH, "No route to host"), "connect-failed"),
        (OSError(errno.EMFILE, "Too many open files"), "connect-failed"),
        (ssl.SSLCertVerificationError(1, "certificate verify failed"), "tls-error"),
        (None, "connect-failed"),
    ],
)
def test_a_connect_error_is_told_apart_by_its_cause(cause, kind):
    found = to_url_error(caused(httpx.ConnectError("all attempts failed"), cause), is_in_body=False)
    assert found.kind == kind


@pytest.mark.parametrize(
    ("error", "kind_in_head", "kind_in_body"),
    [
        (httpx.ReadError("reset"), "disconnected", "truncated"),
        (httpx.RemoteProtocolError("Server disconnected without sending a response."), "disconnected", "truncated"),
        (httpx.RemoteProtocolError("peer closed connection without all"), "disconnected", "truncated"),
        (httpx.RemoteProtocolError("illegal status line"), "protocol-error", "protocol-error"),
        (httpx.ReadTimeout(""), "read-timeout", "read-timeout"),
        (httpx.ConnectTimeout(""), "connect-timeout", "connect-timeout"),
        (httpx.InvalidURL("no"), "invalid-url", "invalid-url"),
        (httpx.DecodingError("no"), "protocol-error", "protocol-error"),
    ],
)  # fmt: skip
def test_the_end_of_a_connection_means_another_thing_in_the_body(error, kind_in_head, kind_in_body):
    assert to_url_error(error, is_in_body=False).kind == kind_in_head
    assert to_url_error(error, is_in_body=True).kind == kind_in_body


@pytest.mark.parametrize("kind", every_httpx_error())
def test_no_exception_of_httpx_is_left_over(kind):
    error = kind.__new__(kind)
    Exception.__init__(error, "two\nlines")
    found = to_url_error(error, is_in_body=False)
    assert found.kind
    assert "\n" not in found.message
