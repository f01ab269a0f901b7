import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from scraper.extract.jsonld import MAX_ENTITIES, entities, jsonld_objects, types


def objects(text, media_type="application/ld+json"):
    return jsonld_objects(LexborHTMLParser(f'<script type="{media_type}">{text}</script>').css_first("script"))


@pytest.mark.parametrize(
    "text",
    [
        '{"a": "b"}',
        '[{"a": "b"}, 1, "x"]',
        ' \n{"a":\n"b"}\n',
        '//<![CDATA[\n{"a": "b"}\n//]]>',
        '/*<![CDATA[*/ {"a": "b"} /*]]>*/',
        '<![CDATA[{"a": "b"}]]>',
        '<!--\n{"a": "b"}\n-->',
        '{"a": "b", }',
        '{"a": "b"};',
        '[{"a": "b"},\n]',
        '{\n// a note, "here"\n"a": "b" /* and */\n}',
        '{"a": "b", // the last\n}',
        "{&quot;a&quot;: &quot;b&quot;}",
    ],
)
def test_json_that_is_nearly_right_is_read(text):
    assert objects(text) == [{"a": "b"}]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'{"a": "it\'s"}', "it's"),
        (r'{"a": "50\% off"}', r"50\% off"),
        ('{"a": "tab\there",}', "tab here"),
        ('{"a": "//no comment, }", }', "//no comment, }"),
        ('{"a": "/* none */ ,]",}', "/* none */ ,]"),
        (r'{"a": "\"quoted\", ",}', '"quoted", '),
        ('{"a": "Tom &amp; Jerry"}', "Tom &amp; Jerry"),
        ('{"a": "\x01"}', " "),
    ],
)
def test_what_stands_in_strings_stays(text, value):
    assert objects(text) == [{"a": value}]


def test_other_scripts_are_none():
    assert objects('{"a": 1}', "application/json") == []
    assert objects('{"a": 1}', " Application/LD+JSON ; charset=utf-8") == [{"a": 1}]


def test_graphs_and_main_entities_are_looked_into():
    inner = {"@graph": [{"n": 2}, {"n": 3, "mainEntity": {"n": 4}}, 5], "n": 1, "mainEntityOfPage": "https://a/"}
    assert [entity["n"] for entity in entities([inner, "x"])] == [1, 2, 3, 4]
    assert len(list(entities([{}] * (MAX_ENTITIES + 5)))) == MAX_ENTITIES


@pytest.mark.parametrize(
    ("named", "names"),
    [
        ("Recipe", {"Recipe"}),
        (["Recipe", "NewsArticle", 1], {"Recipe", "NewsArticle"}),
        ("http://schema.org/Recipe", {"Recipe"}),
        ("schema:Recipe", {"Recipe"}),
        (None, set()),
        ({"x": 1}, set()),
    ],
)
def test_types_are_named_with_and_without_vocabulary(named, names):
    assert types({"@type": named}) == names


@given(st.text(alphabet='{}[]",:\\/*<!-CDATA>a1 \n;&quot', max_size=60))
def test_c4_any_text_is_data_or_nothing(text):
    assert isinstance(objects(text), list)


@pytest.mark.parametrize("unit", ['"', '\\"', "/*", "//", ",", "{", "<!--", '"\\', "*/", "&quot;", ", "])
def test_c1_mending_takes_linear_time(unit):
    def seconds(text):
        started = time.process_time()
        objects(text)
        return time.process_time() - started

    short, long = "{" + unit * (20_000 // len(unit)), "{" + unit * (320_000 // len(unit))
    assert seconds(long) < 80 * seconds(short) + 0.05  # sixteen times the text
