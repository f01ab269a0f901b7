"""`scrape plan`: what a run would do and when it would be finished, on standard output."""

import asyncio
import re
import sys
import textwrap
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

import msgspec

from scraper import api
from scraper.config import Config
from scraper.errors import UsageError
from scraper.loops import new_event_loop
from scraper.plan import REQUEST_S, Forecast, InvalidLine, OriginPlan, Plan, RobotsPlan, make_plan
from scraper.progress import Progress, Tell
from scraper.resume import finished_in
from scraper.stats import LABEL_WIDTH, TEXT_WIDTH, count, duration
from scraper.urls import FingerprintSet

_ORIGINS_SHOWN = 10


def run(
    sources: Sequence[str], config: Config, *, asks_robots: bool, request_s: float | None = None, is_json: bool = False
) -> None:
    """Print the plan of what `scrape` would do with `sources`. Raises RunError as that does."""
    request_s = REQUEST_S if request_s is None else request_s
    if not 0 < request_s < float("inf"):
        raise UsageError(f"--request-time is {request_s}; it must be more than 0 seconds")
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        plan = runner.run(_plan(sources, config, asks_robots=asks_robots, request_s=request_s))
    sys.stdout.write(msgspec.json.encode(plan).decode() + "\n" if is_json else text(plan))


async def _plan(sources: Sequence[str], config: Config, *, asks_robots: bool, request_s: float) -> Plan:
    rows = api.rows_of_sources(sources, config)
    for spec in sources if asks_robots else ():
        if _is_stream(spec):
            raise UsageError(f"--robots reads the sources twice, and {spec} can be read only once; save it to a file")
    output = config.output or "-"
    finished = FingerprintSet()
    if not config.fresh:
        now = datetime.now().astimezone()
        finished = finished_in(output, retry_failed=config.retry_failed, now=now, sources=sources)
    plan_of = partial(make_plan, rows, config, finished=finished, output=output, request_s=request_s)
    if asks_robots:
        async with api.robots(config) as robots:
            plan = await plan_of(robots=robots, watch=partial(_watch, config))
    else:
        plan = await plan_of()
    if plan.lines == plan.blank:
        raise UsageError(f"{', '.join(sources)} holds no URL; write one on each line")
    return plan


async def _watch(config: Config, origins: int, answered: Callable[[], int]) -> None:
    """Show how many have been asked for their robots.txt."""

    def look() -> Tell:
        line = f"robots.txt: {answered():,} of {count(origins, 'origin')} asked"
        return lambda width: line[:width]

    await Progress(clock=time.monotonic, now=datetime.now, is_quiet=config.quiet).show(look)


def _is_stream(spec: str) -> bool:
    return spec == "-" or (Path(spec).exists() and not Path(spec).is_file())


def text(plan: Plan) -> str:
    """Return what is printed of `plan`."""
    blocks = [[_equation(plan)], _row("invalid", _invalid(plan)), _row("output", [_output(plan)])]
    if plan.to_fetch:
        blocks += [
            _row("hosts", _hosts(plan)),
            _row("robots.txt", _robots(plan.robots)),
            _row("finish", _finish(plan.forecast)),
        ]
    blocks.append(_row("", _wrapped(plan.forecast.advice)))
    return "".join(f"{line}\n" for block in blocks for line in block)


def _wrapped(sentence: str) -> Iterator[str]:
    """Yield the lines of `sentence`, an option never apart from its value."""
    unbroken = re.sub(r"(--[a-z-]+) (?=\d)", "\\1\N{NO-BREAK SPACE}", sentence)
    for line in textwrap.wrap(unbroken, TEXT_WIDTH - LABEL_WIDTH, break_long_words=False, break_on_hyphens=False):
        yield line.replace("\N{NO-BREAK SPACE}", " ")


def _row(label: str, lines: Sequence[str] | Iterator[str]) -> list[str]:
    """Lay out `lines` beside a label."""
    return [f"{'' if place else label:<{LABEL_WIDTH}}{line}" for place, line in enumerate(lines)]


def _equation(plan: Plan) -> str:
    optional = (
        (plan.invalid, f"{plan.invalid:,} invalid"),
        (plan.duplicates, count(plan.duplicates, "duplicate")),
        (plan.blank, f"{plan.blank:,} blank"),
        (plan.already_done, f"{plan.already_done:,} already done"),
    )
    terms = [f"{plan.to_fetch:,} to fetch", *(term for number, term in optional if number)]
    return f"{count(plan.lines, 'line')} = {' + '.join(terms)}"


def _invalid(plan: Plan) -> Iterator[str]:
    for one in plan.first_invalid:
        yield _place(one)
    if (rest := plan.invalid - len(plan.first_invalid)) > 0:
        yield f"and {rest:,} more"


def _place(one: InvalidLine) -> str:
    return f"line {one.line} of {one.source}: {one.reason}" if one.source else f"line {one.line}: {one.reason}"


def _output(plan: Plan) -> str:
    name = "standard output" if plan.output == "-" else plan.output
    return f"{name} ({plan.already_done:,} of these lines are done in it)" if plan.already_done else name


def _hosts(plan: Plan) -> Iterator[str]:
    yield f"{plan.hosts:,}"
    largest = plan.largest_hosts
    width = max((len(f"{host.urls:,}") for host in largest), default=0)
    for host in largest:
        yield f"{host.urls:>{width},}  {host.host}"
    if plan.hosts > len(largest):
        others = plan.hosts - len(largest)
        urls = plan.to_fetch - sum(host.urls for host in largest)
        yield f"{urls:>{width},}  on {count(others, 'other host')}"


def _robots(robots: RobotsPlan | None) -> Iterator[str]:
    if robots is None:
        yield "nobody was asked; --robots asks each origin once, for what it denies and its Crawl-delay"
        return
    yield (
        f"of {count(robots.origins, 'origin')}: {robots.allowed:,} allowed + {robots.denied:,} denied + "
        f"{robots.unreachable:,} unreachable URLs"
    )
    if robots.unreachable:
        yield "(a run asks the unreachable again; the finish time is that of what is allowed now)"
    for one in robots.restricted[:_ORIGINS_SHOWN]:
        yield f"{one.origin}: {_verdict(one)}"
    if rest := len(robots.restricted[_ORIGINS_SHOWN:]):
        yield f"and {count(rest, 'more origin')}"


def _verdict(one: OriginPlan) -> str:
    if one.unreachable:
        return f"{one.unreachable}, {count(one.urls, 'URL')}"
    denied = [f"{one.denied:,} of {count(one.urls, 'URL')} denied"] if one.denied else []
    delay = [f"Crawl-delay {duration(one.crawl_delay_s)}"] if one.crawl_delay_s else []
    return ", ".join(denied + delay)


def _finish(forecast: Forecast) -> Iterator[str]:
    yield (
        f"about {duration(forecast.time_s)}, if a request takes {forecast.request_s:g} s (--request-time) "
        "and nothing fails: the longer of"
    )
    times = [duration(forecast.host_s), duration(forecast.concurrency_s)]
    width = max(map(len, times))
    longest = f"the longest host queue, {forecast.longest.host}" if forecast.longest else "the longest host queue"
    whats = [longest, f"{count(forecast.requests, 'request')}, {forecast.concurrency} at a time"]
    for taken, what in zip(times, whats, strict=True):
        yield f"{taken:>{width}}  {what}"
