"""How many failures a run may have, in all and by kind: `5%`, `20`, `tls-error=0`."""

import re
from collections.abc import Mapping, Sequence

from msgspec import Struct

from scraper.errors import ERROR_KINDS, UsageError
from scraper.stats import count

_LIMIT = re.compile(r"(?:(?P<kind>[a-z0-9-]+)\s*=\s*)?(?P<number>\d+(?:\.\d+)?)\s*(?P<percent>%?)")
_STATUS = re.compile(r"[1-5]\d\d")
_ALL_PERCENT = 100


class Limit(Struct, frozen=True):
    """At most so many failed records."""

    text: str
    """As it was given."""
    number: float
    is_percent: bool
    """Of the records, ok and failed."""
    kind: str | None = None
    """An error kind or an HTTP status; None: all failures together."""


def parse_limits(texts: Sequence[str]) -> tuple[Limit, ...]:
    """Return the limits of `["5%", "tls-error=0", "404=20"]`. Raises UsageError, naming the text and the remedy."""
    return tuple(_parse(text.strip()) for text in texts)


def broken_limits(
    limits: Sequence[Limit], *, ok: int, errors: Mapping[str, int], statuses: Mapping[str, int]
) -> list[str]:
    """Return a clause for each limit that the records of an output break, by what they are.

    `errors` counts the failed records by kind, `statuses` all records by their last HTTP status. Without any limit a
    run fails when it has records and none of them is ok.
    """
    failed = sum(errors.values())
    if not limits:
        return [f"all {count(failed, 'page')} failed"] if failed and not ok else []
    broken = []
    for limit in limits:
        number = failed if limit.kind is None else errors.get(limit.kind, 0) + statuses.get(limit.kind, 0)
        allowed = limit.number * (ok + failed) / _ALL_PERCENT if limit.is_percent else limit.number
        if number > allowed:
            share = f" ({_ALL_PERCENT * number / (ok + failed):.3g} %)" if limit.is_percent else ""
            what = "pages failed" if limit.kind is None else limit.kind
            broken.append(f"{number:,} {what}{share}, --max-failures is {limit.text}")
    return broken


def _parse(text: str) -> Limit:
    match = _LIMIT.fullmatch(text)
    if match is None:
        raise UsageError(f"--max-failures is {text!r}; write a number, a share or one kind's: 20, 5%, tls-error=0")
    kind = match["kind"]
    if kind is not None and kind not in ERROR_KINDS and not _STATUS.fullmatch(kind):
        raise UsageError(f"--max-failures does not know {kind!r}; kinds are {', '.join(sorted(ERROR_KINDS))}")
    limit = Limit(text, float(match["number"]), bool(match["percent"]), kind)
    if limit.is_percent and limit.number > _ALL_PERCENT:
        raise UsageError(f"--max-failures is {text!r}; a share is at most 100%")
    return limit
