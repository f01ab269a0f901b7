"""Host names to addresses: cached, one look-up per name at a time, with its own time limit."""

import asyncio
import contextlib
import socket
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from typing import Any

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
"""Of each family that are tried: a name with 1,000 dead ones is given up in seconds."""
NOT_FOUND = frozenset({socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)})
"""What `socket.gaierror.errno` is for a name that does not exist, or has no address."""

AddressInfo = tuple[int, int, int, str, Any]
"""An address as `socket.getaddrinfo` returns it."""
_Found = asyncio.Future[list[AddressInfo]]


class LookupTimeout(OSError):
    """A name was not resolved within the resolver's own time limit."""


class CachingResolver:
    """`getaddrinfo` on daemon threads of its own.

    The loop's executor has few threads (6 on two cores), cannot be cancelled and is waited for at exit; a
    daemon thread that hangs in the system's resolver delays neither other names nor the exit. A host's name can be
    looked up before anybody waits for it: see `settle`.
    """

    def __init__(self, *, timeout_s: float, ttl_s: float, negative_ttl_s: float) -> None:
        self._timeout_s = timeout_s
        self._ttl_s = ttl_s
        self._negative_ttl_s = negative_ttl_s
        self._known: dict[str, tuple[float, list[AddressInfo] | OSError]] = {}
        self._under_way: dict[str, _Found] = {}
        """Those that wait for a thread included, and those that were given up but still hold one."""
        self._waiting: deque[str] = deque()
        self._prompt: set[str] = set()
        self._threads: set[str] = set()

    async def resolve(self, host: str) -> list[AddressInfo]:
        """Return the addresses of `host`, with port 0. Raises socket.gaierror or LookupTimeout."""
        known = self._remembered(host)
        if isinstance(known, OSError):
            raise known
        if known is not None:
            return known
        return await asyncio.shield(self._under_way.get(host) or self._start(host))

    def is_settled(self, host: str) -> bool:
        """Return whether `host` (`example.com`, `example.com:8080`) is an address, or is resolved without waiting."""
        name = _name(host)
        if name is None or self._remembered(name) is not None:
            return True
        found = self._under_way.get(name)
        return found is not None and found.done()

    def settle(self, host: str, then: Callable[[], None]) -> None:
        """Look up the name of `host`, and call `then` once it is settled, one way or the other."""
        name = _name(host)
        if name is not None:
            found = self._under_way.get(name) or self._start(name)
            found.add_done_callback(lambda _: then())

    def forget(self, host: str) -> None:
        """Look `host` up anew the next time, if that failed."""
        name = _name(host)
        if name is not None and isinstance(self._remembered(name), OSError):
            del self._known[name]

    async def close(self) -> None:
        """Begin no look-up any more; those under way end on their own."""
        self._waiting.clear()

    def _remembered(self, name: str) -> list[AddressInfo] | OSError | None:
        known = self._known.get(name)
        return known[1] if known is not None and time.monotonic() < known[0] else None

    def _start(self, name: str) -> _Found:
        found: _Found = asyncio.get_running_loop().create_future()
        self._under_way[name] = found
        self._waiting.append(name)
        self._begin()
        return found

    def _begin(self) -> None:
        """Begin as many of the waiting look-ups as may be."""
        loop = asyncio.get_running_loop()
        while self._waiting and len(self._prompt) < _MAX_PROMPT and len(self._threads) < _MAX_THREADS:
            name = self._waiting.popleft()
            try:
                threading.Thread(target=self._ask, args=(name, loop), name=f"dns {name}", daemon=True).start()
            except RuntimeError as error:  # the system has no thread to spare
                if self._threads:  # one of them will end, and begin this one
                    self._waiting.appendleft(name)
                    return
                _end(self._under_way.pop(name), OSError(str(error)))
                continue
            self._threads.add(name)
            self._prompt.add(name)
            loop.call_later(_SLOW_S, self._make_room, name)
            loop.call_later(self._timeout_s, self._give_up, name, self._under_way[name])

    def _ask(self, name: str, loop: asyncio.AbstractEventLoop) -> None:
        """Ask the system, in a thread."""
        answer: list[AddressInfo] | OSError
        try:
            # Bytes, as the name is ASCII already: a str would go through the IDNA 2003 codec.
            answer = _few(socket.getaddrinfo(name.encode("ascii"), None, type=socket.SOCK_STREAM))
        except OSError as error:
            answer = error
        with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile: nobody waits
            loop.call_soon_threadsafe(self._finish, name, answer)

    def _make_room(self, name: str) -> None:
        self._prompt.discard(name)
        self._begin()

    def _give_up(self, name: str, found: _Found) -> None:
        _end(found, LookupTimeout(f"{name} was not resolved within {self._timeout_s:g} s"))

    def _finish(self, name: str, answer: list[AddressInfo] | OSError) -> None:
        if not isinstance(answer, OSError):
            self._keep(name, self._ttl_s, answer)
        elif isinstance(answer, socket.gaierror) and answer.errno in NOT_FOUND:
            self._keep(name, self._negative_ttl_s, answer)
        else:
            self._keep(name, _FAILURE_TTL_S, answer)
        _end(self._under_way.pop(name), answer)
        self._threads.discard(name)
        self._make_room(name)

    def _keep(self, name: str, ttl_s: float, value: list[AddressInfo] | OSError) -> None:
        self._known.pop(name, None)  # last in line again
        self._known[name] = (time.monotonic() + ttl_s, value)
        if len(self._known) > _MAX_NAMES:
            del self._known[next(iter(self._known))]


def _few(addresses: Iterable[AddressInfo]) -> list[AddressInfo]:
    """Return the first addresses of each family, in their order (RFC 6724)."""
    seen: Counter[int] = Counter()
    few = []
    for address in addresses:
        seen[address[0]] += 1
        if seen[address[0]] <= _MAX_ADDRESSES:
            few.append(address)
    return few


def _end(found: _Found, answer: list[AddressInfo] | OSError) -> None:
    """Tell those who wait, unless they were told before."""
    if found.done():
        return
    if isinstance(answer, OSError):
        found.set_exception(answer)
        found.exception()  # looked at: no complaint when everybody who waited has given up
    else:
        found.set_result(answer)


def is_ipv4(host: str) -> bool:
    """Return whether a normalised host is an IPv4 address: one that ends in a number (WHATWG URL Standard, 3.5)."""
    return host.replace(".", "").isdigit()


def _name(host: str) -> str | None:
    """Return the name in `host` that is looked up; None when that is an address."""
    name, colon, port = host.rpartition(":")
    name = name if colon and port.isdigit() else host
    return None if name.endswith("]") or is_ipv4(name) else name
