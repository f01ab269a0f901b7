"""What the second process is said to bring."""

import pytest
from cores import Run, gain
from measure import Measure


def test_the_servers_share_of_the_cores_is_taken_out():
    one = Run(1, 1000, Measure(cpu_s=10.0, elapsed_s=10.0, peak_mib=0), server_cpu_s=2.0)
    # Both cores are busy for 6 s: 10 s for the clients, 2 s for the server.
    two = Run(2, 1000, Measure(cpu_s=10.0, elapsed_s=6.0, peak_mib=0), server_cpu_s=2.0)
    assert gain([one, two]) == pytest.approx((10 / 6, 2.0))
