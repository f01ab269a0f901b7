"""The file that node_exporter's textfile collector reads: how the last run ended, and what it did.

https://github.com/prometheus/node_exporter#textfile-collector
"""

import logging
import re
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from scraper.errors import OutputError
from scraper.metrics import catalogue as of
from scraper.metrics.collect import collect
from scraper.metrics.exposition import Sample, text
from scraper.output.published import published
from scraper.run import Running

_MODE = 0o644
"""node_exporter runs as a user of its own."""
_SUCCEEDED = re.compile(rf"^{of.SUCCEEDED.name}(?:{{[^}}]*}})? (\S+)$", re.MULTILINE)
_log = logging.getLogger(__name__)


class MetricsFile:
    """The file at `path`; its label `run` is its own name, so that those of several lists can lie side by side."""

    def __init__(self, path: str, *, clock: Callable[[], float] = time.time) -> None:
        self._run: Running | None = None
        self._path = Path(path)
        self._clock = clock
        self._began = clock()

    def attend(self, run: Running) -> None:
        """Tell of `run` besides how it ended."""
        self._run = run

    def write(self, exit_code: int) -> bool:
        """Write it, whole or not at all; return whether it could be, for else there is a warning in the log."""
        now = self._clock()
        samples = [
            Sample(of.EXIT_CODE, exit_code),
            Sample(of.ENDED, round(now, 3)),
            Sample(of.SUCCEEDED, round(now, 3) if exit_code == 0 else self._succeeded_before()),
            Sample(of.RUN_S, round(now - self._began, 3)),
        ]
        if self._run is not None:
            samples += [sample for sample in collect(self._run, now, self._began) if not sample.metric.is_live]
        try:
            with published(str(self._path), replaces=True, source="") as draft:
                draft.write_text(text(samples, {"run": self._path.stem}), encoding="utf-8")
                draft.chmod(_MODE)
        except OutputError as error:
            _log.warning("--metrics-file: %s", error)
            return False
        return True

    def _succeeded_before(self) -> float:
        with suppress(OSError, ValueError):
            if found := _SUCCEEDED.search(self._path.read_text(encoding="utf-8")):
                return float(found[1])
        return 0
