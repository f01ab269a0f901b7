"""Calls in Python processes of their own: what comes back, and that none outlives its caller."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import BrokenExecutor
from pathlib import Path

import far_calls
import pytest

from scraper.processes.interpreters import FreshInterpreters


@pytest.fixture
def executor():
    with FreshInterpreters() as made:
        yield made


def test_a_call_is_done_in_another_process_and_its_result_comes_back(executor):
    assert executor.submit(os.getpid).result() != os.getpid()
    assert executor.submit(pow, 2, 100, mod=7).result() == pow(2, 100, 7)


def test_what_it_raises_is_raised(executor):
    first, second = executor.submit(int, "x"), executor.submit(far_calls.fail_oddly)
    with pytest.raises(ValueError, match="invalid literal"):
        first.result()
    with pytest.raises(RuntimeError, match="OddError: cannot be read back"):
        second.result()


def test_what_a_call_needs_is_imported_without_collecting_garbage(executor):
    assert executor.submit(far_calls.was_lean).result() == (True, True)


def test_a_process_that_is_killed_breaks_its_own_call_only(executor):
    killed, ended, fine = (
        executor.submit(signal.raise_signal, signal.SIGKILL),
        executor.submit(os._exit, 3),
        executor.submit(os.getpid),
    )
    with pytest.raises(BrokenExecutor, match="was killed by SIGKILL"):
        killed.result()
    with pytest.raises(BrokenExecutor, match="ended with exit code 3"):
        ended.result()
    assert fine.result()


def test_what_asks_a_run_to_end_is_left_to_the_caller(executor):
    calls = [executor.submit(signal.raise_signal, number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    assert [call.result() for call in calls] == [None] * 3


def test_a_shutdown_can_end_those_that_run():
    executor = FreshInterpreters()
    call = executor.submit(time.sleep, 60)
    executor.shutdown(cancel_futures=True)
    with pytest.raises(BrokenExecutor, match="SIGKILL"):
        call.result()


SCRIPT = """
import os, sys, time
sys.path.insert(0, sys.argv[1])
print("main", flush=True)
from scraper.processes.interpreters import FreshInterpreters
import far_calls
FreshInterpreters().submit(far_calls.say_and_sleep).result()
"""


def test_a_script_without_a_main_guard_is_not_run_again_and_no_process_outlives_a_killed_caller(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    tests = str(Path(far_calls.__file__).parent)
    command = [sys.executable, str(script), tests]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as caller:
        child = int(caller.stderr.readline())
        os.kill(child, 0)
        caller.kill()
        assert caller.stdout.read() == "main\n"
        assert caller.stderr.read() == ""  # to its end: the other process had it too
    with pytest.raises(ProcessLookupError):
        _wait_until_gone(child)


def _wait_until_gone(process):
    end = time.monotonic() + 5
    while time.monotonic() < end:
        os.kill(process, 0)
        time.sleep(0.01)
