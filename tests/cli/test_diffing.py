"""`scrape diff` as a user types it."""

import json

import pytest
from outputs import failed, opened, record, write

from scraper.cli import main
from scraper.cli.diffing import change
from scraper.recrawl.diff import Value

A, B, C, D = (f"http://h.example/{name}" for name in "abcd")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    old = [record(A, title="Old", fields={"price": 12.5}, extractor="7"), record(B), record(C, sha256="1"), record(D)]
    new = [
        record(A, title="New\x1b[31m", fields={"price": None}, extractor="7"),
        failed(B, "http-status", 410),
        record(C, sha256="2"),
        failed(D, "read-timeout"),
        record("http://h.example/\u202e", title="Fresh\n"),
    ]
    for name, records in (("old.jsonl", old), ("new.jsonl", new)):
        with opened(name) as output:
            write(output, records)


def shown(capsys, *words, code=0):
    with pytest.raises(SystemExit) as ended:
        main(["diff", *words])
    assert ended.value.code == code
    return capsys.readouterr().out


def test_each_page_has_its_lines_and_the_counts_come_last(capsys):
    assert shown(capsys, "old.jsonl", "new.jsonl") == (
        'changed     http://h.example/a\n            title         "Old" → "New\\\\u001b[31m"\n'.replace("\\\\", "\\")
        + "            fields.price  12.5 → -\n"
        "gone        http://h.example/b  410\n"
        "changed     http://h.example/c\n"
        "            (its source, but nothing that was extracted)\n"
        "failed      http://h.example/d  read-timeout\n"
        "new         http://h.example/\\u202e  Fresh\\n\n"
        "4 old records, 5 new: new 1 · changed 2 · same 0 · gone 1 · failed 1\n"
    )


def test_json_is_an_object_a_line_with_whole_values(capsys):
    lines = [json.loads(line) for line in shown(capsys, "old.jsonl", "new.jsonl", "--json").splitlines()]
    assert lines[0]["fields"]["title"] == {"old": "Old", "new": "New\x1b[31m"}
    assert [line.get("change") for line in lines] == ["changed", "gone", "changed", "failed", "new", None]
    assert lines[-1] == {"old": 4, "new": 5, "counts": {"new": 1, "changed": 2, "same": 0, "gone": 1, "failed": 1}}


def test_the_exit_code_tells_only_when_it_is_asked_to(capsys):
    shown(capsys, "old.jsonl", "new.jsonl", "--exit-code", code=1)
    shown(capsys, "old.jsonl", "old.jsonl", "--exit-code", code=0)


def test_fields_restrict_what_is_compared(capsys):
    out = shown(capsys, "old.jsonl", "new.jsonl", "--fields", "title, lang")
    assert "fields.price" not in out
    assert "changed 1 · same 1" in out


def test_a_wrong_name_is_refused_in_one_line(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["diff", "old.jsonl", "new.jsonl", "--fields", "fields."])
    assert ended.value.code == 2
    assert "is not the name of a column" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("a", None, '"a" → -'),
        (1, 2.5, "1 → 2.5"),
        (["a", "b"], ["b", "c", "d"], '2 entries → 3 entries (+2 -1: +"c" -"a")'),
        (["a", "b"], ["b", "a"], "2 entries → 2 entries (+0 -0, in another order)"),
        ([], [{"n": 1}], '0 entries → 1 entry (+1 -0: +{"n":1})'),
        ("x" * 90 + "old", "x" * 90 + "new", f'…{"x" * 20}old" → …{"x" * 20}new"'),
        ("a" * 90, "b" * 90, f'"{"a" * 59}… → "{"b" * 59}…'),
        ("a\tb", "a\x9bb", '"a\\tb" → "a\\x9bb"'),
    ],
)
def test_a_change_is_shown_in_short(old, new, expected):
    assert change(Value(old, new)) == expected
