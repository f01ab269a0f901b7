"""The parts of a run get the settings that concern them."""

import asyncio
import os

import httpx
import pytest

from scraper import wiring
from scraper.config import Config, HostLimits
from scraper.errors import UsageError


def made(config):
    """Return the Engine of `config`, over a transport that is not its own."""

    async def scenario():
        transport = httpx.MockTransport(lambda _: httpx.Response(200))
        async with wiring.make_worker(config, transport) as (worker, names):
            assert names is None
            ends = {"rows": None, "sink": None, "results": wiring.make_results(config)}
            return wiring.make_engine(config, worker=worker, names=names, **ends)

    return asyncio.run(scenario())


def test_the_engine_has_the_workers_limits_and_queue_of_the_settings():
    engine = made(Config(concurrency=7, grace=3.0, limit=9))
    assert (engine.workers, engine.grace_s, engine.limit, engine.results.maxsize) == (7, 3.0, 9, 14)


def test_a_host_has_limits_of_its_own():
    config = Config(per_host=3, delay=1.0, hosts={"slow.example": HostLimits(per_host=1, delay=9.0)})
    engine = made(config)
    paces = [engine.frontier.core._pace_of(host) for host in ("slow.example", "slow.example:8080", "other.example")]
    assert [(pace.slots, pace.gap_s) for pace in paces] == [(1, 9.0), (1, 9.0), (3, 1.0)]


@pytest.mark.parametrize("robots", [True, False])
def test_robots_txt_is_asked_for_unless_that_is_not_wanted(robots):
    assert (made(Config(robots=robots)).door._robots is not None) == robots


def test_a_bad_selector_is_refused_before_anything_is_opened():
    with pytest.raises(UsageError, match="select"):
        made(Config(select={"title": "h1[["}))


def test_there_are_no_more_workers_than_descriptors_for_them(monkeypatch, caplog):
    monkeypatch.setattr(wiring, "enough_for", lambda workers: min(workers, 10))
    assert wiring.within_limits(Config(concurrency=8)).concurrency == 8
    assert not caplog.records
    assert wiring.within_limits(Config(concurrency=50)).concurrency == 10
    assert "10 workers instead of 50" in caplog.text


def test_processes_are_no_more_than_workers_and_auto_is_one_for_each_core(monkeypatch):
    monkeypatch.setattr(wiring, "_usable_cores", lambda: 3)
    counts = [(1, 50), (4, 50), (4, 2), ("auto", 50), ("auto", 2)]
    made = [wiring.process_count(Config(processes=n, concurrency=workers)) for n, workers in counts]
    assert made == [1, 4, 2, 3, 2]
    assert wiring.make_results(Config(processes=4)).maxsize == 8


def test_the_cores_that_count_are_those_that_this_process_may_use():
    assert wiring._usable_cores() == len(os.sched_getaffinity(0))
