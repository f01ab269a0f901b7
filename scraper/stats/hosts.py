"""Which hosts answer slowly: the mean time of an attempt by host, in bounded memory."""

from msgspec import Struct

from scraper.stats.text import count, duration

MAX_HOSTS = 2000
"""Hosts that are told apart at a time; when there are more, the faster half of them is forgotten."""


class HostTime(Struct, frozen=True):
    """How long a host takes."""

    host: str
    records: int
    mean_ms: float
    """Of the last attempts of its URLs, failed ones too."""

    def __str__(self) -> str:
        return f"{self.host} {duration(self.mean_ms / 1000)} ({count(self.records, 'record')})"


class HostTimes:
    """Adds up the time of each host. Of a host that was forgotten and comes back, only what follows counts."""

    __slots__ = ("_totals",)

    def __init__(self) -> None:
        self._totals: dict[str, list[float]] = {}  # records, milliseconds

    def add(self, url: str, elapsed_ms: float) -> None:
        """Count an attempt at `url`; what has no authority is no host's."""
        parts = url.split("/", 3)
        if len(parts) < 3:  # noqa: PLR2004 - scheme, nothing, authority
            return
        host = parts[2]
        if (total := self._totals.get(host)) is None:
            if len(self._totals) >= MAX_HOSTS:
                self._totals = dict(sorted(self._totals.items(), key=_mean, reverse=True)[: MAX_HOSTS // 2])
            total = self._totals[host] = [0, 0.0]
        total[0] += 1
        total[1] += elapsed_ms

    def slowest(self, number: int) -> tuple[HostTime, ...]:
        """Return so many hosts at most, the slowest first."""
        totals = sorted(self._totals.items(), key=_mean, reverse=True)[:number]
        return tuple(HostTime(host.rpartition("@")[2], int(n), round(ms / n, 3)) for host, (n, ms) in totals)


def _mean(item: tuple[str, list[float]]) -> float:
    return item[1][1] / item[1][0]
