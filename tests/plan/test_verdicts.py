"""What robots.txt files say to a list, asked for politely."""

import asyncio

import pytest
import virtual_time

from scraper.config import Config
from scraper.errors import DnsNotFound, RobotsUnreachable
from scraper.plan.verdicts import OriginPlan, Verdicts, ask
from scraper.robots import ALLOW_ALL, Rules, parse
from scraper.urls import parse as address


class Asked:
    """Stands in for Robots; an answer takes a second."""

    def __init__(self, answers=()):
        self.answers = dict(answers)
        self.starts = []
        self.in_flight = 0
        self.most = 0

    async def fetch(self, origin, _on_sent=None):
        self.starts.append((origin, asyncio.get_running_loop().time()))
        self.in_flight += 1
        self.most = max(self.most, self.in_flight)
        await asyncio.sleep(1)
        self.in_flight -= 1
        answer = self.answers.get(origin, ALLOW_ALL)
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_each_origin_is_asked_once_at_most_so_many_at_a_time():
    robots = Asked()
    origins = [f"https://{n}.example" for n in range(20)]
    answers = virtual_time.run(ask(robots, origins, Config(concurrency=7)))
    assert sorted(origin for origin, _ in robots.starts) == sorted(origins) == sorted(answers)
    assert robots.most == 7


@pytest.mark.parametrize(("delay", "crawl_delay", "second_at"), [(0.0, None, 1), (3.0, None, 4), (3.0, 5.0, 6)])
def test_two_origins_of_one_host_are_asked_in_turn_and_apart(delay, crawl_delay, second_at):
    both = ["https://a.example", "http://a.example"]
    robots = Asked({origin: Rules(crawl_delay) for origin in both})
    virtual_time.run(ask(robots, [*both, "https://b.example"], Config(delay=delay)))
    assert [time for origin, time in robots.starts if origin in both] == [0, second_at]
    assert ("https://b.example", 0) in robots.starts


def test_who_watches_sees_how_many_have_answered_and_is_ended():
    seen = []

    async def watch(answered):
        while True:
            seen.append(answered())
            await asyncio.sleep(0.9)

    origins = [f"https://{n}.example" for n in range(4)]
    virtual_time.run(ask(Asked(), origins, Config(concurrency=2), watch))
    assert seen == [0, 0, 2]


def test_a_failure_is_an_answer():
    answers = virtual_time.run(
        ask(Asked({"https://a.example": RobotsUnreachable("503")}), ["https://a.example"], Config())
    )
    assert answers["https://a.example"].kind == "robots-unreachable"


def test_urls_are_judged_as_a_run_judges_them():
    verdicts = Verdicts(
        {
            "https://some.example": parse(b"User-agent: *\nDisallow: /private\nCrawl-delay: 2\n", "scraper"),
            "https://free.example": ALLOW_ALL,
            "https://slow.example": parse(b"User-agent: *\nCrawl-delay: 31\n", "scraper"),
            "https://gone.example": DnsNotFound("no such name"),
        }
    )
    for url in ("some.example/1", "some.example/private/2", "free.example/", "slow.example/1", "gone.example/1"):
        verdicts.judge(address(f"https://{url}"))
    told = verdicts.plan({"https://some.example": 2, **{f"https://{x}.example": 1 for x in ("free", "slow", "gone")}})
    assert (told.origins, told.allowed, told.denied, told.unreachable) == (4, 2, 2, 1)
    assert told.restricted == (
        OriginPlan(origin="https://some.example", urls=2, denied=1, crawl_delay_s=2.0),
        OriginPlan(origin="https://gone.example", urls=1, unreachable="dns-not-found (no such name)"),
        OriginPlan(origin="https://slow.example", urls=1, denied=1, crawl_delay_s=31.0),
    )
