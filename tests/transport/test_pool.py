"""The cap on open sockets: idle ones are counted, over many hosts."""

import asyncio

import local_site
import pytest
from clients import ask, get, transport
from local_site import html, reply


async def hammer(*, hosts, rounds, limit, max_open):
    """Ask each of `hosts` once a round, `limit` at a time; return the transport's peak of open sockets and the site."""
    peak = 0
    async with local_site.serve({"/": html("x")}, host="0.0.0.0") as site:
        client = transport(max_open=max_open)
        turn = asyncio.Semaphore(limit)

        async def visit(host):
            nonlocal peak
            async with turn:
                await get(client, site.url("/", host=host))
                peak = max(peak, client.open_sockets)

        for _ in range(rounds):
            await asyncio.gather(*(visit(host) for host in hosts))
        await client.aclose()
        await asyncio.sleep(0)
        assert client.open_sockets == 0
        return peak, site.connections


@pytest.mark.parametrize("loop_factory", [asyncio.new_event_loop, pytest.importorskip("uvloop").new_event_loop])
def test_open_sockets_never_pass_the_cap_over_many_hosts(loop_factory):
    hosts = [f"127.0.{n // 250}.{n % 250 + 1}" for n in range(300)]
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        peak, _ = runner.run(hammer(hosts=hosts, rounds=2, limit=10, max_open=20))
    assert 10 <= peak <= 20


def test_connections_are_reused_while_there_is_room_for_them():
    hosts = [f"127.0.0.{n + 1}" for n in range(10)]
    peak, connections = asyncio.run(hammer(hosts=hosts, rounds=20, limit=5, max_open=10))
    assert peak <= 10
    assert connections == 10


def test_the_connection_that_was_idle_longest_makes_room():
    async def scenario():
        async with local_site.serve({"/": html("x")}, host="0.0.0.0") as site:
            client = transport(max_open=3)
            for number in (1, 2, 3, 1, 4, 1, 3, 2):  # 4 ends 2's
                await get(client, site.url("/", host=f"127.0.0.{number}"))
            await client.aclose()
            assert [hit.connection for hit in site.hits] == [1, 2, 3, 1, 4, 1, 3, 5]

    asyncio.run(scenario())


def test_a_cancelled_dial_gives_its_promise_back():
    async def scenario():
        with local_site.silent_listener() as port:
            async with local_site.serve({"/": html("x")}) as site:
                client = transport(max_open=2)
                for _ in range(5):
                    with pytest.raises(TimeoutError):
                        async with asyncio.timeout(0.02):
                            await ask(client, f"http://127.0.0.1:{port}/")
                async with asyncio.timeout(2):
                    await get(client, site.url())
                await client.aclose()

    asyncio.run(scenario())


def test_with_room_for_those_in_use_only_every_host_change_dials():
    _, connections = asyncio.run(hammer(hosts=["127.0.0.1", "127.0.0.2"], rounds=3, limit=1, max_open=1))
    assert connections == 6


def test_fewer_sockets_are_kept_once_the_cap_is_lowered_and_more_once_it_is_raised():
    async def scenario():
        async with local_site.serve({"/": html("x")}, host="0.0.0.0") as site:
            client = transport(max_open=8)

            async def ask(numbers):
                for number in numbers:
                    await get(client, site.url("/", host=f"127.0.0.{number}"))
                await asyncio.sleep(0.01)
                return client.open_sockets

            before = await ask(range(1, 9))
            client.resize(max_open=2)
            await asyncio.sleep(0.01)
            lowered = client.open_sockets, await ask(range(1, 9))
            client.resize(max_open=6)
            raised = await ask(range(1, 9))
            await client.aclose()
            return before, lowered, raised

    assert asyncio.run(scenario()) == (8, (2, 2), 6)


def test_those_who_wait_for_room_get_it_in_their_order():
    async def scenario():
        done = []
        async with local_site.serve({"/": html("x")}, host="0.0.0.0") as site:
            client = transport(max_open=1)

            async def ask(number):
                await get(client, site.url("/", host=f"127.0.0.{number}"))
                done.append(number)

            await asyncio.gather(*(ask(number) for number in range(1, 21)))
            await client.aclose()
        assert done == list(range(1, 21))

    asyncio.run(scenario())


def test_who_gives_up_waiting_for_room_passes_it_on():
    async def scenario():
        async with local_site.serve({"/": html("x")}, host="0.0.0.0") as site:
            client = transport(max_open=1)
            held = await ask(client, site.url("/", host="127.0.0.1"))
            first = asyncio.ensure_future(get(client, site.url("/", host="127.0.0.2")))
            second = asyncio.ensure_future(get(client, site.url("/", host="127.0.0.3")))
            await asyncio.sleep(0)
            first.cancel()
            await held.aclose()
            async with asyncio.timeout(2):
                assert (await second)[1] == b"x"
            assert first.cancelled()
            await client.aclose()

    asyncio.run(scenario())


def test_a_connection_that_was_idle_too_long_is_closed():
    async def scenario():
        async with local_site.serve({"/": html("x")}) as site:
            client = transport(max_open=4, idle_timeout_s=0.05)
            await get(client, site.url())
            assert client.open_sockets == 1
            async with asyncio.timeout(2):
                while client.open_sockets:
                    await asyncio.sleep(0.01)
            await client.aclose()

    asyncio.run(scenario())


def test_a_connection_that_the_server_closed_is_forgotten_at_once():
    async def scenario():
        async with local_site.serve({"/": reply(200, {}, "x", then="close")}) as site:
            client = transport()
            for _ in range(2):
                await get(client, site.url())
                async with asyncio.timeout(2):
                    while client.open_sockets:
                        await asyncio.sleep(0.01)
            await client.aclose()
        assert site.connections == 2

    asyncio.run(scenario())
