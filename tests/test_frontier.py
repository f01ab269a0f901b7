"""The frontier: order, slots, gaps, not-before times, waiting and stopping."""

import asyncio
import random
from collections import Counter, defaultdict
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.frontier import Frontier, FrontierCore
from scraper.models import Job, Row


def job(number, host="a", priority=0.0):
    url = f"http://{host}/{number}"
    return Job(row=Row(url=url, line=number, priority=priority), href=url, host=host, ordinal=number)


def core(*, per_host=1000, delay=0.0):
    return FrontierCore(per_host=per_host, delay=delay)


def drain(frontier, now=0.0):
    jobs = []
    while (found := frontier.pop(now)) is not None:
        jobs.append(found.ordinal)
    return jobs


def test_jobs_of_one_priority_start_in_the_order_they_came():
    frontier = core()
    for number, host in enumerate("abcab"):
        frontier.push(job(number, host), 0.0)
    assert drain(frontier) == [0, 1, 2, 3, 4]


def test_higher_priorities_start_first_across_hosts_and_within_one():
    frontier = core()
    for number, (host, priority) in enumerate([("a", 0), ("a", 5), ("b", 9), ("b", -1), ("c", 5)]):
        frontier.push(job(number, host, priority), 0.0)
    assert drain(frontier) == [2, 1, 4, 0, 3]


def test_a_host_has_at_most_its_slots_in_flight_and_holds_nobody_else_up():
    frontier = core(per_host=2)
    for number in range(4):
        frontier.push(job(number, "slow"), 0.0)
    frontier.push(job(4, "fast"), 0.0)
    assert drain(frontier) == [0, 1, 4]
    frontier.done(job(0, "slow"), 0.0)
    assert drain(frontier) == [2]


def test_starts_of_one_host_are_the_delay_apart_whatever_its_slots():
    frontier = core(per_host=4, delay=1.0)
    for number in range(3):
        frontier.push(job(number), 10.0)
    assert drain(frontier, 10.0) == [0]
    assert frontier.next_due() == 11.0
    assert drain(frontier, 10.9) == []
    assert drain(frontier, 11.0) == [1]
    assert drain(frontier, 12.5) == [2]


def test_the_delay_holds_for_a_host_that_had_nothing_waiting_meanwhile():
    frontier = core(delay=5.0)
    frontier.push(job(0), 0.0)
    started = frontier.pop(0.0)
    frontier.done(started, 1.0)
    frontier.push(job(1), 2.0)
    assert drain(frontier, 4.9) == []
    assert drain(frontier, 5.0) == [1]


def test_a_host_is_forgotten_once_nothing_of_it_is_left():
    frontier = core(delay=5.0)
    frontier.push(job(0), 0.0)
    frontier.done(frontier.pop(0.0), 1.0)
    assert frontier._hosts
    assert frontier.pop(5.0) is None
    assert not frontier._hosts


def test_a_retry_waits_for_its_time_without_a_slot():
    frontier = core(per_host=1)
    frontier.push(job(0), 0.0)
    frontier.push(job(1), 0.0)
    started = frontier.pop(0.0)
    frontier.retry(started, 0.0, not_before=3.0)
    assert drain(frontier, 0.0) == [1]
    assert frontier.waiting == 1
    frontier.done(job(1), 0.5)
    assert drain(frontier, 2.9) == []
    assert drain(frontier, 3.0) == [0]


def test_a_url_is_claimed_once():
    frontier = core()
    assert frontier.claim(17)
    assert not frontier.claim(17)
    assert frontier.claim(18)


def test_the_last_job_of_a_host_is_known_as_such():
    frontier = core()
    frontier.push(job(0), 0.0)
    frontier.push(job(1), 0.0)
    frontier.pop(0.0)
    assert frontier.has_waiting("a")
    frontier.pop(0.0)
    assert not frontier.has_waiting("a")
    assert not frontier.has_waiting("elsewhere")


@given(st.integers(0, 2**32), st.integers(1, 3), st.sampled_from([0.0, 0.5]))
def test_nothing_is_lost_and_every_promise_is_kept_under_random_use(seed, per_host, delay):
    rng = random.Random(seed)
    frontier = core(per_host=per_host, delay=delay)
    now, number, done = 0.0, 0, []
    running: list[tuple[float, Job]] = []
    starts = defaultdict(list)
    not_before: dict[int, float] = {}
    while number < 60 or frontier.waiting or running:
        if number < 60 and rng.random() < 0.6:
            frontier.push(job(number, rng.choice("abcdefg"), rng.choice([0, 0, 1])), now)
            number += 1
        if (found := frontier.pop(now)) is not None:
            assert now >= not_before.get(found.ordinal, 0.0)
            starts[found.host].append(now)
            running.append((now + rng.random(), found))
            assert max(Counter(other.host for _, other in running).values()) <= per_host
        elif number == 60:
            pending = [end for end, _ in running] + ([frontier.next_due()] if frontier.next_due() else [])
            now = max(now, min(pending)) if pending else now
        now += rng.random() * 0.05
        for ended in [entry for entry in running if entry[0] <= now]:
            running.remove(ended)
            if rng.random() < 0.2:
                not_before[ended[1].ordinal] = now + rng.random()
                frontier.retry(ended[1], now, not_before[ended[1].ordinal])
            else:
                frontier.done(ended[1], now)
                done.append(ended[1].ordinal)
    assert sorted(done) == list(range(60))
    assert frontier.in_flight == 0
    for times in starts.values():
        assert all(later - earlier >= delay - 1e-9 for earlier, later in pairwise(times))


def shell(**options):
    window = options.pop("window", 100)
    return Frontier(core(**options), window=window, clock=lambda: asyncio.get_running_loop().time())


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
        frontier.retry(await frontier.get(), wait_s=0.01)
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
        frontier.retry(first, wait_s=30)
        waiter = asyncio.create_task(frontier.get())
        await asyncio.sleep(0)
        frontier.retry(second, wait_s=0.01)
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
                    frontier.retry(found.again(), wait_s=0.001)
                else:
                    done.append(found.ordinal)
                    frontier.done(found)

        await asyncio.wait_for(asyncio.gather(produce(), *(work() for _ in range(20))), 10)
        assert sorted(done) == list(range(200))

    asyncio.run(scenario())
