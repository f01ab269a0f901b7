"""Peers in turn on one workload, and the unavoidable part: what each costs, and whether they find the same."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import agreement
import measure
import unavoidable
from floor import KEPT, UNAVOIDABLE
from measure import Measure
from peer import OURS, PEERS
from tables import Table
from workloads import Theatre, Workload

FLOOR_NOTE = (
    "A loop inflates (isal), parses (Lexbor), scans for links once and serialises (msgspec) the same bodies from "
    "memory, in a process of its own that has its turn behind ours in every round. Making links absolute is work that "
    "every peer does; it is told apart and not in the sum. The loop runs with malloc as the C library has it, which "
    "gives a page's memory back to the system; the last column is the sum when malloc keeps it, as in ours."
)
FAR, FAR_S = 2.5, 10.0
"""A peer whose first run costs so many times ours, and takes more than so many seconds, is run once."""


class Comparison(NamedTuple):
    """A workload and the medians of its runs."""

    workload: Workload
    costs: dict[str, Measure]
    """By peer."""
    differences: Sequence[str]
    """A line for each peer that did not find every page and the same on it."""
    floor: unavoidable.Steps | None = None
    """The medians of the unavoidable part; None where TLS or waiting adds to it."""


def compare(
    theatre: Theatre,
    workload: Workload,
    commands: dict[str, list[str]],
    *,
    rounds: int,
    say: Callable[[str], None],
) -> Comparison:
    """Run each of `commands` `rounds` times, in turn, so that a noisy minute hits them all; far ones once.

    The unavoidable part has its turn behind ours in every round, for the same reason.
    """
    runs: dict[str, list[Measure]] = {peer: [] for peer in commands}
    floors = []
    found = {}
    pages = {peer: workload.pages_of(peer) for peer in commands}
    with theatre.stage(workload) as stage:
        sampled = agreement.sample(stage.urls[: min(pages.values())])
        for number in range(rounds):
            for peer, begin in commands.items():
                if number and OURS in runs and _is_far(runs[peer][0], runs[OURS][0], pages[peer] / pages[OURS]):
                    continue
                output = fresh(theatre.folder / f"{peer}.jsonl")
                arguments = PEERS[peer].arguments(stage.first(pages[peer]), output, workload.workers)
                runs[peer].append(measure.run([*begin, *arguments], environment=stage.environment))
                if number == 0:
                    found[peer] = agreement.read(output, stage.urls[: pages[peer]], sampled)
                cost = runs[peer][-1]
                say(f"{workload.title}, round {number + 1}, {peer}: {cost.cpu_s:.2f} s CPU, {cost.elapsed_s:.2f} s")
                if peer == OURS and workload.has_floor:
                    floors.append(unavoidable.measure_floor(theatre.root(workload.kind)))
    costs = {peer: measure.medians(some) for peer, some in runs.items()}
    floor = unavoidable.medians(floors) if floors else None
    return Comparison(workload, costs, agreement.differences(found, sampled), floor)


def _is_far(cost: Measure, ours: Measure, share: float) -> bool:
    """Tell whether a peer took long, and so much more for its `share` of our pages that its noise does not matter."""
    return cost.elapsed_s > FAR_S and cost.cpu_s > FAR * ours.cpu_s * share


def fresh(output: Path) -> Path:
    """Return `output`, of which nothing is left from the run before."""
    output.unlink(missing_ok=True)
    return output


def cpu_ms(cost: Measure, pages: int, start: Measure | None = None) -> float:
    """Return the milliseconds of CPU for each page; with `start`, what one page costs, those of each further one."""
    return 1000 * (cost.cpu_s / pages if start is None else (cost.cpu_s - start.cpu_s) / (pages - 1))


def efficiency(cost: Measure, workload: Workload, peer: str, start: Measure | None = None) -> float:
    """Return pages a second against what workers and latency allow; with `start`, without the time that it takes."""
    elapsed_s = cost.elapsed_s - (start.elapsed_s if start else 0)
    return workload.pages_of(peer) / elapsed_s * workload.delay_s / workload.workers


def table(comparison: Comparison, start: Comparison | None) -> Table:
    """Return the medians of a workload; `start` has those of one page."""
    workload, costs = comparison.workload, comparison.costs
    starts = start.costs if start else {}
    header = ["peer", "CPU ms/page", "after start-up", "ours / it", "after start-up", "pages/s", "peak MiB"]
    if workload.delay_s:
        header += ["of the possible", "after start-up"]
    rows = []
    for peer, cost in costs.items():
        whole, later = (_ratios(comparison, starts, peer, is_whole=flag) for flag in (True, False))
        row = [PEERS[peer].title, whole[0], later[0], whole[1], later[1]]
        row += [f"{workload.pages_of(peer) / cost.elapsed_s:,.0f}", f"{cost.peak_mib:,.0f}"]
        if workload.delay_s:
            row.append(f"{efficiency(cost, workload, peer):.3f}")
            row.append(f"{efficiency(cost, workload, peer, starts[peer]):.3f}" if peer in starts else "-")
        rows.append(row)
    return Table(f"{workload.title}, {workload.pages:,} pages", header, rows, workload.note)


def start_table(start: Comparison) -> Table:
    """Return what a run of one page costs."""
    rows = [
        (PEERS[peer].title, f"{cost.cpu_s:.3f}", f"{cost.elapsed_s:.3f}", f"{cost.peak_mib:,.0f}")
        for peer, cost in start.costs.items()
    ]
    return Table(start.workload.title, ("peer", "CPU s", "s", "peak MiB"), rows)


def floor_table(comparisons: Sequence[Comparison], start: Comparison | None) -> Table:
    """Return the steps of the unavoidable part for each workload that has one, and ours against their sum."""
    ours = start.costs[OURS] if start else None
    rows = []
    for workload, costs, _, floor in comparisons:
        if floor is not None:
            cost, least = costs[OURS], unavoidable.total(floor)
            whole = cpu_ms(cost, workload.pages)
            later = f"{cpu_ms(cost, workload.pages, ours) / least:.2f}" if ours else "-"
            figures = (f"{floor[step]:.3f}" for step in UNAVOIDABLE)
            row = (workload.title, *figures, f"{least:.3f}", f"{whole:.3f}", f"{whole / least:.2f}", later)
            rows.append((*row, f"{floor['make absolute']:.3f}", f"{floor[KEPT]:.3f}"))
    sums = ("sum", "ours", "ours / sum", "after start-up", "(links made absolute)", f"({KEPT})")
    header = ("CPU ms/page", *UNAVOIDABLE, *sums)
    return Table("The unavoidable part", header, rows, FLOOR_NOTE)


def _ratios(comparison: Comparison, starts: dict[str, Measure], peer: str, *, is_whole: bool) -> tuple[str, str]:
    """Return CPU ms for each page of `peer`, and ours against it."""
    workload, costs = comparison.workload, comparison.costs
    if not is_whole and (peer not in starts or workload.pages == 1):
        return "-", "-"
    own = cpu_ms(costs[peer], workload.pages_of(peer), None if is_whole else starts[peer])
    if OURS not in costs or (not is_whole and OURS not in starts):
        return f"{own:.3f}", "-"
    ours = cpu_ms(costs[OURS], workload.pages, None if is_whole else starts[OURS])
    return f"{own:.3f}", f"{ours / own:.2f}"
