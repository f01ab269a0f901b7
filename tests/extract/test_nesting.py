"""What would cost the parser the square of its number is refused; what an ordinary page does is not."""

import pytest

from scraper.errors import ParseLimit
from scraper.extract.guard import FEW_TAGS, MANY_TAGS, refuse_costly

SUPER_LINEAR = {
    "nested": "<div>" * 20_000,
    "nested and closed": "<div>" * 20_000 + "</div>" * 20_000,
    "deep, then wide": "<span>" * 8_000 + "<p></p>" * 8_000,
    "closing what is not open": "<span>" * 8_000 + "</x>" * 12_000,
    "balanced by tags that close nothing": "<div></x>" * 30_000,
    "balanced by tags that may not close": "<div><table></div></table>" * 30_000,
    "tables": "<table><tr><td>" * 8_000,
    "templates": "<template>" * 10_000,
    "drawings": "<svg>" + "<g>" * 10_000,
    "select": "<select>" + "<div>" * 10_000,
    "forms": "<form><div></form>" * 8_000,
    "options": "<option><optgroup>" * 8_000,
    "lists": "<ul><li>" * 8_000,
    "misnested": "<b><div></b>" * 10_000,
    "links around tables": "<a><table>" * 8_000,
    "formatting that each paragraph makes anew": "".join(f"<p><b i={i}></p>" for i in range(10_000)),
    "a hundred formatting elements that each paragraph makes anew": "<p>"
    + "".join(f"<b i={i}>" for i in range(100))
    + "<p>x" * 20_000,
    "formatting that differs": "".join(f"<b i={i}>" for i in range(10_000)),
    "names that differ": "".join(f"<t{i}></t{i}>" for i in range(60_000)),
    "attributes that differ": "".join(f"<i a{i}></i>" for i in range(60_000)),
    "attributes gathered by html": "".join(f"<html a{i}>" for i in range(20_000)),
    "attributes gathered by body": "".join(f"<body a{i}>" for i in range(20_000)),
    "behind a drawing's style": "<svg><style>" + "<div>" * 20_000,
    "upper case": "<DIV>" * 20_000,
}


@pytest.mark.parametrize("html", SUPER_LINEAR.values(), ids=SUPER_LINEAR.keys())
def test_what_grows_faster_than_the_page_is_refused(html):
    with pytest.raises(ParseLimit, match=r"elements nested [\d,]+ deep, or as costly, after [\d,]+ bytes"):
        refuse_costly(html.encode())


def test_it_is_refused_before_it_is_read_to_its_end():
    with pytest.raises(ParseLimit, match="elements nested 7,746 deep, or as costly, after 38,730 bytes"):
        refuse_costly(b"<div>" * 2_000_000)


ORDINARY = {
    "empty": "",
    "few tags, whatever they are": "<div>" * FEW_TAGS,
    "wide": "<div><p>text <a href=x>link</a> <b>bold</b></div>" * 30_000,
    "void elements": "<br><img src=x>" * (MANY_TAGS // 2 + 1),
    "unclosed paragraphs": "<p>text" * (MANY_TAGS + 1),
    "unclosed list items": "<ul>" + "<li>text" * (MANY_TAGS + 1),
    "unclosed terms": "<dl>" + "<dt>term<dd>text" * (MANY_TAGS // 2 + 1),
    "unclosed cells": "<table>" + "<tr><td>text<td>text" * (MANY_TAGS // 3 + 1),
    "unclosed options": "<select>" + "<option>text" * (MANY_TAGS + 1),
    "unclosed formatting in cells": "<table>" + "<tr><td><b>text<td><font color=red>text" * 20_000,
    "unclosed formatting, all the same": "<p><b>text</p>" * 1_000,
    "a table in each cell of a table": "<table><tr><td><table><tr><td>x</table></table>" * 20_000,
    "a program": f"<script>{'if (a<b) x();' * (MANY_TAGS + 1)}</script>",
    "a program that never ends": "<script>" + "a<b;" * (MANY_TAGS + 1),
    "a comment": f"<!--{'<div>' * (MANY_TAGS + 1)}-->",
    "a comment that never ends": "<!--" + "<div>" * (MANY_TAGS + 1),
    "markup in a value": "<p title='<div>'>text</p>" * (MANY_TAGS // 2),
    "a drawing": "<svg>" + "<path d='M0'/>" * (MANY_TAGS + 1) + "</svg>",
    "less-than signs": "< " * (MANY_TAGS + 1),
}


@pytest.mark.parametrize("html", ORDINARY.values(), ids=ORDINARY.keys())
def test_what_a_page_may_do_is_not(html):
    refuse_costly(html.encode())


@pytest.mark.parametrize(
    "data", [b"<p ", b"<p '", b'<p a="', b"</p ", b"<!--", b"<textarea></textare", b"<script></scrip"]
)
def test_a_walk_takes_no_longer_than_its_page(data):
    refuse_costly((b"<br>" * (MANY_TAGS + 1)) + data * 200_000)  # the square of that would be hours
