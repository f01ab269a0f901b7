"""One Job in, one Record out, or a time to wait before the next try; and what its host is to learn from it."""

import asyncio
import logging
import math
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from time import perf_counter
from typing import Protocol

from msgspec import Struct, structs, to_builtins

from scraper.engine.records import failure_record, milliseconds, page_record
from scraper.engine.retry import RetryPolicy
from scraper.errors import PUSH_BACK_STATUSES, InternalError, UrlError
from scraper.frontier import ANSWERED, FAILED, NOTHING, Signal
from scraper.models import (
    NOT_MODIFIED,
    Extract,
    Extracted,
    Fetch,
    Job,
    Judge,
    Keep,
    Page,
    ReadText,
    Record,
    Request,
    Row,
    Timings,
    Trail,
)
from scraper.recrawl import Recrawl
from scraper.seats import CURRENT as SEAT
from scraper.urls import masked, parse

PRECONDITION_FAILED = 412
"""RFC 9110, section 15.5.13: no answer to a GET with our conditions, but some servers give it."""

_log = logging.getLogger(__name__)


class Outcome(Struct, frozen=True, kw_only=True):
    """The end of a try: a Record, or the job that goes on with it; and what it says of the host."""

    signal: Signal
    record: Record | None = None
    following: Job | None = None
    """Where a redirect leads: it waits for that host's turn like any other job."""
    retry: Job | None = None
    """The next try."""
    wait_s: float = 0.0
    """Until the next try."""
    timings: Timings | None = None
    """Of the whole try, once it has ended."""


class _Attempt(Struct, frozen=True):
    """A try under way."""

    job: Job
    fetched_at: str
    started: float
    """By `perf_counter`, as if redirects had not let it wait for turns in between."""
    known: Record | None = None
    """What an earlier run has of the page."""
    validators: tuple[tuple[str, str], ...] = ()

    def elapsed_ms(self) -> float:
        """Return how long it has taken, redirects before it included."""
        return milliseconds(perf_counter() - self.started)


class Sockets(Protocol):
    """The connections that requests go over."""

    @property
    def open_sockets(self) -> int:
        """Open now, idle ones included."""
        ...

    def resize(self, max_open: int) -> None:
        """Have so many connections in use at most from now on, and so many sockets open."""
        ...


class Worker:
    """Fetches, extracts and decides on retries. It never sleeps and holds nothing between jobs."""

    def __init__(  # noqa: PLR0913 - what it puts together
        self,
        *,
        fetch: Fetch,
        extract: Extract,
        retry: RetryPolicy,
        retry_after_cap_s: float,
        wall_clock: Callable[[], datetime],
        judge: Judge | None = None,
        read_text: ReadText | None = None,
        blocked_pause_s: float = 0.0,
        large_page_bytes: float = math.inf,
        keep: Keep | None = None,
        recrawl: Recrawl | None = None,
        sockets: Sockets | None = None,
    ) -> None:
        """`judge` is asked what the page of a refusal is, `read_text` for the main text of a page whose verdict is ok.

        `extract` gets pages of more than `large_page_bytes` in a thread, one at a time; the others in the loop.
        `keep` gets each page that was fetched, before its record goes anywhere. `recrawl` decides what
        the records of an earlier run are good for.
        """
        self.fetch = fetch
        self._extract = extract
        self._retry = retry
        self._retry_after_cap_s = retry_after_cap_s
        self._wall_clock = wall_clock
        self._judge = judge
        self._read_text = read_text
        self._blocked = Signal("pushed-back", pause_s=blocked_pause_s)
        self._large_page_bytes = large_page_bytes
        self._keep = keep
        self._recrawl = recrawl
        self.sockets = sockets
        """What `fetch` opens; None: nobody knows."""
        self._large_pages = asyncio.Lock()

    async def process(
        self, job: Job, *, is_last_of_host: bool = False, on_sent: Callable[[], None] | None = None
    ) -> Outcome:
        """Try `job` once. Whatever happens, short of being cancelled, is an Outcome; but `keep` may raise RunError."""
        attempt = self._begun(job)
        request = Request(
            url=job.href,
            is_last_of_host=is_last_of_host,
            is_followed=False,
            trail=job.trail,
            validators=attempt.validators,
            on_sent=on_sent,
        )
        page = None
        try:
            page = await self.fetch(request)
            if page.location is not None:
                return Outcome(signal=ANSWERED, following=_following(attempt, page))
            if page.status == NOT_MODIFIED:
                return self._unchanged(attempt, page)
            extracted, timings = await self._extracted(page)
            elapsed_ms = attempt.elapsed_ms()
        except UrlError as error:
            failure = error
        except asyncio.CancelledError:
            if (task := asyncio.current_task()) is not None and task.cancelling():
                raise
            failure = InternalError("something that it awaited was cancelled")
        except Exception as bug:  # noqa: BLE001 - the one place: a bug must not end the run, nor lose the URL
            _log.exception("%s: a bug in scraper, please report it", masked(job.href))
            failure = InternalError(f"{type(bug).__name__}: {bug}")
        else:
            record = page_record(
                job, page, extracted, fetched_at=attempt.fetched_at, elapsed_ms=elapsed_ms, timings=timings
            )
            return await self._succeeded(attempt, page, record)
        return await self._failed(attempt, failure, page)

    async def _succeeded(self, attempt: "_Attempt", page: Page, record: Record) -> Outcome:
        record = self._compared(attempt, record)
        if self._keep is not None:
            await self._keep(page, record)
        signal = self._blocked if record.verdict == "blocked" else ANSWERED
        return Outcome(signal=signal, record=record, timings=record.timings)

    async def _failed(self, attempt: "_Attempt", failure: UrlError, page: Page | None) -> Outcome:
        job = attempt.job
        if attempt.validators and failure.status == PRECONDITION_FAILED:
            return Outcome(signal=ANSWERED, retry=job.without_conditions(), timings=failure.timings)
        self._look_at(failure)
        wait_s, signal = self.decide(failure, job)
        if wait_s is not None:
            return Outcome(signal=signal, retry=job.again(), wait_s=wait_s, timings=failure.timings)
        elapsed_ms = attempt.elapsed_ms()
        record = failure_record(job, failure, fetched_at=attempt.fetched_at, elapsed_ms=elapsed_ms)
        if self._keep is not None and page is not None:  # the next recipe may do better with it
            described = page_record(
                job, page, Extracted(), fetched_at=attempt.fetched_at, elapsed_ms=elapsed_ms, timings=page.timings
            )
            await self._keep(page, described)
        return Outcome(signal=signal, record=self._compared(attempt, record), timings=failure.timings)

    def unasked(self, row: Row) -> Record | None:
        """Return the record of a row whose page need not be asked for."""
        return None if self._recrawl is None or row.earlier is None else self._recrawl.unasked(row)

    def _begun(self, job: Job) -> "_Attempt":
        trail, started = job.trail, perf_counter()
        fetched_at = _iso(self._wall_clock()) if trail is None else trail.fetched_at
        if trail is not None:
            started -= trail.elapsed_s
        if self._recrawl is None:
            return _Attempt(job, fetched_at, started)
        known = self._recrawl.known(job.row)
        return _Attempt(job, fetched_at, started, known, self._recrawl.validators(known, job))

    def _compared(self, attempt: "_Attempt", record: Record) -> Record:
        """Return `record` with what has become of its page."""
        if self._recrawl is None:
            return record
        return structs.replace(record, change=self._recrawl.change(attempt.known, record))

    def _unchanged(self, attempt: "_Attempt", page: Page) -> Outcome:
        """Return the end of a job whose page is as it was."""
        if self._recrawl is None or attempt.known is None:
            raise TypeError("only who asks conditionally is answered so")
        record = self._recrawl.carried(
            attempt.known,
            page,
            attempt.job,
            fetched_at=attempt.fetched_at,
            elapsed_ms=attempt.elapsed_ms(),
            timings=page.timings,
        )
        return Outcome(signal=ANSWERED, record=record, timings=page.timings)

    async def _extracted(self, page: Page) -> tuple[Extracted, Timings]:
        """Return what is on the page, and its timings with how long that took, without the wait for its turn."""
        seat = SEAT.get()
        if seat is not None:
            seat.stage = "parse"
        try:
            if len(page.body) <= self._large_page_bytes:
                extracted, parse_s = self._timed(page)
            else:
                async with self._large_pages:
                    extracted, parse_s = await asyncio.to_thread(self._timed, page)
            if self._read_text is None or extracted.verdict.name != "ok":
                return extracted, structs.replace(page.timings, parse=milliseconds(parse_s))
            started = perf_counter()
            if seat is not None:
                seat.stage = "text"
            text = await self._read_text(page)
            timings = structs.replace(
                page.timings, parse=milliseconds(parse_s), text=milliseconds(perf_counter() - started)
            )
            return structs.replace(extracted, text=text), timings
        except UrlError as error:
            error.status, error.final_url = page.status, page.final_url
            error.redirects, error.timings = page.redirects, page.timings
            raise

    def _timed(self, page: Page) -> tuple[Extracted, float]:
        started = perf_counter()
        extracted = self._extract(page)
        return extracted, perf_counter() - started

    def _look_at(self, failure: UrlError) -> None:
        """Find out whether a refusal is a challenge."""
        if failure.page is None or self._judge is None:
            return
        with suppress(UrlError):  # a page that costs too much to look at
            verdict = self._judge(failure.page)
            if verdict.name == "blocked":
                failure.verdict = verdict

    def decide(self, failure: UrlError, job: Job) -> tuple[float | None, Signal]:
        """Return how long the job waits for its next try, None for no further one, and what its host learns."""
        wait_s = self._retry.wait_before_retry(failure, job.attempt)
        signal = NOTHING
        if failure.status in PUSH_BACK_STATUSES or failure.verdict is not None:
            asked_s = self._retry.asked_pause(failure)
            blocked_s = 0.0 if failure.verdict is None else self._blocked.pause_s
            signal = Signal("pushed-back", pause_s=max(asked_s, wait_s or 0.0, blocked_s))
            if asked_s > self._retry_after_cap_s:  # too long for a run: the URL stays pending
                wait_s = 0.0
        elif failure.status is not None:
            signal = ANSWERED
        elif failure.is_host_failure:
            signal = FAILED
        if wait_s is not None:
            _log.info("%s: %s (%s); try %d in %.1f s", masked(job.href), failure.kind, failure, job.attempt + 1, wait_s)
        return wait_s, signal


def _following(attempt: _Attempt, page: Page) -> Job:
    """Return the job that asks for what a redirect leads to, and knows the way there."""
    job, address = attempt.job, parse(page.location or "")
    trail = Trail(
        listed=job.trail.listed if job.trail else job,
        redirects=page.redirects,
        timings=page.timings,
        elapsed_s=perf_counter() - attempt.started,
        fetched_at=attempt.fetched_at,
        may_lead_inside=page.may_lead_inside,
    )
    return structs.replace(job, href=address.href, host=address.host, origin=address.origin, trail=trail)


def _iso(moment: datetime) -> str:
    return f"{to_builtins(moment.astimezone(UTC))[:19]}.{moment.microsecond // 1000:03}Z"  # half of isoformat()'s time
