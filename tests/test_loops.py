"""A blocking call runs its coroutine in a loop of its own."""

import asyncio
import signal
import threading

import pytest

from scraper.loops import in_own_loop, new_event_loop


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
