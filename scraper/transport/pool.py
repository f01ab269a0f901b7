"""aiohttp's connection pool with a cap on *open* sockets, idle ones included."""

import asyncio
import socket
import time
from collections.abc import Callable
from typing import Any

import aiohttp
from aiohttp.connector import Connection

from scraper.transport.phases import CURRENT


class _CountedSocket(socket.socket):
    """A socket that says once when it is closed; uvloop takes the descriptor over with `detach`."""

    on_close: Callable[[], None] | None = None

    def close(self) -> None:
        self._say_closed()
        super().close()

    def detach(self) -> int:
        self._say_closed()
        return super().detach()

    def _say_closed(self) -> None:
        if self.on_close is not None:
            on_close, self.on_close = self.on_close, None
            on_close()


class CappedConnector(aiohttp.TCPConnector):
    """At most `limit` connections in use and `max_idle` that are not, and never more sockets open than both together.

    aiohttp's `limit` counts only connections in use: without a cap 2,000 hosts left 2,009 open descriptors.
    """

    def __init__(self, *, limit: int, max_idle: int, **options: Any) -> None:
        super().__init__(limit=limit, socket_factory=self._open_socket, **options)
        self._max_open = limit + max_idle
        self._max_idle = max_idle
        self._open = 0
        self._in_use = 0
        self._has_room = asyncio.Event()
        self._has_room.set()

    @property
    def open_sockets(self) -> int:
        """Sockets open now, those that connect or close included."""
        return self._open

    async def connect(self, req: Any, traces: Any, timeout: Any) -> Connection:  # noqa: ASYNC109 - aiohttp calls it so
        """Take a connection from the pool or make one, once a socket that was given up is closed."""
        phases = CURRENT.get()
        started = time.perf_counter()
        while self._open >= self._max_open:
            await self._has_room.wait()
        connection = await super().connect(req, traces, timeout)
        if phases.has_dialled:
            phases.connect = (time.perf_counter() - started) * 1000 - (phases.dns or 0.0)
        self._in_use += 1
        connection.add_callback(lambda: self._give_back(connection))
        return connection

    def _give_back(self, connection: Connection) -> None:
        """End the connection, which is about to be released, unless it may be kept: the idle ones are counted."""
        self._in_use -= 1
        protocol = connection.protocol
        if protocol is not None and (protocol.should_close or self._open - self._in_use > self._max_idle):
            protocol.force_close()
            protocol.abort()  # close() would wait for a TLS peer's close_notify, up to 30 s

    def _open_socket(self, address: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol, *_ = address
        opened = _CountedSocket(family, kind, protocol)
        opened.on_close = self._closed_socket
        self._open += 1
        if self._open >= self._max_open:
            self._has_room.clear()
        CURRENT.get().has_dialled = True
        return opened

    def _closed_socket(self) -> None:
        self._open -= 1
        self._has_room.set()
