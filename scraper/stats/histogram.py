"""Latencies in logarithmic buckets, and their quantiles."""

import math
from collections.abc import Mapping
from types import MappingProxyType

LOWEST_MS = 0.001
HIGHEST_MS = 1e8
"""Latencies are told apart between a microsecond and 28 hours; beyond, they count as the nearest of the two."""
BUCKET_RATIO = 1.04
"""Upper over lower edge of a bucket; its geometric middle is off by at most sqrt(1.04) - 1 = 1.98 %."""
_PER_LOG = 1 / math.log(BUCKET_RATIO)


class Histogram:
    """Latencies in 646 logarithmic buckets, of which only those that are not empty are kept; quantiles within 2 %.

    The idea is DDSketch's (Masson, Rim, Lee: "DDSketch", VLDB 2019), with fixed ends.
    """

    __slots__ = ("counts",)

    def __init__(self, counts: Mapping[int, int] = MappingProxyType({})) -> None:
        self.counts = dict(counts)
        """How many latencies fell in each bucket, by its number."""

    def add(self, value_ms: float) -> None:
        """Count one latency, in milliseconds."""
        bucket = bucket_of(value_ms)
        self.counts[bucket] = self.counts.get(bucket, 0) + 1

    @property
    def count(self) -> int:
        """How many latencies were added."""
        return sum(self.counts.values())

    def quantile(self, q: float) -> float | None:
        """Return, in milliseconds, the smallest latency that a share `q` (0 to 1) does not exceed; None when empty."""
        rank = max(1, math.ceil(q * self.count))
        for bucket in sorted(self.counts):
            rank -= self.counts[bucket]
            if rank <= 0:
                return edge_ms(bucket + 0.5)
        return None


def bucket_of(value_ms: float) -> int:
    """Return the number of the bucket that a latency falls in."""
    within = min(max(value_ms, LOWEST_MS), HIGHEST_MS)
    return int(math.log(within / LOWEST_MS) * _PER_LOG)


def edge_ms(bucket: float) -> float:
    """Return the lower edge of a bucket in milliseconds; with a half added, its geometric middle."""
    return float(LOWEST_MS * BUCKET_RATIO**bucket)
