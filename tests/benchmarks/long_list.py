# ruff: noqa: T201 - what it prints is what it is for
"""Measure how soon a list of ten million lines is begun, and what reading it takes.

    python tests/benchmarks/long_list.py [--lines 10000000] [--seconds 60]

Needs Linux and 0.4 GB of disk. Exits with 1 when the first request comes later than a second after the start of the
process, or the peak of its memory is above the limit.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import flat
import tiny_web

FIRST_REQUEST_S = 1.0
PEAK_MIB = 200.0
HOSTS = 1_000


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the list, begin to scrape it, and stop after a while."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--lines", type=int, default=10_000_000, help="lines of the list (%(default)s)")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long to run (%(default)s)")
    options = parser.parse_args(arguments)
    with tiny_web.serving() as site, tempfile.TemporaryDirectory(prefix="scraper-long-") as folder:
        source = Path(folder, "urls.txt")
        with source.open("w") as file:
            file.writelines(flat.lines(site.port, options.lines, HOSTS))
        command = [sys.executable, "-m", "scraper", str(source), "--no-robots", "-o", str(Path(folder, "out.jsonl"))]
        started = time.time()
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        first_s = site.first_request_at() - started
        time.sleep(options.seconds)
        process.send_signal(signal.SIGTERM)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        done = Path(folder, "out.jsonl").read_bytes().count(b"\n")
    peak_mib = usage.ru_maxrss / 1024
    print(f"{options.lines:,} lines: first request after {first_s:.2f} s, peak {peak_mib:.0f} MiB, {done:,} records")
    is_good = first_s <= FIRST_REQUEST_S and peak_mib <= PEAK_MIB and process.returncode == 128 + signal.SIGTERM
    raise SystemExit(0 if is_good else 1)


if __name__ == "__main__":
    main()
