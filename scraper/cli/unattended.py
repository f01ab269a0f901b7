"""A run that nobody watches: it takes its turn, publishes what is good, clears what is old and tells how it ended."""

import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct, structs

from scraper import cron
from scraper.config import Config
from scraper.errors import OutputLocked, RunError
from scraper.logs import log_account
from scraper.resume import filled_in
from scraper.stats import Summary, count, duration

GOES_ON = frozenset({6, 130, 143})
"""Exit codes of a run that was ended early: the next start goes on, and no person is needed."""


class Ending(Struct, frozen=True):
    """How a run ended."""

    code: int
    """What the process exits with."""
    summary: Summary
    sentence: str
    """What that means, or how to go on."""


def take_turn(config: Config, now: datetime, scrape: Callable[[Config], Ending]) -> Ending:
    """Call `scrape` with the settings of this turn. Raises RunError: OutputLocked while another start has its turn."""
    template = config.output or "-"
    if not config.cron or template == "-":
        return scrape(config)
    with cron.Turn(template) as turn:
        output = filled_in(turn.output(), now)
        turn.begin(output)
        ending = scrape(structs.replace(config, output=output))
        if ending.code not in GOES_ON:
            turn.finish()
        return ending


def run(sources: Sequence[str], config: Config, scrape: Callable[[Config], Ending]) -> int:
    """Call `scrape` in its turn; publish and tell how it ended. Return the exit code. Raises RunError."""
    if config.latest is not None:
        cron.refuse_publishing(config.latest, config.output or "-")
    now = datetime.now().astimezone()
    started = time.monotonic()
    try:
        ending = take_turn(config, now, scrape)
        published = _publish(config, ending) if ending.code == 0 else None
    except OutputLocked:
        raise
    except RunError as error:
        _tell(config, _account(error.summary, sources, now, code=error.exit_code, sentence=str(error)))
        raise
    sentence = _closing_line(ending, published, time.monotonic() - started)
    account = _account(ending.summary, sources, now, code=ending.code, sentence=sentence) | {"published": published}
    log_account(sentence, account)
    _tell(config, account)
    if config.cron and not config.quiet:
        _close(sentence, needs_person=ending.code not in GOES_ON | {0} or config.output == "-")
    return ending.code


def _publish(config: Config, ending: Ending) -> str | None:
    """Move the name of the last good result; return it."""
    output = ending.summary.output
    if output in (None, "-"):
        return None
    if config.latest is not None:
        cron.publish(config.latest, output)
    if config.keep_runs is not None:
        cron.prune(config.output or "", config.keep_runs, latest=config.latest, current=output)
    return config.latest


def _account(
    summary: Summary | None, sources: Sequence[str], now: datetime, *, code: int, sentence: str
) -> dict[str, Any]:
    """Return what others are told: the Summary's fields, and how it ended."""
    return {
        "exit_code": code,
        "has_passed": code == 0,
        "sentence": sentence,
        "sources": list(sources),
        "started_at": _iso(now),
        "ended_at": _iso(datetime.now(UTC)),
        **(msgspec.to_builtins(summary) if summary is not None else {}),
    }


def _tell(config: Config, account: dict[str, Any]) -> None:
    if config.heartbeat is not None and account["exit_code"] not in GOES_ON:
        cron.heartbeat(config.heartbeat, account, has_passed=account["has_passed"])
    if config.notify is not None:
        cron.notify(config.notify, account)


def _closing_line(ending: Ending, published: str | None, elapsed_s: float) -> str:
    summary = ending.summary
    if summary.ok or summary.failed:
        kinds = " · ".join(f"{kind} {number:,}" for kind, number in summary.errors.items())
        failed = f"{summary.failed:,} failed" + (f" ({kinds})" if kinds else "")
        done = f"{summary.ok:,} ok, {failed}"
    else:
        done = "nothing left to do"
    pending = f", {summary.pending:,} pending" if summary.pending or not summary.is_complete else ""
    parts = [f"{done}{pending}, {count(summary.lines, 'line')} in {duration(elapsed_s)}"]
    if summary.changes:
        parts.append(" · ".join(f"{change} {number:,}" for change, number in summary.changes.items()))
    parts += [f"{summary.output} is {published} now" if published else str(summary.output)]
    parts += [ending.sentence] if ending.sentence and ending.code else []
    return "; ".join(parts)


def _close(sentence: str, *, needs_person: bool) -> None:
    """Write the closing line: cron mails what is on standard error, a crontab sends standard output to a file."""
    line = f"{_iso(datetime.now(UTC))} scrape: {sentence}\n"
    with suppress(OSError, AttributeError):  # nobody is there to read it
        (sys.stderr if needs_person else sys.stdout).write(line)


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").removesuffix("+00:00") + "Z"
