"""A page that was saved to a file, as if it had been fetched: its charset, and where it came from."""

import re
from pathlib import Path

from scraper.fetcher.charset import decide, decode
from scraper.fetcher.media_type import is_html, media_type
from scraper.models import Page

_HEAD_BYTES = 4096
# What browsers ("Mark of the Web") and SingleFile write at the top of a page that they save.
_SAVED_FROM = re.compile(rb"<!--\s*(?:saved from url=\(\d+\)|Page saved with SingleFile\s+url:\s*)(https?://\S+)")


def saved_page(body: bytes, name: str, url: str | None = None) -> Page:
    """Return the Page of the HTML in `body`, from a file called `name`.

    Its links are relative to `url`, else to where the page says that it was saved from, else to the file.
    """
    encoding, encoding_source = decide(body, None)
    kind = media_type(None, body)
    saved_from = _SAVED_FROM.search(body[:_HEAD_BYTES])
    if url is None and saved_from:
        url = saved_from[1].decode("ascii", "replace")
    return Page(
        url=name,
        final_url=url or Path(name).resolve().as_uri(),
        status=200,
        body=body,
        media_type=kind if is_html(kind) else "text/html",
        encoding=encoding,
        encoding_source=encoding_source,
        decoded=None if encoding == "utf-8" else decode(body, encoding),
    )
