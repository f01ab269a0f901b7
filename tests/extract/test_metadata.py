import msgspec
import pytest
from selectolax.lexbor import LexborHTMLParser

from scraper.extract.jsonld import MAX_CHARACTERS
from scraper.extract.metadata import MAX_LINKS, read_metadata

BASE = "https://a.example/dir/page"


def metadata(html: str, base: str = BASE) -> dict[str, object] | None:
    """Return what is found, but for what it comes to: tests/extract/test_facts.py is about that."""
    found = read_metadata(LexborHTMLParser(html), base) or {}
    rest = {name: part for name, part in found.items() if name not in FACTS}
    return rest or None


FACTS = {"title", "author", "site_name", "published", "modified", "sources"}


def jsonld(text: str) -> object:
    return (metadata(f'<script type="application/ld+json">{text}</script>') or {}).get("jsonld")


@pytest.mark.parametrize(
    "html",
    ["", "<title>x</title>", "<meta charset=utf-8><meta name=description content=x><script type=module>1</script>"],
)
def test_a_page_without_metadata_has_none(html):
    assert metadata(html) is None


def test_each_kind_has_its_part():
    html = """<head><meta property="og:title" content=" T "><meta property=article:author content=A>
    <meta name=twitter:card content=summary><meta property=twitter:site content=@x>
    </head><body><script type="application/ld+json">{"@type": "Thing"}</script>"""
    assert metadata(html) == {
        "opengraph": {"og:title": "T", "article:author": "A"},
        "twitter": {"twitter:card": "summary", "twitter:site": "@x"},
        "jsonld": [{"@type": "Thing"}],
    }


def test_a_key_that_is_repeated_has_a_list():
    html = "".join(f"<meta property=og:image content={name}.png>" for name in "abc") + "<meta name=og:type content=x>"
    assert metadata(html)["opengraph"] == {"og:image": ["a.png", "b.png", "c.png"], "og:type": "x"}


@pytest.mark.parametrize(
    "meta",
    [
        "property=og:title",
        "property=og:title content",
        "property=og:title content=' '",
        "content=x",
        "property content=x",
    ],
)
def test_a_meta_without_key_or_content_is_left_out(meta):
    assert metadata(f"<meta {meta}>") is None


def test_keys_are_found_in_any_case():
    assert metadata("<meta property=OG:Title content=T>") == {"opengraph": {"og:title": "T"}}


def test_objects_of_all_scripts_come_in_order_and_a_graph_as_it_is():
    html = """<script type="application/ld+json">[{"a": 1}, 2, {"b": [null, true, 1.5]}]</script>
    <script type=" Application/LD+JSON; charset=utf-8">{"@graph": [{"c": "é"}]}</script>"""
    assert metadata(html) == {"jsonld": [{"a": 1}, {"b": [None, True, 1.5]}, {"@graph": [{"c": "é"}]}]}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "{'a': 1}",
        '{"a": NaN}',
        r'{"a": "\ud800"}',
        "1",
        '"x"',
        "null",
        "[1]",
        '{"a": 1e999}',
        "{}}",
        "[[[[",
    ],
)
def test_c4_json_ld_that_cannot_be_read_is_left_out(text):
    assert jsonld(text) is None


def test_c2_json_ld_that_nests_too_deep_to_be_written_is_left_out():
    assert jsonld('{"a":' * 90 + "1" + "}" * 90) is not None
    assert jsonld('{"a":' * 200 + "1" + "}" * 200) is None


def test_line_ends_in_strings_are_forgiven():
    assert jsonld('{\n"a":\t"b\n\tc"\n}') == [{"a": "b  c"}]


def test_c1_a_huge_script_is_left_out():
    text = '{"a": "%s"}'
    assert jsonld(text % ("x" * (MAX_CHARACTERS - len(text) + 2))) is not None
    assert jsonld(text % ("x" * MAX_CHARACTERS)) is None


def test_metadata_can_be_written_as_json():
    found = metadata(
        '<meta property=og:x content="\x00\ufffe">'
        '<script type="application/ld+json">{"a": 1e300, "b": 99999999999999999999999}</script>'
    )
    assert msgspec.json.decode(msgspec.json.encode(found)) == found


def test_structured_properties_belong_to_the_picture_before_them():
    html = """<meta property=og:image:width content=1><meta property=og:image content=/a.png>
    <meta property=og:image:url content=/a.png><meta property=og:image:width content=300>
    <meta property=og:image:secure_url content=/s.png><meta property=og:image:alt content="An a">
    <meta property=og:image content=https://b.example/b.png><meta property=og:video:url content=v.mp4>
    <meta property=og:video:type content=video/mp4><meta property=og:audio content=s.mp3>"""
    found = metadata(html)
    assert found["images"] == [
        {
            "url": "https://a.example/a.png",
            "width": "300",
            "secure_url": "https://a.example/s.png",
            "alt": "An a",
        },
        {"url": "https://b.example/b.png"},
    ]
    assert found["videos"] == [{"url": "https://a.example/dir/v.mp4", "type": "video/mp4"}]
    assert found["audios"] == [{"url": "https://a.example/dir/s.mp3"}]
    assert found["opengraph"]["og:image:width"] == ["1", "300"]


def test_translations_and_feeds_are_absolute_each_once():
    html = """<link rel=alternate hreflang=de href=/de><link rel="Alternate" hreflang=x-default href=//b.example/>
    <link rel=alternate hreflang=de href=/other><link rel=alternate hreflang=fr><link rel=stylesheet hreflang=es href=s>
    <link rel=alternate type="application/rss+xml; charset=utf-8" title=" News " href=feed><link rel=alternate href=feed
    type=application/rss+xml><link rel=alternate type=application/atom+xml href=/atom hreflang=en>
    <link rel=alternate type=application/feed+json href=/j><link rel=alternate media=print href=/print>"""
    assert metadata(html) == {
        "hreflang": {"de": "https://a.example/de", "x-default": "https://b.example/"},
        "feeds": [
            {"url": "https://a.example/dir/feed", "type": "rss", "title": "News"},
            {"url": "https://a.example/atom", "type": "atom"},
            {"url": "https://a.example/j", "type": "json"},
        ],
    }


def test_c1_a_page_with_very_many_links_and_a_long_base_does_not_grow_without_bound():
    html = "".join(f"<link rel=alternate hreflang=x{n} href={n}>" for n in range(MAX_LINKS + 5))
    assert len(metadata(html)["hreflang"]) == MAX_LINKS
    assert metadata("<link rel=alternate hreflang=de href=de>", "https://a.example/" + "x" * 9000)["hreflang"] == {
        "de": "de"
    }


def test_microdata_has_its_part():
    html = "<div itemscope itemtype=https://schema.org/Thing><a itemprop=url href=x>y</a></div>"
    assert metadata(html) == {
        "microdata": [{"type": ["https://schema.org/Thing"], "properties": {"url": ["https://a.example/dir/x"]}}]
    }
