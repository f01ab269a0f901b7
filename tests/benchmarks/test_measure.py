"""What a run is said to cost."""

import sys

import measure
import pytest

ALLOCATE = "b = bytearray(32 << 20); b[::4096] = bytes(len(b[::4096]))"


def test_memory_is_the_programs_own_and_not_that_of_who_starts_it():
    held = bytearray(64 << 20)
    held[::4096] = bytes(len(held[::4096]))  # touched, so that it counts
    small = measure.run([sys.executable, "-I", "-S", "-c", "pass"], core=None)
    large = measure.run([sys.executable, "-I", "-S", "-c", ALLOCATE], core=None)
    assert small.peak_mib < 32 < large.peak_mib < 60


def test_a_program_that_fails_is_named_with_its_last_line():
    with pytest.raises(SystemExit, match=r"ended with 3; it said: no luck"):
        measure.run([sys.executable, "-c", "import sys; print('no luck', file=sys.stderr); sys.exit(3)"], core=None)
