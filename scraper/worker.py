"""One Job in, one Record out, or a time to wait before the next try; and what its host is to learn from it."""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from time import perf_counter

from msgspec import Struct, structs

from scraper.errors import PUSH_BACK_STATUSES, InternalError, UrlError
from scraper.frontier import ANSWERED, FAILED, NOTHING, Signal
from scraper.models import Extract, Extracted, Failure, Fetch, Job, Page, Record, Request
from scraper.retry import RetryPolicy

_log = logging.getLogger(__name__)


class Outcome(Struct, frozen=True):
    """The end of a try: a Record, or a wait until the next try; and what it says of the host."""

    record: Record | None
    signal: Signal
    wait_s: float = 0.0


class Worker:
    """Fetches, extracts and decides on retries. It never sleeps and holds nothing between jobs."""

    def __init__(
        self,
        *,
        fetch: Fetch,
        extract: Extract,
        retry: RetryPolicy,
        retry_after_cap_s: float,
        wall_clock: Callable[[], datetime],
    ) -> None:
        self.fetch = fetch
        self._extract = extract
        self._retry = retry
        self._retry_after_cap_s = retry_after_cap_s
        self._wall_clock = wall_clock

    async def process(self, job: Job, *, is_last_of_host: bool = False) -> Outcome:
        """Try `job` once. Whatever happens, short of being cancelled, is an Outcome."""
        fetched_at = _iso(self._wall_clock())
        started = perf_counter()
        try:
            page = await self.fetch(Request(url=job.href, is_last_of_host=is_last_of_host))
            parse_started = perf_counter()
            extracted = self._extract(page)
            ended = perf_counter()
        except UrlError as error:
            failure = error
        except asyncio.CancelledError:
            if (task := asyncio.current_task()) is not None and task.cancelling():
                raise
            failure = InternalError("something that it awaited was cancelled")
        except Exception as bug:  # noqa: BLE001 - the one place: a bug must not end the run, nor lose the URL
            _log.exception("%s: a bug in scraper, please report it", job.href)
            failure = InternalError(f"{type(bug).__name__}: {bug}")
        else:
            record = _page_record(
                job,
                page,
                extracted,
                fetched_at=fetched_at,
                elapsed_ms=(ended - started) * 1000,
                parse_ms=(ended - parse_started) * 1000,
            )
            return Outcome(record, ANSWERED)
        wait_s, signal = self.decide(failure, job)
        if wait_s is not None:
            return Outcome(None, signal, wait_s)
        elapsed_ms = (perf_counter() - started) * 1000
        return Outcome(failure_record(job, failure, fetched_at=fetched_at, elapsed_ms=elapsed_ms), signal)

    def decide(self, failure: UrlError, job: Job) -> tuple[float | None, Signal]:
        """Return how long the job waits for its next try, None for no further one, and what its host learns."""
        wait_s = self._retry.wait_before_retry(failure, job.attempt)
        signal = NOTHING
        pushed_back = failure.status in PUSH_BACK_STATUSES
        if pushed_back:
            asked_s = self._retry.asked_pause(failure)
            signal = Signal("pushed-back", pause_s=max(asked_s, wait_s or 0.0))
            if asked_s > self._retry_after_cap_s:  # too long for a run: the URL stays pending
                wait_s = 0.0
        elif failure.status is not None:
            signal = ANSWERED
        elif failure.is_host_failure:
            signal = FAILED
        if wait_s is not None:
            _log.info("%s: %s (%s); try %d in %.1f s", job.href, failure.kind, failure, job.attempt + 1, wait_s)
        return wait_s, signal


def failure_record(
    job: Job, error: UrlError, *, fetched_at: str | None = None, elapsed_ms: float | None = None
) -> Record:
    """Return the Record of a job that ended in `error`."""
    _log.info("%s: %s (%s)", job.row.url, error.kind, error)
    return Record(
        url=job.row.url,
        ok=False,
        status=error.status,
        error=Failure(kind=error.kind, message=error.message),
        final_url=error.final_url,
        redirects=error.redirects,
        attempts=job.attempt,
        fetched_at=fetched_at,
        elapsed_ms=None if elapsed_ms is None else round(elapsed_ms, 2),
        input=job.row.input,
    )


def _page_record(  # noqa: PLR0913 - what the record is made of
    job: Job, page: Page, extracted: Extracted, *, fetched_at: str, elapsed_ms: float, parse_ms: float
) -> Record:
    timings = page.timings
    return Record(
        url=job.row.url,
        ok=True,
        status=page.status,
        final_url=page.final_url,
        redirects=page.redirects,
        attempts=job.attempt,
        fetched_at=fetched_at,
        elapsed_ms=round(elapsed_ms, 2),
        timings=structs.replace(timings, parse=round(parse_ms, 2)),
        content_type=page.media_type,
        encoding=page.encoding,
        bytes=len(page.body),
        etag=page.header("etag"),
        last_modified=page.header("last-modified"),
        sha256=sha256(page.body).hexdigest(),
        title=extracted.title,
        description=extracted.description,
        canonical=extracted.canonical,
        lang=extracted.lang,
        meta=extracted.meta,
        links=extracted.links,
        html=extracted.html,
        fields=extracted.fields,
        input=job.row.input,
    )


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
