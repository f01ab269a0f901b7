"""Connections that are kept for the next request, and a cap on *open* sockets, idle ones included."""

import asyncio
import socket
import time
from collections import defaultdict, deque
from collections.abc import Callable, Hashable

from scraper.errors import BlockedAddress
from scraper.transport.dial import Dialler
from scraper.transport.dns import CachingResolver
from scraper.transport.phases import Phases
from scraper.transport.protocol import Protocol
from scraper.transport.route import Route

_CLOSING_TURNS = 3
"""Of the loop, until the sockets of connections that were ended are closed."""


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


class Pool:
    """Makes connections, keeps those that can be used again, and never has more than `max_open` sockets.

    Who must dial and finds no room ends the connection that was idle longest, and waits until that is closed.
    """

    def __init__(self, *, max_open: int, idle_timeout_s: float, resolver: CachingResolver) -> None:
        self.open = 0
        """Sockets open now, those that connect or close included."""
        self._max_open = max_open
        self._promised = 0
        """Dials that have room and no socket yet."""
        self._ending = 0
        """Idle connections that were ended and are not closed yet."""
        self._waiting: deque[asyncio.Future[None]] = deque()
        """For room, first come first served."""
        self._in_use: dict[Protocol, Hashable] = {}
        self._idle: dict[Protocol, tuple[Hashable, float]] = {}
        """With the key of its route and since when; the longest idle first."""
        self._idle_of: defaultdict[Hashable, list[Protocol]] = defaultdict(list)
        self._idle_timeout_s = idle_timeout_s
        self._sweep: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()
        self._dialler = Dialler(
            resolver=resolver,
            open_socket=self._open_socket,
            new_protocol=lambda: Protocol(self._loop, on_lost=self._forget),
        )

    def kept(self, route: Route, phases: Phases) -> Protocol | None:
        """Return the connection that was used last, if there is one, as `connect` does. Raises BlockedAddress."""
        while idle := self._idle_of.get(route.key):
            protocol = idle[-1]
            _, since = self._idle[protocol]
            self._forget(protocol)
            if protocol.is_connected() and time.monotonic() - since <= self._idle_timeout_s:
                return self._used(protocol, route, phases)
            protocol.abort()
        return None

    async def connect(self, route: Route, phases: Phases, connect_s: float | None) -> Protocol:
        """Return a new connection to send one request on, then to be given to `release` or `end`.

        Raises BlockedAddress, httpx.ConnectError, ConnectTimeout or ProxyError.
        """
        started = time.perf_counter()
        protocol = await self._dial(route, phases, connect_s)
        phases.connect = (time.perf_counter() - started) * 1000 - (phases.dns or 0.0)
        return self._used(protocol, route, phases)

    def release(self, protocol: Protocol) -> None:
        """Keep a connection for the next request, or end it when it cannot be. The second call does nothing."""
        key = self._in_use.pop(protocol, None)
        if key is None:
            return
        protocol.rest()
        if protocol.should_close:
            protocol.abort()  # close() would wait for a TLS peer's close_notify, up to 30 s
            return
        self._idle[protocol] = (key, time.monotonic())
        self._idle_of[key].append(protocol)
        if self._waiting and self._is_full():
            self._end_oldest()
        if self._sweep is None:
            self._sweep = self._loop.call_later(self._idle_timeout_s, self._end_expired)

    def end(self, protocol: Protocol) -> None:
        """Close a connection that is of no more use."""
        self._in_use.pop(protocol, None)
        protocol.rest()
        protocol.abort()

    def resize(self, max_open: int) -> None:
        """Have so many sockets open from now on, once idle connections are enough to end."""
        self._max_open = max_open
        while self._idle and self.open + self._promised - self._ending > max_open:
            self._end_oldest()
        for _ in range(len(self._waiting)):
            self._wake_next()

    async def close(self) -> None:
        """Close every connection."""
        if self._sweep is not None:
            self._sweep.cancel()
        for protocol in [*self._in_use, *self._idle]:
            self._forget(protocol)
            protocol.abort()
        for _ in range(_CLOSING_TURNS):
            await asyncio.sleep(0)

    def _used(self, protocol: Protocol, route: Route, phases: Phases) -> Protocol:
        self._in_use[protocol] = route.key
        phases.is_connected = True
        if route.proxy is None:
            self._look_at_peer(protocol, phases)
        return protocol

    def _forget(self, protocol: Protocol) -> None:
        """Take note that a connection is idle, or in use, no longer."""
        self._in_use.pop(protocol, None)
        key, _ = self._idle.pop(protocol, (None, 0.0))
        if key is not None:
            kept = self._idle_of[key]
            kept.remove(protocol)
            if not kept:
                del self._idle_of[key]

    def _end_expired(self) -> None:
        self._sweep = None
        now = time.monotonic()
        while self._idle:
            left_s = next(iter(self._idle.values()))[1] + self._idle_timeout_s - now
            if left_s > 0:
                self._sweep = self._loop.call_later(left_s, self._end_expired)
                return
            self._end_oldest()

    def _end_oldest(self) -> None:
        oldest = next(iter(self._idle))
        self._ending += oldest.is_connected()
        self._forget(oldest)
        oldest.abort()

    async def _dial(self, route: Route, phases: Phases, connect_s: float | None) -> Protocol:
        await self._make_room()
        phases.has_room = True
        try:
            protocol = await self._dialler.dial(route, phases, connect_s)
        finally:
            if phases.has_room:  # no socket was opened
                self._use_room(phases)
                self._wake_next()
        if protocol.transport is not None:
            protocol.peer = protocol.transport.get_extra_info("peername")[0]
        return protocol

    async def _make_room(self) -> None:
        """Wait until one more socket may be opened, and promise it."""
        while self.open + self._promised >= self._max_open:
            if self._idle and self._is_full():
                self._end_oldest()
                continue
            waiting = self._loop.create_future()
            self._waiting.append(waiting)
            try:
                await waiting
            except asyncio.CancelledError:
                if waiting.done() and not waiting.cancelled():  # what it was woken for is another's
                    self._wake_next()
                raise
        self._promised += 1

    def _is_full(self) -> bool:
        """Return whether no socket may be opened even when those that are ending have closed."""
        return self.open + self._promised - self._ending >= self._max_open

    def _wake_next(self) -> None:
        while self._waiting:
            waiting = self._waiting.popleft()
            if not waiting.done():
                waiting.set_result(None)
                return

    def _use_room(self, phases: Phases) -> None:
        """End a promise: its socket was opened, or will not be."""
        phases.has_room = False
        self._promised -= 1

    def _open_socket(self, phases: Phases, family: int, kind: int, protocol: int) -> socket.socket:
        """Return a new socket, which counts until it is closed."""
        if phases.has_room:
            self._use_room(phases)
        opened = _CountedSocket(family, kind, protocol)
        opened.on_close = self._closed_socket
        self.open += 1
        return opened

    def _closed_socket(self) -> None:
        self.open -= 1
        self._ending = max(0, self._ending - 1)
        self._wake_next()

    def _look_at_peer(self, protocol: Protocol, phases: Phases) -> None:
        """Raise BlockedAddress for a connection that was kept from a request that was free to go there."""
        phases.peer = protocol.peer
        refusal = None if phases.guard is None else phases.guard.refusal(protocol.peer)
        if refusal is not None:
            self.release(protocol)
            raise BlockedAddress(refusal)
