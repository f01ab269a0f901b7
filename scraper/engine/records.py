"""The Records that end a job: of its page, of what went wrong, of why it was not tried."""

import logging
from hashlib import sha256

from msgspec import structs

from scraper.errors import UrlError
from scraper.models import Extracted, Failure, Job, Page, Record, Timings

_log = logging.getLogger(__name__)


def page_record(  # noqa: PLR0913 - what a page does not know of itself
    job: Job, page: Page, extracted: Extracted, *, fetched_at: str, elapsed_ms: float, timings: Timings
) -> Record:
    """Return the Record of a job whose page was fetched."""
    return Record(
        url=job.row.url,
        ok=True,
        status=page.status,
        final_url=page.final_url,
        redirects=page.redirects,
        attempts=job.attempt,
        fetched_at=fetched_at,
        elapsed_ms=elapsed_ms,
        timings=timings,
        content_type=page.media_type,
        encoding=page.encoding,
        encoding_source=page.encoding_source,
        bytes=len(page.body),
        etag=page.header("etag"),
        last_modified=page.header("last-modified"),
        sha256=sha256(page.body).hexdigest(),
        input=job.row.input,
        **extracted.in_record(),
    )


def failure_record(
    job: Job, error: UrlError, *, fetched_at: str | None = None, elapsed_ms: float | None = None
) -> Record:
    """Return the Record of a job that ended in `error`."""
    _log.info("%s: %s (%s)", job.row.url, error.kind, error)
    return Record(
        url=job.row.url,
        ok=False,
        verdict=error.verdict.name if error.verdict else None,
        evidence=error.verdict.evidence if error.verdict else None,
        status=error.status,
        error=Failure(kind=error.kind, message=error.message),
        final_url=error.final_url,
        redirects=error.redirects,
        attempts=job.attempt,
        fetched_at=fetched_at,
        elapsed_ms=elapsed_ms,
        timings=error.timings,
        input=job.row.input,
    )


def refusal_record(job: Job, reason: UrlError) -> Record:
    """Return the Record of a job that is not tried, or not any more: robots.txt, or a host that is down."""
    trail = job.trail
    if trail is None:
        return failure_record(structs.replace(job, attempt=job.attempt - 1), reason)
    hops = {"final_url": job.href, "redirects": trail.redirects, "timings": trail.timings}
    record = failure_record(job, reason, fetched_at=trail.fetched_at, elapsed_ms=milliseconds(trail.elapsed_s))
    return structs.replace(record, status=trail.redirects[-1].status, **hops)


def milliseconds(seconds: float) -> float:
    """Return them as records have them."""
    return round(seconds * 1000, 2)
