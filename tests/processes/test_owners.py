"""A host has one owner, and each process its share."""

from collections import Counter

from scraper.processes import owners
from scraper.processes.owners import Owners


def test_hosts_are_spread_evenly_in_a_mixed_list_and_in_one_that_is_sorted_by_host():
    mixed = [f"{host}.test" for _ in range(300) for host in range(50)]
    for hosts in (mixed, sorted(mixed)):
        made = Owners(2)
        assert Counter(made.owner_of(host) for host in hosts) == {0: 7500, 1: 7500}


def test_a_large_host_leaves_the_others_to_the_other_processes():
    made = Owners(3)
    owned = {host: made.owner_of(host) for n in range(100) for host in ("large.test", f"{n}.test")}
    assert Counter(owned.values()) == {0: 1, 1: 50, 2: 50}


def test_a_host_keeps_its_owner():
    made = Owners(2)
    assert {made.owner_of("a.test") for _ in range(9)} == {0}
    assert [made.owner_of("b.test"), made.owner_of("c.test"), made.owner_of("a.test")] == [1, 1, 0]


def test_of_very_many_hosts_those_that_are_not_kept_in_mind_have_one_owner_too(monkeypatch):
    monkeypatch.setattr(owners, "HOSTS_PLACED", 1)
    made = Owners(4)
    hosts = ["first.test", "example.com", "example.org:8080"]
    for _ in range(2):
        assert [made.owner_of(host) for host in hosts] == [0, 3, 1]  # on any machine
    owned = Counter(made.owner_of(f"{n}.example") for n in range(3000))
    assert all(650 < number < 850 for number in owned.values())
