"""Starts the processes of a run and waits until each has connected."""

import asyncio
import hmac
import os
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Future
from contextlib import closing

from scraper.errors import ProcessDied, RunError
from scraper.processes import wire
from scraper.processes.member import Member

HELLO_S = 10.0
"""For who connects to say that it is one of ours."""

Start = Callable[[int, tuple[str, int], bytes], "Future[None]"]
"""Starts the process with a number, from 0, that is to connect to an address and to say a token."""


async def gather(processes: int, start: Start) -> list[Member]:
    """Return the members of a run in so many processes, all of them connected. Raises RunError.

    They connect over TCP on loopback: that leaves nothing behind when all are killed, and goes with any Executor.
    """
    token = os.urandom(wire.TOKEN_BYTES)
    members: list[Member] = []

    async def welcome(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = await _number_of(reader, token)
        if number is None:
            writer.close()
        else:
            members[number].connected.set_result((reader, writer))

    with closing(await asyncio.start_server(welcome, "127.0.0.1", 0, limit=wire.BUFFER_BYTES)) as server:
        address = server.sockets[0].getsockname()
        try:
            members.extend(Member(number, start(number, address, token)) for number in range(processes))
            for member in members:
                await _wait_for(member, processes)
        except BaseException:
            for member in members:
                member.close()
            raise
    return members


async def _wait_for(member: Member, processes: int) -> None:
    """Wait until it has connected. Raises RunError when it ends before that."""
    end = asyncio.wrap_future(member.future)
    await asyncio.wait((member.connected, end), return_when=asyncio.FIRST_COMPLETED)
    end.cancel()  # nobody looks at it any more; the process runs on
    if not member.connected.done():
        raise await reason_of_end(member, processes)


async def reason_of_end(member: Member, processes: int) -> Exception:
    """Return why a process has ended before its time."""
    name = f"process {member.number + 1} of {processes}"
    try:
        await asyncio.wrap_future(member.future)
    except RunError as error:
        return error
    except BrokenExecutor as error:
        return ProcessDied(f"{name} {error}; what is finished is kept, run the same line again to go on")
    except Exception as error:  # noqa: BLE001 - whatever it is, it ended the process
        return ProcessDied(f"{name} failed with {type(error).__name__}: {error}; run the same line again to go on")
    return ProcessDied(f"{name} closed its connection; run the same line again to go on")


async def _number_of(reader: asyncio.StreamReader, token: bytes) -> int | None:
    """Return the number of the process that has connected; None when it is not one of ours."""
    try:
        async with asyncio.timeout(HELLO_S):
            hello = await reader.readexactly(len(token) + 1)
    except (TimeoutError, asyncio.IncompleteReadError, ConnectionError):
        return None
    return hello[-1] if hmac.compare_digest(hello[:-1], token) else None
