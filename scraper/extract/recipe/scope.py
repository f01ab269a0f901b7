"""Where fields are looked for: an element and what it holds for machines; and what is the same all over its page."""

from functools import cached_property

from selectolax.lexbor import LexborHTMLParser, LexborNode

from scraper.errors import ParseLimit
from scraper.extract.document import MAX_CHARACTERS
from scraper.extract.jsonld import jsonld_objects
from scraper.extract.recipe.jsonld import Graph

_KEYS = ("property", "name", "itemprop")


class Surroundings:
    """What values depend on wherever they are on the page; and how much of the page a record has taken."""

    def __init__(self, base: str, lang: str | None) -> None:
        self.base = base
        """The document base URL."""
        self.lang = lang
        self._left = MAX_CHARACTERS

    def spend(self, characters: int) -> None:
        """Count what a record takes of the page. Raises ParseLimit when nesting makes more of it than it has."""
        self._left -= characters
        if self._left < 0:
            raise ParseLimit(f"the recipe's fields have more than {MAX_CHARACTERS:,} characters")


class Scope:
    """The whole page, or the element of an item; its metadata is read when it is first asked for."""

    def __init__(self, node: LexborNode | None, page: Surroundings, *, is_page: bool) -> None:
        self.node = node
        self.page = page
        self.is_page = is_page

    @cached_property
    def graph(self) -> Graph:
        """The JSON-LD within."""
        if self.node is None:
            return Graph(())
        scripts = self.node.css("script[type]")
        return Graph(item for script in scripts for item in jsonld_objects(script))

    @cached_property
    def metas(self) -> dict[str, list[str]]:
        """The contents of the <meta> elements within by property, name and itemprop, in lower case."""
        found: dict[str, list[str]] = {}
        for node in self.node.css("meta[content]") if self.node is not None else ():
            attributes = node.attributes
            content = (attributes.get("content") or "").strip()
            for key in {(attributes.get(name) or "").strip().lower() for name in _KEYS} - {""}:
                found.setdefault(key, []).append(content)
        return found


def page_scope(tree: LexborHTMLParser, base: str, lang: str | None) -> Scope:
    """Return the Scope of a whole page; `base` is its document base URL, `lang` its language."""
    return Scope(tree.root, Surroundings(base, lang), is_page=True)
