"""`scrape report` as a user types it: the page, the sentence, the exit codes."""

import pytest
from reports import line, page, text

from scraper.cli import main


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The current directory, with the output of a run."""
    monkeypatch.chdir(tmp_path)
    records = [page(n) for n in range(9)] + [line("http://example.com/", status=404)]
    (tmp_path / "urls.jsonl").write_bytes(text(records))
    return tmp_path


def said(capsys, *words):
    with pytest.raises(SystemExit) as caught:
        main(["report", *words])
    return caught.value.code, capsys.readouterr()


def test_the_page_lies_beside_the_output_and_the_sentence_is_said(capsys, folder):
    code, shown = said(capsys, "urls.jsonl")
    assert code == 0
    assert shown.err == "9 of 10 pages ok; 1 failed, 404 at example.com.\nreport      urls.report.html\n"
    assert shown.out == ""
    assert "9 of 10 pages ok" in (folder / "urls.report.html").read_text()


def test_the_page_goes_where_it_is_wanted(capsys, folder):
    assert said(capsys, "urls.jsonl", "-o", "sub/r.html")[0] == 0
    assert (folder / "sub" / "r.html").exists()
    code, shown = said(capsys, "urls.jsonl", "-o", "-")
    assert code == 0
    assert shown.out.startswith("<!doctype html>")
    assert "report  " not in shown.err


def test_what_is_left_out_is_said_and_a_torn_end_is_no_failure(capsys, folder):
    with (folder / "urls.jsonl").open("ab") as file:
        file.write(b'{"url":"http://torn')
    code, shown = said(capsys, "urls.jsonl")
    assert code == 0
    assert "The end of the output, 19 bytes, is a piece of a record, and left out: the run was killed" in shown.err


def test_a_line_that_is_no_record_makes_the_page_and_exits_3(capsys, folder):
    (folder / "urls.jsonl").write_bytes(b"nonsense\n" + (folder / "urls.jsonl").read_bytes())
    code, shown = said(capsys, "urls.jsonl")
    assert code == 3
    assert "1 line of the output is no record and left out (line 1: " in shown.err
    assert (folder / "urls.report.html").exists()


@pytest.mark.parametrize(
    ("words", "code"), [(["missing.jsonl"], 2), (["urls.jsonl", "-o", "."], 5), (["urls.jsonl", "-o", "urls.jsonl"], 2)]
)
def test_what_cannot_be_is_refused_in_one_line(capsys, words, code):
    ended, shown = said(capsys, *words)
    assert ended == code
    assert shown.err.count("\n") == 1
