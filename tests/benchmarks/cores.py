"""What a second process brings, on a machine whose two cores also serve the pages."""

import subprocess
from collections.abc import Callable, Sequence
from statistics import median
from typing import NamedTuple

import agreement
import measure
from comparison import fresh
from measure import Measure
from peer import OURS, PEERS
from tables import Table
from workloads import Theatre, Workload

OPTION = "--processes"
PAGES = 15_000
"""So many that starting the second process does not matter."""
HOSTS = 50
"""A host belongs to one process, so there must be many for each to have its share."""


class Run(NamedTuple):
    """The medians of so many processes."""

    processes: int
    pages: int
    client: Measure
    server_cpu_s: float


def is_there(command: Sequence[str]) -> bool:
    """Return whether this version of ours can use more than one process."""
    return OPTION in subprocess.run([*command, "--help"], capture_output=True, text=True, check=True).stdout


def measure_cores(
    theatre: Theatre, command: Sequence[str], *, pages: int, rounds: int, say: Callable[[str], None]
) -> list[Run]:
    """Run ours with one process and with two, in turn, neither they nor the server pinned."""
    workload = Workload("", pages, hosts=HOSTS)
    clients: dict[int, list[Measure]] = {1: [], 2: []}
    servers: dict[int, list[float]] = {1: [], 2: []}
    with theatre.stage(workload, core=None) as stage:
        for _ in range(rounds):
            for processes, costs in clients.items():
                output = fresh(theatre.folder / "cores.jsonl")
                arguments = PEERS[OURS].arguments(stage.source, output, workload.workers)
                before = measure.cpu_of(stage.server.processes)
                cost = measure.run([*command, *arguments, OPTION, str(processes)], core=None)
                agreement.require_ok(output, pages)
                costs.append(cost)
                servers[processes].append(measure.cpu_of(stage.server.processes) - before)
                say(f"{processes} process(es): {cost.elapsed_s:.2f} s, {cost.cpu_s:.2f} s CPU")
    return [Run(number, pages, measure.medians(runs), median(servers[number])) for number, runs in clients.items()]


def gain(runs: Sequence[Run]) -> tuple[float, float]:
    """Return pages/s of two processes against one: as measured, and as it would be were the server elsewhere.

    Alone, one process has a core for itself, and the server the other. Two share both cores with the server, of whose
    time they get no more than client / (client + server); the second figure is the first divided by that share.
    """
    one, two = runs
    measured = one.client.elapsed_s / two.client.elapsed_s
    share = two.client.cpu_s / (two.client.cpu_s + two.server_cpu_s)
    return measured, measured / share


def table(runs: Sequence[Run]) -> Table:
    """Return both, and the most that two cores allow."""
    rows = []
    for number, pages, client, server_cpu_s in runs:
        together_s = client.cpu_s + server_cpu_s
        figures = (1000 * client.cpu_s / pages, 1000 * server_cpu_s / pages)
        most = 2 * pages / together_s
        speed = pages / client.elapsed_s
        row = (f"{number}", f"{speed:,.0f}", *(f"{figure:.3f}" for figure in figures), f"{most:,.0f}")
        rows.append((*row, f"{speed / most:.2f}", f"{together_s / client.elapsed_s:.2f}"))
    measured, alone = gain(runs)
    note = (
        "Nothing is pinned; nginx runs on the same two cores. Two processes make "
        f"**{measured:.2f} x** the pages/s of one as measured, and **{alone:.2f} x** when the server's share of the "
        "cores is taken out, that is divided by client / (client + server) CPU. The most that two cores can do is "
        "2 / (client + server) CPU of a page."
    )
    header = ("processes", "pages/s", "CPU ms/page", "server's", "the most pages/s", "of it", "cores busy")
    return Table(f"Every core, {runs[0].pages:,} pages of {HOSTS} hosts", header, rows, note)
