"""Runs in several processes, and in threads that stand in for them where it is the decisions that count."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

import pytest

from scraper import scrape
from scraper.processes import fleet, share


class Threads(ThreadPoolExecutor):
    """An Executor of enough threads."""

    def __init__(self, _descriptors=()):
        super().__init__(max_workers=8)


@pytest.fixture
def threads(monkeypatch):
    """Have the shares of a run run in threads of this process: the same messages, and no half second to start."""
    monkeypatch.setattr(fleet, "FreshInterpreters", Threads)
    monkeypatch.setattr(share, "keep_for_the_next_page", lambda: None)
    monkeypatch.setattr(share, "leave_signals_to_parent", lambda: None)
    monkeypatch.setattr(share._Log, "kept", lambda *_: nullcontext())


@pytest.fixture
def scrape_in_threads(threads):  # noqa: ARG001 - it is in place of the processes
    """Return `scrape` with two processes, each a thread here."""

    def call(urls, **options):
        return scrape(urls, **{"processes": 2, "robots": False, **options})

    return call
