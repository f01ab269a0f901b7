"""aiohttp's connection pool with a cap on *open* sockets, idle ones included."""

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
    """Keeps at most `max_idle` connections that are not in use; with `limit` of those that are, that caps open sockets.

    aiohttp's `limit` counts only connections in use: without a cap 2,000 hosts left 2,009 open descriptors.
    """

    def __init__(self, *, max_idle: int, **options: Any) -> None:
        super().__init__(socket_factory=self._open_socket, **options)
        self._max_idle = max_idle
        self._open = 0
        self._in_use = 0

    @property
    def open_sockets(self) -> int:
        """Sockets open now, those that connect or close included."""
        return self._open

    async def connect(self, req: Any, traces: Any, timeout: Any) -> Connection:  # noqa: ASYNC109 - aiohttp calls it so
        """Take a connection from the pool or make one."""
        phases = CURRENT.get()
        started = time.perf_counter()
        connection = await super().connect(req, traces, timeout)
        if phases.has_dialled:
            phases.connect = (time.perf_counter() - started) * 1000 - (phases.dns or 0.0)
        self._in_use += 1
        connection.add_callback(lambda: self._give_back(connection))
        return connection

    def _give_back(self, connection: Connection) -> None:
        """Have the connection closed instead of kept when the idle ones are too many; it is about to be released."""
        self._in_use -= 1
        if self._open - self._in_use > self._max_idle and connection.protocol is not None:
            connection.protocol.force_close()

    def _open_socket(self, address: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol, *_ = address
        opened = _CountedSocket(family, kind, protocol)
        opened.on_close = self._closed_socket
        self._open += 1
        CURRENT.get().has_dialled = True
        return opened

    def _closed_socket(self) -> None:
        self._open -= 1
