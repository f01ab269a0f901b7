"""What the second process is said to bring."""

import pytest
from cores import Run, gain, table
from measure import Measure

START = Measure(cpu_s=1.0, elapsed_s=1.0, peak_mib=0)


def test_the_servers_share_of_the_cores_is_taken_out():
    one = Run(1, 1000, Measure(cpu_s=10.0, elapsed_s=10.0, peak_mib=0), server_cpu_s=2.0, start=START)
    # Both cores are busy for 6 s: 10 s for the clients, 2 s for the server.
    two = Run(2, 1000, Measure(cpu_s=10.0, elapsed_s=6.0, peak_mib=0), server_cpu_s=2.0, start=START)
    assert gain([one, two])[:2] == pytest.approx((10 / 6, 2.0))


def test_the_start_of_more_interpreters_is_told_apart_and_what_could_be_had():
    one = Run(1, 1000, Measure(cpu_s=12.5, elapsed_s=10.0, peak_mib=0), server_cpu_s=0.0, start=START)
    two = Run(2, 1000, Measure(cpu_s=14.0, elapsed_s=7.0, peak_mib=0), 0.0, START._replace(elapsed_s=1.6, cpu_s=3.0))
    brought = gain([one, two])
    assert (brought.alone, brought.later, brought.most) == pytest.approx((10 / 7, 9 / 5.4, 1.6))
    assert [len(row) for row in table([one, two]).rows] == [11, 11]
