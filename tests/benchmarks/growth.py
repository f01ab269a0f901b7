"""How the cost of a page grows with the length of the list and with the concurrency."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import agreement
import chart
import measure
from comparison import cpu_ms, fresh
from measure import Measure
from peer import OURS, PEERS
from tables import Table
from workloads import START, WORKLOADS, Theatre, Workload

SIZES = (1_000, 10_000, 100_000)
WORKERS = (10, 50, 200, 1_000)
FIXED_SIZE, FIXED_WORKERS = 10_000, 50
"""The one while the other varies."""
PLOT = "growth.svg"
"""The file of both series, beside RESULTS.md."""
FLAT = 1.15
"""The most that the highest cost may be of the lowest."""
LONG = 50_000
"""From so many pages on one run is enough: its noise is spread over them, and it takes minutes."""


class Point(NamedTuple):
    """One length and concurrency, and the medians of its runs."""

    pages: int
    workers: int
    cost: Measure


class Growth(NamedTuple):
    """The two series, and the cost of a run of one page, which is part of each."""

    by_pages: Sequence[Point]
    by_workers: Sequence[Point]
    start: Measure

    def cpu_ms(self, point: Point) -> float:
        """Return the milliseconds of a page after start-up."""
        return cpu_ms(point.cost, point.pages, self.start)


def measure_growth(
    theatre: Theatre, command: Sequence[str], *, largest: int, rounds: int, say: Callable[[str], None]
) -> Growth:
    """Run ours at each length up to `largest` and at each concurrency."""
    sizes = [size for size in SIZES if size <= largest] or [largest]
    fixed = min(FIXED_SIZE, largest)
    pairs = [(size, FIXED_WORKERS) for size in sizes] + [(fixed, workers) for workers in WORKERS]
    kinds = {pair: Workload("", pair[0], workers=pair[1]) for pair in dict.fromkeys(pairs)}
    costs: dict[tuple[int, int], list[Measure]] = {pair: [] for pair in kinds}
    starts = []
    for number in range(rounds):  # in turn: a slow minute of the machine is to fall on all of them
        starts.append(_run(theatre, command, WORKLOADS[START]))
        for pair, workload in kinds.items():
            if number == 0 or workload.pages < LONG:
                costs[pair].append(_run(theatre, command, workload))
                say(f"{pair[0]:,} pages, {pair[1]} workers, round {number + 1}: {costs[pair][-1].cpu_s:.2f} s CPU")
    points = {pair: Point(*pair, measure.medians(found)) for pair, found in costs.items()}
    return Growth(
        [points[size, FIXED_WORKERS] for size in sizes],
        [points[fixed, workers] for workers in WORKERS],
        measure.medians(starts),
    )


def tables(growth: Growth) -> list[Table]:
    """Return a table for each series."""
    by_pages = [(f"{point.pages:,}", *_figures(growth, point)) for point in growth.by_pages]
    by_workers = [(f"{point.workers:,}", *_figures(growth, point)) for point in growth.by_workers]
    start = f"A run of one page takes {growth.start.cpu_s:.2f} s of CPU and {growth.start.peak_mib:.0f} MiB."
    cpu = [_spread([growth.cpu_ms(point) for point in series]) for series in (growth.by_pages, growth.by_workers)]
    memory = _spread([point.cost.peak_mib for point in growth.by_pages])
    figures = ("CPU ms/page", "after start-up", "pages/s", "peak MiB")
    fixed_pages = f"{growth.by_workers[0].pages:,} pages"
    return [
        Table(
            f"Growth with the list, {FIXED_WORKERS} workers",
            ("URLs", *figures),
            by_pages,
            f"{start} CPU after start-up: {verdict(cpu[0])}; memory: {verdict(memory)}.",
        ),
        Table(
            f"Growth with the concurrency, {fixed_pages}",
            ("workers", *figures),
            by_workers,
            f"CPU after start-up: {verdict(cpu[1])}. Memory holds one page for each worker.\n\n"
            f"![CPU and memory by length of the list and by concurrency]({PLOT})",
        ),
    ]


def verdict(spread: float) -> str:
    """Say whether the highest of a series, `spread` times the lowest, is flat."""
    return f"{'flat' if spread <= FLAT else '**NOT FLAT**'} (highest / lowest {spread:.2f}, {FLAT} allowed)"


def plot(growth: Growth) -> str:
    """Return CPU and memory of both series as SVG."""
    series = ((growth.by_pages, "URLs", 0), (growth.by_workers, "workers", 1))
    panels = []
    for points, axis, place in series:
        across = [point[place] for point in points]
        panels.append(
            chart.Panel("CPU ms/page after start-up", axis, across, [growth.cpu_ms(point) for point in points])
        )
        panels.append(chart.Panel("peak MiB", axis, across, [point.cost.peak_mib for point in points]))
    return chart.svg(panels)


def _run(theatre: Theatre, command: Sequence[str], workload: Workload) -> Measure:
    with theatre.stage(workload) as stage:
        output = fresh(theatre.folder / "growth.jsonl")
        arguments = PEERS[OURS].arguments(stage.source, output, workload.workers)
        cost = measure.run([*command, *arguments], environment=stage.environment)
        agreement.require_ok(output, workload.pages)
        fresh(output)
    return cost


def _figures(growth: Growth, point: Point) -> list[str]:
    pages, cost = point.pages, point.cost
    times = (f"{cpu_ms(cost, pages):.3f}", f"{growth.cpu_ms(point):.3f}")
    return [*times, f"{pages / cost.elapsed_s:,.0f}", f"{cost.peak_mib:,.0f}"]


def _spread(values: Sequence[float]) -> float:
    return max(values) / min(values)
