"""The main text of pages, found by trafilatura in processes of their own.

It takes 13 ms for a median page, 0.2 s for a long one, all of it holding the interpreter's lock: in a thread the loop
would crawl, and a hostile page could not be stopped. A process runs on another core, and is ended over a page that
takes too long.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from threading import Lock

from scraper.errors import ParseLimit, UsageError
from scraper.extras.text_process import LENGTH, MAX_MEMORY_BYTES, READY
from scraper.models import Page

LIMIT_S = 10.0
"""For one page; 1 MiB of paragraphs takes 5."""

_PROGRAM = Path(__file__).with_name("text_process.py")
_UTF8_BOM = b"\xef\xbb\xbf"


@asynccontextmanager
async def text_reader(
    *, is_markdown: bool, limit_s: float = LIMIT_S, processes: int | None = None
) -> AsyncIterator["TextReader"]:
    """Make a TextReader that lasts as long as the block; by default with a process for each core.

    Raises UsageError when what it needs is not installed.
    """
    reader = TextReader(form="markdown" if is_markdown else "txt", limit_s=limit_s, processes=processes or _cores())
    try:
        await reader.start()
        yield reader
    finally:
        reader.close()


class TextReader:
    """Finds the main text of a page. Each page has a process to itself; there are as many as are needed at a time."""

    def __init__(self, *, form: str, limit_s: float, processes: int) -> None:
        self._arguments = [sys.executable, "-P", str(_PROGRAM), form, str(limit_s)]
        self._limit_s = limit_s
        self._threads = ThreadPoolExecutor(processes, thread_name_prefix="text")
        self._lock = Lock()
        self._idle: list[subprocess.Popen[bytes]] = []
        self._all: set[subprocess.Popen[bytes]] = set()
        self._is_closed = False

    async def start(self) -> None:
        """Start the first process. Raises UsageError when it cannot work."""
        if find_spec("trafilatura") is None:
            raise UsageError("--text needs trafilatura: pip install 'scraper[text]'")
        first = await asyncio.get_running_loop().run_in_executor(self._threads, self._started)
        if first is None:
            raise UsageError("--text cannot start trafilatura; install it anew: pip install --upgrade 'scraper[text]'")
        self._idle.append(first)

    async def __call__(self, page: Page) -> str | None:
        """Return the main text of `page`, None when there is none.

        Raises ParseLimit when it takes more than `limit_s` seconds or too much memory.
        """
        html = page.body if page.decoded is None else page.decoded.encode("utf-8", "replace")
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._read, html)

    def close(self) -> None:
        """End the processes, whatever they are at."""
        with self._lock:
            self._is_closed = True
            living = list(self._all)
        for process in living:
            self._end(process)
        self._threads.shutdown(cancel_futures=True)

    def _read(self, html: bytes) -> str | None:
        process = self._idle.pop() if self._idle else self._started()
        answer = _ask(process, html.removeprefix(_UTF8_BOM)) if process is not None else None
        if process is None or answer is None:
            if process is not None:
                self._end(process)
            memory = f"{MAX_MEMORY_BYTES / 1024**3:g} GiB"
            raise ParseLimit(f"its main text was not found in {self._limit_s:g} s and {memory} of memory")
        self._idle.append(process)
        return answer or None

    def _started(self) -> subprocess.Popen[bytes] | None:
        """Return a process that is ready, None when it does not come to that."""
        with self._lock:
            if self._is_closed:
                return None
            process = subprocess.Popen(  # noqa: S603 - our own file
                self._arguments,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is for us alone
            )
            self._all.add(process)
        if process.stdout is not None and process.stdout.readline() == READY:
            return process
        self._end(process)
        return None

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        process.kill()
        process.wait()
        with self._lock:
            self._all.discard(process)
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with suppress(OSError, ValueError):  # what was not sent yet; another thread reads it
                    stream.close()


def _ask(process: subprocess.Popen[bytes], html: bytes) -> str | None:
    """Return the text, "" when there is none; None when the process ends over it."""
    question, answer = process.stdin, process.stdout
    if question is None or answer is None:
        return None
    try:
        question.write(LENGTH.pack(len(html)) + html)
        question.flush()
        head = answer.read(1 + LENGTH.size)
        if len(head) <= LENGTH.size:
            return None
        (size,) = LENGTH.unpack(head[1:])
        content = answer.read(size)
    except (OSError, ValueError):  # ended, or closed by `close`
        return None
    return content.decode() if len(content) == size else None


def _cores() -> int:
    affinity = getattr(os, "sched_getaffinity", None)  # not everywhere
    return len(affinity(0)) if affinity else os.cpu_count() or 1
