"""Phases reach from a request to the tasks that are started for it."""

import asyncio

from scraper.transport.phases import CURRENT, Phases


def test_requests_side_by_side_have_phases_of_their_own():
    async def request(milliseconds):
        phases = Phases()
        CURRENT.set(phases)
        await asyncio.gather(inner(milliseconds))  # a task, as aiohttp starts for dialling
        return phases.dns

    async def inner(milliseconds):
        await asyncio.sleep(0)
        CURRENT.get().dns = milliseconds

    async def scenario():
        assert await asyncio.gather(*(request(float(n)) for n in range(5))) == [0.0, 1.0, 2.0, 3.0, 4.0]

    asyncio.run(scenario())
