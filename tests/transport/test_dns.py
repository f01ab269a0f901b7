"""The resolver: cache, one look-up per name, time limit, kinds of failure."""

import asyncio
import socket
import threading
import time
from collections import Counter

import pytest

from scraper.transport.dns import CachingResolver, LookupTimeout
from scraper.transport.phases import CURRENT, Phases

ANSWER = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 0))]


@pytest.fixture
def lookups(monkeypatch):
    """Names that were looked up; a name says what becomes of it."""
    counted = Counter()
    release = threading.Event()

    def getaddrinfo(host, *_args, **_options):
        name = host.decode()
        counted[name] += 1
        if name.startswith("slow"):
            release.wait(5)
        if name.startswith("missing"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        if name.startswith("broken"):
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return ANSWER

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    yield counted
    release.set()


def resolve(*names, timeout_s=5.0, ttl_s=60.0, negative_ttl_s=60.0):
    async def scenario():
        CURRENT.set(Phases())
        resolver = CachingResolver(timeout_s=timeout_s, ttl_s=ttl_s, negative_ttl_s=negative_ttl_s)
        results = []
        for name in names:
            try:
                results.append((await resolver.resolve(name, 80))[0]["host"])
            except OSError as error:
                results.append(error)
        return results

    return asyncio.run(scenario())


def test_an_answer_is_kept_for_its_time(lookups):
    assert resolve("a.test", "a.test") == ["127.0.0.1"] * 2
    assert lookups["a.test"] == 1
    resolve("b.test", "b.test", ttl_s=0.0)
    assert lookups["b.test"] == 2


def test_a_missing_name_is_kept_and_a_failure_is_not(lookups):
    first, second = resolve("missing.test", "missing.test")
    assert first.errno == second.errno == socket.EAI_NONAME
    assert lookups["missing.test"] == 1
    resolve("broken.test", "broken.test")
    assert lookups["broken.test"] == 2


def test_many_who_ask_at_once_cause_one_look_up(lookups):
    async def scenario():
        CURRENT.set(Phases())
        resolver = CachingResolver(timeout_s=5.0, ttl_s=60.0, negative_ttl_s=1.0)
        await asyncio.gather(*(resolver.resolve("a.test") for _ in range(50)))

    asyncio.run(scenario())
    assert lookups["a.test"] == 1


def test_a_name_that_hangs_times_out_and_delays_no_other_and_no_exit(lookups):
    started = time.monotonic()

    async def scenario():
        CURRENT.set(Phases())
        resolver = CachingResolver(timeout_s=1.0, ttl_s=60.0, negative_ttl_s=1.0)
        slow = [asyncio.ensure_future(resolver.resolve(f"slow{n}.test")) for n in range(100)]
        assert (await resolver.resolve("a.test"))[0]["host"] == "127.0.0.1"
        errors = await asyncio.gather(*slow, return_exceptions=True)
        assert all(isinstance(error, LookupTimeout) for error in errors)

    asyncio.run(scenario())
    assert time.monotonic() - started < 4.5  # the look-ups themselves hang for 5 s
    assert lookups["slow0.test"] == 1


def test_a_cancelled_request_does_not_cancel_the_look_up_of_others(lookups):
    async def scenario():
        CURRENT.set(Phases())
        resolver = CachingResolver(timeout_s=5.0, ttl_s=60.0, negative_ttl_s=1.0)
        first = asyncio.ensure_future(resolver.resolve("a.test"))
        second = asyncio.ensure_future(resolver.resolve("a.test"))
        await asyncio.sleep(0)
        first.cancel()
        assert (await second)[0]["host"] == "127.0.0.1"

    asyncio.run(scenario())
    assert lookups["a.test"] == 1


def test_too_many_hanging_look_ups_are_a_time_out_not_a_thread_each(lookups):
    async def scenario():
        CURRENT.set(Phases())
        resolver = CachingResolver(timeout_s=0.2, ttl_s=60.0, negative_ttl_s=1.0)
        slow = [asyncio.ensure_future(resolver.resolve(f"slow{n}.test")) for n in range(300)]
        await asyncio.gather(*slow, return_exceptions=True)

    asyncio.run(scenario())
    assert len(lookups) == 256
