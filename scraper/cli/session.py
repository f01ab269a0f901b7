"""One run of the command line: signals, progress, closing lines, exit code."""

import asyncio
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

from scraper import api, logs, runner
from scraper.cli import unattended
from scraper.cli.unattended import Ending
from scraper.config import Config
from scraper.config.constants import RETRY_AFTER_CAP_S
from scraper.cron import broken_limits, parse_limits
from scraper.engine.watchdog import held_by
from scraper.errors import DataCheckFailed, OutputLocked, RunError, RunInterrupted
from scraper.loops import new_event_loop
from scraper.memory import keep_for_the_next_page
from scraper.progress import Progress, closing_text
from scraper.run import Run, Running
from scraper.stats import LABEL_WIDTH, Summary, count, duration
from scraper.status import status_text
from scraper.transport.descriptors import raise_limit

EXIT_FAILED = 1
EXIT_DEADLINE = 6
EXIT_BUG = 70
_HOSTS_NAMED = 3
_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")  # by name: Windows has no SIGHUP


def scrape(sources: Sequence[str], config: Config, *, started: float) -> int:
    """Run `sources` to `config.output`; return the exit code. The deadline counts from `started` (`time.monotonic()`).

    Raises RunError.
    """
    keep_for_the_next_page()
    raise_limit()
    others = [config.output or "-", *sources]
    with logs.configured(log_file=config.log_file, is_verbose=config.verbose, others=others):
        if config.metrics_file is None:
            return unattended.run(sources, config, partial(_scrape, sources, started=started))
        return _measured(sources, config, config.metrics_file, started=started)


def _measured(sources: Sequence[str], config: Config, path: str, *, started: float) -> int:
    """Run it, and write the metrics however it ends; but not while another run, which will, holds the output."""
    from scraper.metrics.file import MetricsFile  # noqa: PLC0415 - a run without one does without

    file = MetricsFile(path)
    code: int | None = EXIT_BUG
    try:
        code = unattended.run(sources, config, partial(_scrape, sources, started=started, attend=file.attend))
    except OutputLocked:
        code = None
        raise
    except RunError as error:
        code = error.exit_code
        raise
    finally:
        if code is not None:
            file.write(code)
    return code


def _scrape(
    sources: Sequence[str], config: Config, *, started: float, attend: Callable[[Running], None] | None = None
) -> Ending:
    session = Session(config, attend)
    rows = api.rows_of_sources(sources, config)
    main = partial(
        runner.run, rows, config, sources=sources, watch=session.watch, on_start=session.on_start, started=started
    )
    try:
        run = session.run(main)
    except RunError as error:
        if error.summary is not None:
            session.close(error.summary)
        raise
    session.close(run.summary)
    return session.ending(run.summary)


class Session:
    """What the command line adds to a run of the library."""

    def __init__(self, config: Config, attend: Callable[[Running], None] | None = None) -> None:
        """`attend` gets the run before it begins."""
        self._attend = attend
        self._is_mute = config.quiet
        self._is_quiet = config.quiet or config.cron
        self.watch = Progress(clock=time.monotonic, now=datetime.now, is_quiet=self._is_quiet).run
        self._limits = parse_limits(config.max_failures)
        self._signal: int | None = None
        self._engine: Running | None = None

    @staticmethod
    def run(main: Callable[[], Coroutine[Any, Any, Run]]) -> Run:
        """Run what `main` returns in an event loop of its own."""
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            try:
                return runner.run(main())
            except KeyboardInterrupt:
                raise RunInterrupted("interrupted before the first request; the same line starts anew") from None

    def on_start(self, engine: Running) -> None:
        """Make the first SIGINT, SIGTERM or SIGHUP drain the run and the second cancel it."""

        def stop(number: int) -> None:
            self._signal = self._signal or number
            engine.stop()

        self._engine = engine
        self._tell_on_usr1(engine)
        if self._attend is not None:
            self._attend(engine)
        loop = asyncio.get_running_loop()
        for name in _SIGNALS:
            with suppress(AttributeError, NotImplementedError):  # Windows: Ctrl-C is a KeyboardInterrupt there
                number = getattr(signal, name)
                if signal.getsignal(number) is not signal.SIG_IGN:  # nohup, or a background job of a script
                    loop.add_signal_handler(number, stop, number)

    def _tell_on_usr1(self, engine: Running) -> None:
        """Make SIGUSR1 print what the run does: from the signal handler, for the loop may be what hangs."""

        def tell(_: int, frame: FrameType | None) -> None:
            held = held_by(frame) if frame is not None else ""
            with suppress(Exception):  # a look at what is going on must not end it
                text = status_text(engine.view(), engine.inside())
                sys.stderr.write(f"{text}\n{'thread':<{LABEL_WIDTH}}in {held}\n" if held else f"{text}\n")
                sys.stderr.flush()

        with suppress(AttributeError, ValueError):  # Windows has none; only the main thread may
            signal.signal(signal.SIGUSR1, tell)

    def close(self, summary: Summary) -> None:
        """Say how the run ended."""
        if not self._is_quiet:
            held_back = self._engine.held_back() if self._engine is not None else ""
            rows = [f"{'held back':<{LABEL_WIDTH}}{held_back}"] if held_back and summary.ok else []
            rows += [sentence] if (sentence := self._sentence(summary)) else []
            with suppress(OSError):  # nobody is there to read it
                print(closing_text(summary, "\n".join(rows)), file=sys.stderr)  # noqa: T201 - the user interface
        elif self._is_mute:
            with suppress(OSError):
                for line in summary.broken:
                    print(f"scrape: {line}", file=sys.stderr)  # noqa: T201 - the user interface

    def ending(self, summary: Summary) -> Ending:
        """Return how the run ended."""
        code = self.exit_code(summary)
        is_broken = code == DataCheckFailed.exit_code
        sentence = f"Not as expected: {'; '.join(summary.broken)}" if is_broken else self._sentence(summary)
        return Ending(code, summary, sentence)

    def exit_code(self, summary: Summary) -> int:
        """Return what the process exits with.

        The first that applies of 70 a bug, 128 + signal, 6 deadline, 3 not as expected, 1 too many failures, 0 well.
        """
        if summary.errors.get("internal-error"):
            return EXIT_BUG
        if self._signal is not None:
            return 128 + self._signal
        if self._is_told_to_stop(summary):
            return 128 + signal.SIGTERM
        if summary.is_past_deadline:
            return EXIT_DEADLINE
        if summary.broken:
            return DataCheckFailed.exit_code
        return EXIT_FAILED if self._broken_limits(summary) else 0

    def _is_told_to_stop(self, summary: Summary) -> bool:
        """Return whether `scrape ctl` has ended the run before it was done."""
        return self._engine is not None and self._engine.is_told_to_stop and not summary.is_complete

    def _broken_limits(self, summary: Summary) -> list[str]:
        """Return a clause for each limit that the output's records break, those of earlier runs included."""
        if not self._limits and not summary.failed:
            return []
        errors = Counter(summary.errors) + Counter(summary.earlier_errors)
        ok = summary.ok + summary.earlier_ok
        return broken_limits(self._limits, ok=ok, errors=errors, statuses=summary.statuses)

    def _sentence(self, summary: Summary) -> str:
        return next(self._sentences(summary), "")

    def _sentences(self, summary: Summary) -> Iterator[str]:
        """Yield what there is to say of the end, the most important first."""
        if self._signal is not None:
            name = signal.Signals(self._signal).name
            yield f"Stopped by {name}. Run the same line again to go on where it stopped."
        elif self._is_told_to_stop(summary):
            yield "Stopped by `scrape ctl`. Run the same line again to go on where it stopped."
        if summary.is_past_deadline:
            yield "The deadline came first. Run the same line again to go on where it stopped."
        if self._limits and (broken := self._broken_limits(summary)):
            yield f"Too many failures: {' · '.join(broken)}. --retry-failed tries the failed ones again."
        if self._engine is not None and self._engine.deferred:
            yield _deferred(self._engine.deferred)
        if not summary.ok and not summary.failed:
            yield _nothing_left(summary)
        if summary.failed and summary.output not in (None, "-"):
            yield "Run the same line with --retry-failed to try the failed ones again."


def _deferred(urls_by_host: Mapping[str, int]) -> str:
    hosts = sorted(urls_by_host, key=lambda host: -urls_by_host[host])
    named = ", ".join(hosts[:_HOSTS_NAMED]) + (f" and {len(hosts) - _HOSTS_NAMED} more" if hosts[_HOSTS_NAMED:] else "")
    return (
        f"{count(sum(urls_by_host.values()), 'URL')} stay pending: {named} asks for a longer pause than "
        f"{RETRY_AFTER_CAP_S:g} s. Run the same line again later."
    )


def _nothing_left(summary: Summary) -> str:
    if summary.output is None or not Path(summary.output).is_file():
        return "Nothing to do."
    age = duration(max(0.0, time.time() - Path(summary.output).stat().st_mtime))
    return (
        f"Nothing left to do: {summary.output} has a record of every URL and is {age} old. "
        "--fresh starts anew; {date} in its name makes a new file each day."
    )
