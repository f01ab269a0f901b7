"""When a run would be finished, and what would shorten it.

Not before either of two bounds: the longest host queue at its own pace, and all requests by `concurrency`. A host that
pushes back or fails, and what is tried again, come on top.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Literal

from msgspec import Struct, structs

from scraper.config import Config
from scraper.config.values import option
from scraper.plan.verdicts import Verdicts, host_of, obeyed_s
from scraper.stats import count, duration

REQUEST_S = 0.5
"""Seconds that a request is assumed to take when the user does not say."""

_MEAN_JITTER = 1.125
"""Gaps are lengthened by up to a quarter at random."""
_WORTHWHILE = 0.95
"""What leaves more than this part of the time shortens nothing."""


class HostPlan(Struct, frozen=True, kw_only=True):
    """One host's queue."""

    host: str
    urls: int
    """To fetch, by the list."""
    refused: int
    """Of these, by robots.txt: denied, or it cannot be read. They take no time."""
    at_a_time: int
    gap_s: float
    """Least seconds between two starts; 0: none."""
    limit: Literal["per-host", "delay", "crawl-delay"]
    """What makes the pace."""
    time_s: float
    """How long the queue takes."""


class Forecast(Struct, frozen=True, kw_only=True):
    """The finish time and its reason."""

    time_s: float
    """The larger of the next two."""
    host_s: float
    """Of the longest host queue."""
    concurrency_s: float
    """Of all requests, `concurrency` at a time."""
    rule: Literal["host", "concurrency"]
    """Which of the two decides."""
    longest: HostPlan | None
    """The host with the longest queue; None when there is none."""
    requests: int
    """Pages, and a robots.txt for each origin unless the run does without."""
    concurrency: int
    request_s: float
    """What one request is assumed to take."""
    advice: str
    """One sentence: the reason, and what would shorten it."""


class _Queue(Struct, gc=False):
    """What is asked of one host."""

    urls: int = 0
    refused: int = 0
    errands: int = 0
    """robots.txt, one an origin."""
    crawl_delay_s: float = 0.0


class Queues:
    """The queues of all hosts, whose times depend on the settings."""

    def __init__(
        self, origins: Mapping[str, int], verdicts: Verdicts, *, has_errands: bool, request_s: float = REQUEST_S
    ) -> None:
        self.request_s = request_s
        self._queues: dict[str, _Queue] = {}
        for origin, urls in origins.items():
            queue = self._queues.setdefault(host_of(origin), _Queue())
            queue.urls += urls
            queue.refused += verdicts.refused(origin, urls)
            queue.errands += has_errands
            queue.crawl_delay_s = max(queue.crawl_delay_s, obeyed_s(verdicts.answers.get(origin)))

    def __len__(self) -> int:
        return len(self._queues)

    @property
    def urls(self) -> int:
        """To fetch, by the list."""
        return sum(queue.urls for queue in self._queues.values())

    @property
    def pages(self) -> int:
        """URLs that would be asked for."""
        return sum(queue.urls - queue.refused for queue in self._queues.values())

    @property
    def requests(self) -> int:
        """Those for pages, and those for robots.txt."""
        return self.pages + sum(queue.errands for queue in self._queues.values())

    def plans(self, config: Config) -> Iterator[HostPlan]:
        """Yield what the settings make of each queue."""
        return (self._plan(host, queue, config) for host, queue in self._queues.items())

    def bounds(self, config: Config) -> tuple[float, float]:
        """Return the time of the longest queue and that of all requests by `concurrency`, in seconds."""
        host_s = max((plan.time_s for plan in self.plans(config)), default=0.0)
        return host_s, math.ceil(self.requests / config.concurrency) * self.request_s

    def _plan(self, host: str, queue: _Queue, config: Config) -> HostPlan:
        slots, delay_s = config.limits_of(host)
        slots = 1 if queue.crawl_delay_s else min(slots, config.concurrency)
        gap_s = max(delay_s, queue.crawl_delay_s)
        pages = queue.urls - queue.refused
        rounds = math.ceil(pages / slots) + (queue.errands > 0)
        by_slots_s = rounds * self.request_s
        # A Crawl-delay counts from when the robots.txt that says so has been read.
        first_s = 0.0
        if queue.errands:
            first_s = max(queue.errands * delay_s * _MEAN_JITTER, self.request_s + queue.crawl_delay_s)
        by_gap_s = first_s + (self.request_s + (pages - 1) * gap_s * _MEAN_JITTER if pages else 0.0)
        limit: Literal["per-host", "delay", "crawl-delay"] = "delay" if by_gap_s > by_slots_s else "per-host"
        if queue.crawl_delay_s and not (limit == "delay" and delay_s > queue.crawl_delay_s):
            limit = "crawl-delay"
        return HostPlan(
            host=host,
            urls=queue.urls,
            refused=queue.refused,
            at_a_time=slots,
            gap_s=gap_s,
            limit=limit,
            time_s=max(by_slots_s, by_gap_s),
        )


def forecast(queues: Queues, config: Config) -> Forecast:
    """Return when a run with `config` would be finished."""
    longest = max(queues.plans(config), key=lambda plan: plan.time_s, default=None)
    host_s, concurrency_s = queues.bounds(config)
    rule: Literal["host", "concurrency"] = "concurrency"
    # A queue as wide as the run is held by the run's concurrency, whatever the rounding says.
    if longest and host_s > concurrency_s and (longest.at_a_time < config.concurrency or longest.limit != "per-host"):
        rule = "host"
    return Forecast(
        time_s=max(host_s, concurrency_s),
        host_s=host_s,
        concurrency_s=concurrency_s,
        rule=rule,
        longest=longest,
        requests=queues.requests,
        concurrency=config.concurrency,
        request_s=queues.request_s,
        advice=_advice(queues, config, longest, rule) if longest and queues.pages else "There is nothing to fetch.",
    )


def _advice(queues: Queues, config: Config, longest: HostPlan, rule: str) -> str:
    """Return the reason for the finish time, and the first change that makes it shorter."""
    now_s = max(queues.bounds(config))
    remedies = [_more_workers(config), _faster_host(longest, config)]
    what, useless = f"{count(queues.requests, 'request')}, {config.concurrency} at a time, take", "more --per-host"
    if rule == "host":
        what, useless = _queue(longest, queues.urls), _USELESS[longest.limit]
        remedies.reverse()
    first, second = remedies
    reason = f"{what} about {duration(now_s)}"
    if first is None:
        return f"{reason}; its robots.txt asks for that, and no option shortens it."
    then_s = max(queues.bounds(first.apply(config)))
    if then_s <= _WORTHWHILE * now_s:
        return f"{reason}; {useless} will not help, {first.text} would make it about {duration(then_s)}."
    then_s = max(queues.bounds(second.apply(first.apply(config)))) if second else now_s
    if second and then_s <= _WORTHWHILE * now_s:
        return f"{reason}; {first.text} and {second.text} together would make it about {duration(then_s)}."
    return f"{reason}; no option would shorten it much."


_USELESS = {
    "per-host": "more --concurrency",
    "delay": "more --concurrency or --per-host",
    "crawl-delay": "more --concurrency or --per-host",
}


class _Remedy(Struct, frozen=True):
    text: str
    apply: Callable[[Config], Config]


def _more_workers(config: Config) -> _Remedy:
    number = 2 * config.concurrency
    return _Remedy(f"--concurrency {number}", lambda old: structs.replace(old, concurrency=number))


def _faster_host(plan: HostPlan, config: Config) -> _Remedy | None:
    """Return what doubles the pace of a host, where its limit was set; None when robots.txt set it."""
    if plan.limit == "crawl-delay":
        return None
    name, value = ("delay", plan.gap_s / 2) if plan.limit == "delay" else ("per_host", 2 * plan.at_a_time)
    key = plan.host if plan.host in config.hosts else plan.host.rpartition(":")[0]
    own = config.hosts.get(key)
    if own is None or getattr(own, name) is None:
        return _Remedy(f"{option(name)} {value:g}", lambda old: structs.replace(old, **{name: value}))
    hosts = {**config.hosts, key: structs.replace(own, **{name: value})}
    return _Remedy(f'{name} = {value:g} of [hosts."{key}"]', lambda old: structs.replace(old, hosts=hosts))


def _queue(plan: HostPlan, urls: int) -> str:
    whole = f"{plan.urls:,} of {count(urls, 'URL')}"
    if plan.urls == urls:
        whole = f"all {urls:,} URLs" if urls > 1 else "the only URL"
    paces = {
        "per-host": f"at {plan.at_a_time} at a time",
        "delay": f"{duration(plan.gap_s)} apart",
        "crawl-delay": f"with its Crawl-delay of {duration(plan.gap_s)}",
    }
    return f"{plan.host} holds {whole}: {paces[plan.limit]}"
