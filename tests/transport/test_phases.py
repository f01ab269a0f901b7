"""Phases are filled in as the request goes on, each request's by itself."""

import asyncio

import httpx
import local_site
import pytest
from clients import get, transport
from local_site import html

from scraper.transport.phases import Phases


def test_requests_side_by_side_have_phases_of_their_own():
    async def scenario():
        async with local_site.serve({"/": html("x")}) as site:
            client = transport()
            phases = [Phases() for _ in range(5)]
            await asyncio.gather(*(get(client, site.url("/", host="localhost"), phases=each) for each in phases))
            kept = Phases()
            await get(client, site.url("/", host="localhost"), phases=kept)
            await client.aclose()
        assert all(each.has_dialled and each.dns is not None and each.connect is not None for each in phases)
        assert kept.is_connected
        assert (kept.has_dialled, kept.dns, kept.connect) == (False, None, None)

    asyncio.run(scenario())


def test_a_dial_that_fails_is_told_from_a_connection():
    async def scenario():
        client, phases = transport(), Phases()
        with local_site.closed_port() as port, pytest.raises(httpx.ConnectError):
            await get(client, f"http://127.0.0.1:{port}/", phases=phases)
        await client.aclose()
        assert (phases.has_dialled, phases.is_connected, phases.connect) == (True, False, None)

    asyncio.run(scenario())
