"""The resolver: cache, one look-up per name, time limit, kinds of failure."""

import asyncio
import socket
import threading
import time
from collections import Counter
from contextlib import suppress
from functools import partial

import pytest

from scraper.transport import dns
from scraper.transport.dns import CachingResolver, LookupTimeout

ANSWER = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 0))]


class Lookups(Counter):
    """How often each name was looked up."""

    def __init__(self):
        super().__init__()
        self.release = threading.Event()
        """Ends the look-ups that hang."""


@pytest.fixture
def lookups(monkeypatch):
    """Names that were looked up; a name says what becomes of it."""
    counted = Lookups()

    def getaddrinfo(host, *_args, **_options):
        name = host.decode()
        counted[name] += 1
        if name.startswith("slow"):
            counted.release.wait(5)
        if name.startswith("missing"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        if name.startswith("broken"):
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return ANSWER

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    yield counted
    counted.release.set()


def resolve(*names, timeout_s=5.0, ttl_s=60.0, negative_ttl_s=60.0):
    async def scenario():
        resolver = CachingResolver(timeout_s=timeout_s, ttl_s=ttl_s, negative_ttl_s=negative_ttl_s)
        results = []
        for name in names:
            try:
                results.append((await resolver.resolve(name))[0][-1][0])
            except OSError as error:
                results.append(error)
        return results

    return asyncio.run(scenario())


def test_an_answer_is_kept_for_its_time(lookups):
    assert resolve("a.test", "a.test") == ["127.0.0.1"] * 2
    assert lookups["a.test"] == 1
    resolve("b.test", "b.test", ttl_s=0.0)
    assert lookups["b.test"] == 2


def test_a_missing_name_is_kept_and_a_failure_for_a_moment_only(lookups, monkeypatch):
    first, second = resolve("missing.test", "missing.test")
    assert first.errno == second.errno == socket.EAI_NONAME
    assert lookups["missing.test"] == 1
    first, second = resolve("broken.test", "broken.test")
    assert first.errno == second.errno == socket.EAI_AGAIN
    assert lookups["broken.test"] == 1
    monkeypatch.setattr(dns, "_FAILURE_TTL_S", 0.0)
    resolve("broken.test", "broken.test")
    assert lookups["broken.test"] == 3


def test_many_who_ask_at_once_cause_one_look_up(lookups):
    async def scenario():
        resolver = CachingResolver(timeout_s=5.0, ttl_s=60.0, negative_ttl_s=1.0)
        await asyncio.gather(*(resolver.resolve("a.test") for _ in range(50)))

    asyncio.run(scenario())
    assert lookups["a.test"] == 1


def test_a_name_that_hangs_times_out_and_delays_no_other_and_no_exit(lookups):
    started = time.monotonic()

    async def scenario():
        resolver = CachingResolver(timeout_s=1.0, ttl_s=60.0, negative_ttl_s=1.0)
        slow = [asyncio.ensure_future(resolver.resolve(f"slow{n}.test")) for n in range(100)]
        assert (await resolver.resolve("a.test"))[0][-1][0] == "127.0.0.1"
        errors = await asyncio.gather(*slow, return_exceptions=True)
        assert all(isinstance(error, LookupTimeout) for error in errors)

    asyncio.run(scenario())
    assert time.monotonic() - started < 4.5  # the look-ups themselves hang for 5 s
    assert lookups["slow0.test"] == 1


def test_a_cancelled_request_does_not_cancel_the_look_up_of_others(lookups):
    async def scenario():
        resolver = CachingResolver(timeout_s=5.0, ttl_s=60.0, negative_ttl_s=1.0)
        first = asyncio.ensure_future(resolver.resolve("a.test"))
        second = asyncio.ensure_future(resolver.resolve("a.test"))
        await asyncio.sleep(0)
        first.cancel()
        assert (await second)[0][-1][0] == "127.0.0.1"

    asyncio.run(scenario())
    assert lookups["a.test"] == 1


def scenario_of(step, **settings):
    """Run `step` with a resolver."""

    async def scenario():
        await step(CachingResolver(**{"timeout_s": 5.0, "ttl_s": 60.0, "negative_ttl_s": 1.0} | settings))

    asyncio.run(scenario())


def test_a_name_that_hangs_is_a_time_out_at_once_for_who_asks_later(lookups):
    async def step(resolver):
        for _ in range(3):
            with pytest.raises(LookupTimeout, match=r"slow\.test was not resolved within 0\.1 s"):
                await resolver.resolve("slow.test")

    started = time.monotonic()
    scenario_of(step, timeout_s=0.1)
    assert time.monotonic() - started < 1.0
    assert lookups["slow.test"] == 1


def test_names_that_hang_hold_all_threads_and_the_next_name_waits_for_one_and_does_not_fail(lookups, monkeypatch):
    monkeypatch.setattr(dns, "_MAX_THREADS", 3)
    monkeypatch.setattr(dns, "_SLOW_S", 0.01)

    async def step(resolver):
        slow = [asyncio.ensure_future(resolver.resolve(f"slow{n}.test")) for n in range(3)]
        await asyncio.wait(slow)  # given up, and still hanging
        good = asyncio.ensure_future(resolver.resolve("a.test"))
        await asyncio.sleep(0.15)
        assert (good.done(), lookups["a.test"]) == (False, 0)
        lookups.release.set()
        assert (await good)[0][-1][0] == "127.0.0.1"

    scenario_of(step, timeout_s=0.05)


def test_a_system_without_threads_to_spare_is_waited_for(lookups, monkeypatch):
    start = threading.Thread.start

    def refuse(thread):
        if lookups["slow.test"] and not lookups.release.is_set():
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refuse)

    async def step(resolver):
        slow, good = (asyncio.ensure_future(resolver.resolve(name)) for name in ("slow.test", "a.test"))
        await asyncio.sleep(0.1)
        lookups.release.set()
        await asyncio.gather(slow, good)

    scenario_of(step)
    assert lookups["a.test"] == 1


def test_a_system_without_any_thread_is_a_failure_not_a_hang(monkeypatch):
    def refuse(_):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    (error,) = resolve("a.test")
    assert str(error) == "can't start new thread"


def test_so_many_are_looked_up_at_a_time_unless_they_are_slow(lookups, monkeypatch):
    monkeypatch.setattr(dns, "_MAX_PROMPT", 5)
    monkeypatch.setattr(dns, "_SLOW_S", 0.1)

    async def step(resolver):
        for n in range(12):
            resolver.settle(f"slow{n}.test", lambda: None)
        await asyncio.sleep(0.05)
        assert len(lookups) == 5
        await asyncio.sleep(0.1)
        assert len(lookups) == 10
        lookups.release.set()
        await resolver.resolve("slow11.test")

    scenario_of(step)


@pytest.mark.parametrize("host", ["a.test", "a.test:8080", "missing.test", "broken.test", "broken.test:80"])
def test_a_settled_host_is_resolved_without_waiting(lookups, host):
    async def step(resolver):
        assert not resolver.is_settled(host)
        settled = asyncio.Event()
        resolver.settle(host, settled.set)
        assert not settled.is_set()
        await settled.wait()
        assert resolver.is_settled(host)
        with suppress(OSError):
            await resolver.resolve(host.partition(":")[0])

    scenario_of(step)
    assert lookups.total() == 1


@pytest.mark.parametrize(("name", "asked"), [("a.test", 1), ("missing.test", 2), ("broken.test", 2), ("slow.test", 1)])
def test_a_failure_is_forgotten_when_asked_to_and_an_answer_is_not(lookups, name, asked):
    async def step(resolver):
        for _ in range(2):
            with suppress(OSError):
                await resolver.resolve(name)
            resolver.forget(f"{name}:80")

    scenario_of(step, timeout_s=0.1)
    assert lookups[name] == asked


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8080", "[::1]", "[::1]:80"])
def test_an_address_is_settled(host):
    async def step(resolver):
        assert resolver.is_settled(host)

    scenario_of(step)


def test_two_wait_for_one_look_up_and_a_name_that_hangs_is_settled_once_its_time_is_over(lookups):
    async def step(resolver):
        settled = asyncio.Queue()
        for number in range(2):
            resolver.settle("slow.test", partial(settled.put_nowait, number))
        assert not resolver.is_settled("slow.test")
        assert [await settled.get(), await settled.get()] == [0, 1]
        assert resolver.is_settled("slow.test")

    scenario_of(step, timeout_s=0.1)
    assert lookups["slow.test"] == 1


def test_four_addresses_of_each_family_are_kept_in_their_order(monkeypatch):
    def addresses(*_args, **_options):
        families = [socket.AF_INET6, socket.AF_INET]
        return [(family, socket.SOCK_STREAM, 6, "", (f"{n}", 0)) for family in families for n in range(500)]

    monkeypatch.setattr(socket, "getaddrinfo", addresses)

    async def step(resolver):
        found = await resolver.resolve("many.test")
        assert [(one[0], one[-1][0]) for one in found] == [
            (family, str(n)) for family in (socket.AF_INET6, socket.AF_INET) for n in range(4)
        ]

    scenario_of(step)


def test_a_closed_resolver_begins_nothing_any_more(lookups, monkeypatch):
    monkeypatch.setattr(dns, "_MAX_PROMPT", 1)

    async def step(resolver):
        settled = asyncio.Event()
        resolver.settle("slow.test", settled.set)
        resolver.settle("a.test", lambda: None)
        await resolver.close()
        lookups.release.set()
        await settled.wait()

    scenario_of(step)
    assert lookups["a.test"] == 0
