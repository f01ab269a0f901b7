"""What a field becomes when it is loaded; what is refused stands in test_loading."""

import pytest

from scraper.errors import UsageError
from scraper.recipe import Field
from scraper.recipe.fields import FieldChecker


def checked(field, check_css=lambda css: "::" in css):
    def refuse(path, what):
        return UsageError(f"{path}: {what}")

    return FieldChecker(refuse, check_css).fields({"a": field}, ())["a"]


def test_each_alternative_has_one_source_and_what_the_field_says_of_all():
    field = checked({"any": ["x", {"css": ["y", "z"], "attr": "b"}, {"meta": "m"}], "html": True, "regex": "r"})
    assert field.any == (
        Field(css="x", html=True, regex="r"),
        Field(css="y", attr="b", regex="r"),
        Field(css="z", attr="b", regex="r"),
        Field(meta="m", regex="r"),
    )


def test_an_alternative_s_own_regex_takes_no_group_of_the_field_s():
    field = checked({"any": ["x", {"css": "y", "regex": "r"}], "regex": "(?P<n>q)", "group": "n"})
    assert [(one.regex, one.group) for one in field.any] == [("(?P<n>q)", "n"), ("r", None)]


def test_og_may_be_left_out():
    assert [one.opengraph for one in checked({"opengraph": ["title", "article:author"]}).any] == [
        "og:title",
        "article:author",
    ]


def test_what_the_selector_parser_says_is_passed_on():
    def check_css(_):
        raise ValueError("it goes wrong")

    with pytest.raises(UsageError, match=r"'a b': it goes wrong"):
        checked("a\nb", check_css)
