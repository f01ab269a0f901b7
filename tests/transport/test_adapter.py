"""A user's httpx transport, asked as our own is."""

import asyncio

import httpx
from clients import get

from scraper.transport.adapter import HttpxAdapter
from scraper.transport.addresses import Guard
from scraper.transport.phases import Phases


def test_it_gets_the_request_as_httpx_makes_it_and_what_it_needs_to_know():
    seen = []

    def answer(request):
        seen.append(request)
        return httpx.Response(200, headers=[("X-A", "1"), ("X-A", "2")], content=b"body")

    async def scenario():
        adapter = HttpxAdapter(httpx.MockTransport(answer), connect_timeout_s=1.0, read_timeout_s=2.0)
        phases = Phases()
        phases.guard = Guard()
        return await get(adapter, "http://a.test/%7Ex|?q", {"X-Mine": "1"}, phases=phases), phases

    (found, body), phases = asyncio.run(scenario())
    assert (found.status, body) == (200, b"body")
    assert found.headers[:2] == [(b"X-A", b"1"), (b"X-A", b"2")]
    (request,) = seen
    assert request.headers.raw == [(b"Host", b"a.test"), (b"X-Mine", b"1")]
    assert request.extensions["target"] == b"/%7Ex|?q"
    assert request.extensions["timeout"] == {"connect": 1.0, "read": 2.0, "write": 2.0, "pool": None}
    assert request.extensions["guard"] is phases.guard


def test_a_body_comes_as_its_pieces_do_and_an_empty_one_is_not_its_end():
    async def pieces():
        for piece in (b"a", b"", b"b"):
            yield piece

    async def scenario():
        adapter = HttpxAdapter(
            httpx.MockTransport(lambda _: httpx.Response(200, content=pieces())), connect_timeout_s=1, read_timeout_s=1
        )
        return (await get(adapter, "http://a.test/"))[1]

    assert asyncio.run(scenario()) == b"ab"
