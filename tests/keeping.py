"""Pages as a run has them, and containers that hold them."""

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any

from outputs import NOW

from scraper.kept import PageKeeper, open_container
from scraper.kept.pages import KeptPage, from_warc
from scraper.kept.reading import first, records
from scraper.models import Page, Record, Timings
from scraper.output import OutputFile

SUFFIXES = [".warc.zst", ".warc.gz"]


def page(url: str, body: str | bytes = b"<title>t</title>", **rest: Any) -> tuple[Page, Record]:
    """Return a page and the record of its fetching."""
    body = body.encode() if isinstance(body, str) else body
    encoding = rest.pop("encoding", "utf-8")
    decoded = None if encoding == "utf-8" else body.decode(encoding, "replace")
    headers = rest.pop("headers", (("content-type", "text/html"), ("etag", '"1"')))
    made = Page(
        url=url, final_url=url, status=200, headers=headers, body=body, media_type="text/html", encoding=encoding,
        decoded=decoded,
    )  # fmt: skip
    record = Record(
        url=url, ok=True, status=200, final_url=url, attempts=1, fetched_at="2026-11-24T07:15:03.123Z", elapsed_ms=2.4,
        timings=Timings(body=1.0, parse=0.2), content_type="text/html", encoding=encoding, bytes=len(body), etag='"1"',
        sha256=sha256(body).hexdigest(), **rest,
    )  # fmt: skip
    return made, record


def keep(path: Path, pages: Iterable[tuple[Page, Record]]) -> None:
    """Append pages to the container as a run does, less the loop."""
    file, _ = open_container(str(path), fresh=False, now=NOW)
    keeper = PageKeeper()
    with keeper.writing_to(file):
        for made, record in pages:
            file.append(keeper._packed(made, record))


def kept_in(path: Path) -> list[KeptPage]:
    """Return the pages of a container; nothing in it may be damaged."""
    with path.open("rb", buffering=0) as raw:
        file = OutputFile(str(path), path, raw.fileno())
        found = list(records(file, first(file)[0], 0, file.size))
    assert all(part.warc is not None for part in found)
    pages = [from_warc(part.warc) for part in found if part.warc is not None]
    assert all(pages)
    return [entry for entry in pages if entry is not None]


def urls_kept(path: Path) -> list[str]:
    return [entry.record.url for entry in kept_in(path)]
