"""Where the time of one page went before its path was worked on, measured in turn with where it goes after.

    python tests/benchmarks/before.py SCRAPE

SCRAPE is the program of an environment that holds commit BEFORE:

    git worktree add ../before ea4edfd && python -m venv ../environment && ../environment/bin/pip install ../before

Both versions are run in turn, first undisturbed for their CPU, then under py-spy; before.json keeps what came out, and
the benchmark puts it beside the phases of today.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import measure
import msgspec
import peer
import phases
from comparison import cpu_ms, fresh
from measure import Measure
from workloads import WORKLOADS, Theatre

BEFORE = "ea4edfd"
ROUNDS = 3
PHASES: phases.Phases = {
    **phases.PHASES,
    "record: hash, fields, serialise, write": ("scraper/worker.py", "scraper/output/", "scraper/writer.py"),
    phases.HTTPX: ("httpx/",),
    "source: read, normalise, deduplicate": (
        "scraper/sources/", "scraper/urls.py", "scraper/resume/", "scraper/backlog.py",
    ),
    "frontier, engine, retries, statistics": (
        "scraper/engine.py", "scraper/frontier/", "scraper/retry", "scraper/stats.py", "scraper/timesheet.py",
    ),
}  # fmt: skip
"""The phases of today, by the files of BEFORE."""


def main(program: str) -> None:
    # The last commit that changed the program, as what is measured does not depend on its tests.
    last = ["git", "-C", str(peer.TREE), "log", "-1", "--format=%h", "--", "scraper"]
    head = subprocess.run(last, capture_output=True, text=True, check=True).stdout.strip()
    commands = {BEFORE: [program], head: peer.PEERS[peer.OURS].prepare()}
    with tempfile.TemporaryDirectory(prefix="scraper-before-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        theatre = Theatre(folder, has_heavy=False)
        costs = _costs(theatre, commands)
        lines: dict[str, list[str]] = {commit: [] for commit in commands}
        for _ in range(ROUNDS):
            for commit, command in commands.items():
                lines[commit] += phases.sample(theatre, command, WORKLOADS["http"])
    before, after = (
        phases.Profile(commit, round(costs[commit], 4), _rounded(phases.shares(lines[commit], known)))
        for commit, known in ((BEFORE, PHASES), (head, phases.PHASES))
    )
    sitting = phases.Sitting(datetime.now(UTC).date().isoformat(), os.getloadavg()[1], before, after)
    phases.FILE.write_bytes(msgspec.json.format(msgspec.json.encode(sitting), indent=2) + b"\n")


def _costs(theatre: Theatre, commands: dict[str, list[str]]) -> dict[str, float]:
    """Return the milliseconds of a page after start-up, by commit: the medians of ROUNDS, in turn."""
    workload = WORKLOADS["http"]
    starts: dict[str, list[Measure]] = {commit: [] for commit in commands}
    runs: dict[str, list[Measure]] = {commit: [] for commit in commands}
    with theatre.stage(workload) as stage:

        def run(command: Sequence[str], source: Path) -> Measure:
            output = fresh(theatre.folder / "before.jsonl")
            return measure.run([*command, *peer.our_arguments(source, output, workload.workers)])

        for _ in range(ROUNDS):
            for commit, command in commands.items():
                starts[commit].append(run(command, stage.first(1)))
                runs[commit].append(run(command, stage.source))
    return {
        commit: cpu_ms(measure.medians(runs[commit]), workload.pages, measure.medians(starts[commit]))
        for commit in commands
    }


def _rounded(shares: dict[str, float]) -> dict[str, float]:
    return {phase: round(share, 4) for phase, share in shares.items()}


if __name__ == "__main__":
    main(*sys.argv[1:])
