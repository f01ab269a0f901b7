"""The run's end: takes commands for as long as its block lasts, one line of JSON each."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import msgspec

from scraper.control.command import Command, Reply
from scraper.control.place import listen, socket_path
from scraper.errors import UsageError

LINE_BYTES = 4096
PATIENCE_S = 5.0
"""For a client to send its line and take the answer."""

_log = logging.getLogger(__name__)


@asynccontextmanager
async def steerable(output: str, answer: Callable[[Command], Reply]) -> AsyncIterator[None]:
    """Have `answer` deal with what comes in at the socket beside `output`. Without one a run goes on all the same."""
    path = socket_path(output)
    try:
        listener = listen(path)
    except (OSError, AttributeError) as error:  # a file system or a system without such sockets
        _log.info("`scrape ctl` cannot reach this run: %s", error)
        yield
        return
    inode = path.stat().st_ino
    talks: set[asyncio.Task[None]] = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine runs in one; start_unix_server made it
        talks.add(task)
        try:
            async with asyncio.timeout(PATIENCE_S):
                writer.write(msgspec.json.encode(_answer(await reader.readline(), answer)) + b"\n")
                await writer.drain()
                writer.close()
                await writer.wait_closed()
        except (OSError, ValueError, asyncio.CancelledError):
            pass  # it left, was slow or sent too much, or the run has ended; Python 3.11 logs a cancelled talk
        finally:
            writer.transport.abort()
            talks.discard(task)

    server = await asyncio.start_unix_server(talk, sock=listener, limit=LINE_BYTES)
    try:
        yield
    finally:
        with suppress(OSError):
            if path.stat().st_ino == inode:
                path.unlink()
        server.close()
        if talks:  # who asked it to stop hears that it will
            await asyncio.wait(talks, timeout=PATIENCE_S)


def _answer(line: bytes, answer: Callable[[Command], Reply]) -> Reply:
    try:
        command = msgspec.json.decode(line, type=Command)
    except (msgspec.DecodeError, ValueError) as error:
        return Reply(ok=False, text=f"that is no command: {error}")
    try:
        _log.info("`scrape ctl` asks for: %s %s", command.verb, command.host or command.value or "")
        return answer(command)
    except UsageError as error:
        return Reply(ok=False, text=str(error))
