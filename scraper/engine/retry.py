"""Which failures are tried again, and when (tenacity's strategies, Retry-After)."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import tenacity

from scraper.errors import UrlError

_SECONDS = re.compile(r"\d+", re.ASCII)


class RetryPolicy:
    """Decides; the frontier waits.

    tenacity's strategy objects compute the decision from the number of tries and the error. The wait has full
    jitter: a random time up to `wait_s` x 2^n, capped. A server's Retry-After is for its host to obey, not for a URL.
    """

    def __init__(self, *, retries: int, wait_s: float, wait_cap_s: float, wall_clock: Callable[[], datetime]) -> None:
        self._retry = tenacity.retry_if_exception(_is_retried)
        self._stop = tenacity.stop_after_attempt(retries + 1)
        self._wait = tenacity.wait_random_exponential(multiplier=wait_s, max=wait_cap_s)
        self._wall_clock = wall_clock

    def wait_before_retry(self, error: UrlError, attempt: int) -> float | None:
        """Return the seconds to wait after try number `attempt` ended in `error`; None when it was the last."""
        state = tenacity.RetryCallState(_NO_RETRYING, fn=None, args=(), kwargs={})
        state.attempt_number = attempt
        state.set_exception((type(error), error, None))
        if not self._retry(state) or self._stop(state):
            return None
        return float(self._wait(state))

    def asked_pause(self, error: UrlError) -> float:
        """Return the seconds that the server asks to be left alone for; 0 when it does not, or not clearly."""
        if error.retry_after is None or not error.is_retried:
            return 0.0
        return parse_retry_after(error.retry_after, self._wall_clock()) or 0.0


def parse_retry_after(value: str, now: datetime) -> float | None:
    """Return the seconds that a Retry-After header asks for (RFC 9110, section 10.2.3), at least 0.

    It may be a number of seconds, or a date in any of the three forms of section 5.6.7. None for anything
    else: it is then as if the header were not there.
    """
    text = value.strip()
    if _SECONDS.fullmatch(text):
        return float(text) if len(text) < 10 else float("inf")  # noqa: PLR2004 - three decades, and int() has limits
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
    if date.tzinfo is None:  # asctime's form has no zone; HTTP dates are UTC
        date = date.replace(tzinfo=UTC)
    return max(0.0, (date - now).total_seconds())


def _is_retried(error: BaseException) -> bool:
    return isinstance(error, UrlError) and error.is_retried


_NO_RETRYING: Any = None
"""RetryCallState wants its Retrying object and only hands it on; the loop that sleeps is not used."""
