"""What a run tells its user: a live line on a terminal, else one line a minute, and the closing text."""

import asyncio
import math
import os
import sys
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import datetime
from functools import partial
from importlib import import_module
from typing import Any, TextIO, cast

from scraper.engine.view import View
from scraper.stats import Summary, duration, rate

LIVE_INTERVAL_S = 0.25
LINE_INTERVAL_S = 60.0
"""In a log, where a live line would be thousands of lines."""
PACE_WINDOW_S = 10.0
"""Speed is that of the last so many seconds: long enough to be steady, short enough to show a stall."""
KINDS_SHOWN = 2


class Pace:
    """How fast a run went over the last PACE_WINDOW_S; over the last two samples when they are further apart."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, int, int]] = deque()

    def add(self, at_s: float, view: View) -> None:
        """Take `view` as it stands at `at_s`, seconds of any steady clock."""
        self._samples.append((at_s, view.ok, view.records))
        while len(self._samples) > 2 and self._samples[1][0] <= at_s - PACE_WINDOW_S:  # noqa: PLR2004 - a first and a last
            self._samples.popleft()

    @property
    def pages_per_s(self) -> float:
        """Ok records per second."""
        return self._per_s(1)

    @property
    def records_per_s(self) -> float:
        """Records per second, failed ones too: what is left shrinks at this speed."""
        return self._per_s(2)

    def _per_s(self, column: int) -> float:
        first, last = self._samples[0], self._samples[-1]
        return (last[column] - first[column]) / (last[0] - first[0]) if last[0] > first[0] else 0.0


def describe(view: View, pace: Pace, width: int | None = None) -> str:
    """Return the line that tells how a run is doing, shortened to `width` characters."""
    done = f"{view.done:,}" if view.total is None else f"{view.done:,}/{view.total:,}"
    parts = {
        "done": f"{done} done",
        "rate": f"{rate(pace.pages_per_s)} pages/s",
        "busy": f"{view.busy}/{view.workers} busy",
        "queued": f"{view.queued:,} queued",
        "failed": _failed(view.failed, KINDS_SHOWN),
        "left": _left(view, pace),
        "note": view.note,
    }
    few_kinds, no_kinds = ({"failed": _failed(view.failed, shown)} for shown in (1, 0))
    figures: list[dict[str, str]] = [no_kinds, {"queued": ""}, {"busy": ""}, {"rate": ""}, {"left": ""}, {"failed": ""}]
    note = {"note": ""}  # when it stops, who pressed Ctrl-C must see so
    shorter = [{}, few_kinds, *figures, note] if view.is_stopping else [{}, few_kinds, note, *figures]
    room = sys.maxsize if width is None else width
    line = ""
    for step in shorter:
        parts |= step
        line = " · ".join(part for part in parts.values() if part)
        if len(line) <= room:
            return line
    return line[: room - 1] + "…"


def _failed(failed: Mapping[str, int], shown: int) -> str:
    kinds = sorted(failed.items(), key=lambda item: (-item[1], item[0]))
    names = [f"{kind} {number:,}" for kind, number in kinds[:shown]] + ["…"] * (len(kinds) > shown)
    return f"{sum(failed.values()):,} failed" + (f" ({', '.join(names)})" if shown and kinds else "")


def _left(view: View, pace: Pace) -> str:
    if view.total is None or view.total <= view.done:
        return ""
    left_s = view.left_s
    if left_s is None and pace.records_per_s > 0:
        left_s = (view.total - view.done) / pace.records_per_s
    return "" if left_s is None else f"about {duration(math.ceil(left_s))} left"


def closing_text(summary: Summary, sentence: str = "") -> str:
    """Return the text a run closes with: the account, and a `sentence` on what it means or how to go on."""
    return f"{summary}\n{sentence}" if sentence else str(summary)


Tell = Callable[[int | None], str]
"""Returns a line of so many characters at most; None: as long as it likes."""
Draw = Callable[[Tell], None]


class Progress:
    """Shows how something is going on, on standard error. Nothing that goes wrong with the drawing ends it."""

    def __init__(
        self,
        *,
        clock: Callable[[], float],
        now: Callable[[], datetime],
        is_quiet: bool = False,
        file: TextIO | None = None,
        interval_s: float | None = None,
    ) -> None:
        """Draw to `file` (None: standard error) each `interval_s` (None: as fits where it is drawn).

        `clock` gives the seconds of a steady clock, `now` the local time of day.
        """
        self._clock = clock
        self._now = now
        self._is_quiet = is_quiet
        self._file = file
        self._interval_s = interval_s

    async def run(self, view: Callable[[], View]) -> None:
        """Show the View of a run that `view` returns, again and again, until cancelled; return at once when quiet."""
        pace = Pace()

        def look() -> Tell:
            seen = view()
            pace.add(self._clock(), seen)
            return partial(describe, seen, pace)

        await self.show(look)

    async def show(self, look: Callable[[], Tell]) -> None:
        """Show the line that `look` finds, again and again, until cancelled; return at once when quiet."""
        file = self._file or sys.stderr
        if self._is_quiet or file is None:  # a process without standard streams has None
            return
        canvas, usual_s = self._canvas(_Unbreakable(file))
        look()  # a first time: speed is the difference to it
        with canvas as draw:
            while True:
                await asyncio.sleep(usual_s if self._interval_s is None else self._interval_s)
                draw(look())

    def _canvas(self, file: "_Unbreakable") -> tuple[AbstractContextManager[Draw], float]:
        """Return where to draw and how often."""
        if is_notebook():
            return _in_notebook(), LIVE_INTERVAL_S
        if file.isatty() and os.environ.get("TERM") not in {"dumb", "unknown"}:
            return _on_terminal(file), LIVE_INTERVAL_S
        return _as_lines(file, self._now), LINE_INTERVAL_S


class _Unbreakable:
    """A text file that drops what it cannot write: the terminal went away, the log is closed or its disk full."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self.encoding = getattr(file, "encoding", None) or "utf-8"

    def write(self, text: str) -> int:
        with suppress(OSError, ValueError):
            self._file.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._file.flush()

    def isatty(self) -> bool:
        with suppress(OSError, ValueError):
            return self._file.isatty()
        return False

    def fileno(self) -> int:
        return self._file.fileno()


@contextmanager
def _on_terminal(file: _Unbreakable) -> Iterator[Draw]:
    """Keep one line up to date; it is gone at the end."""
    # Rich takes some 80 ms to import; `import scraper` and a run under cron do without.
    from rich.console import Console  # noqa: PLC0415 - see above
    from rich.live import Live  # noqa: PLC0415 - see above
    from rich.text import Text  # noqa: PLC0415 - see above

    console = Console(file=cast("TextIO", file), force_terminal=True, force_jupyter=False)
    # stdout may carry the records. What others write to stderr meanwhile is put above the line.
    with Live(console=console, auto_refresh=False, transient=True, redirect_stdout=False) as live:

        def draw(tell: Tell) -> None:
            line = Text(tell(console.width), no_wrap=True, overflow="ellipsis")
            line.highlight_regex(r"[1-9][\d,]* failed", "bold red")
            live.update(line, refresh=True)

        yield draw


def is_notebook() -> bool:
    """Tell whether this process is a Jupyter kernel, without importing anything."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and hasattr(ipython.get_ipython(), "kernel")


@contextmanager
def _in_notebook() -> Iterator[Draw]:
    """Keep one output of the cell up to date. Rich's Live would need ipywidgets there, and warns without."""
    handle: Any = None

    def draw(tell: Tell) -> None:
        nonlocal handle
        line = {"text/plain": tell(None)}
        if handle is None:  # a run that is over before its first line leaves no empty output behind
            handle = import_module("IPython.display").display(line, raw=True, display_id=True)
        else:
            handle.update(line, raw=True)

    try:
        yield draw
    finally:
        if handle is not None:  # an output cannot be taken back, but it can be without height
            handle.update({"text/plain": "", "text/html": ""}, raw=True)


@contextmanager
def _as_lines(file: _Unbreakable, now: Callable[[], datetime]) -> Iterator[Draw]:
    """Write plain lines, each with the time of day."""

    def draw(tell: Tell) -> None:
        file.write(f"{now():%H:%M:%S}  {tell(None)}\n")
        file.flush()

    yield draw
