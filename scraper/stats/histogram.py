"""Latencies in logarithmic buckets, and their quantiles."""

import math

LOWEST_MS = 0.001
HIGHEST_MS = 1e8
"""Latencies are told apart between a microsecond and 28 hours; beyond, they count as the nearest of the two."""
BUCKET_RATIO = 1.04
"""Upper over lower edge of a bucket; its geometric middle is off by at most sqrt(1.04) - 1 = 1.98 %."""


class Histogram:
    """Latencies in logarithmic buckets: 646 integers, whatever is added, and quantiles within 2 %.

    The idea is DDSketch's (Masson, Rim, Lee: "DDSketch", VLDB 2019), with fixed ends.
    """

    __slots__ = ("_buckets", "_per_log")

    def __init__(self) -> None:
        self._per_log = 1 / math.log(BUCKET_RATIO)
        self._buckets = [0] * (int(math.log(HIGHEST_MS / LOWEST_MS) * self._per_log) + 1)

    def add(self, value_ms: float) -> None:
        """Count one latency, in milliseconds."""
        within = min(max(value_ms, LOWEST_MS), HIGHEST_MS)
        self._buckets[int(math.log(within / LOWEST_MS) * self._per_log)] += 1

    @property
    def count(self) -> int:
        """How many latencies were added."""
        return sum(self._buckets)

    def quantile(self, q: float) -> float | None:
        """Return, in milliseconds, the smallest latency that a share `q` (0 to 1) does not exceed; None when empty."""
        rank = max(1, math.ceil(q * self.count))
        for index, population in enumerate(self._buckets):
            rank -= population
            if rank <= 0:
                return float(LOWEST_MS * BUCKET_RATIO ** (index + 0.5))
        return None
