"""What the unavoidable part of a page costs, measured beside the programs that it is compared with."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

import floor
import peer
from measure import CLIENT_CORE

PROGRAM = Path(__file__).with_name("floor.py")
Steps = Mapping[str, float]
"""Milliseconds of CPU for a page, by step, and KEPT."""


def measure_floor(root: Path) -> Steps:
    """Return what each step takes over all pages below `root`, on the core that the peers run on."""
    command = ["taskset", "-c", str(CLIENT_CORE), str(peer.ours() / "python"), str(PROGRAM), str(root)]
    steps: Steps = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return steps


def medians(runs: Sequence[Steps]) -> Steps:
    """Return the median of each step."""
    return {step: median(run[step] for run in runs) for step in runs[0]}


def total(steps: Steps) -> float:
    """Return what the unavoidable steps take together."""
    return sum(steps[step] for step in floor.UNAVOIDABLE)
