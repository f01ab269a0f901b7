"""A recipe is read and checked whole: from a TOML file, a dict or a Recipe, so that no page can find it wrong."""

import os
import re
import tomllib
from collections.abc import Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

from scraper.errors import UsageError
from scraper.recipe.fields import CheckCss, FieldChecker
from scraper.recipe.places import find_places
from scraper.recipe.refusal import refusals
from scraper.recipe.structure import Recipe

_PLACE = re.compile(r" \((?:at line (?P<line>\d+), column (?P<column>\d+)|at end of document)\)\Z")


def load_recipe(source: Any, check_css: CheckCss) -> Recipe:
    """Return the Recipe of `source`: the path of a TOML file, a dict of the same structure, or a Recipe.

    In what is returned each name is without its `[]`, each field is a Field whose alternatives stand in `any`, one
    source each, and CSS has passed `check_css`. Raises UsageError naming file, line and key.
    """
    if isinstance(source, str | os.PathLike):
        name = os.fspath(source)
        document = _read(name)
        data: Mapping[str, Any] | Recipe = _parse(name, document)
        checker = FieldChecker(refusals(name, cache(partial(find_places, document))), check_css)
    elif isinstance(source, Recipe | Mapping):
        data = source
        checker = FieldChecker(refusals("the recipe", dict), check_css)
    else:
        raise UsageError(f"--recipe takes a TOML file, a dict or a Recipe; it is a {type(source).__name__}")
    return _recipe(data, checker)


def _read(name: str) -> str:
    try:
        return Path(name).read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        if isinstance(error, UnicodeDecodeError):
            raise UsageError(f"--recipe {name} is not UTF-8, as TOML must be: {error.reason}") from None
        raise UsageError(f"--recipe {name!r} cannot be read: {getattr(error, 'strerror', None) or error}") from None


def _parse(name: str, document: str) -> dict[str, Any]:
    try:
        return tomllib.loads(document)
    except tomllib.TOMLDecodeError as error:
        text = str(error)
        place = _PLACE.search(text)
        line = place["line"] if place and place["line"] else document.rstrip().count("\n") + 1
        column = f", column {place['column']}" if place and place["column"] else ""
        raise UsageError(f"{name}:{line}{column}: not valid TOML: {_PLACE.sub('', text)}") from None
    except RecursionError:
        raise UsageError(f"{name}: nests too deep") from None


def _recipe(data: Mapping[str, Any] | Recipe, checker: FieldChecker) -> Recipe:
    entries = checker.entries(data, (), Recipe())
    if not entries:
        raise checker.refuse((), "there is nothing to find; write a table [fields], or [items] with scope and fields")
    fields = checker.fields(entries["fields"], ("fields",)) if "fields" in entries else {}
    items = checker.items(entries["items"], ("items",)) if entries.get("items") is not None else None
    return Recipe(fields=fields, items=items)
