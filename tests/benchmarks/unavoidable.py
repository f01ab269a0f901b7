"""Ours against the unavoidable part of each kind of page."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

import floor
import peer
from comparison import Comparison, cpu_ms
from measure import CLIENT_CORE
from peer import OURS
from tables import Table
from workloads import Kind, Theatre

PROGRAM = Path(__file__).with_name("floor.py")
Steps = Mapping[str, float]
"""Milliseconds of CPU for a page, by step."""


def measure_floor(theatre: Theatre, kind: Kind, rounds: int) -> Steps:
    """Return the medians of `rounds` runs over all pages of `kind`, on the core that the peers run on."""
    command = ["taskset", "-c", str(CLIENT_CORE), str(peer.ours() / "python"), str(PROGRAM), str(theatre.root(kind))]
    runs = [json.loads(subprocess.run(command, capture_output=True, check=True).stdout) for _ in range(rounds)]
    return {step: median(run[step] for run in runs) for step in floor.STEPS}


def total(steps: Steps) -> float:
    """Return what the unavoidable steps take together."""
    return sum(steps[step] for step in floor.UNAVOIDABLE)


def table(comparisons: Sequence[Comparison], floors: Mapping[Kind, Steps], start: Comparison | None) -> Table:
    """Return the steps of each kind, and ours against their sum, where neither TLS nor waiting adds to it."""
    ours = start.costs[OURS] if start else None
    rows = []
    for workload, costs, _ in comparisons:
        is_plain = workload.pages > 1 and not workload.is_tls and not workload.delay_s
        if is_plain and workload.kind in floors and OURS in costs:
            steps = floors[workload.kind]
            least = total(steps)
            whole = cpu_ms(costs[OURS], workload.pages)
            later = f"{cpu_ms(costs[OURS], workload.pages, ours) / least:.2f}" if ours else "-"
            figures = (f"{steps[step]:.3f}" for step in floor.UNAVOIDABLE)
            row = (workload.title, *figures, f"{least:.3f}", f"{whole:.3f}", f"{whole / least:.2f}", later)
            rows.append((*row, f"{steps['make absolute']:.3f}"))
    header = ("CPU ms/page", *floor.UNAVOIDABLE, "sum", "ours", "ours / sum", "after start-up", "(links made absolute)")
    note = (
        "A loop inflates (isal), parses (Lexbor), scans for links once and serialises (msgspec) the same bodies from "
        "memory. Making links absolute is work that every peer does; it is told apart and not in the sum."
    )
    return Table("The unavoidable part", header, rows, note)
