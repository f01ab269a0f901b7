"""Where each worker is with its job: noted as it goes, worked out only for who asks."""

from collections import Counter
from collections.abc import Iterator
from contextvars import ContextVar
from heapq import nsmallest
from typing import Literal, Protocol, get_args

from msgspec import Struct

from scraper.models import Job

Phase = Literal["dns", "connect", "first_byte", "body", "parse", "text", "write"]
PHASES: tuple[Phase, ...] = get_args(Phase)
BUSY_NAMED = 50
"""Busy workers that are told one by one, those longest at their job first."""


class UnderWay(Protocol):
    """An attempt at a URL that goes on."""

    received: int
    """Bytes of the body so far."""

    @property
    def phase(self) -> Phase:
        """What it waits for."""
        ...

    def give_up(self, silent_s: float) -> None:
        """End it, as one to which nothing has come for so many seconds."""
        ...


class Busy(Struct, frozen=True, array_like=True):
    """One worker at its job."""

    worker: int
    """From 1."""
    url: str
    """A password in it is `***`."""
    phase: Phase
    for_s: float
    """How long it has had the job."""


class Seat:
    """One worker's place: its job, since when, and what it does with it."""

    __slots__ = ("attempt", "job", "number", "since", "stage")

    def __init__(self, number: int) -> None:
        self.number = number
        """From 0."""
        self.job: Job | None = None
        self.since = 0.0
        self.stage: Literal["parse", "text", "write"] | None = None
        """What comes after the attempt."""
        self.attempt: UnderWay | None = None

    def take(self, job: Job, now: float) -> None:
        """Take note that the worker has a job."""
        self.job, self.since, self.stage, self.attempt = job, now, None, None

    def leave(self) -> None:
        """Take note that it has none."""
        self.job = self.attempt = None

    @property
    def phase(self) -> Phase:
        """What a busy worker does."""
        if self.stage is not None:
            return self.stage
        return "connect" if self.attempt is None else self.attempt.phase

    @property
    def mark(self) -> tuple[object, ...]:
        """Something that is another once anything has come of the job."""
        received = 0 if self.attempt is None else self.attempt.received
        return (self.since, id(self.attempt), self.phase, received)


class Seats:
    """The workers' places."""

    def __init__(self) -> None:
        self._seats: dict[int, Seat] = {}

    def add(self, number: int) -> Seat:
        """Return the place of a worker that begins; the attempts of the task that calls find it (`CURRENT`)."""
        seat = self._seats[number] = Seat(number)
        CURRENT.set(seat)
        return seat

    def remove(self, number: int) -> None:
        """Take note that a worker has ended."""
        self._seats.pop(number, None)

    def busy(self) -> Iterator[Seat]:
        """Yield the places of those that have a job."""
        return (seat for seat in self._seats.values() if seat.job is not None)

    def in_flight(self) -> dict[str, int]:
        """Return how many workers are in each phase."""
        counts = Counter(seat.phase for seat in self.busy())
        return {phase: counts[phase] for phase in PHASES}

    def longest(self) -> list[Seat]:
        """Return the places of those that have had their job longest, BUSY_NAMED at most."""
        return nsmallest(BUSY_NAMED, self.busy(), key=lambda seat: seat.since)


CURRENT: ContextVar[Seat | None] = ContextVar("seat", default=None)
"""That of the worker whose task this is."""
