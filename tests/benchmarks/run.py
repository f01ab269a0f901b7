"""Measure this scraper against its peers on one core each, on real pages behind nginx, and write RESULTS.md.

    python tests/benchmarks/run.py
    python tests/benchmarks/run.py --workloads http --peers ours go --rounds 1 --pages 1000    # a short look

Needs Linux with two cores, the extra `dev`, and Debian's packages nginx-light, libnginx-mod-http-echo,
postgresql-doc-15, python3-doc, golang-go and golang-github-puerkitobio-goquery-dev; for pages of 200 KB also rust-doc
(half a gigabyte), sqlite3-doc and git-doc, without which they are left out. Peers from PyPI go into an environment of
their own in the user's cache folder. A full run takes about 40 minutes; the machine should do nothing
else meanwhile.
"""

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import agreement
import comparison
import cores
import corpus
import growth
import measure
import phases
import results
import targets
from comparison import Comparison
from peer import OURS, PEERS
from rich.console import Console
from tables import Table
from targets import Target
from workloads import START, WORKLOADS, Theatre, Workload

ROUNDS = 3
LEAST = 100
WIDTH = 160
"""Of what is printed when it goes to a file."""
PARTS = ("workloads", "growth", "cores", "phases")


@dataclass
class Findings:
    """What a run has found so far; each part adds to it."""

    comparisons: dict[str, Comparison] = field(default_factory=dict)
    """By workload."""
    targets: list[Target] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    plot: str | None = None


class Benchmark:
    """The parts of the benchmark, over one theatre."""

    def __init__(self, options: argparse.Namespace, theatre: Theatre, console: Console) -> None:
        self.options = options
        self.theatre = theatre
        self.console = console
        self.commands = {peer: PEERS[peer].prepare() for peer in options.peers}
        self.found = Findings()

    def run(self) -> None:
        """Run the parts that were asked for."""
        parts = {"workloads": self.workloads, "growth": self.growth, "cores": self.cores, "phases": self.phases}
        for part in self.options.parts:
            before = len(self.found.tables)
            parts[part]()
            for table in self.found.tables[before:]:
                self.console.print(table.rich())

    def workloads(self) -> None:
        """Compare the peers, and ours with the unavoidable part."""
        comparisons = self.found.comparisons
        for key in self.options.workloads:
            comparisons[key] = self._compare(key, self.commands, rounds=self.options.rounds)
        start = comparisons.get(START)
        tables = [comparison.table(some, start) for key, some in comparisons.items() if key != START]
        tables += [comparison.start_table(start)] if start else []
        with_floor = [some for some in comparisons.values() if some.floor is not None]
        tables += [comparison.floor_table(with_floor, start)] if with_floor else []
        self.found.tables.extend(tables)
        self.found.targets.extend(targets.compared(comparisons))
        help_costs = [measure.run([*self.commands[OURS], "--help"]) for _ in range(5)]
        self.found.targets.append(targets.of_start(measure.medians(help_costs)))

    def growth(self) -> None:
        """Follow the cost of a page."""
        largest = self.options.pages or growth.SIZES[-1]
        grown = growth.measure_growth(
            self.theatre, self.commands[OURS], largest=largest, rounds=self.options.rounds, say=self._say
        )
        self.found.tables.extend(growth.tables(grown))
        self.found.targets.extend(targets.of_growth(grown))
        self.found.plot = growth.plot(grown)

    def cores(self) -> None:
        """Use both cores, where ours can."""
        command = self.commands[OURS]
        if not cores.is_there(command):
            self.console.print(f"cores: left out, for ours has no {cores.OPTION} yet")
            return
        pages = self.options.pages or cores.PAGES
        runs = cores.measure_cores(self.theatre, command, pages=pages, rounds=self.options.rounds, say=self._say)
        self.found.tables.append(cores.table(runs))
        self.found.targets.append(targets.of_cores(cores.gain(runs)))

    def phases(self) -> None:
        """Sample where the time of a page goes."""
        workload = self._sized("http")
        lines = phases.sample(self.theatre, self.commands[OURS], workload)
        known = self.found.comparisons
        whole, start = (
            known.get(key) or self._compare(key, {OURS: self.commands[OURS]}, rounds=1) for key in ("http", START)
        )
        cpu_ms = comparison.cpu_ms(whole.costs[OURS], whole.workload.pages, start.costs[OURS])
        self.found.tables.append(phases.table(phases.shares(lines), cpu_ms, phases.sitting()))

    def differences(self) -> Iterator[str]:
        """Yield a line for each peer that did not find what the others found."""
        for some in self.found.comparisons.values():
            yield from (f"{some.workload.title}: {line}" for line in some.differences)

    def report(self) -> list[Table]:
        """Return the targets and all tables."""
        return [targets.table(self.found.targets), *self.found.tables] if self.found.targets else self.found.tables

    def _sized(self, key: str) -> Workload:
        workload = WORKLOADS[key]
        most = self.options.pages or workload.pages
        return workload._replace(pages=min(workload.pages, most), short_pages=min(workload.short_pages, most))

    def _compare(self, key: str, commands: dict[str, list[str]], *, rounds: int) -> Comparison:
        return comparison.compare(self.theatre, self._sized(key), commands, rounds=rounds, say=self._say)

    def _say(self, line: str) -> None:
        self.console.print(f"[dim]{line}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run what the command line asks for; exit with 1 when peers did not find the same."""
    options = _options(arguments)
    is_whole = _is_whole(options)
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that nginx ends too
    started = time.monotonic()
    if absent := corpus.missing(corpus.HEAVY_PACKAGES):
        options.workloads = [key for key in options.workloads if WORKLOADS[key].kind != "heavy"]
        console.print(f"pages of 200 KB: left out; install them with: apt-get install {' '.join(absent)}")
    with tempfile.TemporaryDirectory(prefix="scraper-benchmark-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        theatre = Theatre(folder, has_heavy=not absent)
        benchmark = Benchmark(options, theatre, console)
        benchmark.run()
    report = benchmark.report()
    if benchmark.found.targets:
        console.print(report[0].rich())
    if options.write or is_whole:
        setting = results.Setting(options.rounds, agreement.SAMPLE, theatre.described(), options.peers)
        results.write(setting, report, benchmark.found.plot)
        console.print(f"{results.RESULTS.name} is written")
    differences = list(benchmark.differences())
    for line in differences:
        console.print(line, style="red")
    console.print(f"[dim]{time.monotonic() - started:.0f} s")
    raise SystemExit(1 if differences else 0)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS, help="what to measure (default: all)")
    parser.add_argument("--workloads", nargs="+", choices=list(WORKLOADS), default=list(WORKLOADS), help="default: all")
    parser.add_argument("--peers", nargs="+", choices=list(PEERS), default=list(PEERS), help="default: all")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="runs of each; medians count (%(default)s)")
    parser.add_argument("--pages", type=int, help="at most so many pages in each run (default: each workload's own)")
    parser.add_argument("--write", action="store_true", help="write RESULTS.md though something was left out")
    options = parser.parse_args(arguments)
    if OURS not in options.peers:
        parser.error(f"--peers: {OURS} is what the others are compared with")
    if options.pages is not None and options.pages < LEAST:
        parser.error(f"--pages: fewer than {LEAST} tell of start-up only")
    return options


def _is_whole(options: argparse.Namespace) -> bool:
    is_all = all(set(all_of) == set(chosen) for all_of, chosen in (
        (PARTS, options.parts), (WORKLOADS, options.workloads), (PEERS, options.peers)
    ))  # fmt: skip
    return is_all and not options.pages and options.rounds >= ROUNDS


if __name__ == "__main__":
    main()
