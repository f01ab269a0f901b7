"""The parts of a run, each made from its settings: the only place that knows which part needs which."""

import asyncio
import logging
import math
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any

import httpx
from msgspec import structs

from scraper.config import Config
from scraper.config import constants as defaults
from scraper.config.values import split_header
from scraper.engine import Engine, Results
from scraper.engine.backlog import Backlog
from scraper.engine.door import Door
from scraper.engine.retry import RetryPolicy
from scraper.engine.worker import Worker
from scraper.extract import extractor_in, judge_page, make_extract
from scraper.fetcher import Fetcher
from scraper.frontier import Frontier, FrontierCore, Names, Pace
from scraper.models import Extract, Keep
from scraper.recrawl import ReadEarlier, Recrawl
from scraper.robots import Robots, RobotsMemory
from scraper.transport import PooledTransport
from scraper.transport.adapter import HttpxAdapter
from scraper.transport.addresses import Guard
from scraper.transport.descriptors import enough_for
from scraper.transport.dns import CachingResolver
from scraper.transport.seam import Transport

_log = logging.getLogger(__name__)

Around = Callable[[Extract], Extract]


def within_limits(config: Config) -> Config:
    """Return `config` with no more workers than there are descriptors for: a URL must not fail for want of one.

    Of a run in several processes each looks to its own.
    """
    if process_count(config) > 1:
        return config
    workers = enough_for(config.concurrency)
    if workers == config.concurrency:
        return config
    _log.warning(
        "%d workers instead of %d: this process may not open more files; raise the limit (ulimit -n) for more",
        workers,
        config.concurrency,
    )
    return structs.replace(config, concurrency=workers)


@asynccontextmanager
async def make_worker(
    config: Config,
    transport: httpx.AsyncBaseTransport | None = None,
    around: Around | None = None,
    keep: Keep | None = None,
    earlier: ReadEarlier | None = None,
) -> AsyncIterator[tuple[Worker, Names | None]]:
    """Make what turns jobs into records, and what looks up the names of their hosts. `around` wraps the Extract.

    `earlier` reads the records of the output that the run compares with.

    Raises UsageError here, before the output is touched, for a bad setting.
    """
    extract = make_extract(config)
    async with AsyncExitStack() as stack:
        own = None
        if transport is None:
            own = _transport(config)
            stack.push_async_callback(own.aclose)
            wire: Transport = own
        else:  # the user's
            wire = HttpxAdapter(transport, connect_timeout_s=config.connect_timeout, read_timeout_s=config.read_timeout)
        read_text = None
        if config.text or config.markdown:
            from scraper.extras.text import text_reader  # noqa: PLC0415 - few runs want it

            read_text = await stack.enter_async_context(text_reader(is_markdown=config.markdown))
        worker = Worker(
            fetch=_fetcher(wire, config),
            extract=extract if around is None else around(extract),
            retry=_retry_policy(config),
            retry_after_cap_s=defaults.RETRY_AFTER_CAP_S,
            wall_clock=_utc_now,
            judge=judge_page,
            read_text=read_text,
            blocked_pause_s=defaults.BLOCKED_PAUSE_S,
            # A user's function is called in the loop's thread always: what it uses may belong to that.
            large_page_bytes=defaults.LARGE_PAGE_BYTES if config.parse is None else math.inf,
            keep=keep,
            recrawl=None if earlier is None else _recrawl(config, earlier),
            sockets=own,
        )
        yield worker, own.names if own else None


def _recrawl(config: Config, earlier: ReadEarlier) -> Recrawl:
    return Recrawl(
        earlier,
        extractor=extractor_in(config),
        change_on=config.change_on,
        max_age_s=config.max_age_s,
        wall_clock=_utc_now,
    )


def make_engine(config: Config, *, worker: Worker, names: Names | None, **parts: Any) -> Engine:
    """Make the Engine of one run, in the running loop. `parts` are its two ends and who looks on."""
    clock = asyncio.get_running_loop().time
    core = FrontierCore(partial(_pace, config))
    frontier = Frontier(core, window=defaults.FRONTIER_WINDOW, clock=clock, names=names)
    engine = Engine(
        frontier=frontier,
        door=Door(
            frontier=frontier,
            robots=make_robots(config, worker, clock) if config.robots else None,
            crawl_delay_cap_s=defaults.CRAWL_DELAY_CAP_S,
            decide=worker.decide,
        ),
        worker=worker,
        backlog=Backlog(most_held=defaults.BACKLOG_JOBS),
        clock=clock,
        cpu_clock=time.process_time,
        workers=config.concurrency,
        grace_s=config.grace,
        limit=config.limit,
        **parts,
    )
    if config.metrics_port is not None or config.metrics_file is not None:
        engine.stats.measure_phases()
    return engine


def _pace(config: Config, host: str) -> Pace:
    slots, gap_s = config.limits_of(host)
    pace = Pace(slots=slots, gap_s=gap_s, pause_cap_s=defaults.RETRY_AFTER_CAP_S)
    pace.has_own_slots = slots != config.per_host
    return pace


def make_robots(config: Config, worker: Worker, clock: Callable[[], float]) -> Robots:
    """Make what asks origins for their robots.txt, as `worker` fetches pages. `clock` gives seconds."""
    return Robots(
        fetch=worker.fetch,
        user_agent=config.user_agent,
        clock=clock,
        memory=RobotsMemory(
            ttl_s=defaults.ROBOTS_TTL_S,
            failure_ttl_s=defaults.ROBOTS_FAILURE_TTL_S,
            max_origins=defaults.ROBOTS_ORIGINS,
            max_bytes=defaults.ROBOTS_BYTES,
        ),
    )


def make_results(config: Config) -> Results:
    """Make the bounded queue from the workers, or from processes that send many records at once, to the writer."""
    processes = process_count(config)
    return asyncio.Queue(maxsize=defaults.RESULTS_PER_WORKER * (config.concurrency if processes == 1 else processes))


def process_count(config: Config) -> int:
    """Return how many processes share the hosts: for `auto` as many as there are cores that this one may use.

    Each has workers, so they are no more than these.
    """
    wanted = _usable_cores() if config.processes == "auto" else config.processes
    return min(wanted, config.concurrency, defaults.MOST_PROCESSES)


def _usable_cores() -> int:
    if hasattr(os, "process_cpu_count"):  # Python 3.13
        return os.process_cpu_count() or 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _transport(config: Config) -> PooledTransport:
    return PooledTransport(
        max_open=defaults.SOCKETS_PER_WORKER * config.concurrency,
        idle_timeout_s=defaults.IDLE_SOCKET_S,
        resolver=CachingResolver(
            timeout_s=defaults.DNS_TIMEOUT_S,
            ttl_s=defaults.DNS_TTL_S,
            negative_ttl_s=defaults.DNS_NEGATIVE_TTL_S,
        ),
        connect_timeout_s=config.connect_timeout,
        read_timeout_s=config.read_timeout,
        proxy=config.proxy,
        is_insecure=config.insecure,
    )


def _fetcher(transport: Transport, config: Config) -> Fetcher:
    return Fetcher(
        transport,
        user_agent=config.user_agent,
        headers=[split_header(line) for line in config.header],
        timeout_s=config.timeout,
        max_body_bytes=config.max_body_bytes,
        max_redirects=config.max_redirects,
        guard=Guard(is_for_all=config.public_only, allowed=config.allowed_networks),
    )


def _retry_policy(config: Config) -> RetryPolicy:
    return RetryPolicy(
        retries=config.retries,
        wait_s=defaults.RETRY_WAIT_S,
        wait_cap_s=defaults.RETRY_WAIT_CAP_S,
        wall_clock=_utc_now,
    )


def _utc_now() -> datetime:
    return datetime.now(UTC)
