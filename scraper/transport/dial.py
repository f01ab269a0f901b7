"""A new connection: the addresses of a name, the first that answers (RFC 8305), a proxy's tunnel, TLS."""

import asyncio
import socket
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import aiohappyeyeballs
import httpx

from scraper.errors import BlockedAddress
from scraper.transport.deadline import Deadlines
from scraper.transport.dns import AddressInfo, CachingResolver, is_ipv4
from scraper.transport.phases import Phases
from scraper.transport.protocol import Protocol
from scraper.transport.route import Endpoint, Proxy, Route
from scraper.transport.seam import status_line

_HEAD_START_S = 0.25
"""Of each address before the next is tried too: the connection attempt delay of RFC 8305, section 5."""
_SUCCESS = range(200, 300)


class BlockedPeer(OSError):
    """An address was not dialled; its others, if it has any, may be."""


class Dialler:
    """Opens connections, on sockets that `open_socket` makes; each is spoken on by what `new_protocol` makes."""

    def __init__(
        self,
        *,
        resolver: CachingResolver,
        open_socket: Callable[[Phases, int, int, int], socket.socket],
        new_protocol: Callable[[], Protocol],
    ) -> None:
        self._resolver = resolver
        self._open_socket = open_socket
        self._new_protocol = new_protocol
        self._loop = asyncio.get_running_loop()
        self._deadlines = Deadlines()
        self._has_writers = type(self._loop).add_writer is not asyncio.AbstractEventLoop.add_writer
        """Windows' has none."""

    async def dial(self, route: Route, phases: Phases, connect_s: float | None) -> Protocol:
        """Return a new connection. Raises BlockedAddress, httpx.ConnectError, ConnectTimeout or ProxyError.

        TCP, tunnel and TLS have `connect_s` together; the look-up of a name has its own limit.
        """
        try:
            addresses = await self._addresses(route.dialled, phases)
            with self._deadlines.within(connect_s):
                opened = await self._connect(addresses, phases)
                if route.proxy is not None and route.tls is not None:
                    return await self._through_tunnel(opened, route.proxy, route.server, route.tls)
                name = _certified(route.server) if route.tls else None
                _, protocol = await self._loop.create_connection(
                    self._new_protocol, sock=opened, ssl=route.tls, server_hostname=name
                )
                return protocol
        except OSError as error:
            if isinstance(error, TimeoutError) and error.errno is None:  # ours; the system's has one
                raise httpx.ConnectTimeout("connecting took too long") from error
            if phases.refusal is not None and not phases.has_dialled:
                raise BlockedAddress(phases.refusal) from error
            raise httpx.ConnectError(str(error)) from error

    async def _addresses(self, endpoint: Endpoint, phases: Phases) -> list[AddressInfo]:
        host, port = endpoint
        if ":" in host:
            return [(socket.AF_INET6, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (host, port, 0, 0))]
        if is_ipv4(host):
            return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (host, port))]
        phases.dns_began = time.perf_counter()
        found = await self._resolver.resolve(host)
        phases.dns = (time.perf_counter() - phases.dns_began) * 1000
        return [(*address[:4], (address[4][0], port, *address[4][2:])) for address in found]

    async def _connect(self, addresses: list[AddressInfo], phases: Phases) -> socket.socket:
        if len(addresses) == 1:
            return await self._connect_to(addresses[0], phases)
        try:
            return await aiohappyeyeballs.start_connection(
                addresses,
                happy_eyeballs_delay=_HEAD_START_S,
                loop=self._loop,
                socket_factory=partial(self._open, phases),
            )
        except OSError as error:
            if error.errno is not None:
                raise
            # Several reasons; one tells more than a list of them, and an address of IPv4 than one of IPv6 that this
            # machine has no way to.
            return await self._connect_to(addresses[-1], phases)

    async def _connect_to(self, address: AddressInfo, phases: Phases) -> socket.socket:
        """Connect to one address, which is not looked up: uvloop's `sock_connect` does that in a thread (40 µs)."""
        opened = self._open(phases, address)
        try:
            opened.setblocking(False)
            if self._has_writers:
                await _connected(self._loop, opened, address[4])
            else:
                await self._loop.sock_connect(opened, address[4])
        except BaseException:
            opened.close()
            raise
        return opened

    def _open(self, phases: Phases, address: AddressInfo) -> socket.socket:
        family, kind, protocol, _, (host, *_) = address
        if phases.guard is not None and (refusal := phases.guard.refusal(host)):
            phases.refusal = refusal
            raise BlockedPeer(refusal)
        phases.has_dialled = True
        return self._open_socket(phases, family, kind, protocol)

    async def _through_tunnel(
        self, opened: socket.socket, proxy: Proxy, server: Endpoint, tls: ssl.SSLContext
    ) -> Protocol:
        """Have the proxy pass the connection on to the server (RFC 9110, section 9.3.6), and start TLS with that."""
        transport, to_proxy = await self._loop.create_connection(self._new_protocol, sock=opened)
        try:
            await _ask_for_tunnel(to_proxy, proxy, server)
            protocol = self._new_protocol()
            secure = await self._loop.start_tls(transport, protocol, tls, server_hostname=_certified(server))
        except BaseException:
            transport.abort()
            raise
        if secure is None:
            raise ConnectionResetError("the proxy closed the tunnel")
        protocol.connection_made(secure)  # `start_tls` leaves that to its caller
        return protocol


async def _connected(loop: asyncio.AbstractEventLoop, opened: socket.socket, address: Any) -> None:
    """Connect, and wait until the socket can be written on: as asyncio does, whose messages these are."""
    with suppress(BlockingIOError):
        opened.connect(address)
        return
    writable = loop.create_future()
    loop.add_writer(opened, _tell, writable)
    try:
        await writable
    finally:
        loop.remove_writer(opened)
    if error := opened.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
        raise OSError(error, f"Connect call failed {address}")


def _tell(writable: asyncio.Future[None]) -> None:
    if not writable.done():  # a cancelled dial may be told once more
        writable.set_result(None)


async def _ask_for_tunnel(to_proxy: Protocol, proxy: Proxy, server: Endpoint) -> None:
    host, port = server
    authority = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    head = f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n".encode("ascii")
    answer = await to_proxy.ask(b"%b%b\r\n" % (head, proxy.login), None)
    if answer.status not in _SUCCESS:
        raise httpx.ProxyError(f"the proxy answered {status_line(answer.status)}")
    to_proxy.rest()


def _certified(server: Endpoint) -> str:
    """Return the name that the certificate must have: without a final dot (RFC 6066, section 3)."""
    return server[0].rstrip(".")
