"""The page around the chapters: one file, nothing loaded, nothing run, headings in order."""

import hashlib
import re
from base64 import b64encode
from html.parser import HTMLParser

import pytest
from reports import hostile, line, page, tally

from scraper.report.page import notices_of, render
from scraper.report.reading import Left

EVERY = [page(n, verdict="ok", change="same", attempts=2) for n in range(30)] + hostile()


def html(records=EVERY, left=None, name="out.jsonl"):
    return render(tally(records), left or Left(), name=name, size_bytes=1000)


class Outline(HTMLParser):
    """Takes note of the elements, and that each is closed."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.open, self.headings = [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, *attr) for attr in attrs]
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in ("meta", "br", "link", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_is_well_formed_whatever_the_records_hold():
    outline = Outline(html())
    assert outline.open == []
    assert not {"script", "img", "iframe", "object", "link", "form", "base"} & set(outline.tags)
    assert not [found for found in outline.attributes if found[1].startswith("on") or found[1] in ("src", "style")]
    hrefs = [value for _, name, value in outline.attributes if name == "href"]
    assert all(re.match(r"https?://|#", href) for href in hrefs)


def test_headings_go_down_a_step_at_a_time_and_ids_are_unique():
    outline = Outline(html())
    assert outline.headings[0] == 1
    assert all(after - before <= 1 for before, after in zip(outline.headings, outline.headings[1:], strict=False))
    ids = [value for _, name, value in outline.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    named = {value for _, name, text in outline.attributes if name == "aria-labelledby" for value in text.split()}
    assert named <= set(ids)


def test_there_are_landmarks_a_language_and_a_name_for_each_table_and_column():
    text = html()
    tags = Outline(text).tags
    assert '<html lang="en">' in text
    assert all(tags.count(name) == 1 for name in ("header", "nav", "main", "footer", "head", "h1"))
    assert tags.count("table") == tags.count("caption") == tags.count("thead")
    assert tags.count("th") == len(re.findall(r'<th scope="(?:col|row)"', text))


def test_the_policy_allows_nothing_but_the_style_sheet():
    text = html()
    style = text.partition("<style>")[2].partition("</style>")[0]
    digest = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', text)[1]
    assert policy.startswith(f"default-src &#x27;none&#x27;; style-src &#x27;sha256-{digest}&#x27;")
    assert "url(" not in style
    assert "@import" not in style


def test_what_hides_is_shown_and_what_is_long_is_cut():
    text = html()
    assert "\u202e" not in text
    assert "\x00" not in text
    assert "⟨U+202E⟩" in text
    assert len(text) < 300_000


def test_the_sentence_comes_first_and_what_was_left_out_is_said():
    text = html([page(0)], Left(malformed=2, first="line 7: x<", torn_bytes=1, damage="after line 9: y"))
    assert text.index("The one page was ok.") < text.index("<main")
    assert "2 lines of the output are no record and left out (line 7: x&lt;)." in text
    assert "The end of the output, 1 byte, is a piece" in text
    assert "damaged after line 9: y" in text
    assert list(notices_of(Left())) == []


@pytest.mark.parametrize("records", [[], [line("x", kind="invalid-url")], [page(0)]])
def test_an_output_with_next_to_nothing_makes_a_page_too(records):
    assert Outline(html(records)).open == []


def test_the_name_of_the_file_is_escaped():
    assert "<b>" not in html([page(0)], name="</title><b>.jsonl").partition("<style>")[0]
