"""Nothing that a stranger wrote becomes markup, and nothing of it hides."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.markup import Markup, cut, element, foreign, joined, link, shown, theme


def test_contents_and_attributes_are_escaped_but_for_markup():
    made = element("p", "<b>&", element("br"), Markup("<i>x</i>"), class_='"<>', aria_label=None, data_x=1)
    assert made == '<p class="&quot;&lt;&gt;" data-x="1">&lt;b&gt;&amp;<br><i>x</i></p>'


@given(st.text())
def test_no_text_ends_its_element(text):
    inside = joined(text)
    assert "<" not in inside
    assert '"' not in inside


@pytest.mark.parametrize(
    ("text", "visible"),
    [
        ("plain", "plain"),
        ("\u202egnp.exe", "⟨U+202E⟩gnp.exe"),
        ("a\x00b\x1bc", "a⟨U+0000⟩b⟨U+001B⟩c"),
        ("zero\u200bwidth\ufeff", "zero⟨U+200B⟩width⟨U+FEFF⟩"),
        ("\u2066isolated\u2069", "⟨U+2066⟩isolated⟨U+2069⟩"),
        ("line\nbreak\tand\u2028more", "line break and⟨U+2028⟩more"),
        ("\u0645\u06cc\u200c\u062e", "\u0645\u06cc\u200c\u062e"),
        ("👩\u200d🔬 čeština עברית", "👩\u200d🔬 čeština עברית"),
        ("e" + "\u0301" * 50, "e" + "\u0301" * 4 + "…"),
        ("\ud800", "⟨U+D800⟩"),
    ],
)
def test_what_hides_or_turns_the_line_is_shown_by_its_number(text, visible):
    assert shown(text) == visible


@given(st.text())
def test_what_is_shown_can_be_written(text):
    shown(text).encode()


def test_a_long_text_is_cut_before_anything_else_is_done_with_it():
    made = foreign("x" * 1_000_000, longest=10)
    assert made == "<bdi>xxxxxxxxx…</bdi>"
    assert cut("short", 10) == "short"


@pytest.mark.parametrize("url", ["http://h.example/a?b=1&c=2", "HTTPS://H.example/é"])
def test_a_url_of_the_web_is_a_link_that_tells_nobody_where_it_came_from(url):
    made = link(url)
    assert made.startswith('<a href="')
    assert "noreferrer" in made


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        " javascript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "http:\\\\evil",
        "http://h.example/ onclick=alert(1)",
        "http://h.example/\u202egnp",
        "http://h.example/\n",
        "file:///etc/passwd",
        "//h.example/",
        "",
    ],
)
def test_anything_else_is_text(url):
    assert "<a" not in link(url)


def test_a_quote_in_a_url_does_not_end_its_attribute():
    assert link('http://h.example/"onmouseover="alert(1)').count('"') == 4


def test_the_theme_knows_the_dark_and_paper():
    assert "prefers-color-scheme: dark" in theme()
    assert "@media print" in theme()
