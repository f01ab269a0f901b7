"""The limit of open files: how many workers it is enough for."""

import resource

import pytest

from scraper.transport import descriptors


@pytest.fixture
def limits(monkeypatch):
    current = {"soft": 1024, "hard": 4096}
    monkeypatch.setattr(resource, "getrlimit", lambda _: (current["soft"], current["hard"]))
    monkeypatch.setattr(resource, "setrlimit", lambda _, both: current.update(soft=both[0], hard=both[1]))
    monkeypatch.setattr(descriptors, "_open_now", lambda: 10)
    return current


@pytest.mark.parametrize(
    ("soft", "workers"), [(1024, 50), (184, 50), (183, 49), (64, 10), (20, 1), (resource.RLIM_INFINITY, 50)]
)
def test_each_worker_needs_three_descriptors(limits, soft, workers):
    limits["soft"] = soft
    assert descriptors.enough_for(50) == workers


def test_the_limit_is_raised_to_what_the_process_may_have(limits):
    descriptors.raise_limit()
    assert limits == {"soft": 4096, "hard": 4096}


def test_a_limit_that_cannot_be_raised_stays(limits, monkeypatch):
    def refuse(*_):
        raise ValueError("not allowed to raise maximum limit")

    monkeypatch.setattr(resource, "setrlimit", refuse)
    descriptors.raise_limit()
    assert limits["soft"] == 1024
