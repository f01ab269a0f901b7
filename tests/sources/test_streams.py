import asyncio
import os
import threading
import time
from contextlib import aclosing

import pytest

from scraper.sources.streams import CHUNK_BYTES, WAITING_CHUNKS, stream_chunks


@pytest.fixture
def pipe():
    ends = os.pipe()
    yield ends
    for end in ends:
        try:
            os.close(end)
        except OSError:
            continue


def readers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("read ")]


def join_readers() -> None:
    for thread in readers():
        thread.join(timeout=5)
        assert not thread.is_alive()


def test_chunks_come_as_they_are_written(pipe):
    reading, writing = pipe

    async def run() -> list[bytes]:
        async with aclosing(stream_chunks(reading)) as chunks:
            os.write(writing, b"first\n")
            got = [await anext(chunks)]
            os.write(writing, b"second\n")
            got.append(await anext(chunks))
            os.close(writing)
            return got + [chunk async for chunk in chunks]

    assert asyncio.run(run()) == [b"first\n", b"second\n"]
    join_readers()


def test_what_is_passed_on_is_all_of_it_in_order(pipe):
    reading, writing = pipe
    data = os.urandom(20 * CHUNK_BYTES)

    def write() -> None:
        with open(writing, "wb", closefd=True) as file:  # noqa: PTH123 - a descriptor
            file.write(data)

    async def run() -> bytes:
        return b"".join([chunk async for chunk in stream_chunks(reading)])

    writer = threading.Thread(target=write)
    writer.start()
    assert asyncio.run(run()) == data
    writer.join()
    join_readers()


def test_a_slow_consumer_holds_the_reader_back(tmp_path, monkeypatch):
    path = tmp_path / "urls.txt"
    path.write_bytes(b"x" * (10 * CHUNK_BYTES))
    may_read = 1 + WAITING_CHUNKS + 1  # the one that is taken, those that wait, and one in the thread's hand
    reads, has_read_more = 0, threading.Event()
    read = os.read

    def counting_read(descriptor: int, size: int) -> bytes:
        nonlocal reads
        reads += 1
        if reads > may_read:
            has_read_more.set()
        return read(descriptor, size)

    async def run() -> int:
        async with aclosing(stream_chunks(str(path))) as chunks:
            await anext(chunks)
            assert not has_read_more.wait(0.05)
            count = 1 + len([chunk async for chunk in chunks])
        assert has_read_more.is_set()
        return count

    monkeypatch.setattr(os, "read", counting_read)
    assert asyncio.run(run()) == 10
    join_readers()


def test_a_read_that_never_returns_holds_up_neither_a_cancellation_nor_the_loop(pipe):
    reading, writing = pipe

    async def run() -> float:
        async def consume() -> None:
            async for _ in stream_chunks(reading):
                pass

        task = asyncio.create_task(consume())
        await asyncio.sleep(0)
        started = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return time.monotonic() - started

    assert asyncio.run(run()) < 1
    [thread] = readers()
    assert thread.daemon
    os.write(writing, b"x")  # its read returns, and that is its end
    join_readers()


def test_a_loop_that_went_away_ends_the_thread_quietly(pipe):
    reading, writing = pipe
    loop = asyncio.new_event_loop()
    chunks = stream_chunks(reading)
    os.write(writing, b"x")
    loop.run_until_complete(anext(chunks))
    loop.close()
    os.write(writing, b"y")
    join_readers()


def test_a_fifo_is_opened_on_the_thread_too(tmp_path):
    fifo = tmp_path / "urls.fifo"
    os.mkfifo(fifo)

    async def run() -> list[bytes]:
        async with aclosing(stream_chunks(str(fifo))) as chunks:
            first = asyncio.ensure_future(anext(chunks))
            await asyncio.sleep(0)  # the loop goes on though nobody has opened the other end
            assert not first.done()
            await asyncio.to_thread(fifo.write_bytes, b"https://a.example/\n")
            return [await first] + [chunk async for chunk in chunks]

    assert asyncio.run(run()) == [b"https://a.example/\n"]
    join_readers()


def test_a_read_error_is_raised():
    async def run() -> None:
        async for _ in stream_chunks("no such file"):
            pass

    with pytest.raises(FileNotFoundError):
        asyncio.run(run())
    join_readers()
