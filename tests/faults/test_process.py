"""Faults of process, disk and time (FAULTS.md, P1 to P13): each record once, whole lines only, and no traceback.

The short forms; tests/chaos/run.py does the long ones. More of these rows is in tests/test_resume.py (P2, P8, P13),
tests/test_writer.py (P4 to P7) and tests/cli/test_cli.py (P3).
"""

import asyncio
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time

import httpx
import local_site
import msgspec
import pytest
from chaos import cuts, kills, writes
from local_site import html
from outputs import complete, opened, record, urls, urls_in, write

from scraper import ascrape
from scraper.compression import compress
from scraper.output.encoder import append_line

pytestmark = pytest.mark.slow
ROOT_ONLY = pytest.mark.skipif(
    os.name == "nt" or os.geteuid() != 0 or shutil.which("unshare") is None, reason="needs root and unshare, to mount"
)
CAPTURED = {"capture_output": True, "text": True, "timeout": 60}
PAGES = {f"/{n}": html(f"<title>{n}</title>") for n in range(40)}
SLOW = {f"/{n}": html(f"<title>{n}</title>", delay=0.02 * (1 + n % 3)) for n in range(60)}


@pytest.fixture
def listed(tmp_path):
    """Write a list of the pages of a site into the folder of the test."""

    def write_list(site, pages):
        wanted = sorted(site.url(target) for target in pages)
        (tmp_path / "urls.txt").write_text("".join(f"{url}\n" for url in wanted))
        return wanted

    return write_list


def command(*words):
    return [sys.executable, "-m", "scraper", "urls.txt", "--no-robots", "-o", "out.jsonl", *words]


def run(folder, *words, prefix=(), **options):
    done = subprocess.run([*prefix, *command(*words)], check=False, **CAPTURED, cwd=folder, **options)
    assert "Traceback" not in done.stderr
    return done


def gone_on(folder, wanted):
    """Go on with the run to its end; return whether each wanted URL has its one record then."""
    output = folder / "out.jsonl"
    writes.go_on(output)
    return [fault for fault in writes.faults_in(output, wanted) if "left behind" not in fault] == []


# P1, P2: ended at any moment


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_p1_killed_at_random_moments_nothing_is_lost_doubled_or_torn_and_little_fetched_again(tmp_path, suffix):
    toll = kills.run(tmp_path, urls=200, kills=3, suffix=suffix, concurrency=20, delay_s=0.02)
    assert toll.is_proven, toll.verdict
    assert toll.extra_requests <= toll.kills * 20


def test_p1_a_record_is_in_the_file_before_its_worker_asks_for_the_next_page(tmp_path):
    """So a kill costs the requests in flight and no more."""
    path = tmp_path / "out.jsonl"
    unwritten = []

    async def answer(_):
        unwritten.append(1)
        assert len(unwritten) - (path.read_bytes().count(b"\n") if path.exists() else 0) <= 10
        await asyncio.sleep(random.choice([0, 0, 0.001]))
        return httpx.Response(200, html="<title>x</title>")

    transport = httpx.MockTransport(answer)
    asyncio.run(
        ascrape(urls(90), transport=transport, output=str(path), robots=False, concurrency=10, per_host=10, quiet=True)
    )
    assert [entry["ok"] for entry in map(msgspec.json.decode, path.read_bytes().splitlines())] == [True] * 90


@pytest.mark.parametrize(("suffix", "retry"), [("", False), ("", True), (".gz", True)])
def test_p2_ended_in_a_call_that_changes_a_file_nothing_is_lost_doubled_or_torn(tmp_path, suffix, retry):
    ends = writes.run(tmp_path, suffix=suffix, retry=retry, portions=(0.5,), turns=range(1, 8, 3))
    assert ends.ended == 3
    assert ends.faults == []


@pytest.mark.parametrize("retry", [False, True], ids=["fetched", "retried"])
@pytest.mark.parametrize("suffix", ["", ".gz", ".zst"], ids=["plain", "gz", "zst"])
def test_p2_cut_in_its_last_three_records_nothing_is_lost_doubled_or_torn(tmp_path, suffix, retry):
    number, faults = cuts.run(tmp_path, suffix=suffix, retry=retry, step=9)
    assert number > 10
    assert faults == []


# P3: a signal, or two


@pytest.mark.parametrize(
    ("number", "times", "code"),
    [(signal.SIGINT, 1, 130), (signal.SIGINT, 2, 130), (signal.SIGTERM, 1, 143), (signal.SIGHUP, 1, 129)],
    ids=["SIGINT", "SIGINT twice", "SIGTERM", "SIGHUP"],
)
def test_p3_a_signal_ends_the_run_with_whole_records_and_it_can_be_gone_on_with(tmp_path, listed, number, code, times):
    with local_site.running(SLOW) as site:
        wanted = listed(site, SLOW)
        process = subprocess.Popen(command("-c4"), cwd=tmp_path, stderr=subprocess.PIPE, text=True)
        while len(site.hits) < 8:
            time.sleep(0.005)
        for _ in range(times):
            process.send_signal(number)
            time.sleep(0.05)
        said = process.communicate(timeout=20)[1]
        assert process.returncode == code
        assert "Traceback" not in said
        assert f"Stopped by {signal.Signals(number).name}" in said
        assert 0 < len(urls_in(tmp_path / "out.jsonl")) < len(SLOW)
        assert len(site.hits) < len(SLOW)
        assert gone_on(tmp_path, wanted)


# P4, P5: a disk that is full, or fails


@ROOT_ONLY
def test_p4_on_a_full_disk_it_stops_fetching_and_goes_on_once_there_is_room(tmp_path, listed):
    (tmp_path / "disk").mkdir()
    bodies = {f"/{n}": html(f"<title>{n}</title>" + f"<p>{random.random()}" * 400) for n in range(200)}
    with local_site.running(bodies) as site:
        wanted = listed(site, bodies)
        words = " ".join(
            [*command("-c5", "--html", "--quiet")[:-5], "-c5", "--html", "--quiet", "-o", "disk/out.jsonl"]
        )
        script = f"""
            mount -t tmpfs -o size=64k tmpfs disk
            {words}; echo $? > full; cp disk/out.jsonl full.jsonl
            mount -o remount,size=20m disk
            {words}; echo $? > room; cp disk/out.jsonl out.jsonl
        """
        done = subprocess.run(
            ["unshare", "-m", "sh", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        asked = len(site.hits)
    assert (tmp_path / "full").read_text() == "5\n", done.stderr
    assert (tmp_path / "room").read_text() == "0\n"
    assert done.stderr.startswith(
        "scrape: cannot write disk/out.jsonl: No space left on device; free some space and run"
    )
    assert "Traceback" not in done.stderr
    whole = urls_in(tmp_path / "full.jsonl")
    assert 0 < len(whole) < 60
    assert asked <= len(bodies) + 15  # what was in flight or unwritten when the disk was full
    assert sorted(urls_in(tmp_path / "out.jsonl")) == wanted


def test_p4_past_the_limit_on_file_sizes_it_stops_and_goes_on_once_that_is_raised(tmp_path, listed):
    with local_site.running(PAGES) as site:
        wanted = listed(site, PAGES)
        limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))  # noqa: E731
        full = run(tmp_path, "-c2", preexec_fn=limit)
        assert full.returncode == 5
        assert "File too large; raise the limit" in full.stderr
        assert 0 < len(urls_in(tmp_path / "out.jsonl")) < len(PAGES)
        assert len(site.hits) < len(PAGES)
        assert gone_on(tmp_path, wanted)


FAILING = """\
import ctypes
from scraper.cli import main
enable = ctypes.CDLL("libfiu.so.0").fiu_enable_random
enable(b"posix/io/rw/write", 1, None, 0, ctypes.c_float(0.05))  # from here on: Python's own start is not what is tried
main()
"""


@pytest.mark.skipif(shutil.which("fiu-run") is None, reason="needs fiu-run (apt-get install fiu-utils)")
def test_p5_with_writes_that_fail_at_random_each_record_is_whole_and_there_once(tmp_path, listed):
    """Sockets fail as well: some records may be failed ones."""
    with local_site.running(PAGES) as site:
        wanted = listed(site, PAGES)
        failing = ["fiu-run", "-x", sys.executable, "-c", FAILING, *command("-c4", "--retries", "1")[3:]]
        for _ in range(2):
            done = subprocess.run(failing, check=False, **CAPTURED, cwd=tmp_path)
            assert done.returncode in {0, 1, 5, -signal.SIGABRT}, done.stderr  # libuv aborts when it cannot wake itself
        assert gone_on(tmp_path, wanted)


# P6: a file that is not there, or not as we left it


@pytest.mark.parametrize("place", ["folder", "urls.txt/out.jsonl", "/proc/nothing/out.jsonl"])
def test_p6_an_output_that_cannot_be_is_refused_before_any_request(tmp_path, listed, place):
    (tmp_path / "folder").mkdir()
    with local_site.running(PAGES) as site:
        listed(site, PAGES)
        done = run(tmp_path, "-o", place)
        assert done.returncode == 5
        assert len(done.stderr.splitlines()) == 1
        assert site.hits == []


@ROOT_ONLY
def test_p6_a_read_only_disk_is_refused_before_any_request(tmp_path, listed):
    (tmp_path / "disk").mkdir()
    with local_site.running(PAGES) as site:
        listed(site, PAGES)
        words = " ".join([*command()[:-2], "-o", "disk/out.jsonl"])
        script = f"mount --bind disk disk && mount -o remount,ro,bind disk && exec {words}"
        done = subprocess.run(
            ["unshare", "-m", "sh", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 5
        assert "Read-only file system; choose another --output" in done.stderr
        assert site.hits == []


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (lambda path: path.unlink(), "was deleted, renamed or replaced"),
        (lambda path: path.rename(path.with_name("rotated.jsonl")), "was deleted, renamed or replaced"),
        (lambda path: os.truncate(path, 10), "was changed by another program"),
    ],
    ids=["deleted", "rotated", "truncated"],
)
def test_p6_a_file_harmed_under_the_run_ends_it_at_once(tmp_path, listed, harm, told):
    path = tmp_path / "out.jsonl"
    with local_site.running(SLOW) as site:
        wanted = listed(site, SLOW)
        process = subprocess.Popen(command("-c2"), cwd=tmp_path, stderr=subprocess.PIPE, text=True)
        while not (path.exists() and path.read_bytes().count(b"\n") > 3):
            time.sleep(0.005)
        before = urls_in(path)
        harm(path)
        asked = len(site.hits)
        said = process.communicate(timeout=20)[1]
        assert process.returncode == 5
        assert said.startswith(f"scrape: out.jsonl {told}")
        assert len(said.splitlines()) == 1
        assert len(site.hits) <= asked + 4
        if (rotated := tmp_path / "rotated.jsonl").exists():
            assert urls_in(rotated)[: len(before)] == before
        assert gone_on(tmp_path, wanted)


# P7: standard output


def test_p7_a_reader_that_leaves_ends_the_run_quietly(tmp_path, listed):
    with local_site.running(SLOW) as site:
        listed(site, SLOW)
        script = f"{' '.join(command('-o', '-', '-c2'))} | head -1; echo ${{PIPESTATUS[0]}}"
        done = subprocess.run(
            ["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
        )
        first, code = done.stdout.splitlines()
        assert msgspec.json.decode(first)["ok"]
        assert code == "5"
        assert done.stderr == "scrape: standard output was closed by its reader\n"
        assert len(site.hits) < len(SLOW)


def test_p7_a_pipe_that_nobody_reads_holds_the_fetching_back(tmp_path, listed):
    pages = {f"/{n}": html("<p>x" * 20_000) for n in range(60)}
    with local_site.running(pages) as site:
        listed(site, pages)
        process = subprocess.Popen(command("-o", "-", "-c3", "--html", "--quiet"), cwd=tmp_path, stdout=subprocess.PIPE)
        while not site.hits:
            time.sleep(0.01)
        time.sleep(1)
        held = len(site.hits)
        assert held < 30
        assert len(process.communicate(timeout=30)[0].splitlines()) == len(site.hits) == 60
        assert process.returncode == 0


# P8, P11, P13


def test_p8_a_second_run_on_the_same_output_is_refused_before_any_request(tmp_path, listed):
    with local_site.running({"/": html("x", delay=30)}) as site:
        listed(site, ["/"])
        first = subprocess.Popen(command("--quiet"), cwd=tmp_path)
        try:
            while not site.hits:
                time.sleep(0.005)
            second = run(tmp_path)
        finally:
            first.kill()
            first.wait()
        assert second.returncode == 4
        assert "another run holds out.jsonl" in second.stderr
        assert len(site.hits) == 1


def test_p11_in_little_memory_the_run_finishes(tmp_path, listed):
    with local_site.running(PAGES) as site:
        wanted = listed(site, PAGES)
        limit = lambda: resource.setrlimit(resource.RLIMIT_AS, (512 * 1024**2,) * 2)  # noqa: E731
        assert run(tmp_path, preexec_fn=limit).returncode == 0
    assert sorted(urls_in(tmp_path / "out.jsonl")) == wanted


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_p13_after_a_power_loss_what_was_synced_is_there_and_the_rest_is_fetched_again(tmp_path, suffix, monkeypatch):
    path = tmp_path / f"out.jsonl{suffix}"
    synced = []
    real = os.fsync
    monkeypatch.setattr("os.fsync", lambda fd: (real(fd), synced.append(os.fstat(fd).st_size)))
    with opened(path) as output:
        write(output, [record(url) for url in urls(5)])
        lines = bytearray()
        for url in urls(9)[5:]:
            append_line(record(url), lines)
        output.target.append(compress(bytes(lines), suffix))
    whole = path.read_bytes()
    for end in range(synced[-1], len(whole), 7):
        for zeros in (0, 4096):  # the length was on the disk, the data were not
            path.write_bytes(whole[:end] + bytes(zeros))
            with opened(path) as output:
                assert output.ok >= 5
            complete(path, urls(9))
            assert sorted(urls_in(path)) == urls(9)
