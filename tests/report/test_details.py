"""What came back: fields, verdicts, changes, pages that stand out, answers, detours."""

import re

from reports import line, page, tally

from scraper.report import details


def text(markup):
    return " ".join(re.sub(r"<[^>]+>", " ", markup).split())


def test_fields_are_told_the_emptiest_first():
    said = text(details.fields(tally([page(n) for n in range(4)])))
    assert "note 2 50 % price 4 100 %" in said
    assert "canonical 0 0 %" in said


def test_fields_of_pages_that_were_not_asked_for_any_are_not_held_against_them():
    made = tally([page(0), page(1, fields=None)])
    assert "Of the 1 ok pages that were asked for fields." in details.fields(made)


def test_without_ok_pages_there_are_no_fields():
    assert details.fields(tally([line("x", kind="invalid-url")])) == ""


def test_verdicts_and_changes_are_told_when_there_are_any():
    made = tally([page(0, verdict="blocked", change="new"), page(1, verdict="ok", change="new")])
    assert "blocked 1 50 %" in text(details.verdicts(made))
    assert "new 2 100 %" in text(details.changes(made))
    assert details.verdicts(tally([page(0)])) == details.changes(tally([page(0)])) == ""


def test_slow_and_large_pages_are_told_by_url_and_title():
    said = text(details.standouts(tally([page(n) for n in range(30)])))
    assert "http://h2.example/29 Page 29 49 ms first byte" in said
    assert details.standouts(tally([line("x", kind="invalid-url")])) == ""


def test_statuses_types_and_charsets_are_told():
    said = text(details.answers(tally([page(0), page(1, status=500, encoding="shift_jis")])))
    assert "500 1 50 % 0 %" in said
    assert "text/html 2 100 % 50 %" in said
    assert "shift_jis 1" in said
    assert details.answers(tally([line("x", kind="invalid-url")])) == ""


def test_detours_are_told_when_there_were_any():
    hops = [{"status": 301, "url": "http://a/"}]
    said = text(details.detours(tally([page(0, attempts=4), page(1, redirects=hops, final_url="http://b.example/")])))
    assert "4 1 50 %" in said
    assert "301 http://b.example/" in said
    assert details.detours(tally([page(0)])) == ""
