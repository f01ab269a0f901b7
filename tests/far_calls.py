"""What tests have other processes call: a module that those can import."""

import gc
import os
import time

IS_LEAN = not gc.isenabled()
"""Whether this module was imported while no garbage was collected."""


class OddError(Exception):
    """One that can be pickled and not be read back."""

    def __init__(self, first, second):
        super().__init__(f"{first} {second}")


def fail_oddly():
    raise OddError("cannot be", "read back")


def say_and_sleep():
    """Tell the number of this process, then stand still."""
    print(os.getpid(), flush=True)  # noqa: T201 - for the test that reads it
    time.sleep(60)


def was_lean():
    """Return whether this module was imported without collecting garbage, and whether that is collected now."""
    return IS_LEAN, gc.isenabled()
