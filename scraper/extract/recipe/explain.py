"""How the values of one page came about: which alternative was found where, and why the others were not."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct
from selectolax.lexbor import LexborNode

from scraper.extract.document import parse_html
from scraper.extract.head import read_head
from scraper.extract.recipe import Compiled, compile_recipe
from scraper.extract.recipe.css import parse_css
from scraper.extract.recipe.reading import Objects, Reader, Readers, Value, is_missing, read_fields
from scraper.extract.recipe.scope import Scope, page_scope
from scraper.extract.recipe.sources import Source
from scraper.extract.recipe.unreadable import Unreadable
from scraper.models import Page

_ANCESTORS = 2
_NAMED = 8
"""Of what a page has instead, so many are named."""
_COMBINATOR = re.compile(r"\s*[\s>+~]\s*")


class Attempt(Struct, frozen=True, kw_only=True):
    """One alternative of a field."""

    source: str
    """Its kind and how it is written: `css .price`."""
    matches: int
    place: str | None = None
    """Where the value is: the element's short path, and its line when that is sure."""
    problem: str | None = None
    """Why it has no value."""


class FieldStory(Struct, frozen=True, kw_only=True):
    """How one field got its value."""

    name: str
    type: str
    value: Any
    is_missing: bool
    is_required: bool
    is_default: bool = False
    attempts: tuple[Attempt, ...] = ()
    """In the recipe's order, up to the one that has the value."""


class ItemsStory(Struct, frozen=True, kw_only=True):
    """How a list of objects came about."""

    name: str
    scope: str
    """The selector whose elements they are."""
    elements: int
    place: str | None
    """Of the first."""
    rows: list[dict[str, Any]]
    is_required: bool
    left_out: dict[str, int]
    """Names of required fields, and in how many elements each is missing."""
    filled: dict[str, int]
    """In how many elements each field has a value."""
    problems: dict[str, str]
    """Why a field is missing in the first element that lacks it."""
    problem: str | None = None
    """Why there are none."""


class Explanation(Struct, frozen=True, kw_only=True):
    """All of a recipe on one page."""

    fields: tuple[FieldStory | ItemsStory, ...] = ()
    items: ItemsStory | None = None

    @property
    def missing(self) -> list[str]:
        """Names of what is required and missing."""
        stories = [*self.fields, *([self.items] if self.items is not None else [])]
        return [story.name for story in stories if story.is_required and _has_nothing(story)]


def explain(page: Page, *, select: Mapping[str, str], recipe: Any = None) -> Explanation:
    """Return how the fields of `select` and of `recipe` (see `Config`) come about on `page`.

    Raises UsageError when one of them is wrong, ParseLimit when the page costs too much to parse.
    """
    recipes = [compile_recipe({"fields": select})] if select else []
    recipes += [compile_recipe(recipe)] if recipe is not None else []
    tree = parse_html(page)
    head = read_head(tree, page.final_url)
    teller = _Teller(page.text)
    scope = page_scope(tree, head.base, head.lang)
    fields = tuple(teller.story(name, field, scope) for one in recipes for name, field in one.fields.items())
    return Explanation(fields=fields, items=_items_of(recipes, teller, scope))


def _items_of(recipes: Sequence[Compiled], teller: "_Teller", scope: Scope) -> ItemsStory | None:
    readers = [one.items for one in recipes if isinstance(one.items, Objects)]
    return teller.objects("items", readers[0], scope) if readers else None


class _Teller:
    """Tells the stories of one page, whose source it has for the lines."""

    def __init__(self, source: str) -> None:
        self._source = source

    def story(self, name: str, field: Reader, scope: Scope) -> FieldStory | ItemsStory:
        return self.objects(name, field, scope) if isinstance(field, Objects) else self._value(name, field, scope)

    def _value(self, name: str, field: Value, scope: Scope) -> FieldStory:
        attempts = []
        for source in field.sources:
            attempts.append(self._attempt(field, source, scope))
            if attempts[-1].problem is None:
                break
        value = field.read(scope)
        found = bool(attempts) and attempts[-1].problem is None
        return FieldStory(
            name=name,
            type=f"list of {field.type}" if field.is_many else field.type,
            value=value,
            is_missing=is_missing(value),
            is_required=field.is_required,
            is_default=not found and field.default is not None,
            attempts=tuple(attempts),
        )

    def _attempt(self, field: Value, source: Source, scope: Scope) -> Attempt:
        found = list(source.all(scope))
        label = f"{source.kind} {source.text}"
        if not found:
            return Attempt(source=label, matches=0, problem=_why_nothing(source, scope))
        problem: str | None = None
        for raw in found if field.is_many else [source.first(scope)]:
            try:
                value = field.value_of(source, raw, scope) if raw is not None else ""
            except Unreadable as error:
                problem = problem or str(error)
                continue
            if not is_missing(value) or (field.is_many and value is not None):
                return Attempt(source=label, matches=len(found), place=self._place(raw))
            problem = problem or ("it is empty" if value == "" else f"{self._place(raw)} does not have that")
        return Attempt(source=label, matches=len(found), problem=problem)

    def objects(self, name: str, field: Objects, scope: Scope) -> ItemsStory:
        texts = ", ".join(css.text for css in field.scopes)
        elements: list[LexborNode] = []
        for css in field.scopes:
            elements = css.all(scope.node, is_page=scope.is_page) if scope.node is not None else []
            if elements:
                texts = css.text
                break
        left_out: Counter[str] = Counter()
        filled: Counter[str] = Counter(dict.fromkeys(field.fields, 0))
        problems: dict[str, str] = {}
        for element in elements:
            inner = Scope(element, scope.page, is_page=False)
            values, missing = read_fields(field.fields, inner)
            left_out.update(missing)
            filled.update(key for key, value in values.items() if not is_missing(value))
            for key in values:
                if is_missing(values[key]) and key not in problems:
                    problems[key] = self._why_missing(field.fields, key, inner)
        return ItemsStory(
            name=name,
            scope=texts,
            elements=len(elements),
            place=self._place(elements[0]) if elements else None,
            rows=field.read(scope),
            is_required=field.is_required,
            left_out=dict(left_out),
            filled=dict(filled),
            problems=problems,
            problem=None if elements else _why_no_element(field.scopes[0].text, scope),
        )

    def _why_missing(self, fields: Readers, name: str, scope: Scope) -> str:
        story = self.story(name, fields[name], scope)
        if isinstance(story, ItemsStory):
            return story.problem or "all are left out"
        return "; ".join(f"{attempt.source}: {attempt.problem}" for attempt in story.attempts)

    def _place(self, raw: Any) -> str | None:
        """Return `main > div.price > span, line 12` for an element; a line only when its tag is there once."""
        if not isinstance(raw, LexborNode):
            return None
        path: list[str] = []
        node: LexborNode | None = raw
        while node is not None and node.tag not in (None, "html") and len(path) <= _ANCESTORS:
            path.append(_short(node))
            node = node.parent
        tag = (raw.html or "").partition(">")[0]
        if tag and self._source.count(tag) == 1:
            line = self._source.count("\n", 0, self._source.index(tag)) + 1
            return f"{' > '.join(reversed(path))}, line {line}"
        return " > ".join(reversed(path)) or _short(raw)


def _short(node: LexborNode) -> str:
    attributes = node.attributes
    if identity := (attributes.get("id") or "").strip():
        return f"{node.tag}#{identity}"
    classes = (attributes.get("class") or "").split()
    return f"{node.tag}.{classes[0]}" if classes else str(node.tag)


def _why_nothing(source: Source, scope: Scope) -> str:
    if source.kind == "css":
        return _why_no_element(source.text, scope)
    if source.kind != "jsonld":
        known = list(scope.metas)
        return f"there is no such <meta>; the page has {_list(known)}" if known else "there is no <meta> with a content"
    graph = scope.graph
    names = source.text.split(".")
    for end in range(len(names) - 1, 0, -1):
        if found := graph.find(".".join(names[:end])):
            keys = dict.fromkeys(key for value in found if isinstance(value, dict) for key in value)
            has = f"it has {_list(list(keys))}" if keys else "it is no object"
            return f"{'.'.join(names[:end])} has no {names[end]}; {has}"
    types = graph.types()
    if not types:
        return "there is no JSON-LD"
    return f"there is no {names[0]} in the JSON-LD; it has {_list(types)}"


def _why_no_element(text: str, scope: Scope) -> str:
    """Return that nothing matches, and how much of the selector does."""
    css = parse_css(text).text.partition("::")[0].strip()
    for end in [match.start() for match in _COMBINATOR.finditer(css)][::-1]:
        try:
            prefix = parse_css(css[:end])
        except ValueError:  # it ends within brackets or quotes
            continue
        if prefix.text.lower() == ":scope":
            break
        if scope.node is not None and (found := prefix.all(scope.node, is_page=scope.is_page)):
            return f"no element matches; {prefix.text} alone matches {len(found)}"
    return "no element matches"


def _list(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _has_nothing(story: FieldStory | ItemsStory) -> bool:
    return story.is_missing if isinstance(story, FieldStory) else not story.rows
