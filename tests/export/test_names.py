"""Names of columns say where a value stands, without two meanings."""

import pytest

from scraper.errors import UsageError
from scraper.export.names import dotted, split_dotted, split_list

PAIRS = [
    (("fields", "price"), "fields.price"),
    (("meta", "opengraph", "og:title"), "meta.opengraph.og:title"),
    (("input", "Price in €"), "input.Price in €"),
    (("fields", "a.b"), 'fields."a.b"'),
    (("fields", "a", "b"), "fields.a.b"),
    (("fields", 'say "x"'), 'fields."say \\"x\\""'),
    (("fields", ""), 'fields.""'),
    (("fields", "a\nb\0"), 'fields."a\\nb\\u0000"'),
    (("fields", " a "), 'fields." a "'),
    (("fields", "a\\b"), 'fields."a\\\\b"'),
]


@pytest.mark.parametrize(("keys", "name"), PAIRS)
def test_keys_are_joined_by_dots_and_quoted_when_they_hold_one(keys, name):
    assert dotted(keys) == name
    assert split_dotted(name) == keys


@pytest.mark.parametrize("name", ["", ".", "a.", ".a", "a..b", '"a', '"a"b'])
def test_what_is_no_name_is_refused(name):
    with pytest.raises(UsageError, match="not the name of a column"):
        split_dotted(name)


def test_a_list_has_commas_which_quoted_keys_may_hold_too():
    assert split_list('url, fields.price,,input."a,b".c') == ["url", "fields.price", 'input."a,b".c']
