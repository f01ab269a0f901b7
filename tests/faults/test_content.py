"""Content that is hostile to a parser: C1, C2, C4, C5 and C6 of the fault catalogue.

Whatever a page holds, its URL ends in one record, its neighbours are ok, and nothing is said on stderr.
"""

import os
import random
import subprocess
import sys
from gzip import compress

import local_site
import msgspec
import pytest
from local_site import html, reply

from scraper import scrape
from scraper.config import Config

NEIGHBOURS = [f"/ok/{n}" for n in range(10)]
TEXT_HTML = {"Content-Type": "text/html"}


def scraped(page, tmp_path, *, timeout_s=20, **options):
    """Scrape one page among ten that are ok; return its record, as it stands in the output."""
    pages = {"/odd": page} | {path: html(f"<title>{path}</title>") for path in NEIGHBOURS}
    output = tmp_path / "out.jsonl"
    with local_site.running(pages) as site:
        urls = [site.url(path) for path in ["/odd", *NEIGHBOURS]]
        settings = Config(output=str(output), robots=False, timeout=timeout_s, per_host=11, links=True, meta=True)
        scrape(urls, settings, **options)
        odd = site.url("/odd")
    lines = output.read_bytes().split(b"\n")
    assert lines.pop() == b""
    records = {record["url"]: record for record in map(msgspec.json.decode, lines)}
    assert sorted(records) == sorted(urls)
    assert len(lines) == len(urls)
    assert all(record["ok"] for url, record in records.items() if url != odd)
    assert records[odd]["attempts"] == 1
    return records[odd]


def kind_of(record):
    return record["error"]["kind"] if "error" in record else None


LARGE = {
    "100 MB of HTML": (reply(200, TEXT_HTML, [b"<p>text</p>" * 100_000] * 100, chunked=True), "too-large"),
    "100 MB of HTML in 100 kB of gzip": (
        reply(200, {**TEXT_HTML, "Content-Encoding": "gzip"}, compress(b"<p>text</p>" * 9_000_000, 1)),
        "too-large",
    ),
    "a text node of 10 MB": (html("x" * 10_000_000), None),
    "a text node of 11 MB": (html("x" * 11_000_000), "too-large"),
    "1,000,000 attributes of one element": (html(f"<p {' '.join(f'a{n}' for n in range(1_000_000))}>"), "parse-limit"),
    "1,000,000 attributes with values": (
        html("<p " + " ".join(f'a{n}=""' for n in range(900_000)) + ">"),
        "parse-limit",
    ),
    "1,000,000 attributes of many elements": (html("<p a b c d e f g h i j>" * 100_000), None),
    "a tag name of 1 MB": (html(f"<{'a' * 1_000_000}>"), None),
    "an attribute name of 1 MB": (html(f"<p {'a' * 1_000_000}>"), None),
    "an attribute of 1 MB": (html(f"<p title='{'a ' * 500_000}'>"), None),
}


@pytest.mark.slow
@pytest.mark.parametrize(("page", "kind"), LARGE.values(), ids=LARGE.keys())
def test_c1_a_large_page_is_refused_or_parsed(page, kind, tmp_path):
    assert kind_of(scraped(page, tmp_path)) == kind


NESTED = {
    "100,000 div": "<div>" * 100_000,
    "100,000 div in 1 MB": "<div>xxxxx" * 100_000,
    "10 MB of div": "<div>" * 2_000_000,
    "100,000 div, closed": "<div>" * 100_000 + "</div>" * 100_000,
    "p b": "".join(f"<p><b i={n}></p>" for n in range(50_000)),
    "a div": "<a><div>" * 100_000,
    "tables": "<table>" * 100_000,
    "tables in cells": "<table><tr><td>" * 50_000,
    "foster parenting": "<table>" + "<div>" * 100_000,
    "template": "<template>" * 100_000,
    "svg": "<svg>" * 100_000,
    "svg g": "<svg>" + "<g>" * 100_000 + "</x>" * 100_000,
    "math": "<math><mi>" * 100_000,
    "forms": "<form><div></form>" * 50_000,
    "select": "<select>" + "<div>" * 100_000,
    "options": "<option><optgroup>" * 50_000,
    "lists": "<ul><li>" * 100_000,
    "unknown elements": "<x-y>" * 100_000,
    "balanced by tags that close nothing": "<div></x>" * 100_000,
}


@pytest.mark.slow
@pytest.mark.parametrize("text", NESTED.values(), ids=NESTED.keys())
def test_c2_deep_nesting_is_a_parse_limit(text, tmp_path):
    record = scraped(html(text), tmp_path)
    assert kind_of(record) == "parse-limit"
    assert record["status"] == 200
    assert "deep, or as costly" in record["error"]["message"]


SOUP = {
    "unclosed forms": "<form>" * 100_000,
    "bold paragraphs": "<b><p>" * 50_000,
    "links in links": "<a href=x>" * 50_000,
    "select soup": "<select><option>" * 30_000,
    "selects in select": "<select>" * 500,
    "unclosed paragraphs": "<p>x" * 100_000,
    "cells without a table": "<td><tr>" * 50_000,
    "text in a table": "<table>" + "x<tr>" * 50_000,
    "end tags alone": "</div></b></p>" * 50_000,
    "deep JSON-LD": f"<script type=application/ld+json>{'[' * 500_000}</script>",
    "deep JSON-LD objects": "<script type=application/ld+json>" + '{"a":' * 100_000 + "</script>",
    "doctypes": "<!DOCTYPE html>" * 50_000,
    "comments": "<!--" * 100_000,
    "less-than signs": "<" * 1_000_000,
    "ampersands": "&" * 1_000_000,
    "character references": "&notit;&#x41;&#1114112;" * 40_000,
    "processing instructions": "<?x>" * 100_000,
}


@pytest.mark.slow
@pytest.mark.parametrize("text", SOUP.values(), ids=SOUP.keys())
def test_c2_soup_is_parsed(text, tmp_path):
    record = scraped(html("<title>Soup</title>" + text), tmp_path)
    assert (kind_of(record), record["title"]) == (None, "Soup")


CHARACTERS = {
    "NUL": ("a\0b", "a\ufffdb"),
    "C0 controls": ("a" + "".join(map(chr, [*range(1, 9), 11, *range(14, 32)])) + "b", None),
    "DEL and C1 controls": ("a\x7f\x80\x9fb", "a\x7f\x80\x9fb"),
    "line separators": ("a\u2028b\u2029c", "a\u2028b\u2029c"),
    "noncharacters": ("a\ufffe\uffff\U0010ffffb", "a\ufffe\uffff\U0010ffffb"),
    "a surrogate's reference": ("a&#xD800;b", "a\ufffdb"),
    "a quote and a backslash": ('a"\\b', 'a"\\b'),
    "1 MB": ("x" * 1_000_000, "x" * 1_000_000),
}


@pytest.mark.parametrize(("title", "expected"), CHARACTERS.values(), ids=CHARACTERS.keys())
def test_c4_odd_characters_stay_in_one_line_of_json(title, expected, tmp_path):
    record = scraped(html(f"<title>{title}</title>"), tmp_path)
    assert record["ok"]
    assert expected is None or record["title"] == expected
    assert record["title"].startswith(title[0])


@pytest.mark.parametrize(
    "data", [b"\xed\xa0\x80", b"\xed\xb0\x80", b"\xff", b"\xc3", b"\xf5\x80\x80\x80"], ids=bytes.hex
)
def test_c4_bytes_that_are_no_utf_8_become_replacement_characters(data, tmp_path):
    page = reply(200, {"Content-Type": "text/html; charset=utf-8"}, b"<title>a" + data + b"b</title>")
    title = scraped(page, tmp_path)["title"]
    assert title[0] + title[-1] == "ab"
    assert set(title[1:-1]) == {"\ufffd"}


def test_c4_a_lone_surrogate_in_utf_16_does_not_break_the_line(tmp_path):
    body = "<title>a".encode("utf-16-le") + b"\x00\xd8" + "b</title>".encode("utf-16-le")
    page = reply(200, {"Content-Type": "text/html; charset=utf-16le"}, body)
    assert scraped(page, tmp_path)["title"] == "a\ufffdb"


BINARY = {
    "jpeg": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01" + random.Random(0).randbytes(50_000),
    "png": b"\x89PNG\r\n\x1a\n" + random.Random(1).randbytes(50_000),
    "zip": b"PK\x03\x04" + random.Random(2).randbytes(50_000),
    "exe": b"MZ\x90\x00\x03\x00\x00\x00" + random.Random(3).randbytes(50_000),
    "pdf": b"%PDF-1.7\n" + random.Random(4).randbytes(50_000),
    "random bytes": random.Random(5).randbytes(200_000),
    "less-than signs in random bytes": random.Random(6).randbytes(100_000).replace(b"\0", b"<a"),
    "zeros": bytes(200_000),
}


@pytest.mark.parametrize("body", BINARY.values(), ids=BINARY.keys())
def test_c5_bytes_that_are_no_html_are_told_or_make_an_empty_record(body, tmp_path):
    record = scraped(reply(200, TEXT_HTML, body), tmp_path)
    assert kind_of(record) in (None, "not-html", "parse-limit")
    assert record.get("links") in (None, [])


ABORTING = """
import os, signal
def parse(page):
    if page.url.endswith("/poison"):
        {death}
    return {{"length": len(page.body)}}
"""


@pytest.mark.slow
@pytest.mark.parametrize("death", ["os.abort()", "os.kill(os.getpid(), signal.SIGSEGV)", "os._exit(7)"])
def test_c6_a_page_that_kills_the_process_twice_is_recorded_and_the_run_goes_on(death, tmp_path):
    (tmp_path / "hooks.py").write_text(ABORTING.format(death=death))
    paths = ["/poison", *NEIGHBOURS]
    with local_site.running({path: html(f"<title>{path}</title>") for path in paths}) as site:
        (tmp_path / "urls.txt").write_text("\n".join(map(site.url, paths)))
        command = [
            sys.executable,
            "-m",
            "scraper",
            "urls.txt",
            "--no-robots",
            "--parse",
            "hooks:parse",
            "-o",
            "o.jsonl",
        ]
        environment = {**os.environ, "PYTHONFAULTHANDLER": ""}
        runs = [
            subprocess.run(
                command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=50, check=False
            )
            for _ in range(3)
        ]
        poison, asked = site.url("/poison"), site.targets().count("/poison")
        urls = [site.url(path) for path in paths]
    assert [run.returncode != 0 for run in runs] == [True, True, False]
    assert "Traceback" not in "".join(run.stderr for run in runs)
    records = [msgspec.json.decode(line) for line in (tmp_path / "o.jsonl").read_bytes().splitlines()]
    assert sorted(record["url"] for record in records) == sorted(urls)
    assert [(record["url"], kind_of(record)) for record in records if not record["ok"]] == [(poison, "parse-limit")]
    assert asked == 2
    assert not (tmp_path / ".o.jsonl.parsing").exists()
