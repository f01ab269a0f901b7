"""Recipes as someone writes them: what is refused names file, line, key and remedy; what is not, works."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.errors import UsageError
from scraper.extract.recipe.css import has_suffix
from scraper.recipe import Field, Recipe, load_recipe


def load(tmp_path, text):
    path = tmp_path / "r.toml"
    path.write_text(text, encoding="utf-8")
    return load_recipe(path, has_suffix)


def refusal(tmp_path, text):
    with pytest.raises(UsageError) as refused:
        load(tmp_path, text)
    message = str(refused.value)
    assert "\n" not in message
    return message.removeprefix(f"{tmp_path}/")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "r.toml: there is nothing to find; write a table [fields], or [items] with scope and fields"),
        ("\n\n[fields]\ntitle == 'h1'", "r.toml:4, column 8: not valid TOML: Invalid value"),
        ("[fields]\na = 'h1", 'r.toml:2: not valid TOML: Expected "\'"'),
        ("[fields]\na='h1'\na='h2'\n", "r.toml:3, column 7: not valid TOML: Cannot overwrite a value"),
        ("[field]\na='h1'", "r.toml:1: field: there is no such key; did you mean fields?"),
        ("\nprice='.price'", "r.toml:2: price: there is no such key; a field stands under [fields]: fields.price = …"),
        ("fields = 1", "r.toml:1: fields: it must be a table of fields, not a number"),
        ("[fields]", "r.toml:1: fields: there is no field in it; write a line like title = 'h1'"),
        ("[fields]\na = 1", "r.toml:2: fields.a: it must be a table or a CSS selector, not a number"),
        ("[fields]\na = 'h1'\n'a[]' = 'h1'", "r.toml:3: fields.a[]: the field 'a' is there twice"),
        ("[fields]\n'[]' = 'h1'", "r.toml:2: fields.[]: a field needs a name"),
        (
            "[fields]\nx='h1'\n\n[fields.price]\ncss='.p'\ntyp='int'",
            "r.toml:6: fields.price.typ: there is no such key; did you mean type?",
        ),
        (
            "[fields]\na = { css = 'b', type = 'number' }",
            "r.toml:2: fields.a.type: there is no type 'number'; it is one of str, int, float, date, url, bool, json",
        ),
        (
            "[fields]\na = { css = [\n'b',\n'b[' ] }",
            "r.toml:4: fields.a.css[1]: 'b[': not a CSS selector; it goes wrong at '['",
        ),
        (
            "[fields]\na = 'li:contains(x)'",
            "r.toml:2: fields.a: 'li:contains(x)': not a CSS selector; it goes wrong at",
        ),
        ("[fields]\na = '//h1'", "r.toml:2: fields.a: '//h1': this is XPath; only CSS selectors are known"),
        ("[fields]\na = 'h1::before'", "r.toml:2: fields.a: 'h1::before': a suffix is ::text, ::attr(name) or ::html"),
        (
            "[fields]\na.css = 'b'\na.regex = '('",
            "r.toml:3: fields.a.regex: not a regular expression: missing ), unterminated subpattern, at char",
        ),
        (
            "[fields]\na = { css = 'b', regex = '(x)', group = 2 }",
            "r.toml:2: fields.a.group: the regex has no group 2; its number is at most 1",
        ),
        ("[fields]\na = { css = 'b', group = 2 }", "r.toml:2: fields.a.group: there is no regex that it could be a"),
        (
            "[fields]\na = { regex = '(x)', any = ['b', { css = 'c', group = 5 }] }",
            "r.toml:2: fields.a.any[1].group: the regex has no group 5",
        ),
        (
            "[fields]\na = { type = 'int' }",
            "r.toml:2: fields.a: it does not say where its value is: give css, jsonld, opengraph, meta, any or scope",
        ),
        (
            "[fields]\na = { css = 'b', jsonld = 'X.y' }",
            "r.toml:2: fields.a: it has css and jsonld; write alternatives in order: any = [{ css = … }, { jso",
        ),
        (
            "[fields.a]\nany = [\n 'b',\n { css = 'c', type = 'int' } ]",
            "r.toml:4: fields.a.any[1].type: it belongs to the field, not to one of its alternatives",
        ),
        ("[fields.a]\nany = []", "r.toml:2: fields.a.any: there is no alternative in it"),
        ("[fields.a]\nany = 'b'", "r.toml:2: fields.a.any: it must be a list of alternatives, not a text"),
        ("[fields]\na = { css = [] }", "r.toml:2: fields.a.css: it must be a text in quotes or a list of them, not an"),
        ("[fields]\na = { css = 'b', many = 'yes' }", "r.toml:2: fields.a.many: it must be true or false, not a text"),
        ("[fields]\na = { css = 'b', attr = 1 }", "r.toml:2: fields.a.attr: it must be a text in quotes, not a number"),
        ("[fields]\na = { css = 'b', attr = 'a b' }", "r.toml:2: fields.a.attr: it must be an attribute's name"),
        ("[fields]\na = { css = 'b', attr = 'c', html = true }", "r.toml:2: fields.a.html: it is attr or html, one of"),
        ("[fields]\na = { css = 'b::text', attr = 'c' }", "r.toml:2: fields.a.css: it has a suffix already; leave out"),
        ("[fields]\na = { jsonld = 'X', attr = 'c' }", "r.toml:2: fields.a.attr: it is for elements, which css finds"),
        ("[fields]\na = { jsonld = 'X..y' }", "r.toml:2: fields.a.jsonld: it must be names joined by dots"),
        ("[fields]\na = { meta = ' ' }", "r.toml:2: fields.a.meta: it is empty"),
        ("[fields]\na = { css = 'b', decimal = ';' }", "r.toml:2: fields.a.decimal: it is one of '.', ','"),
        ("[fields]\na = { css = 'b', decimal = ',' }", "r.toml:2: fields.a.decimal: it is for the type int or float"),
        ("[fields]\na = { css = 'b', date_order = 'DMY' }", "r.toml:2: fields.a.date_order: it is for the type date"),
        ("[fields]\na = { css = 'b', default = 1, required = true }", "r.toml:2: fields.a.default: a required field"),
        ("[items]\nfields.a = 'b'", "r.toml:1: items: fields need a scope"),
        ("[items]\ncss = 'b'", "r.toml:1: items: it needs a scope"),
        ("[items]\nscope = 'b'", "r.toml:1: items.fields: there is no field in it"),
        (
            "[items]\nscope = 'b::text'\nfields.a = 'b'",
            "r.toml:2: items.scope: it chooses elements, and takes no suffix",
        ),
        (
            "[items]\nscope='b'\n[items.fields]\na = 'b'\n[items.fields.c]\nscope = 'd'\nfields.e = 'f['",
            "r.toml:7: items.fields.c.fields.e: 'f['",
        ),
        (
            "[fields]\na = " + "{ scope = 'b', fields.a = " * 25 + "'c'" + " }" * 25,
            "r.toml:2: " + "fields.a." * 20 + "fields.a: lists of objects within each other, more than 20 deep",
        ),
        ("[items]\nscope = 'b'\nmany = false\nfields.a = 'b'", "r.toml:3: items.many: a list of objects has scope"),
        ("a = " + "[" * 3000 + "]" * 3000, "r.toml: nests too deep"),
    ],
)
def test_what_is_wrong_is_named_with_its_line_and_key(tmp_path, text, message):
    assert refusal(tmp_path, text).startswith(message)


def test_a_file_that_cannot_be_read_is_refused(tmp_path):
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        load_recipe(str(tmp_path / "none.toml"), has_suffix)
    with pytest.raises(UsageError, match=r"cannot be read: .*directory"):
        load_recipe(tmp_path, has_suffix)
    (tmp_path / "latin.toml").write_bytes(b"[fields]\na = '\xe9'\n")
    with pytest.raises(UsageError, match="is not UTF-8"):
        load_recipe(tmp_path / "latin.toml", has_suffix)


@pytest.mark.parametrize("source", [1, [Field(css="b")], object()])
def test_what_is_no_recipe_is_refused(source):
    with pytest.raises(UsageError, match="--recipe takes a TOML file, a dict or a Recipe; it is a"):
        load_recipe(source, has_suffix)


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        (Recipe(fields={"a": Field(css=1)}), "the recipe: fields.a.css: it must be a text in quotes or a list of them"),
        (Recipe(fields={"a": Field()}), "the recipe: fields.a: it does not say where its value is"),
        (Recipe(items=Field(css="b")), "the recipe: items: it needs a scope"),
        (Recipe(), "the recipe: there is nothing to find"),
        (Recipe(fields={"a": Field(css="b", default=object())}), "the recipe: fields.a.default: JSON cannot hold it"),
        ({"fields": {"a": {"css": "b", "tpye": "int"}}}, "the recipe: fields.a.tpye: there is no such key; did you me"),
    ],
)
def test_a_recipe_of_python_is_checked_as_a_file_is(recipe, message):
    with pytest.raises(UsageError) as refused:
        load_recipe(recipe, has_suffix)
    assert str(refused.value).startswith(message)


def test_toml_dict_and_structs_make_the_same_recipe(tmp_path):
    text = """\ufeff
[fields]
title = "h1"
"images[]" = "img::attr(src)"
price = { any = [{ jsonld = "Product.offers.price" }, { css = [".a", ".b"], regex = "(.)x" }], type = "float" }
[items]
scope = ".product"
required = true
fields.name = { css = "a", attr = "title" }
"""
    plain = {
        "fields": {
            "title": "h1",
            "images[]": "img::attr(src)",
            "price": {
                "any": [{"jsonld": "Product.offers.price"}, {"css": [".a", ".b"], "regex": "(.)x"}],
                "type": "float",
            },
        },
        "items": {"scope": ".product", "required": True, "fields": {"name": {"css": "a", "attr": "title"}}},
    }
    structs = Recipe(
        fields={
            "title": "h1",
            "images[]": Field(css="img::attr(src)"),
            "price": Field(
                any=[Field(jsonld="Product.offers.price"), {"css": [".a", ".b"], "regex": "(.)x"}], type="float"
            ),
        },
        items=Field(scope=".product", required=True, fields={"name": Field(css="a", attr="title")}),
    )
    loaded = load(tmp_path, text)
    assert loaded == load_recipe(plain, has_suffix) == load_recipe(structs, has_suffix)
    assert list(loaded.fields) == ["title", "images", "price"]
    assert loaded.fields["images"].many
    assert [(one.css, one.jsonld, one.regex) for one in loaded.fields["price"].any] == [
        ((), "Product.offers.price", None),
        (".a", (), "(.)x"),
        (".b", (), "(.)x"),
    ]


def test_a_date_as_default_becomes_text(tmp_path):
    loaded = load(tmp_path, "[fields]\na = { css = 'b', default = 2024-03-05 }")
    assert loaded.fields["a"].default == "2024-03-05"


def outcome(source):
    """Return why `source` is refused, nothing when it is loaded."""
    try:
        load_recipe(source, has_suffix)
    except UsageError as error:
        return str(error)
    return ""


KEYS = st.sampled_from(
    "fields items scope css jsonld opengraph meta any attr text html many type decimal date_order regex group default "
    "required tpye a b[] [] x.y".split()
)
SCALARS = st.one_of(
    st.sampled_from(["h1", "a::attr(href)", "(", "(?P<n>x)", "int", "date", ",", "DMY", "og:title", "n", ""]),
    st.booleans(),
    st.integers(-2, 2**70),
    st.floats(),
    st.text(string.printable, max_size=5),
)
TABLES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=12
)
FIELDS = st.dictionaries(KEYS, TABLES | st.dictionaries(KEYS, SCALARS, max_size=4), max_size=3)


@given(st.one_of(st.dictionaries(KEYS, TABLES, max_size=3), st.fixed_dictionaries({"fields": FIELDS})))
def test_a_recipe_is_loaded_or_refused_in_one_line(data):
    assert "\n" not in outcome(data)


@given(st.text(string.ascii_letters + "\"'[]{}=.,#\n \\1éÿ\0", max_size=60))
def test_any_text_is_a_recipe_or_refused_in_one_line(tmp_path_factory, text):
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_text(text, encoding="utf-8")
    assert "\n" not in outcome(path)
