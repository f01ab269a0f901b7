"""One of the processes of a run: the engine, on the hosts that are its own."""

import asyncio
import logging
import math
import sys
import traceback
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from msgspec import Struct

from scraper.config import Config
from scraper.engine.watchdog import THREAD as WATCHDOG
from scraper.errors import reason_of
from scraper.loops import new_event_loop
from scraper.memory import keep_for_the_next_page
from scraper.poison import NotesShare, ParseNotes
from scraper.processes import wire
from scraper.processes.interpreters import leave_signals_to_parent
from scraper.processes.link import Link, ParentGone
from scraper.recrawl.earlier import RecordReader
from scraper.wiring import make_engine, make_results, make_worker, within_limits


class Share(Struct, frozen=True):
    """What one process of a run is told at its start."""

    number: int
    """From 0."""
    address: tuple[str, int]
    """Where to connect to."""
    token: bytes
    """Tells the connection from a stranger's."""
    config: Config
    """With this process's part of the workers."""
    log_level: int
    notes: NotesShare
    earlier_fd: int | None = None
    """The descriptor of the output that the run compares with."""
    is_streaming: bool = False
    """A consumer takes the records when it likes."""


def run_share(share: Share) -> None:
    """Scrape one process's share of a run to its end. Raises RunError when that cannot go on."""
    leave_signals_to_parent()
    keep_for_the_next_page()
    log = _Log()
    with log.kept(share.log_level), asyncio.Runner(loop_factory=new_event_loop) as runner, suppress(ParentGone):
        runner.run(_work(share, log))


async def _work(share: Share, log: "_Log") -> None:
    reader, writer = await asyncio.open_connection(*share.address, limit=wire.BUFFER_BYTES)
    writer.write(share.token + bytes([share.number]))
    config = within_limits(share.config)
    notes = ParseNotes()
    with notes.joined(share.notes):
        read = None if share.earlier_fd is None else RecordReader(share.earlier_fd)
        async with make_worker(config, around=notes.around, earlier=read) as (worker, names):
            link = Link(writer, log.taken)
            link.engine = engine = make_engine(
                config, worker=worker, names=names, rows=link, results=make_results(config), sink=link.send,
                peers=link, fatal=notes.fatal, backlog_jobs=math.inf, is_streaming=share.is_streaming,
            )  # fmt: skip
            try:
                async with asyncio.TaskGroup() as group:
                    listening = group.create_task(link.listen(reader))
                    telling = group.create_task(link.tell_state())
                    await engine.run()
                    link.report(notes.settled_since(share.notes))
                    listening.cancel()
                    telling.cancel()
            except BaseExceptionGroup as failures:
                raise reason_of(failures) from None
            finally:
                with suppress(ConnectionError):
                    writer.close()
                    await writer.wait_closed()  # by then all has been sent


class _Log(logging.Handler):
    """Keeps the lines of the log until they are sent."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: deque[wire.LogLine] = deque()

    def emit(self, record: logging.LogRecord) -> None:
        cause = "".join(traceback.format_exception(*record.exc_info)).rstrip() if record.exc_info else None
        self._lines.append(wire.LogLine(record.name, record.levelno, _message(record), record.created, cause))
        if record.threadName == WATCHDOG:  # the loop is held, and would send it once it no longer is
            with suppress(OSError, ValueError, AttributeError):
                sys.stderr.write(f"scrape: {_message(record)}\n")

    def taken(self) -> list[wire.LogLine]:
        """Return the lines that came since the last call."""
        return [self._lines.popleft() for _ in range(len(self._lines))]

    @contextmanager
    def kept(self, level: int) -> Iterator[None]:
        """Have the package's log lines of this level and above come here, and go nowhere else."""
        logger = logging.getLogger("scraper")
        before = logger.level, logger.propagate
        logger.setLevel(level)
        logger.propagate = False
        logger.addHandler(self)
        try:
            yield
        finally:
            logger.setLevel(before[0])
            logger.propagate = before[1]
            logger.removeHandler(self)


def _message(record: logging.LogRecord) -> str:
    return record.getMessage().encode("utf-8", "backslashreplace").decode()
