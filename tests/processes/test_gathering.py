"""The processes of a run connect, and nobody else does."""

import asyncio
import socket
from concurrent.futures import BrokenExecutor, Future, ThreadPoolExecutor

import pytest

from scraper.errors import OutputError, ProcessDied
from scraper.processes.gathering import gather


def hello(address, word, number):
    with socket.create_connection(address) as connection:
        connection.sendall(word + bytes([number]))
        return connection.recv(1)


def test_each_is_known_by_its_number_and_a_stranger_is_sent_away():
    async def scenario(pool):
        strangers = []

        def start(number, address, token):
            strangers.append(pool.submit(hello, address, b"x" * len(token), number))
            return pool.submit(hello, address, token, number)

        members = await asyncio.wait_for(gather(2, start), 5)
        for member in members:
            member.close()
        await asyncio.gather(*map(asyncio.wrap_future, strangers))
        return [member.number for member in members]

    with ThreadPoolExecutor(4) as pool:
        assert asyncio.run(scenario(pool)) == [0, 1]


@pytest.mark.parametrize(
    ("error", "kind", "says"),
    [
        (
            BrokenExecutor("was killed by SIGKILL"),
            ProcessDied,
            "process 1 of 1 was killed by SIGKILL; what is",
        ),
        (OutputError("disk full"), OutputError, "disk full"),
        (AttributeError("no price"), ProcessDied, "process 1 of 1 failed with AttributeError: no price; run the same"),
        (None, ProcessDied, "process 1 of 1 closed its connection"),
    ],
)
def test_one_that_ends_before_it_connects_ends_the_run_with_the_reason(error, kind, says):
    future = Future()
    if error is None:
        future.set_result(None)
    else:
        future.set_exception(error)
    with pytest.raises(kind, match=says):
        asyncio.run(asyncio.wait_for(gather(1, lambda *_: future), 5))
