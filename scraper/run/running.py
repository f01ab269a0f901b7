"""A run under way, as those see it who look on, stop it and draw up its account."""

from collections import Counter
from typing import Protocol

from scraper.control.command import Command
from scraper.engine.bottleneck import Load
from scraper.engine.view import Inside, View
from scraper.stats import Stats
from scraper.urls import FingerprintSet


class Running(Protocol):
    """A run under way: an Engine, or several of them in processes of their own."""

    stats: Stats
    finished: FingerprintSet
    limit: int | None
    is_stopping: bool
    is_past_deadline: bool
    is_told_to_stop: bool
    """`scrape ctl` asked for it."""

    @property
    def is_source_read(self) -> bool:
        """Every line of the source was taken up."""
        ...

    async def run(self) -> None:
        """Run to the end, or to the end of a stop. Raises RunError when the run cannot go on."""
        ...

    def stop(self) -> None:
        """First call: start nothing new. Second call: end at once."""
        ...

    @property
    def pending(self) -> int:
        """URLs that were taken up and have no record."""
        ...

    @property
    def deferred(self) -> Counter[str]:
        """URLs, by host, that stay pending because their host asked for a longer pause than a run waits for."""
        ...

    def view(self) -> View:
        """Return what it tells of itself."""
        ...

    def inside(self) -> Inside:
        """Return what is going on inside."""
        ...

    def load(self) -> Load:
        """Return how the workers have spent their time so far."""
        ...

    def obey(self, command: Command) -> str:
        """Do what a person asks for; return a sentence on what that is. Raises UsageError."""
        ...

    def held_back(self) -> str:
        """Return one sentence on what held the run back; empty when there is nothing to say."""
        ...
