# ruff: noqa: T201 - what it prints is what it is for
"""Show that a run of a million URLs takes no more memory than one of fifty thousand, and leaves nothing behind.

    python tests/benchmarks/flat.py [--urls 1000000] [--shapes one thousand many]

A shape is how many hosts the URLs have: one, a thousand or a hundred thousand. Needs Linux with two cores; a
million URLs take about a quarter of an hour and 0.5 GB of disk for each shape. Exits with 1 when a limit is broken.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import tiny_web

SERVER_CORE, CLIENT_CORE = 0, 1
FEW = 50_000
ALLOWED_RATIO = 1.15
ALLOWED_BYTES_PER_URL = 24
SHAPES = {"one": 1, "thousand": 1_000, "many": 100_000}
"""The most hosts that the URLs of each have."""
SAMPLE_S = 10.0

# Runs the command in a process where what is left of it can be counted afterwards.
CHILD = """
import asyncio, gc, json, os, resource, sys, threading
from scraper.cli import main
from scraper.loops import new_event_loop
new_event_loop().close()  # libuv keeps a pipe for signals from the first loop on
def left():
    descriptors = len(os.listdir("/proc/self/fd"))
    tasks = sum(isinstance(thing, asyncio.Task) and not thing.done() for thing in gc.get_objects())
    return {"descriptors": descriptors, "threads": threading.active_count(), "tasks": tasks}
before = left()
try:
    main(sys.argv[1:])
except SystemExit as end:
    code = end.code
usage = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({"code": code, "before": before, "after": left(), "peak_kib": usage.ru_maxrss,
                  "cpu_s": usage.ru_utime + usage.ru_stime}))
"""


class Outcome(NamedTuple):
    """What a run of so many URLs took."""

    urls: int
    peak_mib: float
    cpu_ms: float
    """For each page."""
    left: str
    """What was not as before afterwards; nothing is right."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure each shape; exit with 1 when one is not flat."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--urls", type=int, default=1_000_000, help="URLs of the long run (%(default)s)")
    parser.add_argument("--few", type=int, default=FEW, help="URLs of the short one (%(default)s)")
    parser.add_argument("--shapes", nargs="+", choices=list(SHAPES), default=list(SHAPES), help="default: all")
    parser.add_argument("--samples", action="store_true", help="print memory and descriptors every 10 s")
    options = parser.parse_args(arguments)
    is_flat = True
    with tiny_web.serving(SERVER_CORE) as site, tempfile.TemporaryDirectory(prefix="scraper-flat-") as folder:
        for shape in options.shapes:
            few, many = (
                measure(Path(folder), site.port, urls, min(urls, SHAPES[shape]), is_sampled=options.samples)
                for urls in (options.few, options.urls)
            )
            allowed_mib = few.peak_mib * ALLOWED_RATIO + many.urls * ALLOWED_BYTES_PER_URL / 1024**2
            is_good = many.peak_mib <= allowed_mib and not few.left and not many.left
            is_flat = is_flat and is_good
            for outcome in (few, many):
                print(
                    f"{shape:<9} {outcome.urls:>10,} URLs  peak {outcome.peak_mib:7.1f} MiB"
                    f"  {outcome.cpu_ms:.3f} ms CPU/page  left: {outcome.left or 'nothing'}",
                    flush=True,
                )
            print(f"{shape:<9} {'flat' if is_good else 'NOT FLAT'}: {allowed_mib:.1f} MiB are allowed", flush=True)
    raise SystemExit(0 if is_flat else 1)


def measure(folder: Path, port: int, urls: int, hosts: int, *, is_sampled: bool = False) -> Outcome:
    """Scrape so many URLs of so many hosts. Raises SystemExit when they do not all become ok records."""
    source, output = folder / "urls.txt", folder / "out.jsonl"
    with source.open("w") as file:
        file.writelines(lines(port, urls, hosts))
    options = ["--concurrency", "50", "--per-host", "50", "--quiet", "--fresh", "-o", str(output)]
    command = ["taskset", "-c", str(CLIENT_CORE), sys.executable, "-c", CHILD, str(source), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        if is_sampled:
            _watch(process)
        told = process.communicate()[0]
    ok = 0
    with output.open("rb") as records:
        ok = sum(b'"ok":true' in record for record in records)
    output.unlink()
    if process.returncode or ok != urls:
        raise SystemExit(f"{ok:,} of {urls:,} URLs are ok; the process ended with {process.returncode}")
    found = json.loads(told)
    left = [f"{found['after'][what]} {what} of {found['before'][what]}" for what in found["before"]
            if found["after"][what] > found["before"][what]]  # fmt: skip
    return Outcome(urls, found["peak_kib"] / 1024, 1000 * found["cpu_s"] / urls, ", ".join(left))


def lines(port: int, urls: int, hosts: int) -> Iterator[str]:
    """Yield the lines of the list, its hosts in turn: 127.1.0.1 and so on."""
    for number in range(urls):
        host = number % hosts
        yield f"http://127.{1 + host // 62_500}.{host // 250 % 250}.{1 + host % 250}:{port}/{number}\n"


def _watch(process: "subprocess.Popen[str]") -> None:
    """Print what the process holds, until it ends."""
    started = time.monotonic()
    folder = Path("/proc", str(process.pid))
    while process.poll() is None:
        with suppress(OSError, subprocess.TimeoutExpired):
            status = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines())
            descriptors = len(list((folder / "fd").iterdir()))
            print(
                f"  {time.monotonic() - started:5.0f} s  RSS {int(status['VmRSS'].split()[0]) / 1024:6.1f} MiB"
                f"  {descriptors} descriptors  {status['Threads'].strip()} threads",
                flush=True,
            )
            process.wait(SAMPLE_S)


if __name__ == "__main__":
    main()
