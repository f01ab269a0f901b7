"""A blocking call runs its coroutine in a loop of its own."""

import asyncio
import contextvars
import signal
import threading

import pytest

from scraper.loops import in_own_loop, in_thread, new_event_loop


def test_the_result_comes_back_and_the_thread_is_gone():
    async def work():
        return threading.current_thread().name

    before = threading.active_count()
    assert in_own_loop(lambda _: work()) == "scrape"
    assert threading.active_count() == before


def test_it_works_inside_a_running_loop():
    async def outer():
        async def inner():
            return 7

        return in_own_loop(lambda _: inner())

    assert asyncio.run(outer()) == 7


def test_it_has_the_callers_context():
    cell = contextvars.ContextVar("cell")

    async def work():
        return cell.get()

    cell.set(7)
    assert in_own_loop(lambda _: work()) == 7


def test_an_exception_comes_back():
    async def work():
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        in_own_loop(lambda _: work())


@pytest.mark.parametrize("is_early", [True, False])
def test_an_interrupt_stops_the_work_whenever_it_comes(is_early):
    async def work(on_start):
        stopped = asyncio.Event()
        await asyncio.sleep(0.05)  # the caller waits by now
        if is_early:
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        on_start(stopped.set)
        if not is_early:
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        await asyncio.wait_for(stopped.wait(), 5)
        return "stopped"

    assert in_own_loop(work) == "stopped"


def test_the_loop_is_uvloop_where_there_is_one():
    uvloop = pytest.importorskip("uvloop")
    loop = new_event_loop()
    loop.close()
    assert isinstance(loop, uvloop.Loop)


def test_an_interrupt_that_the_work_raises_itself_ends_it():
    async def work():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        in_own_loop(lambda _: work())


def test_work_in_a_thread_leaves_the_loop_free_and_brings_back_what_it_raises():
    async def main():
        turned = asyncio.Event()
        loop = asyncio.get_running_loop()

        def work():
            loop.call_soon_threadsafe(turned.set)
            return threading.current_thread() is not threading.main_thread()

        assert await in_thread(work)
        assert turned.is_set()
        with pytest.raises(ZeroDivisionError):
            await in_thread(lambda: 1 // 0)

    asyncio.run(main())


def test_cancelled_it_does_not_wait_for_the_thread_whose_result_is_undone():
    undone, may_end = threading.Event(), threading.Event()

    def work():
        may_end.wait(5)
        return 7

    async def main():
        task = asyncio.ensure_future(in_thread(work, undo=lambda result: result == 7 and undone.set()))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not undone.is_set()
        may_end.set()

    asyncio.run(main())
    assert undone.wait(5)
