import pytest

from scraper.extract.recipe.scope import Surroundings
from scraper.extract.recipe.unreadable import Unreadable
from scraper.extract.recipe.values import as_text, converter
from scraper.recipe import Field

PAGE = Surroundings("https://a.example/b/c.html", "de")
PERSON = {"@type": "Person", "name": "Ann", "url": "/ann"}


@pytest.mark.parametrize(
    ("field", "value", "result"),
    [
        (Field(), "a b", "a b"),
        (Field(), 12.5, "12.5"),
        (Field(), False, "false"),
        (Field(), PERSON, "Ann"),
        (Field(), {"@value": "x", "@language": "en"}, "x"),
        (Field(type="int"), "1.234", 1234),
        (Field(type="int"), {"@value": 3}, 3),
        (Field(type="float", decimal=","), "1,234", 1.234),
        (Field(type="date"), "03/04/2024", "2024-04-03"),
        (Field(type="date", date_order="MDY"), "03/04/2024", "2024-03-04"),
        (Field(type="url"), " ../d?x=1#y ", "https://a.example/d?x=1#y"),
        (Field(type="url"), PERSON, "https://a.example/ann"),
        (Field(type="url"), {"@type": "ImageObject", "contentUrl": "i.png"}, "https://a.example/b/i.png"),
        (Field(type="bool"), " Yes", True),
        (Field(type="bool"), "0", False),
        (Field(type="bool"), True, True),
        (Field(type="json"), '{"a": [1, null]}', {"a": [1, None]}),
    ],
)
def test_a_value_becomes_one_of_the_field_s_type(field, value, result):
    converted = converter(field)(value, PAGE)
    assert converted == result
    assert type(converted) is type(result)


def test_data_stays_data_when_json_is_wanted():
    convert = converter(Field(type="json"), is_data=True)
    assert convert("{", PAGE) == "{"
    assert convert(PERSON, PAGE) is PERSON


@pytest.mark.parametrize(
    ("kind", "value", "why"),
    [
        ("str", {"a": 1, "b": 2}, r"an object; go on to one of its keys \(a, b\), or take the type json"),
        ("url", "", "empty"),
        ("url", "https://[", "is not a URL"),
        ("bool", "maybe", "'maybe' is neither true nor false; a regex"),
        ("bool", "", "neither"),
        ("json", "{a: 1}", "not JSON"),
        ("json", "[" * 500 + "]" * 500, "deep"),
        ("json", "[" * 100_000, "not JSON"),
        ("int", {"a": 1}, "not a number"),
        ("date", {"a": 1}, "not a date"),
    ],
)
def test_what_is_not_of_the_type_says_why(kind, value, why):
    with pytest.raises(Unreadable, match=why):
        converter(Field(type=kind))(value, PAGE)


def test_a_regex_searches_numbers_as_they_are_written():
    assert as_text(12.5) == "12.5"
