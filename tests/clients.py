"""The transport as tests build it, and one request through it."""

import httpx

from scraper.transport import PooledTransport
from scraper.transport.adapter import HttpxAdapter
from scraper.transport.dns import CachingResolver
from scraper.transport.phases import Phases
from scraper.transport.seam import Headers
from scraper.urls import split


def transport(max_open=100, **options):
    resolver = CachingResolver(timeout_s=5.0, ttl_s=60.0, negative_ttl_s=1.0)
    limits = {"connect_timeout_s": 5.0, "read_timeout_s": 5.0, "idle_timeout_s": 30.0, **options}
    return PooledTransport(max_open=max_open, resolver=resolver, **limits)


async def ask(client, url, headers=(), phases=None, guard=None):
    """Return the answer to a GET, its body to be read."""
    address = split(url)
    sent = Headers([("Host", address.host), *dict(headers).items()])
    phases = phases or Phases()
    phases.guard = guard or phases.guard
    return await client.send(address.origin, url[len(address.origin) :], sent, phases)


async def get(client, url, headers=(), **options):
    """Return the answer to a GET, and its body."""
    answer = await ask(client, url, headers, **options)
    pieces = []
    try:
        while piece := await answer.read():
            pieces.append(piece)
    finally:
        await answer.aclose()
    return answer, b"".join(pieces)


class FakeNetwork(HttpxAdapter):
    """Stands for the whole web where a run makes its own transport: `answer` gets each httpx.Request."""

    names = None
    open_sockets = 0

    def __init__(self, answer):
        super().__init__(httpx.MockTransport(answer), connect_timeout_s=1.0, read_timeout_s=1.0)

    def resize(self, max_open):
        pass

    async def aclose(self):
        pass
