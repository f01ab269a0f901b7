"""Counters of pages that stay bounded whatever servers send: groups of pages by a name, and the few that stand out."""

import heapq
from collections.abc import Hashable
from itertools import count
from typing import Generic, TypeVar

from scraper.stats import Histogram

Key = TypeVar("Key", bound=Hashable)
Item = TypeVar("Item")


class Group:
    """Pages that have something in common."""

    __slots__ = ("bytes", "latency", "ok", "pages")

    def __init__(self) -> None:
        self.pages = 0
        self.ok = 0
        self.bytes = 0
        self.latency = Histogram()

    def add(self, *, is_ok: bool, bucket: int | None, size: int) -> None:
        """Count a page. `bucket` is that of its latency in a Histogram, when it has one."""
        self.pages += 1
        self.ok += is_ok
        self.bytes += size
        if bucket is not None:
            counts = self.latency.counts
            counts[bucket] = counts.get(bucket, 0) + 1

    @property
    def failed(self) -> int:
        """Pages that are not ok."""
        return self.pages - self.ok


class Groups(dict[Key, Group]):
    """A Group for each key, made when first asked for; at most `capacity` of them.

    When there are more, the smaller half makes room (lossy counting: Manku, Motwani, "Approximate frequency counts
    over data streams", VLDB 2002): those that remain have lost `undercount` pages at most.
    """

    def __init__(self, capacity: int) -> None:
        super().__init__()
        self._capacity = capacity
        self.undercount = 0
        """Pages that a group may have and does not tell; 0: every group is there, and exact."""

    def __missing__(self, key: Key) -> Group:
        if len(self) >= self._capacity:
            self._make_room()
        group = self[key] = Group()
        return group

    def largest(self, number: int) -> list[tuple[Key, Group]]:
        """Return those with most pages, the first-seen first among equals."""
        return heapq.nlargest(number, self.items(), key=lambda item: item[1].pages)

    def most_failed(self, number: int) -> list[tuple[Key, Group]]:
        """Return those with most failures; none that has none."""
        failing = (item for item in self.items() if item[1].failed)
        return heapq.nlargest(number, failing, key=lambda item: item[1].failed)

    def _make_room(self) -> None:
        smallest = heapq.nsmallest((self._capacity + 1) // 2, self.items(), key=lambda item: item[1].pages)
        self.undercount += smallest[-1][1].pages
        for key, _ in smallest:
            del self[key]


class Largest(Generic[Item]):
    """The few items with the largest values of many."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._heap: list[tuple[float, int, Item]] = []
        self._order = count(0, -1)  # of equal values the first stays
        self.least = float("-inf")
        """Only larger values are taken: look before an item is made."""

    def add(self, value: float, item: Item) -> None:
        """Take `item` when it is among the largest so far."""
        if len(self._heap) < self._number:
            heapq.heappush(self._heap, (value, next(self._order), item))
        elif value > self.least:
            heapq.heapreplace(self._heap, (value, next(self._order), item))
        if len(self._heap) == self._number:
            self.least = self._heap[0][0]

    def items(self) -> list[tuple[float, Item]]:
        """Return them with their values, the largest first."""
        return [(value, item) for value, _, item in sorted(self._heap, reverse=True)]
