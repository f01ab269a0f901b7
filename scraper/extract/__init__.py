"""A page in, its fields out: head, selectors, links, metadata, callback. Pure, no I/O; the only door of selectolax."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from scraper.config import Config
from scraper.errors import UsageError
from scraper.extract.callback import call, load_callback
from scraper.extract.document import parse_html
from scraper.extract.head import read_head
from scraper.extract.links import read_link_details, read_links
from scraper.extract.metadata import read_metadata
from scraper.extract.provenance import extractor_of
from scraper.extract.selectors import compile_fields, read_fields
from scraper.extract.verdict import judge
from scraper.models import Extract, Extracted, Link, Page, Verdict

__all__ = ["build_extractor", "extractor_in", "judge_page", "make_extract"]


def judge_page(page: Page) -> Verdict:
    """Return what a page is that is not to be extracted, such as that of an error. Raises ParseLimit."""
    tree = parse_html(page)
    return judge(page, tree, read_head(tree, page.final_url).title)


def make_extract(config: Config) -> Extract:
    """Return what finds on a page what the settings ask for, as `build_extractor` does."""
    return build_extractor(
        select=config.select,
        recipe=config.recipe,
        links=config.links,
        link_details=config.link_details,
        meta=config.meta,
        html=config.html,
        parse=config.parse,
        others=_others(config),
    )


def extractor_in(config: Config) -> str | None:
    """Return the `extractor` of the records that a run with these settings makes. Raises UsageError for a wrong one."""
    recipe = None if config.recipe is None else _compiled(config.recipe).recipe
    callback = None if config.parse is None else load_callback(config.parse)
    return extractor_of(config.select, recipe, callback, _others(config))


def _compiled(recipe: Any) -> Any:
    from scraper.extract.recipe import compile_recipe  # noqa: PLC0415 - 9 ms that a run without a recipe does without

    return compile_recipe(recipe)


def _others(config: Config) -> list[str]:
    """Return the names of the other settings that say what a record holds."""
    return [name for name in ("links", "link_details", "meta", "text", "markdown", "html") if getattr(config, name)]


def build_extractor(  # noqa: PLR0913 - the settings of extraction
    *,
    select: Mapping[str, str],
    recipe: Any = None,
    links: bool,
    link_details: bool = False,
    meta: bool,
    html: bool,
    parse: Callable[[Page], Any] | str | None,
    others: Sequence[str] = (),
) -> Extract:
    """Return the Extract of these settings (see `Config`). Raises UsageError when one of them is wrong.

    `others` are the names of what else the records will hold, for their `extractor`.

    The Extract raises ExtractError when `parse` fails on a page or the page lacks what the recipe requires, and
    ParseLimit when a page would make a record of no sensible size or cost too much to parse; otherwise it takes any
    page, whatever its bytes. Each thread may use it.
    """
    fields = compile_fields(select)
    compiled = _compiled(recipe) if recipe is not None else None
    for field in fields:
        if compiled is not None and field.name in compiled.fields:
            raise UsageError(f"--select and --recipe both have the field {field.name!r}; give one another name")
    callback = load_callback(parse) if parse is not None else None
    extractor = extractor_of(select, None if compiled is None else compiled.recipe, callback, others)

    def extract(page: Page) -> Extracted:
        tree = parse_html(page)
        head = read_head(tree, page.final_url)
        verdict = judge(page, tree, head.title)
        found = read_fields(fields, tree, head.base) if fields else None
        items = None
        if compiled is not None:
            by_recipe, items = compiled.read(tree, head)
            found = by_recipe if found is None else found | (by_recipe or {})
        metadata = read_metadata(tree, head.base) if meta else None
        hrefs: list[str | Link] | None = None
        if link_details:
            hrefs = [*read_link_details(tree, page, head.base)]
        elif links:
            hrefs = [*read_links(tree, head.base)]
        if callback is not None:  # last, for it may change the tree
            found = (found or {}) | call(callback, replace(page, tree=tree))
        return Extracted(
            verdict=verdict,
            title=head.title,
            description=head.description,
            canonical=head.canonical,
            lang=head.lang,
            meta=metadata,
            links=hrefs,
            html=page.text if html else None,
            fields=found,
            items=items,
            extractor=extractor,
        )

    return extract
