"""The finish time, and the sentence about it."""

import pytest

from scraper.config import Config, HostLimits
from scraper.errors import RobotsUnreachable
from scraper.plan.forecast import Queues, forecast
from scraper.plan.verdicts import Verdicts
from scraper.robots import Rules

BIG = {"https://big.example": 90_000, **{f"https://{n}.example": 100 for n in range(100)}}
MANY = {f"https://{n}.example": 10 for n in range(10_000)}
ONE = {"https://one.example": 100}


def made(origins, config=None, answers=None, *, request_s=0.5, has_errands=False):
    queues = Queues(origins, Verdicts(answers or {}), has_errands=has_errands, request_s=request_s)
    return forecast(queues, config or Config())


@pytest.mark.parametrize(
    ("origins", "config", "seconds", "rule"),
    [
        (BIG, Config(), 90_000 / 4 * 0.5, "host"),
        (BIG, Config(per_host=8), 90_000 / 8 * 0.5, "host"),
        (BIG, Config(per_host=50), 100_000 / 50 * 0.5, "concurrency"),
        (BIG, Config(delay=2), (90_000 - 1) * 2 * 1.125 + 0.5, "host"),
        (BIG, Config(hosts={"3.example": HostLimits(delay=4000)}), 99 * 4000 * 1.125 + 0.5, "host"),
        (MANY, Config(), 100_000 / 50 * 0.5, "concurrency"),
        (ONE, Config(per_host=100), 100 / 50 * 0.5, "concurrency"),
        (ONE, Config(concurrency=1), 100 * 0.5, "concurrency"),
        ({"https://one.example": 60, "http://one.example": 40}, Config(), 100 / 4 * 0.5, "host"),
        ({}, Config(), 0, "concurrency"),
    ],
)
def test_the_finish_is_the_longer_of_the_two_bounds(origins, config, seconds, rule):
    found = made(origins, config)
    assert (found.time_s, found.rule) == (pytest.approx(seconds), rule)
    assert found.time_s == max(found.host_s, found.concurrency_s)


def test_a_robots_txt_goes_before_the_pages_of_each_origin():
    found = made(ONE, has_errands=True)
    assert found.requests == 101
    assert found.time_s == 0.5 + 25 * 0.5


def test_a_crawl_delay_means_one_at_a_time_and_apart():
    found = made(ONE, answers={"https://one.example": Rules(10.0)})
    assert found.time_s == pytest.approx(99 * 10 * 1.125 + 0.5)
    assert found.longest is not None
    assert (found.longest.at_a_time, found.longest.limit) == (1, "crawl-delay")
    assert found.advice == (
        "one.example holds all 100 URLs: with its Crawl-delay of 10 s about 18 min 34 s; its robots.txt asks for that, "
        "and no option shortens it."
    )


@pytest.mark.parametrize("answer", [RobotsUnreachable("503"), Rules(31.0)])
def test_what_robots_txt_refuses_takes_no_time(answer):
    verdicts = Verdicts({"https://one.example": answer})
    if isinstance(answer, Rules):
        verdicts.denied["https://one.example"] = 100
    found = forecast(Queues(ONE, verdicts, has_errands=False, request_s=0.5), Config())
    assert (found.time_s, found.requests, found.advice) == (0, 0, "There is nothing to fetch.")


def test_an_override_is_named_where_it_stands():
    config = Config(hosts={"one.example": HostLimits(per_host=2), "big.example": HostLimits(delay=4.0)})
    assert 'per_host = 4 of [hosts."one.example"] would' in made(ONE, config).advice
    assert 'delay = 2 of [hosts."big.example"] would' in made(BIG, config).advice


def test_a_host_with_a_port_may_have_the_limits_of_the_host():
    config = Config(hosts={"one.example": HostLimits(per_host=2)})
    assert 'per_host = 4 of [hosts."one.example"] would' in made({"https://one.example:8443": 100}, config).advice


ADVICE = {
    "a host": "big.example holds 90,000 of 100,000 URLs: at 4 at a time about 3 h 7 min; more --concurrency will not "
    "help, --per-host 8 would make it about 1 h 33 min.",
    "a delay": "one.example holds all 100 URLs: 2 s apart about 3 min 43 s; more --concurrency or --per-host will not "
    "help, --delay 1 would make it about 1 min 52 s.",
    "workers": "100,000 requests, 50 at a time, take about 16 min 40 s; more --per-host will not help, "
    "--concurrency 100 would make it about 8 min 20 s.",
    "both": "1,200 requests, 48 at a time, take about 12.5 s; --concurrency 96 and --per-host 8 together would make "
    "it about 6.5 s.",
    "nothing": "1 request, 50 at a time, take about 500 ms; no option would shorten it much.",
}


@pytest.mark.parametrize(
    ("origins", "config", "cause"),
    [
        (BIG, Config(), "a host"),
        (ONE, Config(delay=2), "a delay"),
        (MANY, Config(), "workers"),
        ({f"https://{n}.example": 100 for n in range(12)}, Config(concurrency=48), "both"),
        ({"https://one.example": 1}, Config(delay=2), "nothing"),
    ],
)
def test_the_advice_names_the_cause_and_what_would_help(origins, config, cause):
    assert made(origins, config).advice == ADVICE[cause]


def test_a_list_of_one_has_grammar():
    advice = made({"https://one.example": 1}, has_errands=True).advice
    assert advice == "one.example holds the only URL: at 4 at a time about 1 s; no option would shorten it much."


@pytest.mark.parametrize("origins", [BIG, ONE, MANY])
@pytest.mark.parametrize("delay", [0, 1.5])
def test_the_advised_option_does_what_the_advice_says(origins, delay):
    before = made(origins, Config(delay=delay))
    option, value = before.advice.split("--")[-1].split(" ")[:2]
    changed = {"delay": delay, option.replace("-", "_"): float(value)}
    after = made(origins, Config.build(changed))
    assert after.time_s <= 0.95 * before.time_s
