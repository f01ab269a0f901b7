"""The report: what was measured, with which versions, on what machine."""

import platform
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import growth
import peer
from comparison import FAR, FAR_S
from tables import Table

FOLDER = Path(__file__).parent
RESULTS, CHANGES = FOLDER / "RESULTS.md", FOLDER / "CHANGES.md"
LIBRARIES = ("httptools", "httpx", "isal", "msgspec", "selectolax", "uvloop")
PEER_LIBRARIES = ("scrapy", "twisted", "crawlee", "impit", "parsel", "lxml", "httpx")
INTRODUCTION = """# Benchmark

Made by `python tests/benchmarks/run.py`. Every figure is the median of {rounds} runs, but for
lists of 100,000 URLs and peers that took more than {far_s:.0f} s and {far} times our CPU: those were run once.

Each program runs on one core and nginx on another, the programs in turn. All write title, description and every link,
absolute, as JSON lines, and on {sample} pages of each workload were checked to have found the same. Ours has
everything on that is on by default, save robots.txt. CPU is user and system time of the whole process; *after
start-up* is that less a run over one page, which the table of start-up has. Certificates are checked by all, against
an authority of the benchmark's own; a session is never taken up again. {pages}
"""


class Setting(NamedTuple):
    """What the figures depend on beside the code."""

    rounds: int
    sample: int
    pages: str
    """A sentence on what they are."""
    peers: Sequence[str]


def write(setting: Setting, tables: Sequence[Table], plot: str | None) -> None:
    """Write RESULTS.md, and growth.svg when there is a plot."""
    parts = [
        INTRODUCTION.format(far=FAR, far_s=FAR_S, **setting._asdict()),
        _machine(setting.peers),
    ]
    parts += [table.markdown() for table in tables]
    if plot is not None:
        (FOLDER / growth.PLOT).write_text(plot, encoding="utf-8")
    if CHANGES.exists():
        parts.append(CHANGES.read_text(encoding="utf-8"))
    RESULTS.write_text("\n".join(parts), encoding="utf-8")


def _machine(peers: Sequence[str]) -> str:
    """Return the versions of everything, and the machine without its name."""
    own = peer.versions(peer.ours())
    used = ", ".join(f"{name} {own[name]}" for name in LIBRARIES)
    lines = [
        f"* {_processor()}, {platform.system()} {platform.release()}, {_said('nginx', '-v')}",
        f"* scraper {own['scraper']}: Python {platform.python_version()}, {used}",
    ]
    if "go" in peers:
        goquery = _said("dpkg-query", "-W", "-f", "${Version}", "golang-github-puerkitobio-goquery-dev")
        lines.append(f"* Go pool: {_said('go', 'version')}, goquery {goquery}")
    if set(peers) - {peer.OURS, "go"}:
        installed = peer.versions(peer.theirs())
        lines.append("* peers from PyPI: " + ", ".join(f"{name} {installed[name]}" for name in PEER_LIBRARIES))
    return "\n".join([*lines, ""])


def _said(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stdout or done.stderr).strip().removeprefix("nginx version: ")


def _processor() -> str:
    """Return the processor's name as the kernel has it."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), "unknown processor")
