import asyncio
import errno
import os
import resource
import stat
import threading
from concurrent.futures import Future
from functools import partial

import pytest
import virtual_time
from outputs import SUFFIXES, in_child, opened, record, records_in, scrape, urls, urls_in, write

from scraper.compression import decompressor
from scraper.config.constants import FSYNC_INTERVAL_S, WRITE_BYTES
from scraper.errors import OutputError
from scraper.models import Lines
from scraper.output.encoder import append_line
from scraper.writer import Writer


@pytest.fixture(params=SUFFIXES, ids=["plain", "gz", "zst"])
def path(request, tmp_path):
    return tmp_path / f"out.jsonl{request.param}"


@pytest.fixture
def written(monkeypatch):
    """The size of each `os.write`."""
    sizes = []
    real = os.write

    def spy(fd, data):
        sizes.append(len(data))
        return real(fd, data)

    monkeypatch.setattr("os.write", spy)
    return sizes


@pytest.fixture
def synced(monkeypatch):
    """The size of the file at each `os.fsync`, and in which thread it was."""
    calls = []

    def spy(fd):
        if not stat.S_ISDIR(os.fstat(fd).st_mode):
            calls.append((os.fstat(fd).st_size, threading.current_thread()))

    monkeypatch.setattr("os.fsync", spy)
    return calls


class AtOnce:
    """An executor without a thread: a thread takes no virtual time, or any."""

    def __init__(self, *_):
        pass

    def submit(self, function):
        future = Future()
        try:
            future.set_result(function())
        except OutputError as error:
            future.set_exception(error)
        return future

    def shutdown(self):
        pass


def with_writer(path, scenario):
    """Run `scenario(queue)` beside a Writer, in virtual time."""

    async def main():
        with opened(path) as output:
            writer = Writer(output)
            queue = asyncio.Queue(100)
            async with asyncio.TaskGroup() as group:
                group.create_task(writer.run(queue))
                await scenario(queue)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("scraper.writer.ThreadPoolExecutor", AtOnce)
        virtual_time.run(main())


# Batches


def test_every_record_is_one_line_in_the_order_it_came(path):
    with opened(path) as output:
        writer = write(output, [record(url, title=f"Tîtle {url}") for url in urls(30)])
    assert urls_in(path) == urls(30)
    assert records_in(path)[3] == {
        "url": "http://h.example/03",
        "ok": True,
        "attempts": 1,
        "title": "Tîtle http://h.example/03",
    }
    assert writer.records == 30
    assert writer.bytes_written == path.stat().st_size


def test_records_are_gathered_to_64_kib_of_whole_lines(tmp_path, written):
    path = tmp_path / "out.jsonl"
    with opened(path) as output:
        write(output, [record(url, text="x" * 10_000) for url in urls(20)])
    assert len(written) == 3
    assert all(size >= WRITE_BYTES for size in written[:-1])
    assert len(records_in(path)) == 20


def test_p1_a_record_is_in_the_file_before_its_worker_takes_up_another(tmp_path):
    path = tmp_path / "out.jsonl"

    async def scenario(queue):
        for number, url in enumerate(urls(9)):
            await queue.put(record(url))
            await asyncio.sleep(0)  # a turn of the loop; the next request is sent in a later one
            assert path.read_bytes().count(b"\n") == number + 1
        await queue.put(None)

    with_writer(path, scenario)


def test_what_came_together_is_written_together(path, written):
    async def scenario(queue):
        for number in range(3):
            for url in urls(20):
                await queue.put(record(f"{url}/{number}"))
            await asyncio.sleep(0.01)
        await queue.put(None)

    with_writer(path, scenario)
    is_compressed = path.suffix != ".jsonl"
    assert len(written) == 3 + is_compressed  # the end of the member


@pytest.mark.parametrize("suffix", ["", ".gz", ".zst"])
def test_a_record_can_be_read_back_as_soon_as_it_is_written(tmp_path, suffix):
    path = tmp_path / f"out.jsonl{suffix}"

    async def scenario(queue):
        for number, url in enumerate(urls(3), 1):
            await queue.put(record(url))
            while not queue.empty():
                await asyncio.sleep(0)
            await asyncio.sleep(0)
            text = decompressor(suffix).decompress(path.read_bytes())
            assert text.count(b"\n") == number
        await queue.put(None)

    with_writer(path, scenario)
    assert len(urls_in(path)) == 3


def test_an_idle_writer_is_not_woken(path, monkeypatch):
    woken = []
    real = Writer._gather

    async def spy(self, queue):
        woken.append(asyncio.get_running_loop().time())
        return await real(self, queue)

    monkeypatch.setattr(Writer, "_gather", spy)

    async def scenario(queue):
        await queue.put(record("http://h.example/1"))
        await asyncio.sleep(10_000)
        await queue.put(None)

    with_writer(path, scenario)
    assert len(woken) <= 3


def test_the_output_of_an_empty_run_is_an_empty_file(path):
    with opened(path) as output:
        write(output, [])
    assert path.read_bytes() == b""


# Durability


def test_the_file_is_synced_every_five_seconds_and_at_the_end(path, synced):
    async def scenario(queue):
        loop = asyncio.get_running_loop()
        while loop.time() < 60:
            await queue.put(record("http://h.example/"))
            await asyncio.sleep(0.1)
            assert len(synced) >= loop.time() // FSYNC_INTERVAL_S - 1
        await queue.put(None)

    with_writer(path, scenario)
    assert len(synced) <= 60 / FSYNC_INTERVAL_S + 1
    assert synced[-1][0] == path.stat().st_size


def test_a_lonely_record_is_synced_though_no_other_follows(path, synced):
    async def scenario(queue):
        await queue.put(record("http://h.example/1"))
        await asyncio.sleep(FSYNC_INTERVAL_S + 0.1)
        assert len(synced) == 1
        await asyncio.sleep(100)
        assert len(synced) == 1
        await queue.put(None)

    with_writer(path, scenario)


def test_syncing_does_not_hold_the_loop(path, synced):
    scrape(path, urls(3))
    assert synced
    assert all(thread is not threading.main_thread() for _, thread in synced)


def test_a_sync_that_fails_ends_the_run(path, monkeypatch):
    def broken(_):
        raise OSError(errno.EIO, "Input/output error")

    with opened(path) as output:
        monkeypatch.setattr("os.fsync", broken)
        with pytest.raises(OutputError, match=r"cannot write .*: Input/output error"):
            write(output, [record("http://h.example/1")])


def test_a_sync_that_fails_meanwhile_is_not_forgotten(path, monkeypatch):
    calls = []

    def broken_once(_):
        calls.append(1)
        if len(calls) == 1:
            raise OSError(errno.EIO, "Input/output error")

    async def scenario(queue):
        monkeypatch.setattr("os.fsync", broken_once)
        while True:
            await queue.put(record("http://h.example/1"))
            await asyncio.sleep(1)

    with pytest.raises(ExceptionGroup) as caught:
        with_writer(path, scenario)
    assert caught.group_contains(OutputError, match="Input/output error")


def test_cancelled_it_writes_and_syncs_what_the_queue_holds(path, synced):
    async def main():
        with opened(path) as output:
            queue = asyncio.Queue()
            task = asyncio.get_running_loop().create_task(Writer(output).run(queue))
            for url in urls(9):
                queue.put_nowait(record(url))
                if url.endswith("4"):
                    await asyncio.sleep(0.1)  # taken, and compressed ones not written
            queue.put_nowait(None)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert urls_in(path) == urls(9)
            assert synced[-1][0] == path.stat().st_size

    virtual_time.run(main())


def test_interrupted_in_the_middle_it_writes_what_is_finished(path, monkeypatch):
    monkeypatch.setattr("scraper.writer.WRITE_BYTES", 1)
    real = Writer._add
    seen = []

    def interrupt(self, item):
        real(self, item)
        seen.append(item)
        if len(seen) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(Writer, "_add", interrupt)
    with opened(path) as output, pytest.raises(KeyboardInterrupt):
        write(output, [record(url) for url in urls(6)])
    assert urls_in(path) == urls(6)


# A write that fails (FAULTS.md P4, P5)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EDQUOT])
def test_p4_a_write_that_fails_half_way_leaves_whole_lines_and_can_be_gone_on_with(path, monkeypatch, code):
    scrape(path, urls(3))
    before = path.read_bytes()
    real = os.write

    def half(fd, data):
        real(fd, bytes(data)[: len(data) // 2])
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr("os.write", half)
    with pytest.raises(OutputError, match=f"cannot write .*: {os.strerror(code)}; .*run the same line again"):
        scrape(path, urls(6))
    assert path.read_bytes() == before
    monkeypatch.undo()
    scrape(path, urls(6))
    assert urls_in(path) == urls(6)


def test_p5_short_writes_are_gone_on_with(path, monkeypatch):
    real = os.write
    monkeypatch.setattr("os.write", lambda fd, data: real(fd, bytes(data)[: max(1, len(data) // 3)]))
    scrape(path, urls(20))
    assert urls_in(path) == urls(20)


def test_p4_past_the_limit_on_file_sizes_the_run_ends_with_whole_lines(path):
    def run():
        resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000))
        with opened(path) as output, pytest.raises(OutputError, match=r"File too large; .*ulimit -f"):
            write(output, [record(url, sha256=os.urandom(1000).hex()) for url in urls(30)])

    assert in_child(run) == 0
    left = urls_in(path)
    assert left == urls(30)[: len(left)]
    scrape(path, urls(30))
    assert urls_in(path) == urls(30)


def test_p4_a_full_device_ends_the_run():
    with opened("/dev/full") as output, pytest.raises(OutputError, match="cannot write /dev/full: No space left"):
        write(output, [record("http://h.example/1")])


def test_after_a_write_that_failed_nothing_more_is_written(path, monkeypatch):
    monkeypatch.setattr("scraper.writer.WRITE_BYTES", 1)
    real = os.write
    calls = []

    def fail_once(fd, data):
        calls.append(1)
        if len(calls) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(fd, data)

    monkeypatch.setattr("os.write", fail_once)
    with opened(path) as output, pytest.raises(OutputError):
        write(output, [record(url) for url in urls(9)])
    assert urls_in(path) == urls(1)


# A file that others touch during the run (FAULTS.md P6)


@pytest.mark.parametrize(
    ("harm", "what"),
    [
        (lambda path: path.unlink(), "deleted, renamed or replaced"),
        (lambda path: path.rename(path.with_name("rotated")), "deleted, renamed or replaced"),
        (lambda path: (path.unlink(), path.write_bytes(b"")), "deleted, renamed or replaced"),
        (lambda path: os.truncate(path, 0), "changed by another program"),
        (lambda path: os.truncate(path, path.stat().st_size - 1), "changed by another program"),
        (
            lambda path: path.open("ab").close() or os.truncate(path, path.stat().st_size + 1),
            "changed by another program",
        ),
    ],
    ids=["deleted", "rotated", "replaced", "emptied", "cut", "grown"],
)
@pytest.mark.parametrize("is_last", [False, True], ids=["before a write", "after the last"])
def test_p6_a_file_harmed_under_the_run_ends_it(path, harm, what, is_last):
    async def scenario(queue):
        await queue.put(record("http://h.example/1"))
        await asyncio.sleep(1)
        harm(path)
        if not is_last:
            await queue.put(record("http://h.example/2"))
        await queue.put(None)

    with pytest.raises(ExceptionGroup) as caught:
        with_writer(path, scenario)
    assert caught.group_contains(OutputError, match=f"{what}.*; run the same line again to go on")


def test_p6_the_rotated_file_keeps_its_whole_lines(path):
    rotated = path.with_name(f"rotated{path.suffix}")

    async def scenario(queue):
        await queue.put(record("http://h.example/1"))
        await asyncio.sleep(1)
        path.rename(rotated)
        await queue.put(record("http://h.example/2"))
        await queue.put(None)

    with pytest.raises(ExceptionGroup):
        with_writer(path, scenario)
    assert urls_in(rotated) == ["http://h.example/1"]


# Streams (FAULTS.md P7)


@pytest.fixture
def pipe():
    reader, writer = os.pipe()
    yield reader, f"/dev/fd/{writer}"
    os.close(reader)
    os.close(writer)


def test_a_pipe_gets_every_line(pipe):
    reader, name = pipe
    received = []

    def read():
        while not received or not received[-1].endswith(b'/29","ok":true,"attempts":1}\n'):
            received.append(os.read(reader, 1000))

    thread = threading.Thread(target=read)
    thread.start()
    with opened(name) as output:
        assert len(output.finished) == 0
        write(output, [record(url) for url in urls(30)])
    thread.join()
    assert b"".join(received).count(b"\n") == 30


def test_p7_a_reader_that_left_ends_the_run_quietly():
    reader, writer = os.pipe()
    with opened(f"/dev/fd/{writer}") as output:
        os.close(reader)
        with pytest.raises(OutputError, match=f"^/dev/fd/{writer} was closed by its reader$"):
            write(output, [record("http://h.example/1")])
    os.close(writer)


def test_p7_a_pipe_that_nobody_empties_holds_neither_the_loop_nor_the_end(pipe, monkeypatch):
    monkeypatch.setattr("scraper.writer.STREAM_PATIENCE_S", 0.01)
    _, name = pipe

    async def main():
        with opened(name) as output:
            queue = asyncio.Queue(2)
            writer = asyncio.get_running_loop().create_task(Writer(output).run(queue))
            for n in range(2):  # the queue stays full: back-pressure
                await queue.put(record(f"http://h.example/{n}", html="x" * 200_000))
            await asyncio.sleep(0.05)
            await queue.put(record("http://h.example/3"))
            assert queue.full()
            writer.cancel()
            with pytest.raises(asyncio.CancelledError):
                await writer

    asyncio.run(main())


def test_p7_a_pipe_that_somebody_made_non_blocking_is_waited_for(pipe):
    reader, name = pipe
    received = bytearray()

    def read():
        while not received.endswith(b"}\n"):
            received.extend(os.read(reader, 100_000))

    with opened(name) as output:
        os.set_blocking(output.target._fd, False)
        thread = threading.Thread(target=read)
        thread.start()
        write(output, [record("http://h.example/1", html="x" * 500_000)])
        thread.join()
    assert len(received) > 500_000


def test_p7_standard_output_gets_the_lines_and_stays_open(capfd):
    with opened("-") as output:
        write(output, [record("http://h.example/1")])
    os.write(1, b"still open\n")
    assert capfd.readouterr().out == '{"url":"http://h.example/1","ok":true,"attempts":1}\nstill open\n'


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_lines_that_another_process_encoded_are_written_as_they_are_and_count_as_what_they_hold(tmp_path, suffix):
    path = tmp_path / f"out.jsonl{suffix}"
    several = bytearray()
    for url in urls(3):
        append_line(record(url), several)
    with opened(path) as output:
        writer = write(output, [Lines(bytes(several), 3), record("http://h.example/one")])
    assert urls_in(path) == [*urls(3), "http://h.example/one"]
    assert writer.records == 4


def test_kept_pages_are_synced_before_their_records(tmp_path, monkeypatch):
    order = []
    with opened(tmp_path / "out.jsonl") as output, opened(tmp_path / "pages") as kept:
        for file, name in ((output.target, "records"), (kept.target, "pages")):
            monkeypatch.setattr(file, "sync", partial(order.append, name))
        queue = asyncio.Queue()
        queue.put_nowait(record(urls(1)[0]))
        queue.put_nowait(None)
        asyncio.run(Writer(output, kept.target).run(queue))
    assert order == ["pages", "records"]
