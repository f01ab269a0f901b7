"""Where the time of one page goes: a sampled profile of ours, by what it was doing.

py-spy looks at the stack 500 times a second from another core, without touching the program. A sample belongs to the
innermost frame that a rule knows; what C code below it does (parsing, inflating, a system call) is its own.
"""

import re
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import peer
from comparison import fresh
from measure import CLIENT_CORE, SERVER_CORE
from tables import Table
from workloads import Theatre, Workload

RATE = 500
PHASES = {
    "parse into a tree": ("parse_html (scraper/extract/document.py",),
    "links: find, make absolute": ("scraper/extract/links.py",),
    "refuse what would cost too much": ("scraper/extract/guard.py", "scraper/extract/nesting.py"),
    "head: title, description, canonical": ("scraper/extract/head.py",),
    "rest of extraction, note of the page": ("scraper/extract/", "scraper/poison.py"),
    "inflate, charset, media type": ("inflate.py", "charset.py", "media_type.py"),
    "record: hash, fields, serialise, write": (
        "scraper/engine/records.py", "scraper/engine/worker.py", "scraper/output/", "scraper/writer.py",
    ),
    "aiohttp: request, reply, pool, send": ("aiohttp/", "scraper/transport/"),
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
_START = "<frozen importlib"
_IDLE = "_worker (concurrent/futures/thread.py"  # a thread that waits for work, which py-spy takes for busy
_WATCH = "_run (scraper/engine/watchdog.py"  # another one that only waits


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


def shares(lines: Iterable[str]) -> dict[str, float]:
    """Return the share of each phase in the samples after start-up, the largest first."""
    counts: Counter[str] = Counter()
    for line in lines:
        stack, _, count = line.rpartition(" ")
        if _START not in stack and _WATCH not in stack and _IDLE not in stack.rpartition(";")[2]:
            counts[phase(stack)] += int(count)
    return {name: count / counts.total() for name, count in counts.most_common()}


def phase(stack: str) -> str:
    """Return what the program was doing at `stack`."""
    for frame in reversed(stack.split(";")):
        for name, marks in PHASES.items():
            if any(mark in frame for mark in marks):
                return name
    return LOOP if re.search(r"run \(asyncio/runners\.py", stack) else REST


def table(found: dict[str, float], cpu_ms: float) -> Table:
    """Return the shares, and what they make of `cpu_ms`, a page's CPU after start-up."""
    rows = [(name, f"{share:.1%}", f"{1000 * share * cpu_ms:,.0f}") for name, share in found.items()]
    note = (
        f"HTTP, keep-alive, after start-up (`run.py --parts phases`): py-spy, {RATE} samples a second, from another "
        "core. The share is sampled, the CPU is that of an undisturbed run. C code and system calls belong to their "
        "callers."
    )
    return Table("Where the time of one page goes", ("phase", "share", "µs of CPU"), rows, note)
