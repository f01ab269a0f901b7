"""A plan counts lines as a run does."""

import asyncio

import httpx
import pytest

from scraper import ascrape
from scraper.plan.survey import InvalidLine, Survey
from scraper.sources import iterable_source, open_sources
from scraper.urls import FingerprintSet, identity

LINES = [
    "https://a.example/1", "", "https://a.example/1#x", "HTTPS://A.example/1", "nonsense", "nonsense", "ftp://x/",
    "http://a.example/1", "https://b.example:8443/", "https://a.example/2", "https://done.example/", "also bad",
]  # fmt: skip


def survey(rows, limit=None, finished=(), each=None):
    done = FingerprintSet()
    for url in finished:
        done.add(identity(url))
    made = Survey(done)
    asyncio.run(made.read(rows, limit, each))
    return made


@pytest.mark.parametrize("limit", [None, 1, 3, 7, 100])
def test_the_counts_are_those_of_a_run(limit):
    transport = httpx.MockTransport(lambda _: httpx.Response(200, html="<title>x</title>"))
    run = asyncio.run(ascrape(LINES, transport=transport, robots=False, limit=limit)).summary
    made = survey(iterable_source(LINES), limit)
    counted = (made.lines, made.origins.total(), made.invalid, made.duplicates, made.blank)
    assert counted == (run.lines, run.ok, run.failed, run.duplicates, run.blank)


def test_urls_to_fetch_are_counted_by_origin():
    made = survey(iterable_source(LINES), finished=["https://DONE.example"])
    assert made.already_done == 1
    assert made.origins == {"https://a.example": 2, "http://a.example": 1, "https://b.example:8443": 1}


def test_the_first_invalid_lines_are_named(tmp_path):
    path = tmp_path / "urls.txt"
    path.write_text("https://a.example/\n" + "".join(f"bad {n}\n" for n in range(8)))
    made = survey(open_sources([str(path)]))
    assert made.invalid == 8
    assert made.first_invalid[0] == InvalidLine(2, str(path), "'bad 0' has no scheme; write https://bad 0")
    assert len(made.first_invalid) == 5


def test_each_url_to_fetch_is_shown_once():
    seen = []
    survey(iterable_source(LINES), each=lambda address: seen.append(address.href))
    assert seen == [
        "https://a.example/1", "http://a.example/1", "https://b.example:8443/", "https://a.example/2",
        "https://done.example/",
    ]  # fmt: skip


def test_a_file_can_be_read_again(tmp_path):
    path = tmp_path / "urls.txt"
    path.write_text("https://a.example/\nhttps://b.example/\n")
    rows = open_sources([str(path)])
    assert survey(rows).origins == survey(rows).origins != {}
