"""One field of a recipe, as someone wrote it, becomes a Field that is known to be right."""

import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct, structs

from scraper.recipe.places import Path
from scraper.recipe.refusal import Refuse, nearest
from scraper.recipe.structure import DATE_ORDERS, SOURCES, TYPES, Field, Recipe

CheckCss = Callable[[str], bool]
"""Tells whether a selector has a suffix such as `::text`. Raises ValueError with what is wrong with it."""

MAX_DEPTH = 20
"""Lists of objects within each other; every level takes some frames of Python's stack, here and on each page."""

_EMPTY = Field()
_TEXTS = (*SOURCES, "scope")
_FLAGS = ("text", "html", "many", "required")
_STRINGS = ("attr", "type", "decimal", "date_order", "regex")
_PARTS = ("attr", "text", "html")
_OF_ALTERNATIVE = frozenset({*SOURCES, *_PARTS, "regex", "group"})
_OF_LIST = frozenset({"scope", "fields", "required"})
_ATTRIBUTE = re.compile(r"[^\s\"'<>/=]+")
_SEGMENT = re.compile(r"[^\s.]+")


class FieldChecker:
    """Checks fields of any depth; `refuse` makes the errors that it raises."""

    def __init__(self, refuse: Refuse, check_css: CheckCss) -> None:
        self.refuse = refuse
        self._check_css = check_css

    def entries(self, value: Any, path: Path, empty: Field | Recipe) -> dict[str, Any]:
        """Return the keys of a table, or of a struct as if it were one; all are those of `empty`."""
        if isinstance(value, Struct) and type(value) is type(empty):
            given = structs.asdict(value)
            return {key: item for key, item in given.items() if item != getattr(empty, key)}
        if not isinstance(value, Mapping):
            raise self.refuse(path, f"it must be a table or a CSS selector, not {_named(value)}")
        known = empty.__struct_fields__
        for key in value:
            if key not in known:
                hint = nearest(str(key), known)
                if isinstance(empty, Recipe) and "did you mean" not in hint:
                    hint = f"a field stands under [fields]: fields.{key} = …"
                raise self.refuse((*path, str(key)), f"there is no such key; {hint}")
        return dict(value)

    def fields(self, value: Any, path: Path) -> dict[str, Field]:
        """Return a table of fields by their names, those without `[]`."""
        if not isinstance(value, Mapping):
            raise self.refuse(path, f"it must be a table of fields, not {_named(value)}")
        found: dict[str, Field] = {}
        for key, item in value.items():
            name = str(key).removesuffix("[]").strip()
            if not name:
                raise self.refuse((*path, str(key)), "a field needs a name")
            if name in found:
                raise self.refuse((*path, str(key)), f"the field {name!r} is there twice")
            field = self._field(item, (*path, str(key)))
            found[name] = structs.replace(field, many=True) if str(key).endswith("[]") else field
        if not found:
            raise self.refuse(path, "there is no field in it; write a line like title = 'h1'")
        return found

    def items(self, value: Any, path: Path) -> Field:
        """Return the table `items`."""
        field = self._field(value, path)
        if not field.scope:
            raise self.refuse(path, "it needs a scope, the CSS of the elements that become items, and [items.fields]")
        return field

    def _field(self, value: Any, path: Path) -> Field:
        if isinstance(value, str):
            self._checked_css(value, path)
            return Field(any=(Field(css=value),))
        entries = self._typed(self.entries(value, path, _EMPTY), path)
        if "scope" in entries or "fields" in entries:
            return self._list(entries, path)
        shared = self._shared(entries, path)
        self._check_regex(shared, path)
        alternatives = self._alternatives(entries, shared, path)
        self._check_meaning(entries, path)
        others = {key: item for key, item in entries.items() if key not in (*SOURCES, "any")}
        return Field(any=alternatives, **others)

    def _typed(self, entries: dict[str, Any], path: Path) -> dict[str, Any]:
        """Return `entries` with each value of its key's type."""
        typed = {}
        for key, value in entries.items():
            here = (*path, key)
            if key in _TEXTS:
                typed[key] = self._texts(value, here)
            elif key in _FLAGS and not isinstance(value, bool):
                raise self.refuse(here, f"it must be true or false, not {_named(value)}")
            elif key in _STRINGS and not isinstance(value, str):
                raise self.refuse(here, f"it must be a text in quotes, not {_named(value)}")
            elif key == "group" and (isinstance(value, bool) or not isinstance(value, int | str)):
                raise self.refuse(here, f"it must be a group's number or name, not {_named(value)}")
            elif key == "any" and not _is_list(value):
                raise self.refuse(here, f"it must be a list of alternatives, not {_named(value)}")
            else:
                typed[key] = self._plain(value, here) if key == "default" else value
        return typed

    def _texts(self, value: Any, path: Path) -> tuple[str, ...]:
        if isinstance(value, str):
            return (value,)
        if not _is_list(value) or not value or not all(isinstance(item, str) for item in value):
            raise self.refuse(path, f"it must be a text in quotes or a list of them, not {_named(value)}")
        return tuple(value)

    def _plain(self, value: Any, path: Path) -> Any:
        try:
            return msgspec.json.decode(msgspec.json.encode(value))
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            raise self.refuse(path, f"JSON cannot hold it: {error}") from None

    def _list(self, entries: dict[str, Any], path: Path) -> Field:
        if path.count("fields") > MAX_DEPTH:
            raise self.refuse(path, f"lists of objects within each other, more than {MAX_DEPTH} deep")
        for key, value in entries.items():
            if key not in _OF_LIST and (key, value) != ("many", True):  # a list it is in any case
                raise self.refuse((*path, key), "a list of objects has scope, fields and required; this is for a value")
        if "scope" not in entries:
            raise self.refuse(path, "fields need a scope: the CSS of the elements that they are looked for in")
        for place, css in enumerate(entries["scope"]):
            if self._checked_css(css, (*path, "scope", place)):
                raise self.refuse((*path, "scope"), "it chooses elements, and takes no suffix such as ::text")
        fields = self.fields(entries.get("fields", {}), (*path, "fields"))
        return Field(scope=entries["scope"], fields=fields, required=entries.get("required", False))

    def _alternatives(self, entries: dict[str, Any], shared: dict[str, Any], path: Path) -> tuple[Field, ...]:
        given = [key for key in (*SOURCES, "any") if key in entries]
        if not given:
            raise self.refuse(path, f"it does not say where its value is: give {', '.join(SOURCES)}, any or scope")
        if len(given) > 1:
            tables = ", ".join(f"{{ {key} = … }}" for key in given if key != "any")
            raise self.refuse(path, f"it has {' and '.join(given)}; write alternatives in order: any = [{tables}]")
        if given == ["any"]:
            found = [
                alternative
                for place, item in enumerate(entries["any"])
                for alternative in self._alternative(item, shared, (*path, "any", place))
            ]
            if not found:
                raise self.refuse((*path, "any"), "there is no alternative in it")
            return tuple(found)
        return self._of_source(given[0], entries[given[0]], shared, path)

    def _alternative(self, value: Any, shared: dict[str, Any], path: Path) -> tuple[Field, ...]:
        if isinstance(value, str):
            return self._of_source("css", (value,), shared, path, is_bare=True)
        entries = self._typed(self.entries(value, path, _EMPTY), path)
        for key in entries:
            if key not in _OF_ALTERNATIVE:
                raise self.refuse((*path, key), "it belongs to the field, not to one of its alternatives")
        own = self._shared(entries, path)
        if own.keys() & set(_PARTS):
            shared = {key: item for key, item in shared.items() if key not in _PARTS}
        if "regex" in own:
            shared = {key: item for key, item in shared.items() if key != "group"}
        self._check_regex(shared | own, path)
        return self._alternatives(entries, shared | own, path)

    def _shared(self, entries: dict[str, Any], path: Path) -> dict[str, Any]:
        """Take out of `entries` what all their alternatives share, checked."""
        shared = {key: entries.pop(key) for key in (*_PARTS, "regex", "group") if key in entries}
        parts = [part for part in _PARTS if shared.get(part) not in (None, False)]
        if len(parts) > 1:
            raise self.refuse((*path, parts[1]), f"it is {' or '.join(parts)}, one of them")
        if parts and not entries.keys() & {"css", "any"} and entries.keys() & set(SOURCES):
            raise self.refuse((*path, parts[0]), "it is for elements, which css finds")
        if shared.get("attr") is not None and not _ATTRIBUTE.fullmatch(shared["attr"]):
            raise self.refuse((*path, "attr"), "it must be an attribute's name")
        return shared

    def _of_source(
        self, source: str, texts: tuple[str, ...], options: dict[str, Any], path: Path, *, is_bare: bool = False
    ) -> tuple[Field, ...]:
        """Return one Field for each of `texts`, all of the kind `source`."""
        parts = [part for part in _PARTS if options.get(part) not in (None, False)]
        found = []
        for place, text in enumerate(texts):
            here = path if is_bare else (*path, source, place) if len(texts) > 1 else (*path, source)
            own = dict(options)
            if source != "css":
                own = {key: item for key, item in options.items() if key not in _PARTS}
                text = self._checked_name(source, text, here)  # noqa: PLW2901 - spelt out
            elif self._checked_css(text, here) and parts:
                raise self.refuse(here, f"it has a suffix already; leave out {parts[0]}")
            found.append(structs.replace(_EMPTY, **{source: text}, **own))
        return tuple(found)

    def _checked_css(self, css: str, path: Path) -> bool:
        try:
            return self._check_css(css)
        except ValueError as error:
            raise self.refuse(path, f"{' '.join(css.split())!r}: {error}") from None

    def _checked_name(self, source: str, text: str, path: Path) -> str:
        text = text.strip()
        if source == "jsonld":
            if not all(_SEGMENT.fullmatch(segment) for segment in text.split(".")):
                raise self.refuse(path, "it must be names joined by dots, like Product.offers.price")
        elif not text:
            raise self.refuse(path, f"it is empty; write a name like {'og:title' if source != 'meta' else source}")
        return f"og:{text}" if source == "opengraph" and ":" not in text else text

    def _check_regex(self, options: dict[str, Any], path: Path) -> None:
        regex, group = options.get("regex"), options.get("group")
        if regex is None:
            if group is not None:
                raise self.refuse((*path, "group"), "there is no regex that it could be a group of")
            return
        try:
            with warnings.catch_warnings(action="ignore"):
                pattern = re.compile(regex)
        except (re.error, RecursionError, OverflowError) as error:
            place = getattr(error, "pos", None)
            where = "" if place is None else f", at character {place + 1} of {regex!r}"
            what = getattr(error, "msg", None) or error
            raise self.refuse((*path, "regex"), f"not a regular expression: {what}{where}") from None
        is_there = group in pattern.groupindex if isinstance(group, str) else 0 <= (group or 0) <= pattern.groups
        if not is_there:
            names = f", its names are {', '.join(pattern.groupindex)}" if pattern.groupindex else ""
            what = f"the regex has no group {group!r}; its number is at most {pattern.groups}{names}"
            raise self.refuse((*path, "group"), what)

    def _check_meaning(self, entries: dict[str, Any], path: Path) -> None:
        kind = entries.get("type", _EMPTY.type)
        if kind not in TYPES:
            raise self.refuse((*path, "type"), f"there is no type {kind!r}; it is one of {', '.join(TYPES)}")
        for key, values, kinds in (("decimal", (".", ","), ("int", "float")), ("date_order", DATE_ORDERS, ("date",))):
            if entries.get(key) is None:
                continue
            if entries[key] not in values:
                raise self.refuse((*path, key), f"it is one of {', '.join(map(repr, values))}")
            if kind not in kinds:
                raise self.refuse((*path, key), f"it is for the type {' or '.join(kinds)}; this one is {kind}")
        if entries.get("required") and entries.get("default") is not None:
            raise self.refuse((*path, "default"), "a required field needs none; leave out default or required")


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _named(value: Any) -> str:
    """Return what a value is, in the words of TOML."""
    names = {bool: "true or false", int: "a number", float: "a number", str: "a text", list: "a list", dict: "a table"}
    if _is_list(value) and not value:
        return "an empty list"
    return names.get(type(value), f"a {type(value).__name__}")
