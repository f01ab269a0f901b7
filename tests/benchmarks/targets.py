"""What is to be reached, beside what was measured."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import unavoidable
from comparison import Comparison, cpu_ms, efficiency
from cores import Gain
from growth import FLAT, Growth
from measure import Measure
from peer import OURS
from tables import Table
from workloads import START, WORKLOADS


class Target(NamedTuple):
    """One figure, with the worst and the best that it should be."""

    what: str
    measured: float
    """What counts: over the whole run of a process, unless `what` says otherwise."""
    later: float | None
    """The same without start-up; None where that is no matter."""
    limit: float
    aim: float | None = None
    is_least: bool = False
    """Whether more is better."""

    @property
    def verdict(self) -> str:
        """Say how far it is met."""
        if self._reaches(self.limit):
            return "aim met" if self.aim is not None and self._reaches(self.aim) else "met"
        return "**missed**"

    def _reaches(self, bound: float) -> bool:
        return self.measured >= bound if self.is_least else self.measured <= bound


RATIOS = (
    ("http", "go", 0.80, 0.60),
    ("http", "scrapy", 0.25, None),
    ("http", "crawlee", 0.33, None),
    ("heavy", "go", 0.80, 0.60),
    ("heavy", "scrapy", 0.25, None),
    ("heavy", "crawlee", 0.33, None),
    ("https-new", "go", 1.00, 0.80),
)
"""Workload, peer, the most that our CPU for a page may be of the peer's, and the aim."""
SLOWEST = 0.97
WITH_FLOOR = ("http", "heavy")
"""Workloads that are to be near the unavoidable part."""
FLOOR, FLOOR_AIM = 1.8, 1.5
HELP_S = 0.25
GAIN = 1.7


def compared(comparisons: Mapping[str, Comparison]) -> Iterator[Target]:
    """Yield what the workloads that were run tell of."""
    starts = comparisons[START].costs if START in comparisons else {}
    for key, other, limit, aim in RATIOS:
        if key in comparisons and {OURS, other} <= comparisons[key].costs.keys():
            what = f"{WORKLOADS[key].title}: CPU against {other}"
            ours, theirs = (_both(comparisons[key], peer, starts) for peer in (OURS, other))
            later = ours[1] / theirs[1] if ours[1] is not None and theirs[1] is not None else None
            yield Target(what, ours[0] / theirs[0], later, limit, aim)
    for key in WITH_FLOOR:
        floor = comparisons[key].floor if key in comparisons else None
        if floor is not None:
            least = unavoidable.total(floor)
            whole, later = _both(comparisons[key], OURS, starts)
            what = f"{WORKLOADS[key].title}: CPU against the unavoidable part"
            yield Target(what, whole / least, later and later / least, FLOOR, FLOOR_AIM)
    for some in comparisons.values():
        workload, costs = some.workload, some.costs
        if workload.delay_s and OURS in costs:
            after, figure = ", after start-up", efficiency(costs[OURS], workload, OURS, starts.get(OURS))
            what = f"{workload.title}: pages/s against workers / latency{after if OURS in starts else ''}"
            yield Target(what, figure, None, SLOWEST, is_least=True)


def of_start(help_cost: Measure) -> Target:
    """Return what `scrape --help` takes."""
    return Target("`scrape --help`, s of CPU", help_cost.cpu_s, None, HELP_S)


def of_growth(growth: Growth) -> list[Target]:
    """Return how far the series are from flat."""
    by_pages, by_workers = ([growth.cpu_ms(point) for point in series] for series in growth[:2])
    memory = [point.cost.peak_mib for point in growth.by_pages]
    named = {
        f"CPU/page after start-up, {growth.by_pages[0].pages:,} to {growth.by_pages[-1].pages:,} URLs": by_pages,
        "the same, 10 to 1,000 workers": by_workers,
        f"peak memory, {growth.by_pages[0].pages:,} to {growth.by_pages[-1].pages:,} URLs": memory,
    }
    return [Target(f"{what}: highest / lowest", max(some) / min(some), None, FLAT) for what, some in named.items()]


def of_cores(gain: Gain) -> Target:
    """Return what the second process brings; the figure that counts takes out the server's share of the cores."""
    return Target(
        "pages/s of two processes against one, the server's share out", gain.alone, gain.later, GAIN, is_least=True
    )


def table(targets: Sequence[Target]) -> Table:
    """Return every target with its figure."""
    rows = []
    for target in targets:
        sign = "≥" if target.is_least else "≤"
        later = "-" if target.later is None else f"{target.later:.2f}"
        aim = "-" if target.aim is None else f"{sign} {target.aim:.2f}"
        rows.append((target.what, f"{target.measured:.2f}", later, f"{sign} {target.limit:.2f}", aim, target.verdict))
    return Table("Targets", ("figure", "measured", "after start-up", "target", "aim", ""), rows)


def _both(comparison: Comparison, peer: str, starts: Mapping[str, Measure]) -> tuple[float, float | None]:
    """Return the milliseconds of a page over the whole run, and after start-up where that is known."""
    cost, pages = comparison.costs[peer], comparison.workload.pages_of(peer)
    is_known = peer in starts and pages > 1
    return cpu_ms(cost, pages), cpu_ms(cost, pages, starts[peer]) if is_known else None
