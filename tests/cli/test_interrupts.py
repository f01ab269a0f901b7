"""A command that makes a file leaves nothing behind when it is told to end."""

import os
import signal

import pytest

from scraper.cli.interrupts import interruptible
from scraper.errors import RunInterrupted


def end(number, cleaned):
    try:
        with interruptible("t.csv"):
            signal.raise_signal(number)  # of one sent to the process another thread may be told
            signal.pause()
    finally:
        cleaned.append(number)


def test_ctrl_c_says_that_the_file_is_as_it_was():
    with pytest.raises(RunInterrupted, match=r"t\.csv is as it was"):
        end(signal.SIGINT, [])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_other_signals_clean_up_and_exit_with_their_number(number):
    before = signal.getsignal(number)
    cleaned = []
    with pytest.raises(SystemExit) as ended:
        end(number, cleaned)
    assert ended.value.code == 128 + number
    assert cleaned == [number]
    assert signal.getsignal(number) is before


def test_a_signal_that_is_ignored_stays_so():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with interruptible("t.csv"):
            os.kill(os.getpid(), signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)
