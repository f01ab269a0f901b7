"""The cap on open sockets: idle ones are counted, over many hosts."""

import asyncio

import httpx
import local_site
import pytest
from local_site import html

from scraper.transport import AiohttpTransport
from scraper.transport.dns import CachingResolver


async def hammer(*, hosts, rounds, limit, max_idle):
    """Ask each of `hosts` once a round, `limit` at a time; return the transport's peak of open sockets and the site."""
    peak = 0
    async with local_site.serve({"/": html("x")}, host="0.0.0.0") as site:
        resolver = CachingResolver(timeout_s=5.0, ttl_s=60.0, negative_ttl_s=1.0)
        client = AiohttpTransport(limit=limit, max_idle=max_idle, idle_timeout_s=30.0, resolver=resolver)
        turn = asyncio.Semaphore(limit)

        async def get(host):
            nonlocal peak
            async with turn:
                request = httpx.Request("GET", site.url("/", host=host))
                response = await client.handle_async_request(request)
                async for _ in response.stream:
                    pass
                await response.aclose()
                peak = max(peak, client.open_sockets)

        for _ in range(rounds):
            await asyncio.gather(*(get(host) for host in hosts))
        await client.aclose()
        await asyncio.sleep(0)
        assert client.open_sockets == 0
        return peak, site.connections


@pytest.mark.parametrize("loop_factory", [asyncio.new_event_loop, pytest.importorskip("uvloop").new_event_loop])
def test_open_sockets_stay_within_the_budget_over_many_hosts(loop_factory):
    hosts = [f"127.0.{n // 250}.{n % 250 + 1}" for n in range(300)]
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        peak, _ = runner.run(hammer(hosts=hosts, rounds=2, limit=10, max_idle=10))
    assert 10 <= peak <= 2 * 10


def test_connections_are_reused_while_the_budget_has_room():
    peak, connections = asyncio.run(hammer(hosts=["127.0.0.1", "127.0.0.2"], rounds=30, limit=4, max_idle=4))
    assert peak <= 4
    assert connections <= 4


def test_without_a_budget_every_connection_is_closed():
    _, connections = asyncio.run(hammer(hosts=["127.0.0.1"], rounds=5, limit=2, max_idle=0))
    assert connections == 5
