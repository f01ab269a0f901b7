"""What stands before the frontier: robots.txt, asked for once an origin while its URLs wait behind a gate."""

from collections.abc import Callable

from msgspec import structs

from scraper.errors import BlockedAddress, RobotsDenied, UrlError
from scraper.frontier import ANSWERED, Frontier, Signal
from scraper.frontier.pace import BREAKER_FAILURES, DEAD
from scraper.models import Job, Row, Timings
from scraper.robots import Robots, Rules

Decide = Callable[[UrlError, Job], tuple[float | None, Signal]]
"""How long a failed job waits for its next try (None: no further one), and what its host learns."""


class Door:
    """Lets jobs into the frontier, or says why not.

    The first job of an origin sends an errand ahead, a job that asks for its robots.txt in its host's turn like any
    other; the origin's jobs wait behind a gate, and hold no worker, until that is known.
    """

    def __init__(self, *, frontier: Frontier, robots: Robots | None, crawl_delay_cap_s: float, decide: Decide) -> None:
        self._frontier = frontier
        self._robots = robots
        self._crawl_delay_cap_s = crawl_delay_cap_s
        self._decide = decide

    def offer(self, job: Job) -> UrlError | None:
        """Let `job` in, or return why it must not be fetched."""
        if self._robots is not None and not self._frontier.core.is_gated(job.origin):
            rules = self._robots.known(job.origin)
            if rules is None:
                self._frontier.core.gate(job.origin)
                self._frontier.push(_errand(job))
            elif denial := self._denial(rules, job):
                return denial
        self._frontier.push(job)
        return None

    async def run(self, errand: Job) -> list[tuple[Job, UrlError]]:
        """Ask for a robots.txt and open its gate; return the jobs that must not be fetched, and why."""
        if self._robots is None:
            raise TypeError("only a door with robots has errands")
        signal = ANSWERED
        try:
            rules = await self._robots.fetch(errand.origin, self._frontier.on_sent(errand), errand.trail)
        except UrlError as error:
            if isinstance(error, BlockedAddress) and errand.trail is not None:
                return self._turn_back(errand, error)
            wait_s, signal = self._decide(error, errand)
            if wait_s is None and self._is_dead(error, errand.host):
                wait_s, signal = 0.0, DEAD  # its next tries are the breaker's probes
            if wait_s is not None:
                self._frontier.retry(errand, errand.again(), wait_s, signal)
                return []
            self._robots.give_up(errand.origin, error)
        else:
            if rules.crawl_delay_s and rules.crawl_delay_s <= self._crawl_delay_cap_s:
                self._frontier.obey_crawl_delay(errand.host, rules.crawl_delay_s)
        held = self._frontier.core.open_gate(errand.origin)
        denied = [(job, denial) for job in held if (denial := self.offer(job))]
        self._frontier.done(errand, signal)  # last: a host of which nothing is left is forgotten with it
        return denied

    def give_up(self, errand: Job) -> None:
        """End an errand to a host that is asked no more; the jobs behind its gate go on, to be ended themselves."""
        self._frontier.done(errand)
        for job in self._frontier.core.open_gate(errand.origin):
            self._frontier.push(job)

    def _turn_back(self, errand: Job, error: BlockedAddress) -> list[tuple[Job, UrlError]]:
        """End a job that may not even ask for the robots.txt: where it was led to is blocked for it, not for all."""
        denied: list[tuple[Job, UrlError]] = []
        for job in self._frontier.core.open_gate(errand.origin):
            denial = error if _may_go_no_further(job, errand) else self.offer(job)
            if denial is not None:
                denied.append((job, denial))
        self._frontier.done(errand)
        return denied

    def _denial(self, rules: Rules | UrlError, job: Job) -> UrlError | None:
        if isinstance(rules, UrlError):
            return rules
        if rules.crawl_delay_s and rules.crawl_delay_s > self._crawl_delay_cap_s:
            asked, cap = f"{rules.crawl_delay_s:g}", f"{self._crawl_delay_cap_s:g}"
            return RobotsDenied(f"robots.txt asks for {asked} s between requests; {cap} s at most are waited")
        return None if rules.allows(job.href) else RobotsDenied("robots.txt disallows it")

    def _is_dead(self, error: UrlError, host: str) -> bool:
        """Tell whether its breaker should judge a host that was asked in vain: enough of its jobs wait to matter."""
        cause = error.__cause__
        is_host_failure = isinstance(cause, UrlError) and cause.is_host_failure
        return is_host_failure and self._frontier.core.waiting_of(host) >= BREAKER_FAILURES


def _errand(job: Job) -> Job:
    """Return the job that asks for the robots.txt of `job`'s origin (RFC 9309, section 2.3)."""
    url = f"{job.origin}/robots.txt"
    row = Row(url=url, line=job.row.line, source=job.row.source)
    trail = job.trail and structs.replace(job.trail, redirects=(), timings=Timings(), elapsed_s=0.0)
    return structs.replace(job, row=row, href=url, attempt=1, is_robots=True, trail=trail)


def _may_go_no_further(job: Job, errand: Job) -> bool:
    """Return whether redirects led to `job`, and it may go nowhere where `errand` may not."""
    if job.trail is None or errand.trail is None:
        return False
    return errand.trail.may_lead_inside or not job.trail.may_lead_inside
