"""Stands in for the engine: whole runs into an output, and processes that are killed in the middle of one."""

import asyncio
import os
import signal
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from scraper.compression import compress, compression_of, decompressor
from scraper.models import Failure, Record
from scraper.output.encoder import append_line
from scraper.resume import Output, open_output
from scraper.urls import identity
from scraper.writer import Writer

NOW = datetime(2026, 8, 1, 10, 15, 30, tzinfo=UTC)
SUFFIXES = ["", ".gz", ".zst"]


def record(url: str, **rest: Any) -> Record:
    return Record(url=url, ok=True, attempts=1, **rest)


def failed(url: str, kind: str, status: int | None = None) -> Record:
    return Record(url=url, ok=False, status=status, error=Failure(kind, "no luck"), attempts=1)


def urls(number: int) -> list[str]:
    return [f"http://h.example/{n:02}" for n in range(number)]


def opened(path: Path | str, **options: Any) -> Output:
    return open_output(str(path), **{"fresh": False, "retry_failed": False, "now": NOW, **options})


def write(output: Output, records: Iterable[Record]) -> Writer:
    async def run() -> None:
        queue: asyncio.Queue[Record | None] = asyncio.Queue()
        for item in records:
            queue.put_nowait(item)
        queue.put_nowait(None)
        await writer.run(queue)

    writer = Writer(output)
    asyncio.run(run())
    return writer


def scrape(path: Path | str, wanted: Iterable[str], **options: Any) -> None:
    """Write the record of each wanted URL that has none, as a run does."""
    with opened(path, **options) as output:
        write(output, [record(url) for url in wanted if identity(url) not in output.finished])


def complete(path: Path, wanted: Iterable[str]) -> None:
    """As `scrape`, without a loop: quick enough to be called for each byte of a file."""
    with opened(path) as output:
        lines = bytearray()
        for url in wanted:
            if identity(url) not in output.finished:
                append_line(record(url), lines)
        output.target.append(compress(bytes(lines), output.target.compression))


def text_of(path: Path) -> bytes:
    return decompressor(compression_of(path)).decompress(path.read_bytes())


def records_in(path: Path) -> list[dict[str, Any]]:
    """Return the records of a file; every line must be whole."""
    text = text_of(path)
    assert text == b"" or text.endswith(b"\n")
    return [msgspec.json.decode(line) for line in text.splitlines()]


def urls_in(path: Path) -> list[str]:
    return [entry["url"] for entry in records_in(path)]


def in_child(action: Callable[[], object]) -> int:
    """Run `action` in a process of its own; return 0, or minus the signal that ended it, or 1 when it raised."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            action()
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def dying_write(
    turn: int, portion: float, write: Callable[[int, bytes], int] = os.write
) -> Callable[[int, bytes], int]:
    """Return an `os.write` that is killed in its n-th call, with this portion of the data written."""
    calls = 0

    def dying(fd: int, data: bytes) -> int:
        nonlocal calls
        calls += 1
        if calls == turn:
            write(fd, bytes(data)[: int(len(data) * portion)])
            killed()
        return write(fd, data)

    return dying


def die_in(turn: int, *, is_done: bool, names: Iterable[str]) -> None:
    """Replace functions of `os` so that the n-th call of them all is the last, carried out or not."""
    calls = 0

    def wrap(function: Callable[..., Any]) -> Callable[..., Any]:
        def dying(*args: Any, **kwargs: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls == turn and not is_done:
                killed()
            result = function(*args, **kwargs)
            if calls == turn:
                killed()
            return result

        return dying

    for name in names:
        setattr(os, name, wrap(getattr(os, name)))
