"""A recipe and a page in, the record's fields and items out: CSS, JSON-LD and meta elements, with types."""

from typing import Any

from msgspec import Struct
from selectolax.lexbor import LexborHTMLParser

from scraper.errors import ExtractError
from scraper.extract.head import Head
from scraper.extract.recipe.css import has_suffix
from scraper.extract.recipe.reading import Reader, compile_field, compile_fields, is_missing, read_fields
from scraper.extract.recipe.scope import page_scope
from scraper.recipe import Recipe, load_recipe

__all__ = ["Compiled", "compile_recipe"]


class Compiled(Struct, frozen=True):
    """A recipe that is ready to read pages."""

    fields: dict[str, Reader]
    items: Reader | None
    recipe: Recipe
    """What it was made of, checked and completed."""

    def read(self, tree: LexborHTMLParser, head: Head) -> tuple[dict[str, Any] | None, list[dict[str, Any]] | None]:
        """Return the fields and the items of a page, None for what the recipe does not ask for.

        Raises ExtractError when a required field is missing, ParseLimit when it would make a record of no sensible
        size.
        """
        scope = page_scope(tree, head.base, head.lang)
        fields, missing = read_fields(self.fields, scope)
        items = self.items.read(scope) if self.items is not None else None
        if self.items is not None and self.items.is_required and is_missing(items):
            missing.append("items")
        if missing:
            raise ExtractError(f"required and missing: {', '.join(missing)}")
        return (fields or None), items


def compile_recipe(source: Any) -> Compiled:
    """Return the recipe that `source` is: a TOML file's path, a dict or a Recipe. Raises UsageError."""
    recipe = load_recipe(source, has_suffix)
    items = compile_field(recipe.items) if recipe.items is not None else None  # type: ignore[arg-type]  # it is loaded
    return Compiled(compile_fields(recipe.fields), items, recipe)
