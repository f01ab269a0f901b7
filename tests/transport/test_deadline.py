"""What a deadline ends, and whose cancellation it leaves alone."""

import asyncio

import pytest

from scraper.transport.deadline import Deadlines


async def waited(deadline, *, end=False):
    """Wait for long within `deadline`, whose time may be over at once."""
    with deadline:
        if end:
            deadline.end()
            deadline.end()
        await asyncio.sleep(60)


def test_what_takes_too_long_is_a_timeout_and_the_task_goes_on():
    async def too_long():
        with pytest.raises(TimeoutError):
            await waited(Deadlines().within(0.01))
        await asyncio.sleep(0)
        return asyncio.current_task().cancelling()

    assert asyncio.run(too_long()) == 0


def test_what_is_in_time_leaves_no_timer():
    async def in_time():
        with Deadlines().within(0.01) as deadline:
            await asyncio.sleep(0)
        await asyncio.sleep(0.02)
        return deadline.is_over

    assert not asyncio.run(in_time())


def test_there_may_be_none():
    async def endless():
        with Deadlines().within(None) as deadline:
            await asyncio.sleep(0.01)
        return deadline.is_over

    assert not asyncio.run(endless())


def test_it_may_be_ended_before_its_time_and_twice():
    async def ended():
        await waited(Deadlines().within(60), end=True)

    with pytest.raises(TimeoutError):
        asyncio.run(ended())


def test_other_errors_pass():
    async def divided():
        with Deadlines().within(60):
            return 1 / 0

    with pytest.raises(ZeroDivisionError):
        asyncio.run(divided())


def test_a_cancelled_task_is_cancelled_even_when_the_time_is_over_too():
    async def cancelled():
        deadlines = []

        async def work():
            deadlines.append(Deadlines().within(60))
            await waited(deadlines[0])

        task = asyncio.create_task(work())
        await asyncio.sleep(0)
        task.cancel()
        deadlines[0].end()
        await asyncio.wait([task])
        return task.cancelled()

    assert asyncio.run(cancelled())


def test_a_deadline_in_another_leaves_the_end_to_that():
    inner, outer = [], []

    async def nested():
        outer.append(Deadlines().within(60))
        inner.append(Deadlines().within(60))
        with outer[0]:
            asyncio.get_running_loop().call_soon(outer[0].end)
            await waited(inner[0])

    with pytest.raises(TimeoutError):
        asyncio.run(nested())
    assert outer[0].is_over
    assert not inner[0].is_over


def test_of_several_each_ends_at_its_own_time():
    ended = []

    async def wait(deadlines, seconds):
        with deadlines.within(seconds):
            try:
                await asyncio.sleep(60)
            finally:
                ended.append(seconds)

    async def several():
        deadlines = Deadlines()
        waits = [wait(deadlines, seconds) for seconds in (0.04, 0.02, 60, 0.03)]
        tasks = [asyncio.create_task(one) for one in waits]
        await asyncio.wait(tasks, timeout=0.1)
        assert [task.done() for task in tasks] == [True, True, False, True]
        tasks[2].cancel()
        return await asyncio.gather(*tasks, return_exceptions=True)

    first, second, third, fourth = asyncio.run(several())
    assert {type(first), type(second), type(fourth)} == {TimeoutError}
    assert isinstance(third, asyncio.CancelledError)
    assert ended == [0.02, 0.03, 0.04, 60]
