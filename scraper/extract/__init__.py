"""A page in, its fields out: head, selectors, links, metadata, callback. Pure, no I/O; the only door of selectolax."""

from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from scraper.extract.callback import call, load_callback
from scraper.extract.document import parse_html
from scraper.extract.head import read_head
from scraper.extract.links import read_links
from scraper.extract.metadata import read_metadata
from scraper.extract.selectors import compile_fields, read_fields
from scraper.models import Extract, Extracted, Page

__all__ = ["build_extractor"]


def build_extractor(
    *,
    select: Mapping[str, str],
    links: bool,
    meta: bool,
    html: bool,
    parse: Callable[[Page], Any] | str | None,
) -> Extract:
    """Return the Extract of these settings (see `Config`). Raises UsageError when a selector or `parse` is wrong.

    The Extract raises ExtractError when `parse` fails on a page and ParseLimit when a page would make a record of no
    sensible size or cost too much to parse; otherwise it takes any page, whatever its bytes. Each thread may use it.
    """
    fields = compile_fields(select)
    callback = load_callback(parse) if parse is not None else None

    def extract(page: Page) -> Extracted:
        tree = parse_html(page)
        head = read_head(tree, page.final_url)
        found = read_fields(fields, tree, head.base) if fields else None
        metadata = read_metadata(tree) if meta else None
        hrefs = read_links(tree, head.base) if links else None
        if callback is not None:  # last, for it may change the tree
            found = (found or {}) | call(callback, replace(page, tree=tree))
        return Extracted(
            title=head.title,
            description=head.description,
            canonical=head.canonical,
            lang=head.lang,
            meta=metadata,
            links=hrefs,
            html=page.text if html else None,
            fields=found,
        )

    return extract
