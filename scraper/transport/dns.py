"""Host names to addresses: cached, one look-up per name at a time, with its own time limit."""

import asyncio
import contextlib
import socket
import threading
import time
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

from scraper.transport.phases import CURRENT

_MAX_NAMES = 10_000
_MAX_THREADS = 256
"""Look-ups under way; one that hangs holds a thread for as long as the system's resolver tries."""
NOT_FOUND = frozenset({socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)})
"""What `socket.gaierror.errno` is for a name that does not exist, or has no address."""

_Key = tuple[str, int]
_Addresses = list[tuple[Any, ...]]
"""As `socket.getaddrinfo` returns them."""


class LookupTimeout(OSError):
    """A name was not resolved within the resolver's own time limit."""


class CachingResolver(AbstractResolver):
    """`getaddrinfo` on daemon threads of its own.

    The loop's executor has few threads (6 on two cores), cannot be cancelled and is waited for at exit; a
    daemon thread that hangs in the system's resolver delays neither other names nor the exit.
    """

    def __init__(self, *, timeout_s: float, ttl_s: float, negative_ttl_s: float) -> None:
        self._timeout_s = timeout_s
        self._ttl_s = ttl_s
        self._negative_ttl_s = negative_ttl_s
        self._known: dict[_Key, tuple[float, _Addresses | OSError]] = {}
        self._under_way: dict[_Key, asyncio.Future[_Addresses]] = {}
        self._threads: set[threading.Thread] = set()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the addresses of `host`. Raises socket.gaierror or LookupTimeout."""
        phases = CURRENT.get()
        phases.dns_began = time.perf_counter()
        addresses = await self._look_up((host, family))
        phases.dns = (time.perf_counter() - phases.dns_began) * 1000
        flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
        return [
            ResolveResult(hostname=host, host=address[0], port=port, family=kind, proto=protocol, flags=flags)
            for kind, _, protocol, _, address in addresses
        ]

    async def close(self) -> None:
        """Nothing to close: look-ups under way end on their own."""

    async def _look_up(self, key: _Key) -> _Addresses:
        known = self._known.get(key)
        if known is not None and time.monotonic() < known[0]:
            if isinstance(known[1], OSError):
                raise known[1]
            return known[1]
        found = self._under_way.get(key) or self._start(key)
        try:
            async with asyncio.timeout(self._timeout_s):
                return await asyncio.shield(found)
        except TimeoutError:
            raise LookupTimeout(f"{key[0]} was not resolved within {self._timeout_s:g} s") from None

    def _start(self, key: _Key) -> "asyncio.Future[_Addresses]":
        if len(self._threads) >= _MAX_THREADS:
            raise LookupTimeout(f"{key[0]} was not looked up: {_MAX_THREADS} look-ups hang already")
        loop = asyncio.get_running_loop()
        found: asyncio.Future[_Addresses] = loop.create_future()

        def look_up() -> None:
            answer: _Addresses | OSError
            try:
                # Bytes, as the name is ASCII already: a str would go through the IDNA 2003 codec.
                answer = socket.getaddrinfo(key[0].encode("ascii"), None, family=key[1], type=socket.SOCK_STREAM)
            except OSError as error:
                answer = error
            with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile: nobody waits
                loop.call_soon_threadsafe(self._finish, key, found, answer, thread)

        thread = threading.Thread(target=look_up, name=f"dns {key[0]}", daemon=True)
        self._threads.add(thread)
        self._under_way[key] = found
        thread.start()
        return found

    def _finish(
        self, key: _Key, found: "asyncio.Future[_Addresses]", answer: _Addresses | OSError, thread: threading.Thread
    ) -> None:
        self._threads.discard(thread)
        del self._under_way[key]
        if not isinstance(answer, OSError):
            self._keep(key, self._ttl_s, answer)
            found.set_result(answer)
            return
        if isinstance(answer, socket.gaierror) and answer.errno in NOT_FOUND:
            self._keep(key, self._negative_ttl_s, answer)
        found.set_exception(answer)
        found.exception()  # looked at: no complaint when everybody who waited has given up

    def _keep(self, key: _Key, ttl_s: float, value: _Addresses | OSError) -> None:
        self._known.pop(key, None)  # last in line again
        self._known[key] = (time.monotonic() + ttl_s, value)
        if len(self._known) > _MAX_NAMES:
            del self._known[next(iter(self._known))]
