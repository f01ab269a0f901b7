"""Where a request's connection leads: to its origin, or to a proxy."""

import base64
import ssl
from collections.abc import Hashable
from urllib.parse import unquote_to_bytes, urlsplit

from msgspec import Struct

Endpoint = tuple[str, int]
"""Host, an IPv6 address without brackets, and port."""

_PORTS = {"http": 80, "https": 443}


class Proxy(Struct, frozen=True):
    """An HTTP proxy."""

    endpoint: Endpoint
    login: bytes = b""
    """The header line of its credentials (RFC 7617), empty without any."""


class Route(Struct, frozen=True):
    """What connections are made and kept by: the same for all requests of an origin."""

    key: Hashable
    """Connections whose routes share it are as good as each other."""
    dialled: Endpoint
    server: Endpoint
    """What is spoken with, at the other end of the proxy's tunnel if there is one."""
    tls: ssl.SSLContext | None = None
    """None: plain HTTP."""
    proxy: Proxy | None = None

    @property
    def login(self) -> bytes:
        """The header line that each request needs for a proxy; one that only passes TLS on got it before."""
        return b"" if self.proxy is None or self.tls is not None else self.proxy.login


def proxy_of(url: str) -> Proxy:
    """Return the Proxy that `url` (`http://user:password@host:port`) names."""
    parts = urlsplit(url)
    endpoint = parts.hostname or "", parts.port or _PORTS["http"]
    if parts.username is None:
        return Proxy(endpoint)
    user_and_password = b"%b:%b" % (unquote_to_bytes(parts.username), unquote_to_bytes(parts.password or ""))
    return Proxy(endpoint, b"Proxy-Authorization: Basic %b\r\n" % base64.b64encode(user_and_password))


def route_to(origin: str, tls: ssl.SSLContext | None, proxy: Proxy | None = None) -> Route:
    """Return the Route to `origin` (`https://example.com:8443`), which is normalised."""
    scheme, _, authority = origin.partition("://")
    host, colon, port = authority.rpartition(":")
    if not colon or port.endswith("]"):  # the last colon of an IPv6 address
        host, port = authority, ""
    server = host.strip("[]"), int(port or _PORTS[scheme])
    if proxy is None:
        return Route(origin, server, server, tls)
    return Route(origin if tls else proxy, proxy.endpoint, server, tls, proxy)
