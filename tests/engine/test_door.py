"""robots.txt before the frontier: one errand an origin, its jobs behind a gate, what is denied and why."""

import asyncio
from types import SimpleNamespace

from frontiers import core, job

from scraper.engine.door import Door
from scraper.errors import ConnectRefused, RobotsDenied, RobotsUnreachable
from scraper.frontier import ANSWERED, FAILED, Frontier
from scraper.frontier.pace import BREAKER_FAILURES, BREAKER_WAITS_S


class Robots:
    """Answers with `answer`, rules or an error, and counts how often it was asked."""

    def __init__(self, answer):
        self.answer = answer
        self.asked = []
        self._known = {}

    async def fetch(self, origin, _on_sent=None, _trail=None):
        self.asked.append(origin)
        if isinstance(self.answer, Exception):
            raise self.answer
        self._known[origin] = self.answer
        return self.answer

    def known(self, origin):
        return self._known.get(origin)

    def give_up(self, origin, error):
        self._known[origin] = error


def rules(*, denied=(), crawl_delay_s=None):
    return SimpleNamespace(allows=lambda url: url not in denied, crawl_delay_s=crawl_delay_s)


def unreachable():
    error = RobotsUnreachable("robots.txt: connect-refused")
    error.__cause__ = ConnectRefused("nothing listens there")
    return error


def opened(answer, *, jobs=3, attempts=1):
    """Offer jobs of one host to a door; return what its parts are like then."""
    frontier = Frontier(core(), window=100, clock=lambda: clock.now)
    clock = SimpleNamespace(now=0.0)

    def decide(_, errand):
        return (1.0 if errand.attempt < attempts else None), FAILED

    robots = Robots(answer)
    door = Door(frontier=frontier, robots=robots, crawl_delay_cap_s=30.0, decide=decide)
    refused = [door.offer(job(number)) for number in range(jobs)]
    return SimpleNamespace(door=door, frontier=frontier, robots=robots, clock=clock, refused=refused)


def run_errand(parts):
    errand = parts.frontier.core.pop(parts.clock.now)
    assert errand.is_robots
    return asyncio.run(parts.door.run(errand))


def ready(parts):
    found = []
    while (started := parts.frontier.core.pop(parts.clock.now)) is not None:
        found.append(started.href)
    return found


def test_the_first_job_of_an_origin_sends_one_errand_and_all_wait():
    parts = opened(rules())
    assert parts.refused == [None] * 3
    assert parts.frontier.core.waiting == 3
    errand = parts.frontier.core.pop(0.0)
    assert (errand.href, errand.is_robots) == ("http://a/robots.txt", True)
    assert parts.frontier.core.pop(0.0) is None


def test_what_is_allowed_goes_on_in_its_order_and_what_is_not_is_refused():
    parts = opened(rules(denied=["http://a/1"]))
    denied = run_errand(parts)
    assert [(held.href, type(error)) for held, error in denied] == [("http://a/1", RobotsDenied)]
    assert ready(parts) == ["http://a/0", "http://a/2"]


def test_a_job_that_comes_later_is_decided_at_once():
    parts = opened(rules(denied=["http://a/7"]))
    run_errand(parts)
    assert isinstance(parts.door.offer(job(7)), RobotsDenied)
    assert parts.door.offer(job(8)) is None
    assert parts.robots.asked == ["http://a"]


def test_without_robots_every_job_goes_in():
    frontier = Frontier(core(), window=100, clock=lambda: 0.0)
    door = Door(frontier=frontier, robots=None, crawl_delay_cap_s=30.0, decide=lambda *_: (None, ANSWERED))
    assert door.offer(job(0)) is None
    assert frontier.core.pop(0.0).href == "http://a/0"


def test_a_crawl_delay_is_obeyed_one_at_a_time():
    parts = opened(rules(crawl_delay_s=2.0))
    run_errand(parts)
    parts.clock.now = 1.9
    assert ready(parts) == []
    parts.clock.now = 2.0
    assert ready(parts) == ["http://a/0"]
    parts.frontier.core.done(job(0), 2.1)
    parts.clock.now = 3.9
    assert ready(parts) == []
    parts.clock.now = 4.0
    assert ready(parts) == ["http://a/1"]


def test_a_crawl_delay_above_the_cap_denies_the_host_and_says_so():
    parts = opened(rules(crawl_delay_s=60.0))
    denied = run_errand(parts)
    assert len(denied) == 3
    assert str(denied[0][1]) == "robots.txt asks for 60 s between requests; 30 s at most are waited"


def test_an_unreachable_robots_txt_is_tried_again_and_then_denies_everything():
    parts = opened(RobotsUnreachable("robots.txt: 503"), attempts=3)
    for second in (0.0, 1.0):
        parts.clock.now = second
        assert run_errand(parts) == []
        assert ready(parts) == []
    parts.clock.now = 2.0
    denied = run_errand(parts)
    assert [type(error) for _, error in denied] == [RobotsUnreachable] * 3
    assert isinstance(parts.door.offer(job(9)), RobotsUnreachable)
    assert len(parts.robots.asked) == 3


def test_a_dead_host_with_few_jobs_is_asked_as_often_as_a_url():
    parts = opened(unreachable(), jobs=BREAKER_FAILURES - 1)
    assert len(run_errand(parts)) == BREAKER_FAILURES - 1
    assert len(parts.robots.asked) == 1


def test_a_dead_host_with_many_jobs_is_probed_by_its_breaker_before_it_is_given_up():
    parts = opened(unreachable(), jobs=BREAKER_FAILURES)
    assert run_errand(parts) == []
    for wait_s in BREAKER_WAITS_S:
        pace = parts.frontier.core.pace("a")
        assert (pace.limit, pace.is_down) == ("down", False)
        assert parts.frontier.core.pop(parts.clock.now + wait_s - 0.1) is None
        parts.clock.now += wait_s
        assert run_errand(parts) == []
    assert parts.frontier.core.pace("a").is_down
    errand = parts.frontier.core.pop(parts.clock.now)
    assert errand.is_robots
    parts.door.give_up(errand)
    assert len(ready(parts)) == BREAKER_FAILURES
    assert len(parts.robots.asked) == 1 + len(BREAKER_WAITS_S)


def test_a_host_that_is_back_at_the_first_probe_loses_nothing():
    parts = opened(unreachable(), jobs=40)
    assert run_errand(parts) == []
    parts.clock.now = BREAKER_WAITS_S[0]
    parts.robots.answer = rules()
    assert run_errand(parts) == []
    assert len(ready(parts)) == 40


def test_jobs_behind_the_gate_of_a_host_that_is_given_up_come_out_to_be_ended():
    parts = opened(rules())
    parts.door.give_up(parts.frontier.core.pop(0.0))
    assert len(ready(parts)) == 3
    assert parts.robots.asked == []


def test_a_host_whose_jobs_are_all_denied_is_forgotten():
    parts = opened(unreachable())
    assert len(run_errand(parts)) == 3
    assert not parts.frontier.core._hosts
