"""Reads what may keep a reader waiting (standard input, FIFOs, devices) on a thread that nobody has to wait for."""

import asyncio
import os
import threading
from collections.abc import AsyncGenerator, Iterator

CHUNK_BYTES = 64 * 1024
WAITING_CHUNKS = 2
"""Read ahead; more are not read before these are taken."""


async def stream_chunks(path: str | int) -> AsyncGenerator[bytes, None]:
    """Yield what comes from the file named or the descriptor numbered `path`, as it comes. Raises OSError.

    The thread is a daemon: a read that never returns holds up neither a cancellation nor the end of the process, as one
    on the loop's executor would. Closing the generator ends the thread as soon as its read returns.
    """
    pump = _Pump(path, asyncio.get_running_loop())
    threading.Thread(target=pump.run, name=f"read {path}", daemon=True).start()
    try:
        while chunk := await pump.take():
            yield chunk
    finally:
        pump.stop()


class _Pump:
    """Moves chunks from a blocking descriptor to the loop, WAITING_CHUNKS ahead of it at most."""

    def __init__(self, path: str | int, loop: asyncio.AbstractEventLoop) -> None:
        self._path = path
        self._loop = loop
        self._arrived: asyncio.Queue[bytes | OSError] = asyncio.Queue()  # bounded by `_room`
        self._room = threading.Semaphore(WAITING_CHUNKS)
        self._is_stopped = threading.Event()

    async def take(self) -> bytes:
        """Return the next chunk, empty at the end. Raises OSError."""
        chunk = await self._arrived.get()
        self._room.release()
        if isinstance(chunk, OSError):
            raise chunk
        return chunk

    def stop(self) -> None:
        self._is_stopped.set()
        self._room.release()

    def run(self) -> None:
        """Read to the end, or until stopped; on the thread."""
        try:
            for chunk in self._read():
                if not self._deliver(chunk):
                    return
        except OSError as error:
            self._deliver(error)
        else:
            self._deliver(b"")

    def _deliver(self, item: bytes | OSError) -> bool:
        self._room.acquire()
        if self._is_stopped.is_set():
            return False
        try:
            self._loop.call_soon_threadsafe(self._arrived.put_nowait, item)
        except RuntimeError:  # the loop was closed and the generator was not
            return False
        return True

    def _read(self) -> Iterator[bytes]:
        # Not a buffered file: it would wait for 64 KiB to be there, and so keep the first lines of a slow producer.
        descriptor = self._path if isinstance(self._path, int) else os.open(self._path, os.O_RDONLY)
        try:
            while chunk := os.read(descriptor, CHUNK_BYTES):
                yield chunk
        finally:
            if descriptor != self._path:
                os.close(descriptor)
