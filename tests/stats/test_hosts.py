"""The slowest hosts, in bounded memory."""

from scraper.stats.hosts import MAX_HOSTS, HostTime, HostTimes


def test_the_slowest_come_first_with_their_mean():
    times = HostTimes()
    for url, ms in [
        ("http://a/x", 10.0),
        ("http://b:8080/", 30.0),
        ("http://b:8080/y", 50.0),
        ("http://u:***@c/", 20.0),
    ]:
        times.add(url, ms)
    assert times.slowest(2) == (HostTime("b:8080", 2, 40.0), HostTime("c", 1, 20.0))
    assert str(times.slowest(1)[0]) == "b:8080 40 ms (2 records)"


def test_what_has_no_authority_is_no_hosts():
    times = HostTimes()
    times.add("nonsense", 10.0)
    assert times.slowest(5) == ()


def test_of_too_many_hosts_the_slower_ones_are_remembered():
    times = HostTimes()
    for number in range(3 * MAX_HOSTS):
        times.add(f"http://host{number}/", float((number * 7919) % (3 * MAX_HOSTS)))
    assert len(times._totals) <= MAX_HOSTS
    assert times.slowest(1)[0].mean_ms == 3 * MAX_HOSTS - 1
