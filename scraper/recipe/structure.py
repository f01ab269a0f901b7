"""What a recipe is made of: fields, and where each is found. Plain frozen data, the same in TOML and in Python."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

SOURCES = ("css", "jsonld", "opengraph", "meta")
"""Where a value can be; a field has one of these, or several alternatives in `any`."""
TYPES = ("str", "int", "float", "date", "url", "bool", "json")
DATE_ORDERS = ("DMY", "MDY", "YMD")


class Field(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One field of a page or of an item: where it is, and what is made of it.

    Give one of `css`, `jsonld`, `opengraph`, `meta` or `any`; or `scope` with `fields`, for a list of objects.
    """

    css: str | Sequence[str] = ()
    """A CSS selector, or several that are tried in order. `:scope` is the element that the field is looked for in."""
    jsonld: str | Sequence[str] = ()
    """A path into the page's JSON-LD: `"Product.offers.price"`, a type and the keys from there; or only keys."""
    opengraph: str | Sequence[str] = ()
    """A property: `"og:title"`."""
    meta: str | Sequence[str] = ()
    """The name, property or itemprop of a <meta>: `"description"`."""
    any: Sequence["str | Field | Mapping[str, Any]"] = ()
    """Alternatives of different kinds, tried in order; a string is a CSS selector."""
    attr: str | None = None
    """This attribute of the element, not its text."""
    text: bool = False
    """The element's text: what is taken anyway."""
    html: bool = False
    """The element with its own tags, not its text."""
    many: bool = False
    """A list of all that match, not the first alone."""
    type: str = "str"
    """One of TYPES; what cannot be read as that is missing."""
    decimal: str | None = None
    """`"."` or `","`, for `int` and `float` where a number alone does not tell."""
    date_order: str | None = None
    """One of DATE_ORDERS, for dates of numbers only."""
    regex: str | None = None
    """Searched for in the text; its group is the value."""
    group: int | str | None = None
    """Number or name; without, the regex's first group, or the whole match when it has none."""
    default: Any = None
    """What stands for a value that is missing."""
    required: bool = False
    """A page without it is an `extract-error`, an item without it is left out."""
    scope: str | Sequence[str] = ()
    """CSS of the elements that each become an object of `fields`, in the page's order."""
    fields: "Mapping[str, str | Field | Mapping[str, Any]]" = {}
    """Looked for in each element of `scope`."""


class Recipe(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to take from a page: `fields` go to its record's `fields`, the objects of `items` to its `items`.

    A field that is only a string is a CSS selector, as `--select` takes it: `{"price": ".price::text"}`.
    """

    fields: Mapping[str, str | Field | Mapping[str, Any]] = {}
    items: Field | Mapping[str, Any] | None = None
    """A Field with `scope` and `fields`."""
