"""What one run of one program cost."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

SERVER_CORE, CLIENT_CORE = 0, 1
LAUNCHER = Path(__file__).with_name("launch.py")
TRUST = "SSL_CERT_FILE"
"""Of a workload only: whoever runs the benchmark may have set it, and to load a bundle takes 30 ms."""
TICKS = os.sysconf("SC_CLK_TCK")


class Measure(NamedTuple):
    """The cost of a run, or the medians of several."""

    cpu_s: float
    """User and system time of the program and its children."""
    elapsed_s: float
    peak_mib: float
    """Of the program's own process."""


def run(command: Sequence[str], *, core: int | None = CLIENT_CORE, environment: Mapping[str, str] = {}) -> Measure:
    """Run `command` on one core, or on all, and return its cost.

    Raises SystemExit with the last line that it said when it fails.
    """
    program = shutil.which(command[0]) or command[0]
    launcher = [sys.executable, "-I", "-S", str(LAUNCHER), "any" if core is None else str(core)]
    own = {name: value for name, value in os.environ.items() if name != TRUST}
    done = subprocess.run(
        [*launcher, program, *command[1:]], env={**own, **environment}, capture_output=True, text=True, check=False
    )
    cost = json.loads(done.stdout) if done.returncode == 0 else {"status": done.returncode}
    if cost["status"]:
        said = (done.stderr.strip().splitlines() or ["nothing"])[-1]
        raise SystemExit(f"{' '.join(command)} ended with {cost['status']}; it said: {said}")
    return Measure(cost["cpu_s"], cost["elapsed_s"], cost["peak_kib"] / 1024)


def medians(runs: Sequence[Measure]) -> Measure:
    """Return the median of each cost."""
    return Measure(*map(median, zip(*runs, strict=True)))


def cpu_of(processes: Sequence[int]) -> float:
    """Return the seconds of CPU that running processes have used so far."""
    ticks = 0
    for process in processes:
        fields = Path("/proc", str(process), "stat").read_text().rpartition(") ")[2].split()
        ticks += int(fields[11]) + int(fields[12])  # utime and stime, proc(5)
    return ticks / TICKS
