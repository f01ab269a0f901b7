"""How many pages ended when, however long the run took and however often it was gone on with."""

from collections.abc import Iterator

from msgspec import Struct

_BINS = 4_000
"""At a second each for the first hour; after that the steps double in length."""
_PAUSE_S = 60.0
"""Without any page for so long,"""
_PAUSE_SHARE = 0.1
"""and for such a part of the time that pages ended in, the run is taken to have stood still."""


class Column(Struct, frozen=True):
    """What happened in one step of time."""

    start_s: float
    """Seconds since 1970."""
    seconds: float
    ok: int
    failed: int
    is_after_pause: bool = False


class Timeline:
    """Pages by the second that they ended in, as exact as a bounded number of steps allows."""

    def __init__(self) -> None:
        self.step_s = 1
        self._bins: dict[int, list[int]] = {}

    def add(self, at_s: float, *, is_ok: bool) -> None:
        """Count a page that ended at `at_s`, in seconds since 1970."""
        index = int(at_s // self.step_s)
        bin_ = self._bins.get(index)
        if bin_ is None:
            bin_ = self._bins[index] = [0, 0]
            if len(self._bins) > _BINS:
                self._double()
                return self.add(at_s, is_ok=is_ok)
        bin_[not is_ok] += 1
        return None

    def columns(self, most: int) -> list[Column]:
        """Return at most about `most` columns of equal length; what lies between two sittings is left out."""
        sittings = self._sittings()
        steps = sum(last - first + 1 for first, last in sittings)
        width = max(1, -(-steps // most))
        return [column for number, sitting in enumerate(sittings) for column in self._of(sitting, width, number > 0)]

    @property
    def active_s(self) -> float:
        """For how long the run was at it."""
        return float(sum(last - first + 1 for first, last in self._sittings()) * self.step_s)

    def _of(self, sitting: tuple[int, int], width: int, is_after_pause: bool) -> Iterator[Column]:  # noqa: FBT001 - private
        first, last = sitting
        for start in range(first, last + 1, width):
            bins = [self._bins[index] for index in range(start, start + width) if index in self._bins]
            yield Column(
                float(start * self.step_s),
                float(width * self.step_s),
                sum(ok for ok, _ in bins),
                sum(failed for _, failed in bins),
                is_after_pause and start == first,
            )

    def _sittings(self) -> list[tuple[int, int]]:
        """Return the first and last step of each time that the run was at it without a long pause."""
        indexes = sorted(self._bins)
        pause = max(_PAUSE_S / self.step_s, _PAUSE_SHARE * len(indexes))
        sittings: list[tuple[int, int]] = []
        for index in indexes:
            if sittings and index - sittings[-1][1] <= pause:
                sittings[-1] = (sittings[-1][0], index)
            else:
                sittings.append((index, index))
        return sittings

    def _double(self) -> None:
        self.step_s *= 2
        halved: dict[int, list[int]] = {}
        for index, (ok, failed) in self._bins.items():
            bin_ = halved.setdefault(index // 2, [0, 0])
            bin_[0] += ok
            bin_[1] += failed
        self._bins = halved
