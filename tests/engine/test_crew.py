"""Workers come and go, and none in the middle of a page."""

import asyncio
from types import SimpleNamespace

import pytest
from frontiers import job

from scraper.engine import crew
from scraper.engine.crew import Crew
from scraper.errors import UsageError
from scraper.seats import Seats


class Sheet:
    def __init__(self):
        self.workers = 0

    def join(self):
        self.workers += 1

    def leave(self):
        self.workers -= 1


def with_crew(scenario, *, size, busy):
    """Run `scenario` with a crew of which the first `busy` have a page; return the scene."""

    async def main():
        scene = SimpleNamespace(seats=Seats(), sheet=Sheet(), done=asyncio.Event(), pages=0, at_work=set())
        scene.sheet.workers = size

        async def work(number):
            seat = scene.seats.add(number)
            scene.at_work.add(number)
            try:
                while scene.crew.goes_on(number):
                    if len(list(scene.seats.busy())) >= busy:
                        await asyncio.Event().wait()
                    seat.take(job(number), 0.0)
                    await scene.done.wait()
                    await asyncio.sleep(0)
                    scene.pages += 1
                    seat.leave()
            finally:
                scene.at_work.discard(number)

        scene.crew = Crew(work, scene.seats, scene.sheet)
        async with asyncio.TaskGroup() as group:
            scene.crew.start(group, size)
            await asyncio.sleep(0)
            await scenario(scene)
            scene.crew.cancel()
        return scene

    return asyncio.run(asyncio.wait_for(main(), 5))


def test_idle_workers_go_at_once_and_busy_ones_after_their_page():
    async def scenario(scene):
        assert scene.crew.resize(2) == "2 workers, once 1 more have done their pages"
        await asyncio.sleep(0)
        assert scene.at_work == {0, 1, 2}
        assert scene.sheet.workers == 3
        scene.done.set()
        while len(scene.at_work) > 2:
            await asyncio.sleep(0)
        assert scene.sheet.workers == 2

    assert with_crew(scenario, size=6, busy=3).pages >= 3


def test_new_workers_begin_at_once_with_numbers_of_their_own():
    async def scenario(scene):
        scene.crew.resize(1)
        assert scene.crew.resize(4) == "4 workers"
        await asyncio.sleep(0)
        assert scene.at_work == {0, 2, 3, 4}
        assert scene.sheet.workers == 4

    with_crew(scenario, size=2, busy=1)


def test_a_crew_that_has_ended_or_has_too_few_descriptors_stays_as_it_is(monkeypatch):
    async def scenario(scene):
        monkeypatch.setattr(crew, "enough_for", lambda _: 3)
        with pytest.raises(UsageError, match=r"4 workers need more open files .* 3 at most"):
            scene.crew.resize(4)
        assert scene.crew.resize(1) == "1 worker"

    scene = with_crew(scenario, size=2, busy=0)
    with pytest.raises(UsageError, match="the run is ending"):
        scene.crew.resize(1)
    with pytest.raises(UsageError, match="the run is ending"):
        Crew(scene.crew.goes_on, scene.seats, scene.sheet).resize(1)
