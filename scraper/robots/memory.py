"""What is remembered of each origin's robots.txt, in memory that has a bound whatever the origins send."""

from collections import OrderedDict
from collections.abc import Callable, Sized
from typing import Generic, TypeVar

from msgspec import Struct

from scraper.errors import UrlError
from scraper.robots.rules import ALLOW_ALL, Rules
from scraper.urls import FingerprintSet

MAX_MESSAGES = 1_000
"""Different failures that are kept word by word; of more, only the kind."""

Store = TypeVar("Store", bound=Sized)


class RobotsMemory:
    """Rules for `ttl_s`, a failure for `failure_ttl_s` seconds, at most: the origins that came last.

    Most origins allow everything: they cost 11 to 16 bytes each, those that fail about 90, and at most `max_origins`
    of each kind are remembered. Rules cost what their text does, `max_bytes` in all.
    """

    def __init__(self, *, ttl_s: float, failure_ttl_s: float, max_origins: int, max_bytes: int) -> None:
        self._ttl_s = ttl_s
        self._max_bytes = max_bytes
        self._bytes = 0
        self._rules: OrderedDict[str, tuple[Rules, float]] = OrderedDict()  # the last one used at the end
        self._open = _Generations(FingerprintSet, lifetime_s=ttl_s, capacity=max_origins)
        self._failures = _Generations(_Failures, lifetime_s=failure_ttl_s, capacity=max_origins)

    def get(self, origin: str, now: float) -> Rules | UrlError | None:
        """Return what is remembered of `origin`; None when nothing is, or no longer."""
        entry = self._rules.get(origin)
        if entry is not None:
            rules, expires = entry
            if now < expires:
                self._rules.move_to_end(origin)
                return rules
            self._drop(origin)
        key = _fingerprint(origin)
        if any(key in generation for generation in self._open.living(now)):
            return ALLOW_ALL
        for generation in self._failures.living(now):
            if (failure := generation.get(key)) is not None:
                return failure.error()
        return None

    def keep(self, origin: str, rules: Rules, now: float) -> None:
        """Remember what the robots.txt of `origin` says."""
        if origin in self._rules:
            self._drop(origin)
        if rules is ALLOW_ALL:
            self._open.youngest(now).add(_fingerprint(origin))
            return
        self._rules[origin] = (rules, now + self._ttl_s)
        self._bytes += rules.size_bytes
        while self._bytes > self._max_bytes and len(self._rules) > 1:
            self._drop(next(iter(self._rules)))

    def keep_failure(self, origin: str, error: UrlError, now: float) -> None:
        """Remember that the robots.txt of `origin` could not be had: kind, message and status, and nothing else."""
        self._failures.youngest(now).add(_fingerprint(origin), error)

    def _drop(self, origin: str) -> None:
        rules, _ = self._rules.pop(origin)
        self._bytes -= rules.size_bytes


class _Generations(Generic[Store]):
    """Two stores that take turns: the younger takes what is new, the older is forgotten when that is half a life old.

    Or when it holds half of what there may be. So nothing has a time of its own that would have to be kept.
    """

    def __init__(self, make: Callable[[], Store], *, lifetime_s: float, capacity: int) -> None:
        self._make = make
        self._span_s = lifetime_s / 2
        self._capacity = capacity / 2
        self._young, self._old = make(), make()
        self._until = float("-inf")  # when the younger becomes the older

    def living(self, now: float) -> tuple[Store, Store]:
        """Return the younger and the older store, without what is too old by now."""
        if now >= self._until:
            self._old = self._young if now < self._until + self._span_s else self._make()
            self._young = self._make()
            self._until = now + self._span_s
        return self._young, self._old

    def youngest(self, now: float) -> Store:
        """Return the store that takes what is new."""
        young, _ = self.living(now)
        if len(young) >= self._capacity:
            self._old, self._young = young, self._make()
            self._until = now + self._span_s
        return self._young


class _Failure(Struct, frozen=True):
    kind: type[UrlError]
    message: str
    status: int | None

    def error(self) -> UrlError:
        error = self.kind(self.message)
        error.status = self.status
        return error


class _Failures:
    """Failures by fingerprint; equal ones are one object."""

    def __init__(self) -> None:
        self._by_key: dict[int, _Failure] = {}
        self._shared: dict[_Failure, _Failure] = {}

    def __len__(self) -> int:
        return len(self._by_key)

    def get(self, key: int) -> _Failure | None:
        return self._by_key.get(key)

    def add(self, key: int, error: UrlError) -> None:
        failure = _Failure(type(error), error.message, error.status)
        if failure not in self._shared and len(self._shared) >= MAX_MESSAGES:
            failure = _Failure(type(error), "robots.txt could not be read", None)
        self._by_key[key] = self._shared.setdefault(failure, failure)


def _fingerprint(origin: str) -> int:
    """Return a hash of this process: keyed, so that nobody can choose origins that share one."""
    return hash(origin) & 0xFFFF_FFFF_FFFF_FFFF
