"""Two outputs, and each page that is not what it was."""

from pathlib import Path

import pytest
from outputs import SUFFIXES, failed, opened, record, write

from scraper.errors import UsageError
from scraper.recrawl.diff import Diff, Difference, Value

A, B, C, D = (f"http://h.example/{name}" for name in "abcd")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def made(name, *records):
    with opened(name) as output:
        write(output, records)
    return name


def differences(old, new, *only, suffix=""):
    """Return what differs between two lists of records, and the counts."""
    for path in Path().glob("*.jsonl*"):
        path.unlink()
    names = made(f"old.jsonl{suffix}", *old), made(f"new.jsonl{suffix}", *new)
    diff = Diff(*names, only)
    found = list(diff)
    assert diff.has_differences == bool(found)
    assert sum(diff.counts.values()) >= diff.new_records
    return found, dict(diff.counts)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_page_is_new_changed_the_same_gone_or_failed(suffix):
    old = [
        record(A, title="a"),
        record(B, title="b"),
        record(C, title="c"),
        record(D),
        record(f"{D}1"),
        record(f"{D}2"),
    ]
    new = [
        record(C, title="c"),
        record(B, title="B"),
        record(f"{A}0", title="x"),
        failed(D, "http-status", 404),
        failed(f"{D}1", "deadline"),
        failed(f"{D}3", "deadline"),
        record(f"{D}2"),
    ]
    found, counts = differences(old, new, suffix=suffix)
    assert found == [
        Difference(change="changed", url=B, fields={"title": Value("b", "B")}),
        Difference(change="new", url=f"{A}0", title="x"),
        Difference(change="gone", url=D, error="404"),
        Difference(change="failed", url=f"{D}1", error="deadline"),
        Difference(change="gone", url=A, error="not listed"),
    ]
    assert counts == {"same": 2, "changed": 1, "new": 1, "gone": 2, "failed": 2}


def test_a_page_that_failed_before_is_new_and_one_that_fails_again_no_difference():
    found, counts = differences([failed(A, "deadline"), failed(B, "deadline")], [record(A), failed(B, "tls-error")])
    assert found == [Difference(change="new", url=A)]
    assert counts == {"new": 1, "failed": 1}


def test_what_tells_of_the_fetching_is_no_difference():
    old = record(A, status=200, fetched_at="then", elapsed_ms=1.0, etag='"1"', sha256="5a")
    new = record(A, status=304, fetched_at="now", elapsed_ms=2.0, etag='"2"', sha256="5a", change="same")
    assert differences([old], [new]) == ([], {"same": 1})


def test_a_page_that_only_its_hash_tells_apart_is_changed():
    (found,), _ = differences([record(A, sha256="1", title="t")], [record(A, sha256="2", title="t")])
    assert found.fields == {"sha256": Value("1", "2")}
    (found,), _ = differences([record(B, sha256="1", title="t")], [record(B, sha256="2", title="u")])
    assert found.fields == {"title": Value("t", "u")}


def test_fields_are_compared_one_by_one_and_lists_as_a_whole():
    old = record(A, fields={"price": 1, "x.y": {"z": 1}, "gone": 1, "same": [1]}, links=["a"], extractor="7")
    new = record(A, fields={"price": 2, "x.y": {"z": 2}, "came": 1, "same": [1]}, links=["b"], extractor="7")
    (found,), _ = differences([old], [new])
    assert found.fields == {
        "links": Value(["a"], ["b"]),
        "fields.price": Value(1, 2),
        'fields."x.y".z': Value(1, 2),
        "fields.gone": Value(1, None),
        "fields.came": Value(None, 1),
    }


def test_what_one_of_the_runs_was_not_asked_for_is_no_difference():
    old = record(A, links=["a"], fields={"price": 1}, extractor="7", sha256="5a")
    new = record(A, meta={"x": 1}, fields={"price": 1, "author": "x"}, extractor="8", sha256="5a")
    assert differences([old], [new]) == ([], {"same": 1})


def test_only_what_is_named_is_compared():
    old = record(A, title="t", sha256="1", fields={"price": 1, "n": {"m": 1}})
    new = record(A, title="u", sha256="2", fields={"price": 1, "n": {"m": 2}})
    assert differences([old], [new], ("fields", "price")) == ([], {"same": 1})
    (found,), _ = differences([old], [new], ("fields", "n"), ("sha256",))
    assert found.fields == {"fields.n.m": Value(1, 2), "sha256": Value("1", "2")}


def test_of_several_records_the_last_counts_and_an_ok_one_more_than_a_failed_one():
    found, counts = differences(
        [record(A, title="1"), record(A, title="2")],
        [record(A, title="2"), failed(A, "deadline"), failed(B, "deadline")],
    )
    assert (found, counts) == ([], {"same": 1, "failed": 1})


def test_an_output_that_is_moved_while_it_is_read_is_read_to_its_end(tmp_path):
    diff = iter(Diff(made("old.jsonl", record(A), record(B)), made("new.jsonl", record(C), record(D))))
    assert next(diff).url == C
    (tmp_path / "old.jsonl").unlink()
    (tmp_path / "new.jsonl").unlink()
    assert [found.url for found in diff] == [D, A, B]


def test_what_is_no_output_is_refused(tmp_path):
    (tmp_path / "urls.txt").write_text(A)
    made("old.jsonl", record(A))
    with pytest.raises(UsageError, match=r"urls\.txt holds no record"):
        list(Diff("old.jsonl", "urls.txt"))
    with pytest.raises(UsageError, match=r"cannot read none\.jsonl"):
        list(Diff("none.jsonl", "old.jsonl"))
