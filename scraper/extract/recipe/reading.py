"""A loaded recipe, made ready to read pages: its fields by name, lists of objects at any depth."""

from collections.abc import Iterator, Mapping
from typing import Any

from scraper.extract.recipe.css import parse_css
from scraper.extract.recipe.scope import Scope
from scraper.extract.recipe.sources import Source, build_sources
from scraper.extract.recipe.unreadable import Unreadable
from scraper.extract.recipe.values import converter
from scraper.recipe import Field


class Value:
    """A field that is one value, or a list of them with `many`."""

    def __init__(self, field: Field) -> None:
        self.sources = build_sources(field)
        self.is_many = field.many
        self.type = field.type
        self.is_required = field.required
        self.default = field.default
        self._converters = {is_data: converter(field, is_data=is_data) for is_data in (False, True)}

    def read(self, scope: Scope) -> Any:
        """Return the value: that of the first source which has one, else the default; "" before None."""
        missing: Any = [] if self.is_many else None
        for source in self.sources:
            value = self._list(source, scope) if self.is_many else self._first(source, scope)
            if not is_missing(value):
                return value
            if value == "":
                missing = ""
        return missing if self.default is None else self.default

    def value_of(self, source: Source, raw: Any, scope: Scope) -> Any:
        """Return the value of one thing that `source` found, None when it does not have it. Raises Unreadable."""
        taken = source.take(raw, scope)
        return None if taken is None else self._converters[source.is_data](taken, scope.page)

    def _first(self, source: Source, scope: Scope) -> Any:
        raw = source.first(scope)
        if raw is None:
            return None
        try:
            return self.value_of(source, raw, scope)
        except Unreadable:
            return None

    def _list(self, source: Source, scope: Scope) -> list[Any]:
        values = []
        for raw in source.all(scope):
            try:
                value = self.value_of(source, raw, scope)
            except Unreadable:
                continue
            if value is not None:
                values.append(value)
        return values


class Objects:
    """A field that is a list of objects, one for each element of its scope."""

    is_many = True
    type = "list"
    default = None

    def __init__(self, field: Field) -> None:
        self.scopes = tuple(parse_css(css) for css in field.scope)
        self.fields = compile_fields(field.fields)
        self.is_required = field.required

    def read(self, scope: Scope) -> list[dict[str, Any]]:
        """Return the objects of the first selector that has any; one that lacks a required field is left out."""
        for css in self.scopes:
            elements = [] if scope.node is None else css.all(scope.node, is_page=scope.is_page)
            found = [read_fields(self.fields, Scope(node, scope.page, is_page=False)) for node in elements]
            if elements:
                return [values for values, missing in found if not missing]
        return []


Reader = Value | Objects
Readers = Mapping[str, Reader]


def compile_fields(fields: Mapping[str, Any]) -> dict[str, Reader]:
    """Return what reads each of the fields of a loaded recipe. Raises UsageError when an extra is missing."""
    return {name: compile_field(field) for name, field in fields.items()}


def compile_field(field: Field) -> Reader:
    """Return what reads one field."""
    return Objects(field) if field.scope else Value(field)


def read_fields(fields: Readers, scope: Scope) -> tuple[dict[str, Any], list[str]]:
    """Return the value of each field, and the names of those that are required and missing."""
    values = {name: field.read(scope) for name, field in fields.items()}
    return values, list(_missing(fields, values))


def is_missing(value: Any) -> bool:
    """Return whether a value counts for nothing: no match, an empty text, an empty list."""
    return value is None or value in ("", [])


def _missing(fields: Readers, values: Mapping[str, Any]) -> Iterator[str]:
    for name, field in fields.items():
        if field.is_required and is_missing(values[name]):
            yield name
