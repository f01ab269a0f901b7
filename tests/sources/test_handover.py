import asyncio
import logging
import threading
import time
from contextlib import aclosing
from functools import partial

import pytest

from scraper.sources.handover import handed_over

AHEAD = 3


def pulled(make, *, patience_s=5.0):
    return handed_over(make, ahead=AHEAD, patience_s=patience_s, name="pull")


async def everything(make) -> list[object]:
    async with aclosing(pulled(make)) as batches:
        return [item async for items in batches for item in items]


def is_pulling() -> bool:
    return any(thread.name == "pull" for thread in threading.enumerate())


@pytest.mark.parametrize("count", [0, 1, AHEAD, AHEAD + 1, 1000])
def test_what_comes_is_all_of_it_in_order(count):
    assert asyncio.run(everything(partial(range, count))) == list(range(count))


def test_all_happens_on_one_thread_that_is_not_the_loops():
    threads = []

    def generate():
        try:
            while True:
                threads.append(threading.current_thread())
                yield 1
        finally:
            threads.append(threading.current_thread())

    def make():
        threads.append(threading.current_thread())
        return generate()

    async def run() -> None:
        async with aclosing(pulled(make)) as batches:
            for _ in range(5):
                await anext(batches)

    asyncio.run(run())
    assert len(set(threads)) == 1
    assert threads[0] is not threading.current_thread()
    assert not is_pulling()


def test_it_is_pulled_no_further_ahead_than_asked():
    taken = 0
    farthest = 0

    def generate():
        nonlocal farthest
        for number in range(1, 100):
            farthest = max(farthest, number - taken)
            yield number

    async def run() -> None:
        nonlocal taken
        async with aclosing(pulled(generate)) as batches:
            async for items in batches:
                assert len(items) <= AHEAD
                await asyncio.sleep(0.001)
                taken += len(items)

    asyncio.run(run())
    assert taken == 99
    assert farthest <= 2 * AHEAD  # those in the consumer's hand, and as many ahead


@pytest.mark.parametrize("error", [KeyError("mine"), SystemExit(3), asyncio.CancelledError(), MemoryError()])
def test_what_it_raises_comes_as_it_is_after_what_was_before(error):
    def generate():
        yield 1
        raise error

    got = []

    async def run() -> BaseException | None:
        try:
            async for items in pulled(generate):
                got.extend(items)
        except BaseException as caught:  # noqa: BLE001 - whatever it is
            return caught
        return None

    assert asyncio.run(run()) is error
    assert got == [1]


def test_what_cannot_be_iterated_is_told():
    with pytest.raises(TypeError, match="not iterable"):
        asyncio.run(everything(lambda: 17))


def test_an_item_that_never_comes_does_not_hold_up_a_cancellation_and_it_is_closed_when_it_comes():
    may_end, is_closed = threading.Event(), threading.Event()

    def generate():
        try:
            yield 1
            may_end.wait()
            yield 2
        finally:
            is_closed.set()

    async def consume() -> None:
        async with aclosing(pulled(generate, patience_s=0.05)) as batches:
            async for _ in batches:
                pass

    async def run() -> float:
        task = asyncio.ensure_future(consume())
        await asyncio.sleep(0.02)
        started = time.monotonic()
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        return time.monotonic() - started

    assert asyncio.run(run()) < 2
    assert not is_closed.is_set()
    may_end.set()
    assert is_closed.wait(5)


def test_a_generator_that_cannot_be_closed_is_logged(caplog):
    def generate():
        try:
            while True:
                yield 1
        finally:
            raise KeyError("mine")

    async def run() -> None:
        async with aclosing(pulled(generate)) as batches:
            await anext(batches)

    with caplog.at_level(logging.WARNING, "scraper"):
        asyncio.run(run())
    assert "closing the generator" in caplog.text
    assert "mine" in caplog.text


def test_only_generators_are_closed_not_the_callers_files(tmp_path):
    path = tmp_path / "urls.txt"
    path.write_text("a\nb\n" * 100)
    with path.open() as file:

        async def run() -> None:
            async with aclosing(pulled(lambda: file)) as batches:
                await anext(batches)

        asyncio.run(run())
        assert not file.closed
