"""What a second process brings, on a machine whose two cores also serve the pages."""

import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

import agreement
import measure
from comparison import cpu_ms, fresh
from measure import Measure
from peer import OURS, PEERS
from tables import Table
from workloads import Theatre, Workload

OPTION = "--processes"
PAGES = 30_000
"""Ten seconds of two processes; their start, which is told apart, takes half of one more than that of one."""
HOSTS = 50
"""A host belongs to one process, so there must be many for each to have its share."""


class Run(NamedTuple):
    """The medians of so many processes."""

    processes: int
    pages: int
    client: Measure
    server_cpu_s: float
    start: Measure
    """Of a list of one page."""


def is_there(command: Sequence[str]) -> bool:
    """Return whether this version of ours can use more than one process."""
    return OPTION in subprocess.run([*command, "--help"], capture_output=True, text=True, check=True).stdout


def measure_cores(
    theatre: Theatre, command: Sequence[str], *, pages: int, rounds: int, say: Callable[[str], None]
) -> list[Run]:
    """Run ours with one process and with two, in turn, neither they nor the server pinned."""
    workload = Workload("", pages, hosts=HOSTS)
    clients: dict[int, list[Measure]] = {1: [], 2: []}
    starts: dict[int, list[Measure]] = {1: [], 2: []}
    servers: dict[int, list[float]] = {1: [], 2: []}
    with theatre.stage(workload, core=None) as stage:
        single = theatre.folder / "single.txt"
        single.write_text(f"{stage.urls[0]}\n")

        def run(source: Path, listed: int, processes: int) -> Measure:
            output = fresh(theatre.folder / "cores.jsonl")
            arguments = PEERS[OURS].arguments(source, output, workload.workers)
            cost = measure.run([*command, *arguments, OPTION, str(processes)], core=None)
            agreement.require_ok(output, listed)
            return cost

        for _ in range(rounds):
            for processes, costs in clients.items():
                starts[processes].append(run(single, 1, processes))
                before = measure.cpu_of(stage.server.processes)
                costs.append(run(stage.source, pages, processes))
                servers[processes].append(measure.cpu_of(stage.server.processes) - before)
                say(f"{processes} process(es): {costs[-1].elapsed_s:.2f} s, {costs[-1].cpu_s:.2f} s CPU")
    return [
        Run(number, pages, measure.medians(runs), median(servers[number]), measure.medians(starts[number]))
        for number, runs in clients.items()
    ]


class Gain(NamedTuple):
    """Pages/s of two processes against one.

    Alone, one process has a core for itself, and the server the other. Two share both cores with the server, of whose
    time they get no more than client / (client + server); the further figures are the first divided by that share.
    """

    measured: float
    alone: float
    """As it would be were the server elsewhere."""
    later: float
    """The same after start-up: as it nears in a longer run."""
    most: float
    """Of `alone`: what the CPU of one process leaves to be had, for threads that parse use the second core too."""


def gain(runs: Sequence[Run]) -> Gain:
    """Return what the second process brings."""
    one, two = runs
    share = two.client.cpu_s / (two.client.cpu_s + two.server_cpu_s)
    measured = one.client.elapsed_s / two.client.elapsed_s
    later = (one.client.elapsed_s - one.start.elapsed_s) / (two.client.elapsed_s - two.start.elapsed_s)
    return Gain(measured, measured / share, later / share, 2 * one.client.elapsed_s / one.client.cpu_s)


def table(runs: Sequence[Run]) -> Table:
    """Return both, and the most that two cores allow."""
    rows = []
    for number, pages, client, server_cpu_s, start in runs:
        together_s = client.cpu_s + server_cpu_s
        most = 2 * pages / together_s
        speed = pages / client.elapsed_s
        later = (pages - 1) / (client.elapsed_s - start.elapsed_s)
        figures = (1000 * client.cpu_s / pages, cpu_ms(client, pages, start), 1000 * server_cpu_s / pages)
        row = (f"{number}", f"{speed:,.0f}", f"{later:,.0f}", *(f"{figure:.3f}" for figure in figures), f"{most:,.0f}")
        busy = (f"{speed / most:.2f}", f"{together_s / client.elapsed_s:.2f}")
        rows.append((*row, *busy, f"{start.elapsed_s:.2f}", f"{start.cpu_s:.2f}"))
    brought = gain(runs)
    note = (
        "Nothing is pinned; nginx runs on the same two cores. Two processes make "
        f"**{brought.measured:.2f} x** the pages/s of one as measured, and **{brought.alone:.2f} x** when the server's "
        "share of the cores is taken out, that is divided by client / (client + server) CPU; "
        f"**{brought.later:.2f} x** after start-up, that is less the time of a list of one page each, for an "
        "interpreter more starts after the first. One process keeps more than one core busy, for it parses large pages "
        f"in threads: two that cost no more could make {brought.most:.2f} x. The most pages/s that two cores can do "
        "are 2 / (client + server) CPU of a page."
    )
    header = (
        "processes", "pages/s", "after start-up", "CPU ms/page", "after start-up", "server's", "the most pages/s",
        "of it", "cores busy", "start-up s", "its CPU s",
    )  # fmt: skip
    return Table(f"Every core, {runs[0].pages:,} pages of {HOSTS} hosts", header, rows, note)
