import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.recipe.places import find_places

DOCUMENT = '''# a comment
top = 1
[fields]
title = "h1"   # [not.a.table]
"a.b" . 'c' = 2024-03-05 07:32:00

price = { css = ["a", "b]",
  ], any = [ { jsonld = "x" },
     "y" ] }
text = """
[fields.no]
no = 1\\"""
"""""
[ items . fields ]
many = [
  1.5, # = [
  [ 2, 3 ] ]
[[fields.list.any]]
css = 1
[[fields.list.any]]
css.x = 2
[fields.list.any.deep]
z = 1
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("top",), 2),
        (("fields",), 3),
        (("fields", "title"), 4),
        (("fields", "a.b"), 5),
        (("fields", "a.b", "c"), 5),
        (("fields", "price", "css"), 7),
        (("fields", "price", "css", 1), 7),
        (("fields", "price", "any", 0, "jsonld"), 8),
        (("fields", "price", "any", 1), 9),
        (("fields", "text"), 10),
        (("items",), 14),
        (("items", "fields", "many", 1, 1), 17),
        (("fields", "list", "any", 0, "css"), 19),
        (("fields", "list", "any", 1), 20),
        (("fields", "list", "any", 1, "css", "x"), 21),
        (("fields", "list", "any", 1, "deep", "z"), 23),
    ],
)
def test_each_key_has_its_line(path, line):
    assert find_places(DOCUMENT)[path] == line


def test_nothing_is_found_that_is_not_in_the_document():
    assert set(find_places(DOCUMENT)) == set(paths(tomllib.loads(DOCUMENT)))


def paths(value, path=()):
    """Yield the path of each key and array element of parsed TOML."""
    if path:
        yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from paths(child, (*path, key))


WORDS = st.sampled_from(["a", "b", "c-1", "_", "9", '"x.y"', "'q'", '"\\u00e9"', '""'])
KEYS = st.lists(WORDS, min_size=1, max_size=2).map(" . ".join)
SCALARS = st.sampled_from(
    ["1", "-1.5e3", "true", '"t"', "'#'", '"]"', '"\\""', "'''a\nb'''", '"""\n"x\\" ,"""', "1979-05-27 07:32:00", '"="']
)


def composed(values):
    arrays = st.lists(values, max_size=3).map(lambda items: "[\n" + ", # c ]\n".join(items) + "]")
    tables = st.lists(st.tuples(KEYS, values), max_size=3).map(
        lambda pairs: "{ " + ", ".join(f"{key} = {value}" for key, value in pairs) + " }"
    )
    return arrays | tables


VALUES = st.recursive(SCALARS, composed, max_leaves=6)
LINES = st.one_of(
    st.tuples(KEYS, VALUES).map(lambda pair: f"{pair[0]} = {pair[1]}"),
    KEYS.map(lambda key: f"[{key}]"),
    KEYS.map(lambda key: f"[[ {key} ]]"),
    st.sampled_from(["", "# c [x]", "  "]),
)


@given(st.lists(LINES, max_size=8).map("\r\n".join))
def test_the_places_of_a_document_are_those_of_its_keys(document):
    try:
        data = tomllib.loads(document)
    except tomllib.TOMLDecodeError:
        return
    places = find_places(document)
    assert set(places) == set(paths(data))
    assert all(1 <= line <= document.count("\n") + 1 for line in places.values())
