"""What a run would do and how long it would take, told before any page is fetched.

============  ==================================================================
`survey`      counts the lines of the sources as a run counts them
`verdicts`    what robots.txt say to the URLs, when they are asked
`forecast`    when a run would be finished, and what would shorten it
============  ==================================================================
"""

from collections.abc import Callable, Coroutine
from functools import partial
from heapq import nlargest
from typing import Any

from msgspec import Struct

from scraper.config import Config
from scraper.models import Rows
from scraper.plan.forecast import REQUEST_S, Forecast, HostPlan, Queues, forecast
from scraper.plan.survey import InvalidLine, Survey
from scraper.plan.verdicts import OriginPlan, RobotsPlan, Verdicts, ask
from scraper.robots import Robots
from scraper.urls import FingerprintSet

__all__ = ["REQUEST_S", "Forecast", "HostPlan", "InvalidLine", "OriginPlan", "Plan", "RobotsPlan", "make_plan"]

_HOSTS_TOLD = 10


class Plan(Struct, frozen=True, kw_only=True):
    """What a run would do: lines = to_fetch + invalid + duplicates + blank + already_done."""

    lines: int
    to_fetch: int
    invalid: int
    duplicates: int
    blank: int
    already_done: int
    first_invalid: tuple[InvalidLine, ...]
    output: str
    """Where the finished URLs were read from, and what a run would go on with."""
    hosts: int
    largest_hosts: tuple[HostPlan, ...]
    """The ten with the most URLs."""
    robots: RobotsPlan | None
    """None: nobody was asked."""
    forecast: Forecast


async def make_plan(  # noqa: PLR0913 - the list, the run, and what is assumed of it
    rows: Rows,
    config: Config,
    *,
    finished: FingerprintSet,
    output: str = "-",
    request_s: float = REQUEST_S,
    robots: Robots | None = None,
    watch: Callable[[int, Callable[[], int]], Coroutine[Any, Any, None]] | None = None,
) -> Plan:
    """Return what a run with `config` would do with `rows`, when `output` has a record of each URL in `finished`.

    The rows are streamed: a count for each origin and 11 to 16 bytes for each URL are all that is held. With `robots`
    each origin is asked for its robots.txt, once, and the rows are read a second time. `request_s` is what one request
    is assumed to take, in seconds. `watch` runs while they are asked; it gets their number, and what returns how many
    have answered so far. Raises UsageError as reading the rows does.
    """
    survey = Survey(finished)
    await survey.read(rows, config.limit)
    verdicts = Verdicts()
    if robots is not None:
        verdicts = Verdicts(await ask(robots, survey.origins, config, watch and partial(watch, len(survey.origins))))
        await Survey(finished).read(rows, config.limit, verdicts.judge)
    queues = Queues(survey.origins, verdicts, has_errands=config.robots, request_s=request_s)
    return Plan(
        lines=survey.lines,
        to_fetch=survey.origins.total(),
        invalid=survey.invalid,
        duplicates=survey.duplicates,
        blank=survey.blank,
        already_done=survey.already_done,
        first_invalid=tuple(survey.first_invalid),
        output=output,
        hosts=len(queues),
        largest_hosts=tuple(nlargest(_HOSTS_TOLD, queues.plans(config), key=lambda host: host.urls)),
        robots=None if robots is None else verdicts.plan(survey.origins),
        forecast=forecast(queues, config),
    )
