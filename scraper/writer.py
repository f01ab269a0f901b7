"""The results-writer coroutine: takes Records from a queue and brings them to the output, whole lines at a time."""

import asyncio
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, suppress
from typing import Protocol

from scraper.compression import Members
from scraper.config.constants import FSYNC_INTERVAL_S, WRITE_BYTES
from scraper.errors import OutputError
from scraper.models import Lines, Record
from scraper.output import OutputFile, OutputStream
from scraper.output.encoder import append_line
from scraper.resume import Output

STREAM_PATIENCE_S = 0.5
"""How long to wait at a time for a stream that takes nothing; a run that is cancelled waits no longer."""


class Writer:
    """The only one who writes to the output."""

    def __init__(self, output: Output, kept: OutputFile | None = None) -> None:
        """`kept` holds the pages of the records: it is synced before they are."""
        self.records = 0
        """Records that were handed to the system."""
        self.bytes_written = 0
        target = output.target
        self._members = Members(target.compression)
        self._sink: _Sink = _FileSink(target, kept) if isinstance(target, OutputFile) else _StreamSink(target)
        self._lines = bytearray()
        """Whole lines that are not written yet."""
        self._gathered = 0

    async def run(self, queue: asyncio.Queue[Record | Lines | None]) -> None:
        """Write what comes out of `queue` until None does; then everything is on the disk.

        They are written as soon as the queue holds no more. When cancelled, writes all that the queue holds by then and
        syncs it before the cancellation goes on. Raises OutputError when that cannot be; the file then ends with the
        last line that was written whole.
        """
        with closing(self._sink) as sink:
            try:
                while await self._gather(queue):
                    await self._write()
                await self._write(is_end=True)
                await sink.settle()
            except OutputError:
                raise
            except BaseException:  # cancelled or interrupted: what is finished is not lost
                self._finish(queue)
                raise

    async def _gather(self, queue: asyncio.Queue[Record | Lines | None]) -> bool:
        """Collect what the queue holds, one record at least or until a sync is due; return whether more may come."""
        with suppress(TimeoutError):
            while len(self._lines) < WRITE_BYTES:
                if not queue.empty():
                    record = queue.get_nowait()
                elif self._gathered:
                    break
                else:
                    async with asyncio.timeout_at(self._sink.sync_at):
                        record = await queue.get()
                if record is None:
                    return False
                self._add(record)
        return True

    def _add(self, record: Record | Lines) -> None:
        if isinstance(record, Lines):
            self._lines += record.data
            self._gathered += record.records
        else:
            append_line(record, self._lines)
            self._gathered += 1

    async def _write(self, *, is_end: bool = False) -> None:
        data = self._take(is_end=is_end)
        await self._sink.write(data)
        self._count(data)

    def _finish(self, queue: asyncio.Queue[Record | Lines | None]) -> None:
        while not queue.empty():
            if (record := queue.get_nowait()) is not None:
                self._add(record)
        data = self._take(is_end=True)
        self._sink.finish(data)
        self._count(data)

    def _take(self, *, is_end: bool) -> bytes:
        """Return the lines to write, compressed, and forget them first: nothing may be written twice."""
        lines, self._lines = self._lines, bytearray()
        data = self._members.add(bytes(lines))
        return data + self._members.finish() if is_end else data

    def _count(self, data: bytes) -> None:
        self.records += self._gathered
        self.bytes_written += len(data)
        self._gathered = 0


class _Sink(Protocol):
    sync_at: float | None
    """When `write` is to be called again at the latest, by the loop's clock."""

    async def write(self, data: bytes) -> None:
        """Write `data` and see to what is due."""
        ...

    async def settle(self) -> None:
        """Wait until all that was written is safe."""
        ...

    def finish(self, data: bytes) -> None:
        """Write `data`, after what a cancelled `write` had left, and settle, without the loop."""
        ...

    def close(self) -> None:
        """Leave nothing running."""
        ...


class _FileSink:
    def __init__(self, file: OutputFile, kept: OutputFile | None = None) -> None:
        self.sync_at: float | None = None
        self._file = file
        self._kept = kept
        self._syncer = ThreadPoolExecutor(1, "fsync")  # an fsync takes seconds on a busy disk
        self._syncing: Future[None] | None = None

    async def write(self, data: bytes) -> None:
        now = asyncio.get_running_loop().time()
        if data:
            self._file.append(data)
            self.sync_at = now + FSYNC_INTERVAL_S if self.sync_at is None else self.sync_at
        if self._syncing and self._syncing.done():
            self._syncing.result()
        if self.sync_at is not None and now >= self.sync_at:
            await self._sync()

    async def settle(self) -> None:
        await asyncio.wrap_future(await self._sync())
        self._file.check()

    def finish(self, data: bytes) -> None:
        if data:
            self._file.append(data)
        if self._syncing and not self._syncing.cancelled():
            self._syncing.result()
        self._sync_files()
        self._file.check()

    def close(self) -> None:
        self._syncer.shutdown()

    async def _sync(self) -> Future[None]:
        """Start a sync, once the one before has ended well."""
        self.sync_at = None
        if self._syncing:
            await asyncio.wrap_future(self._syncing)
        self._syncing = self._syncer.submit(self._sync_files)
        return self._syncing

    def _sync_files(self) -> None:
        if self._kept is not None:
            self._kept.sync()
        self._file.sync()


class _StreamSink:
    sync_at: float | None = None

    def __init__(self, stream: OutputStream) -> None:
        self._stream = stream
        self._unsent = memoryview(b"")

    async def write(self, data: bytes) -> None:
        self._unsent = memoryview(data)
        while self._unsent:  # a reader that stands still must not stop the loop, and so the run
            if self._stream.is_ready() or await asyncio.to_thread(self._stream.is_ready, STREAM_PATIENCE_S):
                self._send()

    async def settle(self) -> None:
        """Do nothing: a stream is not synced."""

    def finish(self, data: bytes) -> None:
        self._unsent = memoryview(bytes(self._unsent) + data)
        while self._unsent and self._stream.is_ready(STREAM_PATIENCE_S):
            self._send()

    def close(self) -> None:
        """Leave it to its owner."""

    def _send(self) -> None:
        self._unsent = self._unsent[self._stream.send(self._unsent) :]
