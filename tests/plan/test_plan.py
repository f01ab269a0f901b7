"""A plan of a whole list, beside the run that it is the plan of."""

import asyncio

import httpx
import pytest
import virtual_time

from scraper import ascrape
from scraper.config import Config
from scraper.models import Page
from scraper.plan import make_plan
from scraper.robots import Robots, RobotsMemory
from scraper.sources import iterable_source
from scraper.urls import FingerprintSet, identity

ROBOTS = {"slow.example": "User-agent: *\nCrawl-delay: 2\n", "shy.example": "User-agent: *\nDisallow: /private\n"}
LISTS = {
    "one host": [f"https://one.example/{n}" for n in range(101)],
    "one large host": [
        *(f"https://one.example/{n}" for n in range(200)),
        *(f"https://{n}.example/" for n in range(99)),
    ],
    "many hosts": [f"https://{n % 100}.example/{n}" for n in range(1000)],
    "a Crawl-delay": [f"https://{host}.example/{n}" for n in range(10) for host in ("slow", "a", "b")],
    "a denied part": [f"https://shy.example/{'private' if n % 2 else 'page'}/{n}" for n in range(80)],
}


async def answer(request):
    """Answer after half a second, as the plan assumes."""
    await asyncio.sleep(0.5)
    if request.url.path == "/robots.txt":
        text = ROBOTS.get(request.url.host)
        return httpx.Response(200, text=text) if text else httpx.Response(404)
    return httpx.Response(200, html="<title>x</title>")


async def fetch(request):
    response = await answer(httpx.Request("GET", request.url))
    return Page(url=request.url, final_url=request.url, status=response.status_code, body=response.content)


def plan(urls, config, *, asks=True, finished=()):
    async def made():
        robots = Robots(
            fetch=fetch,
            user_agent="scraper/1",
            clock=asyncio.get_running_loop().time,
            memory=RobotsMemory(ttl_s=1e9, failure_ttl_s=1e9, max_origins=1000, max_bytes=10**6),
        )
        done = FingerprintSet()
        for url in finished:
            done.add(identity(url))
        return await make_plan(iterable_source(urls), config, finished=done, robots=robots if asks else None)

    return virtual_time.run(made())


@pytest.mark.parametrize("options", [{}, {"delay": 1.0}, {"per_host": 1}, {"concurrency": 10}], ids=str)
@pytest.mark.parametrize("urls", LISTS.values(), ids=LISTS)
def test_a_run_takes_as_long_as_its_plan_says(urls, options):
    told = plan(urls, Config(**options)).forecast.time_s
    run = virtual_time.run(ascrape(urls, transport=httpx.MockTransport(answer), **options)).summary
    assert 0.9 * told <= run.elapsed_s <= 1.25 * told + 1


def test_denied_urls_are_those_that_a_run_is_denied():
    told = plan(LISTS["a denied part"], Config())
    run = virtual_time.run(ascrape(LISTS["a denied part"], transport=httpx.MockTransport(answer))).summary
    assert told.robots is not None
    assert {"robots-denied": told.robots.denied} == run.errors == {"robots-denied": 40}
    assert told.largest_hosts[0].refused == 40


def test_the_lines_are_accounted_for_and_the_largest_hosts_told():
    urls = [f"https://{n}.example/{m}" for n in range(12) for m in range(n + 1)]
    told = plan([*urls, "", "bad", urls[0]], Config(), asks=False, finished=urls[-2:])
    assert told.lines == told.to_fetch + told.invalid + told.duplicates + told.blank + told.already_done
    assert (told.hosts, told.already_done, told.robots) == (12, 2, None)
    assert [host.urls for host in told.largest_hosts] == [11, 10, 10, 9, 8, 7, 6, 5, 4, 3]
    assert told.largest_hosts[0].host == "10.example"
