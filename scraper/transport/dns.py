"""Host names to addresses: cached, one look-up per name at a time, with its own time limit."""

import asyncio
import contextlib
import socket
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

from scraper.transport.phases import CURRENT

_MAX_NAMES = 10_000
_MAX_PROMPT = 50
"""Look-ups under way that are not slow yet. Two questions each: some routers refuse more than 150 (dnsmasq)."""
_SLOW_S = 0.25
"""A look-up that takes longer makes room for the next: names that hang do not keep others waiting."""
_MAX_THREADS = 1_024
"""All look-ups under way, some 40 KB each; one that hangs holds a thread for as long as the system's resolver tries."""
_FAILURE_TTL_S = 5.0
"""How long a failure is the answer to all who ask, short of a retry (RFC 9520, section 3.2: 1 s at least)."""
_MAX_ADDRESSES = 4
"""Of each family that are tried. When all are dead, aiohttp dials n(n+1)/2 times: 44,442 times in 45 s for 1,000."""
NOT_FOUND = frozenset({socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)})
"""What `socket.gaierror.errno` is for a name that does not exist, or has no address."""

_Key = tuple[str, int]
_Addresses = list[tuple[Any, ...]]
"""As `socket.getaddrinfo` returns them."""
_Found = asyncio.Future[_Addresses]


class LookupTimeout(OSError):
    """A name was not resolved within the resolver's own time limit."""


class CachingResolver(AbstractResolver):
    """`getaddrinfo` on daemon threads of its own.

    The loop's executor has few threads (6 on two cores), cannot be cancelled and is waited for at exit; a
    daemon thread that hangs in the system's resolver delays neither other names nor the exit. A host's name can be
    looked up before anybody waits for it: see `settle`.
    """

    def __init__(self, *, timeout_s: float, ttl_s: float, negative_ttl_s: float) -> None:
        self._timeout_s = timeout_s
        self._ttl_s = ttl_s
        self._negative_ttl_s = negative_ttl_s
        self._known: dict[_Key, tuple[float, _Addresses | OSError]] = {}
        self._under_way: dict[_Key, _Found] = {}
        """Those that wait for a thread included, and those that were given up but still hold one."""
        self._waiting: deque[_Key] = deque()
        self._prompt: set[_Key] = set()
        self._threads: set[_Key] = set()

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

    def is_settled(self, host: str) -> bool:
        """Return whether `host` (`example.com`, `example.com:8080`) is an address, or is resolved without waiting."""
        key = _key(host)
        if key is None or self._remembered(key) is not None:
            return True
        found = self._under_way.get(key)
        return found is not None and found.done()

    def settle(self, host: str, then: Callable[[], None]) -> None:
        """Look up the name of `host`, and call `then` once it is settled, one way or the other."""
        key = _key(host)
        if key is not None:
            found = self._under_way.get(key) or self._start(key)
            found.add_done_callback(lambda _: then())

    def forget(self, host: str) -> None:
        """Look `host` up anew the next time, if that failed."""
        key = _key(host)
        if key is not None and isinstance(self._remembered(key), OSError):
            del self._known[key]

    async def close(self) -> None:
        """Begin no look-up any more; those under way end on their own."""
        self._waiting.clear()

    async def _look_up(self, key: _Key) -> _Addresses:
        known = self._remembered(key)
        if isinstance(known, OSError):
            raise known
        if known is not None:
            return known
        return await asyncio.shield(self._under_way.get(key) or self._start(key))

    def _remembered(self, key: _Key) -> _Addresses | OSError | None:
        known = self._known.get(key)
        return known[1] if known is not None and time.monotonic() < known[0] else None

    def _start(self, key: _Key) -> _Found:
        found: _Found = asyncio.get_running_loop().create_future()
        self._under_way[key] = found
        self._waiting.append(key)
        self._begin()
        return found

    def _begin(self) -> None:
        """Begin as many of the waiting look-ups as may be."""
        loop = asyncio.get_running_loop()
        while self._waiting and len(self._prompt) < _MAX_PROMPT and len(self._threads) < _MAX_THREADS:
            key = self._waiting.popleft()
            try:
                threading.Thread(target=self._ask, args=(key, loop), name=f"dns {key[0]}", daemon=True).start()
            except RuntimeError as error:  # the system has no thread to spare
                if self._threads:  # one of them will end, and begin this one
                    self._waiting.appendleft(key)
                    return
                _end(self._under_way.pop(key), OSError(str(error)))
                continue
            self._threads.add(key)
            self._prompt.add(key)
            loop.call_later(_SLOW_S, self._make_room, key)
            loop.call_later(self._timeout_s, self._give_up, key, self._under_way[key])

    def _ask(self, key: _Key, loop: asyncio.AbstractEventLoop) -> None:
        """Ask the system, in a thread."""
        answer: _Addresses | OSError
        try:
            # Bytes, as the name is ASCII already: a str would go through the IDNA 2003 codec.
            answer = _few(socket.getaddrinfo(key[0].encode("ascii"), None, family=key[1], type=socket.SOCK_STREAM))
        except OSError as error:
            answer = error
        with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile: nobody waits
            loop.call_soon_threadsafe(self._finish, key, answer)

    def _make_room(self, key: _Key) -> None:
        self._prompt.discard(key)
        self._begin()

    def _give_up(self, key: _Key, found: _Found) -> None:
        _end(found, LookupTimeout(f"{key[0]} was not resolved within {self._timeout_s:g} s"))

    def _finish(self, key: _Key, answer: _Addresses | OSError) -> None:
        if not isinstance(answer, OSError):
            self._keep(key, self._ttl_s, answer)
        elif isinstance(answer, socket.gaierror) and answer.errno in NOT_FOUND:
            self._keep(key, self._negative_ttl_s, answer)
        else:
            self._keep(key, _FAILURE_TTL_S, answer)
        _end(self._under_way.pop(key), answer)
        self._threads.discard(key)
        self._make_room(key)

    def _keep(self, key: _Key, ttl_s: float, value: _Addresses | OSError) -> None:
        self._known.pop(key, None)  # last in line again
        self._known[key] = (time.monotonic() + ttl_s, value)
        if len(self._known) > _MAX_NAMES:
            del self._known[next(iter(self._known))]


def _few(addresses: _Addresses) -> _Addresses:
    """Return the first addresses of each family, in their order (RFC 6724)."""
    seen: Counter[int] = Counter()
    few = []
    for address in addresses:
        seen[address[0]] += 1
        if seen[address[0]] <= _MAX_ADDRESSES:
            few.append(address)
    return few


def _end(found: _Found, answer: _Addresses | OSError) -> None:
    """Tell those who wait, unless they were told before."""
    if found.done():
        return
    if isinstance(answer, OSError):
        found.set_exception(answer)
        found.exception()  # looked at: no complaint when everybody who waited has given up
    else:
        found.set_result(answer)


def _key(host: str) -> _Key | None:
    """Return what aiohttp will ask for `host`; None when that is an address: it asks nobody.

    A host that ends in a number is an IPv4 address (WHATWG URL Standard, section 3.5).
    """
    name, colon, port = host.rpartition(":")
    name = name if colon and port.isdigit() else host
    is_address = name.endswith("]") or name.replace(".", "").isdigit()
    return None if is_address else (name, socket.AF_UNSPEC)
