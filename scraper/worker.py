"""One Job in, one Record out, or a time to wait before the next try."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from time import perf_counter

from msgspec import Struct, structs

from scraper.errors import InternalError, UrlError
from scraper.models import Extract, Extracted, Failure, Fetch, Job, Page, Record, Request
from scraper.retry import RetryPolicy

_log = logging.getLogger(__name__)


class Retry(Struct, frozen=True):
    """The job is to be tried again, in `wait_s` seconds at the earliest."""

    wait_s: float


class Worker:
    """Fetches, extracts and decides on retries. It never sleeps and holds nothing between jobs."""

    def __init__(
        self, *, fetch: Fetch, extract: Extract, retry: RetryPolicy, wall_clock: Callable[[], datetime]
    ) -> None:
        self._fetch = fetch
        self._extract = extract
        self._retry = retry
        self._wall_clock = wall_clock

    async def process(self, job: Job, *, is_last_of_host: bool = False) -> Record | Retry:
        """Try `job` once. Whatever happens, short of being cancelled, is its Record or a Retry."""
        fetched_at = _iso(self._wall_clock())
        started = perf_counter()
        try:
            page = await self._fetch(Request(url=job.href, is_last_of_host=is_last_of_host))
            parse_started = perf_counter()
            extracted = self._extract(page)
            ended = perf_counter()
        except UrlError as error:
            failure = error
        except Exception as bug:  # noqa: BLE001 - the one place: a bug must not end the run, nor lose the URL
            _log.exception("%s: a bug in scraper, please report it", job.href)
            failure = InternalError(f"{type(bug).__name__}: {bug}")
        else:
            return _page_record(
                job,
                page,
                extracted,
                fetched_at=fetched_at,
                elapsed_ms=(ended - started) * 1000,
                parse_ms=(ended - parse_started) * 1000,
            )
        wait_s = self._retry.wait_before_retry(failure, job.attempt)
        if wait_s is not None:
            _log.info("%s: %s (%s); try %d in %.1f s", job.href, failure.kind, failure, job.attempt + 1, wait_s)
            return Retry(wait_s)
        return failure_record(job, failure, fetched_at=fetched_at, elapsed_ms=(perf_counter() - started) * 1000)


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
