"""`scrape export` as a user types it: what is said, the exit codes, what is left."""

import msgspec
import pytest
from outputs import failed, opened, record, urls, write

from scraper.cli import main
from scraper.export import columns


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with opened("out.jsonl") as output:
        write(output, [record(urls(1)[0], title="=1+1"), failed(urls(2)[1], "deadline")])
    return tmp_path


def said(capsys, *words):
    with pytest.raises(SystemExit) as caught:
        main(["export", *words])
    shown = capsys.readouterr()
    assert shown.out == ""
    return caught.value.code or 0, shown.err


def test_it_says_what_was_written_and_what_was_changed(folder, capsys):
    code, err = said(capsys, "out.jsonl", "t.csv")
    assert code == 0
    first, second = err.splitlines()
    assert first.startswith("2 rows of pages x 6 columns in t.csv (0.0 MB, ")
    assert second == "1 cell that a spreadsheet could run as a formula: ' put in front"
    assert (folder / "t.csv").read_text().splitlines()[0] == "url,ok,error.kind,error.message,attempts,title"


def test_quiet_says_nothing(capsys):
    assert said(capsys, "out.jsonl", "t.csv", "--quiet") == (0, "")


def test_columns_rows_and_records_are_chosen(folder, capsys):
    (folder / "out.jsonl").write_bytes(
        msgspec.json.encode({"url": "u", "ok": True, "items": [{"x": 1}, {"x": 2}]})
        + b"\n"
        + msgspec.json.encode({"url": "v", "ok": False})
        + b'\n{"url":"to'
    )
    code, err = said(capsys, "out.jsonl", "t.csv", "--columns", "items.x, url")
    assert code == 0
    assert (folder / "t.csv").read_text() == "items.x,url\n1,u\n2,u\n"
    assert "1 record without items: no row of their own; --rows pages has them" in err
    assert "out.jsonl ends with a piece of a record (10 bytes): left out" in err
    said(capsys, "out.jsonl", "t.csv", "--overwrite", "--rows", "pages", "--failed", "--columns", "url")
    assert (folder / "t.csv").read_text() == "url\nv\n"
    said(capsys, "out.jsonl", "t.csv", "--overwrite", "--rows", "pages", "--failed", "--ok", "--columns", "url")
    assert (folder / "t.csv").read_text() == "url\nu\nv\n"


def test_columns_that_were_put_together_are_named(folder, capsys, monkeypatch):
    monkeypatch.setattr(columns, "MAX_COLUMNS", 5)
    (folder / "out.jsonl").write_bytes(msgspec.json.encode({"url": "u", "fields": dict.fromkeys("abcdefg", 1)}) + b"\n")
    assert (
        "fields has too many different keys (5 columns at most): it is one column of JSON"
        in said(capsys, "out.jsonl", "t.csv")[1]
    )


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["out.jsonl"],
        ["none.jsonl", "t.csv"],
        ["out.jsonl", "t.txt"],
        ["out.jsonl", "out.jsonl", "--overwrite"],
        ["out.jsonl", "t.csv", "--columns", "prize"],
        ["out.jsonl", "t.csv", "--rows", "words"],
    ],
)
def test_wrong_usage_exits_2_with_one_line(folder, words, capsys):
    code, err = said(capsys, *words)
    assert code == 2
    assert len(err.splitlines()) == 1
    assert [path.name for path in folder.iterdir()] == ["out.jsonl"]
