"""The shell: waiting, waking, stopping."""

import asyncio

import pytest
from frontiers import core, job

from scraper.frontier import Frontier


def shell(**options):
    window, names = options.pop("window", 100), options.pop("names", None)
    return Frontier(core(**options), window=window, clock=lambda: asyncio.get_running_loop().time(), names=names)


class Names:
    """Looks names up for as long as a test wants."""

    def __init__(self):
        self.known = set()
        self.asked = {}

    def is_settled(self, host):
        return host in self.known

    def settle(self, host, then):
        self.asked[host] = then

    def answer(self, host):
        self.known.add(host)
        self.asked.pop(host)()

    def forget(self, host):
        self.known.discard(host)


def test_a_producer_waits_while_the_window_is_full():
    async def scenario():
        frontier = shell(window=2)
        await frontier.put(job(0))
        await frontier.put(job(1))
        third = asyncio.create_task(frontier.put(job(2)))
        await asyncio.sleep(0)
        assert not third.done()
        assert (await frontier.get()).ordinal == 0
        await asyncio.wait_for(third, 1)

    asyncio.run(scenario())


def test_workers_end_when_the_producer_is_done_and_nothing_is_in_flight():
    async def scenario():
        frontier = shell(per_host=1)
        await frontier.put(job(0))
        started = await frontier.get()
        idle = [asyncio.create_task(frontier.get()) for _ in range(3)]
        frontier.close()
        await asyncio.sleep(0)
        assert not any(task.done() for task in idle)  # the job in flight may come back as a retry
        frontier.done(started)
        assert await asyncio.wait_for(asyncio.gather(*idle), 1) == [None] * 3

    asyncio.run(scenario())


def test_a_waiting_worker_starts_a_retry_when_it_is_due():
    async def scenario():
        frontier = shell()
        await frontier.put(job(0))
        frontier.retry(started := await frontier.get(), started, wait_s=0.01)
        frontier.close()
        again = await asyncio.wait_for(frontier.get(), 1)
        assert again.ordinal == 0
        frontier.done(again)
        assert await frontier.get() is None

    asyncio.run(scenario())


def test_an_earlier_due_time_rings_before_a_later_one():
    async def scenario():
        frontier = shell()
        for number in range(2):
            await frontier.put(job(number, host=str(number)))
        first, second = await frontier.get(), await frontier.get()
        frontier.retry(first, first, wait_s=30)
        waiter = asyncio.create_task(frontier.get())
        await asyncio.sleep(0)
        frontier.retry(second, second, wait_s=0.01)
        assert (await asyncio.wait_for(waiter, 1)).ordinal == 1
        frontier.stop()

    asyncio.run(scenario())


def test_stopping_starts_nothing_and_keeps_what_waits():
    async def scenario():
        frontier = shell(per_host=1)
        for number in range(3):
            await frontier.put(job(number))
        await frontier.get()
        waiter = asyncio.create_task(frontier.get())
        await asyncio.sleep(0)
        frontier.stop()
        assert await asyncio.wait_for(waiter, 1) is None
        assert frontier.core.waiting == 2
        assert frontier.core.in_flight == 1

    asyncio.run(scenario())


@pytest.mark.parametrize("when", ["before it is woken", "after it is woken"])
def test_a_cancelled_worker_does_not_take_a_wake_up_with_it(when):
    async def scenario():
        frontier = shell()
        first, second = (asyncio.create_task(frontier.get()) for _ in range(2))
        await asyncio.sleep(0)
        if when == "before it is woken":
            first.cancel()
            await asyncio.sleep(0)
        await frontier.put(job(0))
        first.cancel()
        assert (await asyncio.wait_for(second, 1)).ordinal == 0

    asyncio.run(scenario())


def test_many_workers_and_few_slots_finish_everything():
    async def scenario():
        frontier = shell(per_host=2, window=10)
        done = []

        async def produce():
            for number in range(200):
                await frontier.put(job(number, host=f"h{number % 3}"))
            frontier.close()

        async def work():
            while (found := await frontier.get()) is not None:
                await asyncio.sleep(0)
                if found.attempt == 1 and found.ordinal % 7 == 0:
                    frontier.retry(found, found.again(), wait_s=0.001)
                else:
                    done.append(found.ordinal)
                    frontier.done(found)

        await asyncio.wait_for(asyncio.gather(produce(), *(work() for _ in range(20))), 10)
        assert sorted(done) == list(range(200))

    asyncio.run(scenario())


@pytest.mark.parametrize("loop_factory", [asyncio.new_event_loop, pytest.importorskip("uvloop").new_event_loop])
def test_delays_of_less_than_a_millisecond_work_on_every_loop(loop_factory):
    async def scenario():
        frontier = shell(per_host=2, delay=0.0004, window=1000)
        for number in range(200):
            await frontier.put(job(number, host=f"h{number % 5}"))
        frontier.close()

        async def work():
            while (found := await frontier.get()) is not None:
                await asyncio.sleep(0)
                frontier.done(found)

        await asyncio.wait_for(asyncio.gather(*(work() for _ in range(8))), 5)

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(scenario())


def test_the_next_gap_ends_on_time_though_every_request_is_slow():
    async def scenario():
        frontier = shell(per_host=4, delay=0.02)
        for number in range(4):
            await frontier.put(job(number))
        frontier.close()
        starts = []

        async def work():
            while (found := await frontier.get()) is not None:
                starts.append(asyncio.get_running_loop().time())
                await asyncio.sleep(0.5)
                frontier.done(found)

        await asyncio.gather(*(work() for _ in range(6)))
        return starts[-1] - starts[0]

    assert asyncio.run(scenario()) < 0.4


def test_a_host_waits_for_its_name_in_the_frontier_and_not_in_a_worker():
    async def scenario():
        names = Names()
        frontier = shell(names=names)
        for number, host in enumerate("abb"):
            await frontier.put(job(number, host))
        frontier.close()
        workers = [asyncio.create_task(frontier.get()) for _ in range(3)]
        await asyncio.sleep(0)
        assert sorted(names.asked) == ["a", "b"]
        names.answer("b")
        await asyncio.sleep(0.01)
        assert sorted(task.result().ordinal for task in workers if task.done()) == [1, 2]
        names.answer("a")
        await asyncio.wait(workers, timeout=1)
        assert sorted(task.result().ordinal for task in workers) == [0, 1, 2]

    asyncio.run(scenario())


def test_a_retry_has_its_name_looked_up_anew():
    async def scenario():
        names = Names()
        names.known.add("a")
        frontier = shell(names=names)
        await frontier.put(job(0, "a"))
        started = await frontier.get()
        frontier.retry(started, started, wait_s=0.0)
        again = asyncio.create_task(frontier.get())
        await asyncio.sleep(0)
        names.answer("a")
        assert (await again).ordinal == 0

    asyncio.run(scenario())


def test_a_name_that_is_answered_after_the_stop_starts_nothing():
    async def scenario():
        names = Names()
        frontier = shell(names=names)
        await frontier.put(job(0, "a"))
        worker = asyncio.create_task(frontier.get())
        await asyncio.sleep(0)
        frontier.stop()
        names.answer("a")
        assert await worker is None
        assert frontier.core.waiting == 1

    asyncio.run(scenario())


def test_the_next_start_is_the_gap_after_the_request_was_sent():
    async def scenario():
        frontier = shell(delay=0.05)
        for number in range(2):
            await frontier.put(job(number))
        first = await frontier.get()
        on_sent = frontier.on_sent(first)
        second = asyncio.ensure_future(frontier.get())
        await asyncio.sleep(0.1)
        assert not second.done()
        sent_at = asyncio.get_running_loop().time()
        on_sent()
        on_sent()
        await asyncio.wait_for(second, 5)
        assert asyncio.get_running_loop().time() - sent_at >= 0.049

    asyncio.run(scenario())


def test_a_job_from_elsewhere_waits_for_its_time_and_wakes_a_worker():
    async def scenario():
        frontier = shell()
        getting = asyncio.ensure_future(frontier.get())
        await asyncio.sleep(0)
        frontier.later(job(3), 0.02)
        assert frontier.core.waiting == 1
        await asyncio.sleep(0.005)
        assert not getting.done()
        return await asyncio.wait_for(getting, 1)

    assert asyncio.run(scenario()) == job(3)
