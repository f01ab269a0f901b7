"""How peers' outputs are compared."""

import json

import agreement
import pytest

URLS = [f"http://a/{number}" for number in range(4)]


def _record(url, **other):
    return {"url": url, "status": 200, "title": "T", "description": None, "links": ["http://b/"]} | other


def _read(path, *records):
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return agreement.read(path, URLS, URLS)


def test_the_same_content_in_other_spelling_agrees(tmp_path):
    ours = _read(tmp_path / "ours", *map(_record, URLS))
    theirs = _read(
        tmp_path / "theirs",
        *(_record(url, title=" T\n", description="", links=["http://B", "http://b/#"]) for url in URLS),
    )
    assert agreement.differences({"ours": ours, "go": theirs}, URLS) == []


def test_links_that_urls_parsers_spell_in_their_own_way_are_left_out(tmp_path):
    ours = _read(tmp_path / "ours", *(_record(url, links=["http://b/", "http://b/#a#c", "http://b/%"]) for url in URLS))
    theirs = _read(tmp_path / "theirs", *(_record(url, links=["http://b/", "http://b/#a%23c"]) for url in URLS))
    assert agreement.differences({"ours": ours, "go": theirs}, URLS) == []


def test_a_missing_page_and_a_failed_one_are_told(tmp_path):
    ours = _read(tmp_path / "ours", *map(_record, URLS))
    theirs = _read(tmp_path / "theirs", *map(_record, URLS[:2]), _record(URLS[2], status=500))
    assert agreement.differences({"ours": ours, "go": theirs}, URLS)[0] == "go has 2 pages of 4"


def test_a_page_with_other_links_is_told(tmp_path):
    ours = _read(tmp_path / "ours", *map(_record, URLS))
    theirs = _read(tmp_path / "theirs", _record(URLS[0], links=[]), *map(_record, URLS[1:]))
    assert agreement.differences({"ours": ours, "go": theirs}, URLS) == [
        "go and ours differ on 1 of 4 pages, as on http://a/0"
    ]


def test_a_page_twice_ends_the_benchmark(tmp_path):
    with pytest.raises(SystemExit, match="not listed or has two"):
        _read(tmp_path / "ours", _record(URLS[0]), _record(URLS[0]))
