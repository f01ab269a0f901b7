"""Pages whose main text is found, or takes too long to find, in processes that end with the block."""

import asyncio
import os
import time
from pathlib import Path

import pytest

from scraper import scrape
from scraper.errors import ParseLimit, UsageError
from scraper.extras import text
from scraper.extras.text import text_reader
from scraper.models import Page

ARTICLE = """<!doctype html><title>T</title><nav><ul><li><a href=/a>Menu entry</a><li><a href=/b>Another</a></ul></nav>
<main><article><h1>The tale of a fox</h1><p>Once upon a time there was a quick brown fox that jumped over a lazy dog.
%s</p><table><tr><th>Year</th><th>Foxes that were counted</th></tr><tr><td>1999</td><td>12</td></tr><tr><td>2000</td>
<td>13 and a half, by another way of counting them</td></tr></table>
<h2>What became of it</h2><p>It was <b>never</b> seen again by anyone who lived in the village near the wood. %s</p>
</article></main>
<section id=comments><div class=comment><p>I have seen the fox myself, says a visitor of the page.</p></div></section>
<footer>All rights reserved, 2024</footer>""" % (("So it goes, and nobody knows why that is. " * 8,) * 2)  # fmt: skip
HOSTILE = "<title>x</title><p>" + "<span>a</span>" * 100_000


def page(html, **changes):
    return Page(url="http://a/", final_url="http://a/", status=200, body=html.encode(), **changes)


def texts_of(*pages, gap=lambda: None, **options):
    """Return the text of each page, or the error, read one after the other."""

    async def scenario():
        found = []
        async with text_reader(**{"is_markdown": False, "processes": 1, **options}) as read:
            for each in pages:
                gap()
                try:
                    found.append(await read(each))
                except ParseLimit as error:
                    found.append(error)
        return found

    return asyncio.run(scenario())


def test_the_main_text_is_the_article_without_what_is_around_it():
    without_signs = ARTICLE.partition("<title>")[2]
    plain, bare, in_utf_16, none = texts_of(
        page(ARTICLE),
        page(f"<title>{without_signs}"),
        page("", decoded=ARTICLE, encoding="utf-16le"),
        page("<title>x</title>"),
    )
    assert "The tale of a fox" in plain
    assert "never seen again" in plain
    assert "1999" in plain
    for around in ("Menu entry", "All rights reserved", "says a visitor"):
        assert around not in plain
    assert bare == in_utf_16 == plain
    assert none is None


def test_markdown_keeps_headings_emphasis_and_tables():
    (found,) = texts_of(page(ARTICLE), is_markdown=True)
    assert "## What became of it" in found
    assert "**never**" in found
    assert "|1999|12|" in found.replace(" ", "")


def test_c1_a_page_that_takes_too_long_is_a_parse_limit_and_the_next_is_read():
    started = time.perf_counter()
    first, second = texts_of(page(HOSTILE), page(ARTICLE), limit_s=1.0)
    assert "main text" in first.message
    assert first.kind == "parse-limit"
    assert "The tale" in second
    assert time.perf_counter() - started < 30


def test_what_is_left_of_the_processes_is_nothing():
    async def scenario():
        async with text_reader(is_markdown=False, processes=1) as read:
            reading = asyncio.ensure_future(read(page(HOSTILE)))
            await asyncio.sleep(0.05)
            (process,) = read._all
            reading.cancel()
        return process

    process = asyncio.run(scenario())
    assert process.returncode is not None
    assert not Path(f"/proc/{process.pid}").exists() or os.name != "posix"


def test_without_the_library_a_run_says_what_to_install_before_it_starts(monkeypatch):
    monkeypatch.setattr(text, "find_spec", lambda _: None)
    with pytest.raises(UsageError, match=r"pip install 'scraper\[text\]'"):
        scrape(["http://127.0.0.1:9/"], text=True, robots=False)


def test_a_library_that_does_not_load_is_told_too(monkeypatch, tmp_path):
    broken = tmp_path / "broken.py"
    broken.write_text("raise ImportError")
    monkeypatch.setattr(text, "_PROGRAM", broken)
    with pytest.raises(UsageError, match="install it anew"):
        texts_of(page(ARTICLE))
