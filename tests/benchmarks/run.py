"""Measure this scraper against its peers on one core each, on real pages behind nginx.

    python tests/benchmarks/run.py [--pages 10000] [--rounds 5] [--peers ours go httpx] [--write]

Needs Linux with two cores and, on Debian, the packages nginx-light, postgresql-doc-15, python3-doc, golang-go and
golang-github-puerkitobio-goquery-dev.
"""

import argparse
import importlib.util
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import NamedTuple

import ada_url
import corpus
import web
from rich.console import Console
from rich.table import Table

FOLDER = Path(__file__).parent
WORKERS = 50
SERVER_CORE, CLIENT_CORE = 0, 1
SAMPLE = 200
"""Pages whose titles, descriptions and links are compared between the peers."""
_BARE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


class Measure(NamedTuple):
    """What one run of one peer cost, its start included."""

    cpu_ms_per_page: float
    """User and system time of the process."""
    pages_per_second: float
    peak_mib: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark as the command line asks; exit with 1 when a peer's records differ from ours."""
    options = _options(arguments)
    console = Console()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="scraper-benchmark-")))
        folder.chmod(0o755)
        pages = corpus.documents()
        corpus.publish(pages, folder / "root")
        addresses = web.loopback_hosts(options.hosts)
        port = stack.enter_context(web.nginx(folder / "root", folder, addresses, SERVER_CORE))
        listed = corpus.urls(pages, [f"{address}:{port}" for address in addresses], options.pages)
        (folder / "urls.txt").write_text("".join(f"{url}\n" for url in listed))
        peers = {peer: PEERS[peer](folder) for peer in options.peers}
        measures: dict[str, list[Measure]] = {peer: [] for peer in peers}
        for number in range(options.rounds):
            for peer, command in peers.items():  # in turn, so that a noisy minute hits them all
                measures[peer].append(_run(command, options.pages))
                console.print(f"[dim]round {number + 1} {peer}: {measures[peer][-1].cpu_ms_per_page:.3f} ms/page")
        differences = _differences({peer: folder / f"{peer}.jsonl" for peer in peers}, listed)
    mean_kb = sum(page.file.stat().st_size for page in pages) / len(pages) / 1000
    title = f"Keep-alive HTTP, {options.pages:,} pages of {mean_kb:.0f} KB on average from {options.hosts} host(s)"
    console.print(_table(measures, title))
    if options.write:
        (FOLDER / "RESULTS.md").write_text(_markdown(measures, title), encoding="utf-8")
    for line in differences:
        console.print(line, style="red")
    raise SystemExit(1 if differences else 0)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--pages", type=int, default=10_000, help="pages to fetch in each run (%(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="runs of each peer; medians count (%(default)s)")
    parser.add_argument("--hosts", type=int, default=1, help="loopback addresses to spread them over (%(default)s)")
    parser.add_argument("--peers", nargs="+", choices=list(PEERS), default=list(PEERS), help="default: all")
    parser.add_argument("--write", action="store_true", help="write the table to tests/benchmarks/RESULTS.md")
    return parser.parse_args(arguments)


def _ours(folder: Path) -> list[str]:
    if importlib.util.find_spec("scraper.cli") is None:
        raise SystemExit("scraper is not installed here; install it with: pip install -e .")
    options = f"--no-robots --concurrency {WORKERS} --per-host {WORKERS} --links --fresh --quiet"
    output = str(folder / "ours.jsonl")
    return [sys.executable, "-m", "scraper", str(folder / "urls.txt"), *options.split(), "-o", output]


def _go(folder: Path) -> list[str]:
    binary = folder / "pool"
    # Debian's packages are sources below a GOPATH, without modules.
    debian = {"GO111MODULE": "off", "GOPATH": "/usr/share/gocode"}
    try:
        build = ["go", "build", "-o", str(binary), str(FOLDER / "peers" / "go" / "main.go")]
        subprocess.run(build, env=os.environ | debian, check=True)
    except (FileNotFoundError, subprocess.CalledProcessError):
        packages = "golang-go golang-github-puerkitobio-goquery-dev"
        raise SystemExit(f"the Go pool cannot be built; install it with: apt-get install {packages}") from None
    return [str(binary), str(folder / "urls.txt"), str(folder / "go.jsonl"), str(WORKERS)]


def _httpx(folder: Path) -> list[str]:
    program = FOLDER / "peers" / "stock_httpx.py"
    return [sys.executable, str(program), str(folder / "urls.txt"), str(folder / "httpx.jsonl"), str(WORKERS)]


PEERS = {"ours": _ours, "go": _go, "httpx": _httpx}
NAMES = {"ours": "scraper", "go": "Go net/http + goquery", "httpx": "stock httpx loop"}


def _run(command: Sequence[str], pages: int) -> Measure:
    """Run `command` on its core and return its cost. Raises SystemExit when it fails."""
    started = time.perf_counter()
    process = subprocess.Popen(["taskset", "-c", str(CLIENT_CORE), *command])
    _, status, usage = os.wait4(process.pid, 0)
    elapsed_s = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    cpu_s = usage.ru_utime + usage.ru_stime
    return Measure(1000 * cpu_s / pages, pages / elapsed_s, usage.ru_maxrss / 1024)


def _differences(outputs: dict[str, Path], listed: Sequence[str]) -> list[str]:
    """Return a line for each peer that does not have every page once, or not the first peer's titles and links."""
    found = {peer: _records(output) for peer, output in outputs.items()}
    lines = [
        f"{peer} has {len(records):,} pages of {len(listed):,}"
        for peer, records in found.items()
        if records.keys() != set(listed)
    ]
    sample = listed[:: max(1, len(listed) // SAMPLE)]
    first, *others = found
    for peer in others:
        unequal = [url for url in sample if found[peer].get(url) != found[first].get(url)]
        if unequal:
            lines.append(f"{peer} and {first} differ on {len(unequal)} of {len(sample)} pages, first on {unequal[0]}")
    return lines


def _records(output: Path) -> dict[str, tuple[str, str, list[str]]]:
    """Return title, description and links of each page fetched.

    Links are spelled as the WHATWG URL Standard does, less what Go's net/url does not know: an empty fragment, and a
    URL with a percent sign that escapes nothing.
    """
    pages = {}
    with output.open(encoding="utf-8") as lines:
        for record in map(json.loads, lines):
            if record.get("status") == 200:
                known = (link for link in record.get("links", ()) if not _BARE_PERCENT.search(link))
                spelled = (ada_url.normalize_url(link).removesuffix("#") for link in known)
                title, description = (" ".join((record.get(key) or "").split()) for key in ("title", "description"))
                pages[record["url"]] = (title, description, list(dict.fromkeys(spelled)))
    return pages


def _rows(measures: dict[str, list[Measure]]) -> list[tuple[str, ...]]:
    """Return a row of text for each peer: medians, and CPU time against ours."""
    medians = {peer: Measure(*map(median, zip(*runs, strict=True))) for peer, runs in measures.items()}
    ours = medians.get("ours")
    return [
        (
            NAMES[peer],
            f"{cost.cpu_ms_per_page:.3f}",
            f"{cost.cpu_ms_per_page / ours.cpu_ms_per_page:.2f}" if ours else "-",
            f"{cost.pages_per_second:,.0f}",
            f"{cost.peak_mib:,.0f}",
        )
        for peer, cost in medians.items()
    ]


HEADER = ("peer", "CPU ms/page", "CPU, ours = 1", "pages/s", "peak MiB")


def _table(measures: dict[str, list[Measure]], title: str) -> Table:
    table = Table(title=title)
    for name in HEADER:
        table.add_column(name, justify="left" if name == "peer" else "right")
    for row in _rows(measures):
        table.add_row(*row)
    return table


def _markdown(measures: dict[str, list[Measure]], title: str) -> str:
    rows = [HEADER, ("---", *["---:"] * (len(HEADER) - 1)), *_rows(measures)]
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    libraries = ", ".join(f"{name} {version(name)}" for name in ("aiohttp", "httpx", "selectolax", "uvloop"))
    rounds = len(next(iter(measures.values())))
    return "\n".join(
        [
            "# Benchmark",
            "",
            f"{title}. {WORKERS} workers, each program pinned to one core, nginx on another; title,",
            "description and all links to JSONL. Start-up is included. Medians of",
            f"{rounds} rounds, in turn. Made by `python tests/benchmarks/run.py --write`.",
            "",
            *lines,
            "",
            f"{_processor()}, {platform.system()} {platform.release()};",
            f"Python {platform.python_version()}, {libraries}.",
            "",
        ]
    )


def _processor() -> str:
    """Return the processor's name as the kernel has it."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), "unknown processor")


if __name__ == "__main__":
    main()
