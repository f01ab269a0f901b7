"""Which process asks which host: each host has one, from its first URL to the end of the run."""

from scraper.urls import fingerprint

HOSTS_PLACED = 10_000
"""Hosts that are placed by what the processes were given; of so many more a hash gives each process its share too."""


class Owners:
    """Gives each new host to the process that was given the fewest URLs.

    A hash of the host alone gives of 50 hosts 28 to one process and 22 to the other, as often as not: the second then
    has nothing to do for an eighth of the run. The same list is dealt out in the same way on any machine.
    """

    def __init__(self, processes: int) -> None:
        self._given = [0] * processes
        self._owners: dict[str, int] = {}

    def owner_of(self, host: str) -> int:
        """Return the number, from 0, of the process that asks `host`, for one URL more."""
        owner = self._owners.get(host)
        if owner is None:
            if len(self._owners) < HOSTS_PLACED:
                owner = self._owners[host] = self._given.index(min(self._given))
            else:
                owner = fingerprint(host) % len(self._given)
        self._given[owner] += 1
        return owner
