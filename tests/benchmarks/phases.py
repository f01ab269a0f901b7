"""Where the time of one page goes: a sampled profile of ours, by what it was doing.

py-spy looks at the stack 500 times a second from another core, without touching the program. A sample belongs to the
innermost frame that a rule knows; what C code below it does (parsing, inflating, a system call) is its own.
"""

import re
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec
import peer
from comparison import fresh
from measure import CLIENT_CORE, SERVER_CORE
from tables import Table
from workloads import Theatre, Workload

RATE = 500
FILE = Path(__file__).with_name("before.json")
Phases = Mapping[str, Sequence[str]]
"""What marks a frame as of a phase: a part of its file's path, or of a function's name and path."""
PHASES: Phases = {
    "parse into a tree": ("parse_html (scraper/extract/document.py",),
    "links: find, make absolute": ("scraper/extract/links.py",),
    "refuse what would cost too much": (
        "scraper/extract/guard.py", "scraper/extract/unclosed.py", "scraper/extract/nesting.py",
    ),
    "head: title, description, canonical": ("scraper/extract/head.py",),
    "rest of extraction, note of the page": ("scraper/extract/", "scraper/poison.py"),
    "inflate, charset, media type": ("inflate.py", "charset.py", "media_type.py"),
    "record: hash, fields, serialise, write": (
        "scraper/engine/records.py", "scraper/engine/worker.py", "scraper/output/", "scraper/writer.py",
    ),
    "transport: request, reply, pool, send": ("aiohttp/", "scraper/transport/"),
    "fetcher: deadline, redirects, timings": ("scraper/fetcher/",),
    "source: read, normalise, deduplicate": (
        "scraper/sources/", "scraper/urls.py", "scraper/resume/", "scraper/engine/backlog.py",
    ),
    "frontier, engine, retries, statistics": (
        "scraper/engine/", "scraper/seats.py", "scraper/frontier/", "scraper/stats/", "scraper/fill.py",
    ),
}  # fmt: skip
"""By the first of these that a frame has; the order matters, as a frame may have several."""
LOOP = "event loop: uvloop, receive, timers"
REST = "before and after the loop"
HTTPX = "httpx: request, reply"
"""A phase that there was before.py's commit only."""
_START = "<frozen importlib"
_IDLE = "_worker (concurrent/futures/thread.py"  # a thread that waits for work, which py-spy takes for busy
_WATCH = "_run (scraper/engine/watchdog.py"  # another one that only waits


class Profile(msgspec.Struct, frozen=True):
    """What a page of one commit takes after start-up."""

    commit: str
    cpu_ms: float
    shares: dict[str, float]
    """By phase."""


class Sitting(msgspec.Struct, frozen=True):
    """Two profiles that before.py took in turn."""

    day: str
    load: float
    """Processes that ran or waited for the two cores, a mean of five minutes; two are the benchmark's own."""
    before: Profile
    after: Profile


def sitting() -> Sitting | None:
    """Return the one that is kept."""
    return msgspec.json.decode(FILE.read_bytes(), type=Sitting) if FILE.exists() else None


def sample(theatre: Theatre, command: Sequence[str], workload: Workload) -> list[str]:
    """Return the lines that py-spy has of a run of ours: `frame;frame;... count`, the outermost first."""
    spy = str(peer.theirs() / "py-spy")
    with theatre.stage(workload) as stage, tempfile.NamedTemporaryFile(suffix=".raw") as raw:
        output = fresh(theatre.folder / "phases.jsonl")
        arguments = peer.our_arguments(stage.source, output, workload.workers)
        pinned = ["taskset", "-c", str(CLIENT_CORE), *command, *arguments]
        with subprocess.Popen(pinned, stderr=subprocess.DEVNULL) as process:
            record = [spy, "record", "--rate", str(RATE), "--format", "raw", "--output", raw.name]
            watched = ["taskset", "-c", str(SERVER_CORE), *record, "--pid", str(process.pid)]
            done = subprocess.run(watched, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"py-spy cannot look at a process here; leave out --parts phases: {done.stderr.strip()}")
        return Path(raw.name).read_text().splitlines()


def shares(lines: Iterable[str], phases: Phases = PHASES) -> dict[str, float]:
    """Return the share of each phase in the samples after start-up, the largest first."""
    counts: Counter[str] = Counter()
    for line in lines:
        stack, _, count = line.rpartition(" ")
        if _START not in stack and _WATCH not in stack and _IDLE not in stack.rpartition(";")[2]:
            counts[phase(stack, phases)] += int(count)
    return {name: count / counts.total() for name, count in counts.most_common()}


def phase(stack: str, phases: Phases = PHASES) -> str:
    """Return what the program was doing at `stack`."""
    for frame in reversed(stack.split(";")):
        for name, marks in phases.items():
            if any(mark in frame for mark in marks):
                return name
    return LOOP if re.search(r"run \(asyncio/runners\.py", stack) else REST


def table(found: Mapping[str, float], cpu_ms: float, kept: Sitting | None) -> Table:
    """Return the shares, and what they make of `cpu_ms`, a page's CPU after start-up; beside them what is kept."""
    profiles = [(cpu_ms, found)]
    header = ["phase", "share", "µs of CPU"]
    note = (
        f"HTTP, keep-alive, after start-up (`run.py --parts phases`): py-spy, {RATE} samples a second, from another "
        "core. The share is sampled, the CPU is that of an undisturbed run. C code and system calls belong to their "
        "callers."
    )
    if kept:
        before, after = kept.before, kept.after
        profiles += [(one.cpu_ms, one.shares) for one in (before, after)]
        header += ["before: share", "µs", "after: share", "µs"]
        note += (
            f" *Before* is commit {before.commit}, the last before the path of a page was worked on, *after* is "
            f"{after.commit}: {kept.day}, the same pages, in turn (`before.py`), at a load of {kept.load:.1f}, of "
            "which the benchmark makes up to two. The machine's speed swings by a half: compare only these two in µs."
        )
    names = dict.fromkeys(name for _, some in profiles for name in some)
    rows = [("a page", *_figures(profiles, None)), *((name, *_figures(profiles, name)) for name in names)]
    return Table("Where the time of one page goes", header, rows, note)


def _figures(profiles: Sequence[tuple[float, Mapping[str, float]]], name: str | None) -> list[str]:
    """Return share and microseconds of a phase in each profile; without a name those of a page."""
    figures = []
    for cpu_ms, some in profiles:
        share = 1.0 if name is None else some.get(name)
        figures += ["-", "-"] if share is None else [f"{share:.1%}", f"{1000 * share * cpu_ms:,.0f}"]
    return figures
