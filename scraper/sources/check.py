"""Looks at a source before anything is requested, and refuses what cannot be a list of URLs."""

import os
import re
import stat
from collections.abc import Sequence
from pathlib import PurePath

from msgspec import Struct

from scraper.compression import SUFFIXES as COMPRESSION_SUFFIXES
from scraper.errors import UsageError
from scraper.sources.columns import Columns
from scraper.sources.formats import SUFFIXES as FORMAT_SUFFIXES
from scraper.sources.pipeline import Pipeline
from scraper.urls import masked

STDIN = "-"
HEAD_BYTES = 64 * 1024
"""How much of a file is looked at."""

_URL = re.compile(r"https?://", re.IGNORECASE)
_HOST = re.compile(
    r"(localhost|\d{1,3}(\.\d{1,3}){3}|[^\s/:@.]+(\.[^\s/:@.]+)*\.[^\W\d_]{2,})(:\d+)?(/\S*)?", re.IGNORECASE
)


class Source(Struct, frozen=True):
    """One source that was looked at."""

    spec: str
    """As it was given."""
    is_url: bool = False
    is_stream: bool = False
    """Standard input, a FIFO or a device: reading may wait, and has no end to be known."""
    size: int = 0
    """Bytes of a file."""


def check(spec: str, columns: Columns) -> Source:
    """Return what `spec` names. Raises UsageError when it cannot be read or is no list of URLs."""
    if _URL.match(spec.lstrip()):
        return Source(spec, is_url=True)
    try:
        info = os.fstat(0) if spec == STDIN else os.stat(spec)  # noqa: PTH116 - one call for both
    except (FileNotFoundError, NotADirectoryError):
        raise UsageError(f"{name_of(spec)}: {_why_missing(spec)}") from None
    except (OSError, ValueError) as error:
        raise unreadable(spec, error) from error
    if stat.S_ISDIR(info.st_mode):
        raise UsageError(f"{spec} is a folder; name the files in it, like {PurePath(spec, '*.txt')}")
    if spec == STDIN:
        return Source(spec, is_stream=True)
    if not stat.S_ISREG(info.st_mode):
        if not os.access(spec, os.R_OK):
            raise UsageError(f"{spec} cannot be read (permission denied)")
        return Source(spec, is_stream=True)
    _check_head(spec, columns)
    return Source(spec, size=info.st_size)


def check_all(specs: Sequence[str], columns: Columns) -> list[Source]:
    """Return what `specs` name. Raises UsageError as `check` does, and when there are none."""
    if not specs:
        raise UsageError("no source is given; name a file with URLs, - for standard input, or a URL")
    return [check(spec, columns) for spec in specs]


def unreadable(spec: str, error: OSError | ValueError) -> UsageError:
    """Return the UsageError for what the operating system said about `spec`."""
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return UsageError(f"{name_of(spec)} cannot be read ({reason.lower()})")


def name_of(spec: str) -> str:
    """Return what messages call `spec`."""
    return "standard input" if spec == STDIN else masked(spec)


def _check_head(spec: str, columns: Columns) -> None:
    try:
        with open(spec, "rb") as file:  # noqa: PTH123 - a spec is a name as the user wrote it
            head = file.read(HEAD_BYTES)
            is_whole = not file.read(1)
    except OSError as error:
        raise unreadable(spec, error) from error
    pipeline = Pipeline(spec, columns)
    has_url = False
    for rows in pipeline.feed(head):
        has_url = has_url or any(row.url for row in rows)
        if has_url and not is_whole:
            return
    if not is_whole:
        return
    for rows in pipeline.finish():
        has_url = has_url or any(row.url for row in rows)
    if not has_url:
        what = "there is no URL in it" if head else "the file is empty"
        raise UsageError(f"{spec}: {what}; write one URL on each line")


def _why_missing(spec: str) -> str:
    if "://" in spec:
        return "neither a file nor an http:// or https:// URL; those are what can be scraped"
    suffix = PurePath(spec.partition("/")[0]).suffix.lower()
    if _HOST.fullmatch(spec) and suffix not in FORMAT_SUFFIXES.union(COMPRESSION_SUFFIXES):
        return f"no such file; did you mean https://{spec} ?"
    return "no such file; check the path, or give URLs with their http:// or https://"
