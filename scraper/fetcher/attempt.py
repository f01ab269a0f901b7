"""How far one attempt at a URL has come: for its page's timings, its error's record, or who asks meanwhile."""

from time import perf_counter

from scraper.errors import UrlError
from scraper.models import Page, Redirect, Request, Timings
from scraper.seats import CURRENT, Phase
from scraper.transport.deadline import Deadline
from scraper.transport.phases import Phases
from scraper.urls import Address, masked, split_userinfo


class Attempt:
    """Hops, phases and the last answer of one attempt."""

    def __init__(self, request: Request) -> None:
        trail = request.trail
        self.request = request
        self.listed_url = masked(trail.listed.href if trail else request.url)
        self.href, _ = split_userinfo(request.url)
        self.status: int | None = None
        self.redirects: list[Redirect] = list(trail.redirects) if trail else []
        self.retry_after: str | None = None
        self.is_in_body = False
        self.received = 0
        """Bytes of the body so far, on the wire."""
        self.deadline: Deadline | None = None
        """Ends it."""
        self.silent_s: float | None = None
        """It was given up because nothing had come for so long."""
        self.phases = Phases(request.on_sent)
        self._earlier = trail.timings if trail else Timings()
        self._first_byte: float | None = None
        self._mark = perf_counter()
        if (seat := CURRENT.get()) is not None:
            seat.attempt = self

    @property
    def phase(self) -> Phase:
        """What it waits for."""
        if self.is_in_body or self.status is not None:
            return "body"
        phases = self.phases
        if phases.is_connected:
            return "first_byte"
        return "dns" if phases.dns_began is not None and phases.dns is None else "connect"

    def give_up(self, silent_s: float) -> None:
        """End it, as one to which nothing has come for so many seconds."""
        if self.deadline is not None and not self.deadline.is_over:
            self.silent_s = silent_s
            self.deadline.end()

    def begin(self, href: str) -> None:
        """Start the next hop."""
        self._earlier = self._timings(body=None)
        self.href = href
        self.status = None
        self.phases = Phases(self.request.on_sent)
        self._first_byte = None
        self._mark = perf_counter()

    def answered(self, status: int) -> None:
        """End a hop's wait for the response head."""
        now = perf_counter()
        self.status = status
        self._first_byte = (now - self._mark) * 1000 - (self.phases.dns or 0.0) - (self.phases.connect or 0.0)
        self._mark = now

    def elsewhere(self, address: Address, *, may_lead_inside: bool) -> Page:
        """Return the Page that stands for a redirect to `address` that is not followed."""
        return Page(
            url=self.listed_url,
            final_url=self.href,
            status=self.status or 0,
            redirects=tuple(self.redirects),
            location=address.href,
            may_lead_inside=may_lead_inside,
            timings=self._timings(body=None),
        )

    def timings(self) -> Timings:
        """Return the phases of an attempt that has just ended: with its body, or before the response head came."""
        past_ms = (perf_counter() - self._mark) * 1000
        if self._first_byte is not None:
            return self._timings(body=past_ms)
        phases = self.phases
        if phases.dns is None and phases.dns_began is not None:
            phases.dns = (perf_counter() - phases.dns_began) * 1000
        past_ms -= phases.dns or 0.0
        if phases.is_connected:
            self._first_byte = past_ms - (phases.connect or 0.0)
        else:
            phases.connect = past_ms
        return self._timings(body=None)

    def _timings(self, body: float | None) -> Timings:
        earlier = self._earlier
        return Timings(
            dns=_sum(earlier.dns, self.phases.dns),
            connect=_sum(earlier.connect, self.phases.connect),
            first_byte=_sum(earlier.first_byte, self._first_byte),
            body=None if body is None else round(body, 2),
        )

    def described(self, error: UrlError) -> UrlError:
        """Return `error` with how far the attempt came."""
        error.timings = self.timings()
        error.status = self.status
        error.final_url = self.href
        error.redirects = tuple(self.redirects)
        error.retry_after = self.retry_after
        return error


def _sum(earlier: float | None, now: float | None) -> float | None:
    return earlier if now is None else round((earlier or 0.0) + now, 2)
