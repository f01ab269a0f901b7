"""Clocks that jump and processes that are suspended: limits are kept in monotonic time (rows P9 and P10)."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import local_site
import pytest
from local_site import html

pytestmark = pytest.mark.slow
PAGES = {f"/{n}": html(f"<title>{n}</title>", delay=0.05) for n in range(60)}
RUN = [
    sys.executable,
    "-m",
    "scraper",
    "urls.txt",
    "--no-robots",
    "-c8",
    "--per-host=8",
    "--timeout=2",
    "-o",
    "out.jsonl",
]


def started(folder, site, prefix=(), **variables):
    (folder / "urls.txt").write_text("".join(f"{site.url(target)}\n" for target in PAGES))
    process = subprocess.Popen(
        [*prefix, *RUN], cwd=folder, stderr=subprocess.PIPE, text=True, env={**os.environ, **variables}
    )
    while len(site.hits) < 16 and process.poll() is None:
        time.sleep(0.005)
    return process


def records(folder, process):
    said = process.communicate(timeout=30)[1]
    assert process.returncode == 0, said
    assert "Traceback" not in said
    return [json.loads(line) for line in (folder / "out.jsonl").read_text().splitlines()]


@pytest.mark.skipif(shutil.which("faketime") is None, reason="needs faketime (apt-get install faketime)")
@pytest.mark.parametrize("jump", ["+1h", "-1h", "+1y", "-1y"])
def test_p9_a_clock_that_jumps_costs_no_page(tmp_path, jump):
    clock = tmp_path / "clock"
    clock.write_text("+0\n")
    variables = {"FAKETIME_TIMESTAMP_FILE": str(clock), "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    with local_site.running(PAGES) as site:
        process = started(tmp_path, site, ["faketime", "-m", "-f", "+0"], FAKETIME="", **variables)
        clock.write_text(f"{jump}\n")
        found = records(tmp_path, process)
    assert len({record["url"] for record in found}) == len(PAGES) == len(found)
    assert all(record["ok"] and record["attempts"] == 1 and record["elapsed_ms"] < 2000 for record in found)


def test_p10_a_suspended_run_goes_on_and_loses_no_more_than_what_was_in_flight(tmp_path):
    with local_site.running(PAGES) as site:
        process = started(tmp_path, site)
        process.send_signal(signal.SIGSTOP)
        time.sleep(2.5)  # longer than --timeout
        process.send_signal(signal.SIGCONT)
        found = records(tmp_path, process)
    assert len({record["url"] for record in found}) == len(PAGES) == len(found)
    assert all(record["ok"] for record in found)
    assert sum(record["attempts"] > 1 for record in found) <= 8
