"""What the robots.txt of a list's origins say to its URLs; each origin is asked once."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from msgspec import Struct

from scraper.config import Config
from scraper.config.constants import CRAWL_DELAY_CAP_S
from scraper.errors import UrlError
from scraper.robots import Robots, Rules
from scraper.urls import Address

Answers = Mapping[str, Rules | UrlError]
"""By origin."""


class OriginPlan(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An origin whose robots.txt refuses or slows down something, or cannot be read."""

    origin: str
    urls: int
    denied: int = 0
    """Of its URLs; all of them when the Crawl-delay is longer than a run waits."""
    crawl_delay_s: float | None = None
    unreachable: str | None = None
    """Why it cannot be read: what the records of its URLs would say."""


class RobotsPlan(Struct, frozen=True, kw_only=True):
    """What all of them say. Counts are of URLs: allowed, denied and unreachable together are those to fetch."""

    origins: int
    allowed: int
    denied: int
    unreachable: int
    restricted: tuple[OriginPlan, ...]
    """The origins that are not simply allowed, those with the most URLs refused first."""


Watch = Callable[[Callable[[], int]], Coroutine[Any, Any, None]]
"""Runs until it is cancelled; gets what returns how many origins have answered so far."""


async def ask(robots: Robots, origins: Iterable[str], config: Config, watch: Watch | None = None) -> Answers:
    """Ask each of `origins` once for its robots.txt: `concurrency` hosts at a time, one host's origins in turn.

    `watch` runs beside it until the end.
    """
    answers: dict[str, Rules | UrlError] = {}
    hosts = iter([list(group) for _, group in groupby(sorted(origins, key=host_of), key=host_of)])

    async def work() -> None:
        for own in hosts:  # each is taken by one worker
            gap_s = 0.0
            for origin in own:  # http and https of one host
                await asyncio.sleep(gap_s)
                try:
                    answers[origin] = await robots.fetch(origin)
                except UrlError as error:
                    answers[origin] = error
                gap_s = max(config.limits_of(host_of(origin))[1], obeyed_s(answers[origin]))

    async with asyncio.TaskGroup() as group:
        watcher = group.create_task(watch(lambda: len(answers))) if watch else None
        async with asyncio.TaskGroup() as crew:
            for _ in range(config.concurrency):
                crew.create_task(work())
        if watcher is not None:
            watcher.cancel()
    return answers


@dataclass
class Verdicts:
    """What is known of the origins, and how many of their URLs it denies."""

    answers: Answers = field(default_factory=dict)
    """Empty when nobody was asked."""
    denied: Counter[str] = field(default_factory=Counter)
    """URLs by origin."""

    def judge(self, address: Address) -> None:
        """Count `address` if a run would not be let in (`Door`)."""
        rules = self.answers.get(address.origin)
        if isinstance(rules, Rules) and (_is_too_slow(rules) or not rules.allows(address.href)):
            self.denied[address.origin] += 1

    def refused(self, origin: str, urls: int) -> int:
        """Return how many of the `urls` of `origin` would not be fetched."""
        return urls if isinstance(self.answers.get(origin), UrlError) else self.denied[origin]

    def plan(self, origins: Mapping[str, int]) -> RobotsPlan:
        """Return what is told of `origins` (with their URLs), which were all asked."""
        told = [self._origin(origin, urls) for origin, urls in origins.items()]
        restricted = [one for one in told if one.denied or one.crawl_delay_s or one.unreachable]
        restricted.sort(key=lambda one: (-self.refused(one.origin, one.urls), -one.urls, one.origin))
        denied, unreachable = self.denied.total(), sum(one.urls for one in told if one.unreachable)
        return RobotsPlan(
            origins=len(told),
            allowed=sum(origins.values()) - denied - unreachable,
            denied=denied,
            unreachable=unreachable,
            restricted=tuple(restricted),
        )

    def _origin(self, origin: str, urls: int) -> OriginPlan:
        answer = self.answers[origin]
        if isinstance(answer, UrlError):
            return OriginPlan(origin=origin, urls=urls, unreachable=f"{answer.kind} ({answer.message})")
        return OriginPlan(origin=origin, urls=urls, denied=self.denied[origin], crawl_delay_s=answer.crawl_delay_s)


def host_of(origin: str) -> str:
    """Return what politeness counts by."""
    return origin.partition("://")[2]


def obeyed_s(answer: Rules | UrlError | None) -> float:
    """Return the Crawl-delay that a run obeys; 0: none, or one that makes it stay away."""
    if not isinstance(answer, Rules) or _is_too_slow(answer):
        return 0.0
    return answer.crawl_delay_s or 0.0


def _is_too_slow(rules: Rules) -> bool:
    return (rules.crawl_delay_s or 0.0) > CRAWL_DELAY_CAP_S
