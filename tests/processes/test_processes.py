"""Whole runs in real processes: what ends them, what they leave behind, and that the same line goes on."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import local_site
import pytest
from local_site import html

from scraper import scrape
from scraper.processes import fleet

pytestmark = pytest.mark.slow
URLS = 120
ENDS_S = 20


@pytest.fixture
def site():
    async def answer(hit, _):
        return html(f"<title>{hit.target}</title>", delay=0.02 if hit.target.startswith("/slow") else 0.0)

    with local_site.running(answer, host="0.0.0.0") as made:
        yield made


@pytest.fixture
def listed(site, tmp_path):
    urls = [site.url(f"/slow/{n}", host=f"127.0.0.{n % 6 + 1}") for n in range(URLS)]
    (tmp_path / "urls.txt").write_text("".join(f"{url}\n" for url in urls))
    return urls


def command(*words):
    words = words or ("urls.txt",)
    return [sys.executable, "-m", "scraper", "--processes", "2", *words, "--no-robots", "-o", "out.jsonl"]


@contextmanager
def started(folder, *words, **options):
    """Run the command; at the end of the block it is killed if it still runs."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([*command(*words)], cwd=folder, **pipes, text=True, **options) as process:
        try:
            yield process
        finally:
            process.kill()


def run(folder, *words):
    done = subprocess.run(command(*words), cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert "Traceback" not in done.stderr
    return done


def until(holds):
    end = time.monotonic() + ENDS_S
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.005)


def children_of(process):
    tasks = Path(f"/proc/{process.pid}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


def is_running(process):
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def assert_goes_on(folder, urls):
    """Assert that the same line does the rest, and that each URL has one whole record then."""
    done = run(folder)
    assert done.returncode == 0, done.stderr
    lines = (folder / "out.jsonl").read_text().splitlines()
    assert Counter(json.loads(line)["url"] for line in lines) == Counter(urls)


def account(text):
    """Return the terms of the closing line by name."""
    left, _, right = next(line for line in text.splitlines() if " = " in line).partition(" = ")
    terms = {term.split(" ", 1)[1]: int(term.split(" ")[0]) for term in right.split(" + ")}
    assert int(left.split()[0]) == sum(terms.values())
    return terms


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_to_all_of_them_drains_the_run(site, listed, tmp_path, number, code):
    with started(tmp_path, start_new_session=True) as process:
        until(lambda: len(site.hits) > 20)
        os.killpg(process.pid, number)  # as a terminal does, or a service manager
        _, err = process.communicate(timeout=ENDS_S)
    assert process.returncode == code
    assert f"Stopped by {number.name}" in err
    terms = account(err)
    assert terms["ok"] == len(site.hits) == len((tmp_path / "out.jsonl").read_text().splitlines()) < URLS
    assert_goes_on(tmp_path, listed)
    assert len(site.hits) == URLS


@pytest.mark.usefixtures("listed")
def test_a_second_signal_ends_it_now_though_a_callback_stands_still(site, tmp_path):
    (tmp_path / "stuck.py").write_text("import time\ndef parse(page):\n    time.sleep(60)\n")
    with started(tmp_path, "urls.txt", "--parse", "stuck:parse") as process:
        until(lambda: len(site.hits) >= 2)
        children = children_of(process)
        process.send_signal(signal.SIGINT)
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=ENDS_S)
    assert process.returncode == 130
    assert account(err)["pending"] > 0
    assert not any(map(is_running, children))


def test_killed_it_leaves_no_process_behind_and_the_file_goes_on(site, listed, tmp_path):
    with started(tmp_path) as process:
        until(lambda: len(site.hits) > 40)
        children = children_of(process)
        assert len(children) == 2
        process.kill()
        until(lambda: not any(map(is_running, children)))
    before = len(site.hits)
    assert_goes_on(tmp_path, listed)
    assert before <= URLS
    assert len(site.hits) - URLS <= 50 + 16  # those in flight, and those on their way to the file


def test_a_process_that_is_killed_ends_the_run_with_one_line_and_the_others_end_well(site, listed, tmp_path):
    with started(tmp_path) as process:
        until(lambda: len(site.hits) > 20)
        os.kill(children_of(process)[0], signal.SIGKILL)
        _, err = process.communicate(timeout=ENDS_S)
    assert process.returncode == 71
    assert "of 2 was killed by SIGKILL; what is finished is kept, run the same line again" in err.splitlines()[-1]
    assert account(err)["pending"] > 0
    assert account(err)["ok"] == len((tmp_path / "out.jsonl").read_text().splitlines())
    assert_goes_on(tmp_path, listed)


def test_a_page_that_killed_two_processes_is_recorded_and_not_parsed_again(site, tmp_path):
    (tmp_path / "deadly.py").write_text(
        "import os\ndef parse(page):\n    if page.url.endswith('/3'):\n        os.kill(os.getpid(), 9)\n"
    )
    (tmp_path / "urls.txt").write_text("".join(f"{site.url(f'/{n}', host=f'127.0.0.{n + 1}')}\n" for n in range(6)))
    words = ["urls.txt", "--parse", "deadly:parse"]
    several = run(tmp_path, *words)
    alone = run(tmp_path, *words, "--processes", "1")
    last = run(tmp_path, *words)
    assert [several.returncode, alone.returncode, last.returncode] == [71, -signal.SIGKILL, 0]
    records = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert len(records) == 6
    assert [record["error"]["kind"] for record in records if not record["ok"]] == ["parse-limit"]
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_standard_input_a_callback_that_prints_and_the_log_of_all_processes(site, tmp_path):
    (tmp_path / "loud.py").write_text(
        "def parse(page):\n    print('loud')\n    return {'n': 1 // (not page.url.endswith('/3'))}\n"
    )
    text = "".join(f"{site.url(f'/{n}', host=f'127.0.0.{n + 1}')}\n" for n in range(6))
    words = ["-", "--parse", "loud:parse", "--log-file", "log.jsonl", "--verbose", "-o", "-"]
    done = subprocess.run(
        [sys.executable, "-m", "scraper", *words, "--processes", "2", "--no-robots"],
        cwd=tmp_path, input=text, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert Counter(record["ok"] for record in records) == {True: 5, False: 1}
    assert "extract-error (ZeroDivisionError" in done.stderr
    logged = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [line["logger"] for line in logged if "ZeroDivisionError" in line["message"]] == ["scraper.engine.records"]
    assert "loud\n" in done.stderr


def test_a_script_without_a_main_guard_may_use_several(site, tmp_path):
    (tmp_path / "script.py").write_text(
        "import sys\nfrom scraper import scrape\nprint('begin')\n"
        "print(len(scrape(sys.argv[1:], processes=2, robots=False).records))\n"
    )
    urls = [site.url("/", host=f"127.0.0.{n + 1}") for n in range(6)]
    done = subprocess.run(
        [sys.executable, "script.py", *urls], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("begin\n6\n", "")


def test_another_executor_can_take_the_place_of_ours(site, monkeypatch):
    pools = partial(ProcessPoolExecutor, 2, mp_context=get_context("spawn"))
    monkeypatch.setattr(fleet, "FreshInterpreters", pools)
    urls = [site.url("/", host=f"127.0.0.{n + 1}") for n in range(6)]
    assert {record.url for record in scrape(urls, processes=2, robots=False).records} == set(urls)


def test_the_processes_read_the_earlier_output_though_it_is_set_aside(site, tmp_path):
    urls = [site.url("/", host=f"127.0.0.{n + 1}") for n in range(6)]
    output = str(tmp_path / "o.jsonl")
    scrape(urls, output=output, robots=False)
    run = scrape(urls, output=output, robots=False, processes=2, since=output, fresh=True)
    assert run.summary.changes == {"new": 0, "changed": 0, "same": 6, "gone": 0}
