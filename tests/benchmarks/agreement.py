"""Whether peers found the same: every page once, and the same title, description and links on a sample."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import ada_url

SAMPLE = 200
"""Pages that are compared, evenly spaced in the list."""
_DISPUTED = re.compile(r"%(?![0-9A-Fa-f]{2})|#.*(#|%23)")


class Content(NamedTuple):
    """What a peer read from a page, spelled so that it can be compared."""

    title: str
    description: str
    links: Sequence[str]


class Found(NamedTuple):
    """What one output holds."""

    fetched: int
    """Different URLs with status 200."""
    listed: int
    """URLs that were to be fetched."""
    sample: dict[str, Content]


def read(output: Path, listed: Sequence[str], sampled: Sequence[str]) -> Found:
    """Return what the records of `output` say of the URLs `listed`, of which some are `sampled`.

    Raises SystemExit for a record of another URL.
    """
    wanted, compared = set(listed), set(sampled)
    found = {}
    with output.open(encoding="utf-8") as lines:
        for record in map(json.loads, lines):
            if record.get("status") == 200 and "error" not in record:
                url = record["url"]
                if url not in wanted:
                    raise SystemExit(f"{output.name} has a record of {url}, which was not listed or has two")
                wanted.discard(url)
                if url in compared:
                    found[url] = content(record)
    return Found(len(listed) - len(wanted), len(listed), found)


def require_ok(output: Path, pages: int) -> None:
    """Raise SystemExit unless `output`, which is ours, has so many records that are ok."""
    with output.open("rb") as records:
        ok = sum(b'"ok":true' in record for record in records)
    if ok != pages:
        raise SystemExit(f"{output.name}: {ok:,} of {pages:,} pages are ok")


def sample(listed: Sequence[str]) -> Sequence[str]:
    """Return about SAMPLE of the URLs."""
    return listed[:: max(1, len(listed) // SAMPLE)]


def content(record: dict[str, Any]) -> Content:
    """Return title, description and links of a record.

    Links are spelled as the WHATWG URL Standard does, less what Go's net/url and Python's urllib do not know: an empty
    fragment, and a URL with a percent sign that escapes nothing or a second `#`.
    """
    known = (link for link in record.get("links", ()) if not _DISPUTED.search(link))
    spelled = (ada_url.normalize_url(link).removesuffix("#") for link in known)
    title, description = (" ".join((record.get(key) or "").split()) for key in ("title", "description"))
    return Content(title, description, list(dict.fromkeys(spelled)))


def differences(found: dict[str, Found], sampled: Sequence[str]) -> list[str]:
    """Return a line for each peer that has not every page of its list, or not what the first read from the sample."""
    lines = [
        f"{peer} has {one.fetched:,} pages of {one.listed:,}" for peer, one in found.items() if one.fetched < one.listed
    ]
    first, *others = found
    for peer in others:
        unequal = [url for url in sampled if found[peer].sample.get(url) != found[first].sample.get(url)]
        if unequal:
            lines.append(f"{peer} and {first} differ on {len(unequal)} of {len(sampled)} pages, as on {unequal[0]}")
    return lines
