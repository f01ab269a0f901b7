"""What tests have other processes call: a module that those can import."""

import os
import ssl
import time

IS_LEAN = "set_default_verify_paths" in vars(ssl.SSLContext)
"""Whether this module was imported without what our own need not have."""


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


def tell(value):
    """Return whether this module was imported lean, and `value`."""
    return IS_LEAN, value
