"""The transport as tests build it, and one request through it."""

import httpx

from scraper.transport import AiohttpTransport
from scraper.transport.dns import CachingResolver

LIMITS = {"connect": 5.0, "read": 5.0}


def transport(max_open=100, **options):
    resolver = CachingResolver(timeout_s=5.0, ttl_s=60.0, negative_ttl_s=1.0)
    return AiohttpTransport(max_open=max_open, idle_timeout_s=30.0, resolver=resolver, **options)


async def get(client, url, headers=(), **extensions):
    """Return the response to a GET, and its body."""
    request = httpx.Request("GET", url, headers=dict(headers), extensions={"timeout": LIMITS, **extensions})
    response = await client.handle_async_request(request)
    try:
        body = b"".join([piece async for piece in response.stream])
    finally:
        await response.aclose()
    return response, body
