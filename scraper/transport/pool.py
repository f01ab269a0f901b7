"""aiohttp's connection pool with a cap on *open* sockets, idle ones included."""

import asyncio
import socket
import time
from collections import Counter
from collections.abc import Callable, Hashable
from functools import partial
from typing import Any, cast

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection

from scraper.errors import BlockedAddress
from scraper.transport.phases import CURRENT, Phases
from scraper.transport.protocol import Protocol


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


class BlockedPeer(OSError):
    """An address was not dialled; its others, if it has any, may be."""


class SocketBudget:
    """Counts open sockets, and knows which connections are idle: who must dial and finds no room ends the oldest."""

    def __init__(self, max_open: int) -> None:
        self.open = 0
        """Sockets open now, those that connect or close included."""
        self._max_open = max_open
        self._promised = 0
        """Dials that have room and no socket yet."""
        self._ending = 0
        """Idle connections that were ended and may not be closed yet."""
        self._idle: dict[ResponseHandler, Hashable] = {}
        """The longest idle first, with what they lead to; some may have been closed by the server."""
        self._idle_of: Counter[Hashable] = Counter()
        self._closing = asyncio.Event()

    def has_idle(self, key: Hashable) -> bool:
        """Return whether a connection to `key` is kept."""
        return key in self._idle_of

    async def make_room(self) -> None:
        """Wait until one more socket may be opened, and promise it."""
        while self.open + self._promised >= self._max_open:
            if self.open + self._promised - self._ending >= self._max_open and self._idle:
                self._end_oldest()
            else:
                self._closing.clear()
                await self._closing.wait()
        self._promised += 1

    def resize(self, max_open: int) -> None:
        """Have so many sockets open from now on, once idle connections are enough to end."""
        self._max_open = max_open
        while self.open + self._promised - self._ending > self._max_open and self._idle:
            self._end_oldest()
        self._closing.set()

    def _end_oldest(self) -> None:
        oldest = next(iter(self._idle))
        self._ending += oldest.is_connected()
        self.take(oldest)
        oldest.abort()

    def use_room(self) -> None:
        """End a promise: its socket was opened, or will not be."""
        self._promised -= 1

    def open_socket(self, family: int, kind: int, protocol: int) -> socket.socket:
        """Return a new socket, which counts until it is closed."""
        opened = _CountedSocket(family, kind, protocol)
        opened.on_close = self._closed_socket
        self.open += 1
        return opened

    def keep(self, connection: ResponseHandler, key: Hashable) -> None:
        """Take note that `connection` becomes idle."""
        while self._idle and not (oldest := next(iter(self._idle))).is_connected():
            self.take(oldest)
        self._idle[connection] = key
        self._idle_of[key] += 1

    def take(self, connection: ResponseHandler) -> None:
        """Take note that `connection` is idle no longer."""
        key = self._idle.pop(connection, None)
        if key is not None:
            self._idle_of[key] -= 1
            if not self._idle_of[key]:
                del self._idle_of[key]

    def _closed_socket(self) -> None:
        self.open -= 1
        self._ending = max(0, self._ending - 1)
        self._closing.set()


class CappedConnector(aiohttp.TCPConnector):
    """At most `limit` connections in use, and never more than `max_open` sockets, idle ones and closing ones included.

    aiohttp's `limit` counts only connections in use: without a cap 2,000 hosts left 2,009 open descriptors.
    """

    def __init__(self, *, limit: int, max_open: int, **options: Any) -> None:
        super().__init__(limit=limit, socket_factory=self._open_socket, **options)
        self._factory = cast("partial[ResponseHandler]", partial(Protocol, loop=self._loop))  # no argument sets it
        self.budget = SocketBudget(max_open)

    async def connect(self, req: Any, traces: Any, timeout: Any) -> Connection:  # noqa: ASYNC109 - aiohttp calls it so
        """Take a connection from the pool, or make one once there is room for it."""
        phases = CURRENT.get()
        started = time.perf_counter()
        if not self.budget.has_idle(req.connection_key):
            await self.budget.make_room()
            phases.has_room = True
        try:
            connection = await super().connect(req, traces, timeout)
        finally:
            self._use_room(phases)
        phases.is_connected = True
        if phases.on_sent is not None:
            phases.on_sent()
        if phases.has_dialled:
            phases.connect = (time.perf_counter() - started) * 1000 - (phases.dns or 0.0)
        elif connection.protocol is not None:
            self.budget.take(connection.protocol)
        connection.add_callback(lambda: self._give_back(connection, req.connection_key))
        if not req.proxy:
            self._look_at_peer(connection, phases)
        return connection

    def resize(self, *, limit: int, max_open: int) -> None:
        """Change both limits: what is over them ends, idle connections at once and the others when they are done."""
        self._limit = limit
        self.budget.resize(max_open)

    def _look_at_peer(self, connection: Connection, phases: Phases) -> None:
        """Raise BlockedAddress for a connection that was kept from a request that was free to go there."""
        protocol = connection.protocol
        if not isinstance(protocol, Protocol) or protocol.transport is None:
            return
        if phases.has_dialled:
            protocol.peer = protocol.transport.get_extra_info("peername")[0]
        phases.peer = protocol.peer
        refusal = None if phases.guard is None else phases.guard.refusal(protocol.peer)
        if refusal is not None:
            connection.release()
            raise BlockedAddress(refusal)

    def _give_back(self, connection: Connection, key: Hashable) -> None:
        """Take note that the connection is about to go back to the pool, or end it when it cannot."""
        protocol = connection.protocol
        if not isinstance(protocol, Protocol):
            return
        protocol.rest()
        if protocol.should_close:
            protocol.abort()  # close() would wait for a TLS peer's close_notify, up to 30 s
        else:
            self.budget.keep(protocol, key)

    def _open_socket(self, address: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol, _, (host, *_) = address
        phases = CURRENT.get()
        if phases.guard is not None and (refusal := phases.guard.refusal(host)):
            phases.refusal = refusal
            raise BlockedPeer(refusal)
        phases.has_dialled = True
        self._use_room(phases)
        return self.budget.open_socket(family, kind, protocol)

    def _use_room(self, phases: Phases) -> None:
        if phases.has_room:
            phases.has_room = False
            self.budget.use_room()
