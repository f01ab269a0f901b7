"""How fast one host may be asked: its slots and gaps, backing off, a breaker. Given the time, never asks for it."""

from collections.abc import Callable
from random import random
from typing import Literal

from msgspec import Struct

BREAKER_FAILURES = 10
"""Connect, DNS and time-out failures in a row that open the breaker."""
BREAKER_WAITS_S = (5.0, 10.0, 20.0)
"""Before each probe: a host that was restarted is found soon, a dead one is given up after 35 s of waiting."""
FIRST_GAP_S = 0.25
"""Between the starts of a host that has pushed back for the first time; doubled each further time."""
MAX_GAP_S = 30.0
RECOVERY_ANSWERS = 10
"""Answers in a row that win back one slot and one step of the gap."""


class Signal(Struct, frozen=True):
    """What the end of a try says of its host."""

    kind: Literal["answered", "failed", "dead", "pushed-back", "nothing"]
    """It answered; it could not be reached or fell silent; so often that nothing but probes makes sense any more; it
    sent 429 or 503; it was not asked."""
    pause_s: float = 0.0
    """How long a host that pushed back wants to be left alone."""


ANSWERED, FAILED, DEAD, NOTHING = Signal("answered"), Signal("failed"), Signal("dead"), Signal("nothing")


class Pace:
    """One host's limits as they are now.

    A host that pushes back is paused, has its slots halved and its starts spaced, and wins them back one by one
    (additive increase, multiplicative decrease, as TCP's congestion control, RFC 5681). After BREAKER_FAILURES in a
    row it is left alone but for a probe after each of BREAKER_WAITS_S, and when all of them failed it is down.
    """

    __slots__ = (
        "_answers", "_base_gap_s", "_base_slots", "_is_open", "_jitter", "_pause_cap_s", "_probes", "_streak", "gap_s",
        "has_crawl_delay", "has_own_slots", "is_deferred", "is_down", "is_paused", "is_skipped",
        "is_starting", "not_before", "paused_until", "request_s", "slots",
    )  # fmt: skip

    def __init__(
        self, *, slots: int, gap_s: float, pause_cap_s: float = float("inf"), jitter: Callable[[], float] = random
    ) -> None:
        self.slots = self._base_slots = slots
        self.gap_s = self._base_gap_s = gap_s
        self.not_before = 0.0
        """When the next start may be, by the gap."""
        self.paused_until = 0.0
        self.is_down = False
        """The breaker has given up."""
        self.is_deferred = False
        """The host asked for a longer pause than a run waits for."""
        self.is_starting = False
        """The request that was started last is not sent yet, and the host sees the gap from then on: none may start."""
        self.has_crawl_delay = False
        self.has_own_slots = False
        """What is set for all hosts is not for this one."""
        self.is_paused = False
        """Somebody asked to leave it alone for a while."""
        self.is_skipped = False
        """Somebody asked not to ask it any more."""
        self.request_s = 0.0
        """How long a request takes, smoothed; 0 when none has ended."""
        self._jitter = jitter
        self._pause_cap_s = pause_cap_s
        self._answers = 0
        self._streak = 0
        self._probes = 0
        self._is_open = False

    def ready_at(self) -> float:
        """Return when the next request may start."""
        return 0.0 if self.is_given_up else max(self.not_before, self.paused_until)

    @property
    def is_given_up(self) -> bool:
        """Whether its jobs are not sent any more: they start without waiting, to be ended."""
        return self.is_down or self.is_deferred or self.is_skipped

    def has_slot(self, in_flight: int) -> bool:
        """Return whether one more may be in flight."""
        if self.is_paused or self.is_starting:
            return self.is_given_up
        return self.is_given_up or in_flight < (1 if self._is_open else self.slots)

    def is_plain(self, now: float) -> bool:
        """Return whether there is nothing to remember of the host."""
        is_as_built = self.slots == self._base_slots and self.gap_s == self._base_gap_s and not self.has_crawl_delay
        return (
            is_as_built
            and not self.is_steered
            and not self._is_open
            and not self.is_deferred
            and self.ready_at() <= now
        )

    @property
    def limit(self) -> Literal["per-host", "delay", "crawl-delay", "backing-off", "down", "paused"]:
        """What keeps it from being asked more."""
        if self.is_paused:
            return "paused"
        if self._is_open:
            return "down"
        if self.has_crawl_delay:
            return "crawl-delay"
        if self.paused_until > self.not_before or self.slots < self._base_slots or self.gap_s > self._base_gap_s:
            return "backing-off"
        return "delay" if self.gap_s else "per-host"

    @property
    def is_steered(self) -> bool:
        """Whether somebody has asked for something of it that is to be remembered."""
        return self.is_paused or self.is_skipped

    def set_slots(self, slots: int) -> None:
        """Ask so many at a time at most from now on, unless it has a limit of its own; who backs off stays lower."""
        if self.has_own_slots or self.has_crawl_delay:
            return
        self.slots = slots if self.slots == self._base_slots else min(self.slots, slots)
        self._base_slots = slots

    def took(self, seconds: float) -> None:
        """Take note of how long a request took."""
        self.request_s = seconds if not self.request_s else 0.8 * self.request_s + 0.2 * seconds

    def obey(self, crawl_delay_s: float, now: float) -> None:
        """Ask one at a time, at least `crawl_delay_s` apart, from now on: the first after the robots.txt too."""
        self.has_crawl_delay = True
        self.slots = self._base_slots = 1
        self._base_gap_s = max(self._base_gap_s, crawl_delay_s)
        self.gap_s = max(self.gap_s, self._base_gap_s)
        self.not_before = max(self.not_before, now + crawl_delay_s)

    def start(self, now: float) -> None:
        """Take note that a request starts; the gap to the next has jitter, never downwards."""
        self.is_starting = False
        if self.gap_s:
            self.not_before = now + self.gap_s * (1 + self._jitter() / 4)

    def end(self, now: float, signal: Signal) -> None:
        """Learn from the end of a request."""
        if signal.kind == "answered":
            self._answered()
        elif signal.kind == "pushed-back":
            self._pushed_back(now, signal.pause_s)
        elif signal.kind == "failed":
            self._failed(now)
        elif signal.kind == "dead":
            self._streak = max(self._streak, BREAKER_FAILURES - 1)
            self._failed(now)

    def _answered(self) -> None:
        self._streak = self._probes = 0
        self._is_open = False
        if self.slots == self._base_slots and self.gap_s == self._base_gap_s:
            return
        self._answers += 1
        if self._answers >= RECOVERY_ANSWERS:
            self._answers = 0
            self.slots = min(self._base_slots, self.slots + 1)
            self.gap_s = max(self._base_gap_s, self.gap_s - FIRST_GAP_S)

    def _pushed_back(self, now: float, pause_s: float) -> None:
        self._streak = self._probes = 0
        self._is_open = False
        self._answers = 0
        if now >= self.paused_until:  # else it answers what was sent before the last time
            self.slots = max(1, self.slots // 2)
            self.gap_s = min(max(self.gap_s * 2, FIRST_GAP_S), MAX_GAP_S)
        self.paused_until = max(self.paused_until, now + pause_s)
        self.is_deferred = self.is_deferred or pause_s > self._pause_cap_s

    def _failed(self, now: float) -> None:
        self._answers = 0
        self._streak += 1
        if self._is_open:
            if now < self.paused_until:
                return  # it was sent before the breaker opened
            self._probes += 1
            if self._probes == len(BREAKER_WAITS_S):
                self.is_down = True
                return
        elif self._streak < BREAKER_FAILURES:
            return
        self._is_open = True
        self.paused_until = now + BREAKER_WAITS_S[self._probes]
