import pytest
from selectolax.lexbor import LexborHTMLParser

from scraper.extract.recipe.css import has_suffix
from scraper.extract.recipe.reading import compile_fields, is_missing, read_fields
from scraper.extract.recipe.scope import page_scope
from scraper.recipe import load_recipe

HTML = """<html lang=en><h1> Head </h1><h2></h2><p class=n>12</p><p class=n>x</p><p class=n>1,200</p><a>no link</a>
<ul class=c id=1><li>a<ul class=c id=2><li>b</ul><li class=x>c</ul><ul class=c id=3></ul>"""


def read(fields, html=HTML):
    tree = LexborHTMLParser(html)
    compiled = compile_fields(load_recipe({"fields": fields}, has_suffix).fields)
    return read_fields(compiled, page_scope(tree, "https://a.example/", "en"))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("h1", "Head"),
        ("h2", ""),
        ("h3", None),
        ({"css": ["h3", "h2", "h1"]}, "Head"),
        ({"css": ["h3", "h2"]}, ""),
        ({"css": ["h2", "h3"]}, ""),
        ({"css": "h2", "default": "none"}, "none"),
        ({"css": "h3", "default": 0}, 0),
        ({"css": "h3", "default": False, "type": "bool"}, False),
        ({"css": ["h1", ".n"], "type": "int"}, 12),
        ({"css": "h1", "type": "int"}, None),
        ({"css": "h1", "type": "int", "default": -1}, -1),
        ({"css": ".n", "type": "int", "many": True}, [12, 1200]),
        ({"css": ".n", "many": True}, ["12", "x", "1,200"]),
        ({"css": "h3", "many": True}, []),
        ({"css": ["h3", ".n"], "many": True}, ["12", "x", "1,200"]),
        ({"css": "h3", "many": True, "default": ["a"]}, ["a"]),
        ({"css": "a", "attr": "href"}, None),
        ({"any": [{"jsonld": "X.y"}, {"meta": "z"}, "h1"]}, "Head"),
        ({"scope": "h3", "fields": {"a": "b"}}, []),
        ({"scope": ["h3", "h1"], "fields": {"a": ":scope"}}, [{"a": "Head"}]),
    ],
)
def test_a_field_is_the_first_alternative_that_has_a_value(field, value):
    assert read({"f": field}) == ({"f": value}, [])


def test_lists_of_objects_nest_and_keep_to_their_own_element():
    inner = {"scope": ".c", "fields": {"id": ":scope::attr(id)", "own": ":scope > li"}}
    fields, _ = read({"lists": {"scope": "body > .c", "fields": {"id": ":scope::attr(id)", "inner": inner}}})
    assert fields == {
        "lists": [{"id": "1", "inner": [{"id": "2", "own": "b"}]}, {"id": "3", "inner": []}],
    }


def test_what_is_required_and_missing_is_named():
    fields = {
        "a": {"css": "h3", "required": True},
        "b": {"css": "h2", "required": True},
        "c": {"css": "h1", "required": True},
        "d": {"css": "h3", "required": True, "many": True},
        "e": {"css": "h3"},
        "f": {"scope": "h3", "fields": {"x": "y"}, "required": True},
        "g": {"css": "h1", "type": "int", "required": True},
    }
    values, missing = read(fields)
    assert missing == ["a", "b", "d", "f", "g"]
    assert list(values) == list(fields)
    assert values["a"] is None


def test_an_object_that_lacks_a_required_field_is_left_out():
    fields, missing = read({"n": {"scope": ".n", "fields": {"v": {"css": ":scope", "type": "int", "required": True}}}})
    assert fields == {"n": [{"v": 12}, {"v": 1200}]}
    assert missing == []


@pytest.mark.parametrize(
    ("value", "is_so"), [(None, True), ("", True), ([], True), (0, False), (False, False), ({}, False)]
)
def test_nothing_is_missing_that_says_something(value, is_so):
    assert is_missing(value) is is_so


@pytest.mark.parametrize("html", ["", "<frameset><frame>", "plain", "<!-- -->", "\0", "<html"])
def test_a_page_without_anything_has_nothing(html):
    fields = {"a": "h1", "b": {"jsonld": "A.b"}, "c": {"meta": "c"}, "d": {"scope": "p", "fields": {"e": "f"}}}
    assert read(fields, html)[0] == {"a": None, "b": None, "c": None, "d": []}
