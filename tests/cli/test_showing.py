"""`scrape show` as a user types it: columns, filters, order, counts, and nothing of a page reaches the terminal raw."""

import re
import sys

import pytest
from outputs import failed, opened, record, urls, write

from scraper.cli import main
from scraper.cli.showing import printable, widths

HOSTILE = "\x1b[31mred\x1b]0;x\x07 \u202eabc\n\ttab\x9b[bold]b[/bold]\ud7ff"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with opened("out.jsonl") as output:
        write(
            output,
            [
                record(urls(1)[0], status=200, title="One", elapsed_ms=5.0, fields={"price": 2, "a.b": "dot"}),
                record("https://other.example:8443/x", status=200, title=HOSTILE, elapsed_ms=70.5),
                failed(urls(3)[2], "http-status", 503),
                failed("http://other.example/y", "read-timeout"),
            ],
        )
    return tmp_path


def said(capsys, *words):
    with pytest.raises(SystemExit) as caught:
        main(["show", "out.jsonl", *words])
    assert not caught.value.code
    shown = capsys.readouterr()
    return [line.split("\t") for line in shown.out.splitlines()], shown.err.strip()


def urls_shown(capsys, *words):
    return [row[0] for row in said(capsys, "--columns", "url", *words)[0][1:]]


def test_a_pipe_gets_lines_with_tabs_and_the_counts_go_to_stderr(capsys):
    rows, counts = said(capsys)
    assert rows[0] == ["status", "error.kind", "url", "title"]
    assert rows[1] == ["200", "", urls(1)[0], "One"]
    assert rows[3] == ["503", "http-status", urls(3)[2], ""]
    assert counts == "4 of 4 records · 2 ok · 2 failed (http-status 1 · read-timeout 1)"


def test_what_a_hostile_page_put_into_a_title_is_escaped(capsys):
    title = said(capsys)[0][2][3]
    assert title == "\\x1b[31mred\\x1b]0;x\\x07 \\u202eabc\\n\\ttab\\x9b[bold]b[/bold]\ud7ff"
    assert len(printable("x" * 10_000)) == 2_001


def test_columns_are_named_by_their_path(capsys):
    rows, _ = said(capsys, "--columns", 'fields.price,fields."a.b",error,nothing')
    assert rows[1] == ["2", "dot", "", ""]
    assert rows[3][2] == '{"kind":"http-status","message":"no luck"}'


def test_failed_records_come_first_when_asked(capsys):
    assert [url[-1] for url in urls_shown(capsys, "--failed")] == ["2", "y", "0", "x"]


def test_kinds_statuses_and_hosts_are_chosen_and_counted(capsys):
    assert urls_shown(capsys, "--kind", "read-timeout") == ["http://other.example/y"]
    assert urls_shown(capsys, "--kind", "503,deadline") == [urls(3)[2]]
    assert urls_shown(capsys, "--host", "Other.example") == ["https://other.example:8443/x", "http://other.example/y"]
    assert urls_shown(capsys, "--host", "other.example:8443") == ["https://other.example:8443/x"]
    assert said(capsys, "--host", "h.example")[1] == "2 of 2 records · 1 ok · 1 failed (http-status 1)"


def test_rows_are_sorted_by_a_column_either_way_and_those_without_come_last(capsys):
    assert [url[-1] for url in urls_shown(capsys, "--sort", "elapsed_ms")] == ["0", "x", "2", "y"]
    assert [url[-1] for url in urls_shown(capsys, "--sort=-elapsed_ms")] == ["x", "0", "2", "y"]
    assert [url[-1] for url in urls_shown(capsys, "--sort=-elapsed_ms", "--failed", "--limit", "3")] == ["2", "y", "x"]
    assert urls_shown(capsys, "--sort", "title")[:2] == ["https://other.example:8443/x", "http://h.example/00"]


def test_a_limit_bounds_the_rows_and_not_the_counts(capsys):
    rows, counts = said(capsys, "--limit", "1")
    assert len(rows) == 2
    assert counts.startswith("1 of 4 records · 2 ok")
    assert len(said(capsys, "--limit", "0")[0]) == 5


@pytest.mark.parametrize(
    "words",
    [
        ["none.jsonl"],
        ["out.jsonl", "--kind", "bad-luck"],
        ["out.jsonl", "--columns", "a..b"],
        ["out.jsonl", "--limit", "-1"],
    ],
)
def test_wrong_usage_exits_2_with_one_line(words, capsys):
    with pytest.raises(SystemExit) as caught:
        main(["show", *words])
    shown = capsys.readouterr()
    assert (caught.value.code, shown.out) == (2, "")
    assert len(shown.err.splitlines()) == 1
    assert "--retry-failed" not in shown.err


def test_a_terminal_gets_a_table_that_fits_it(monkeypatch, capsys):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "60")
    with pytest.raises(SystemExit):
        main(["show", "out.jsonl"])
    shown = capsys.readouterr().out
    lines = re.sub(r"\x1b\[[\d;]*m", "", shown).splitlines()
    assert len(lines) == 5
    assert all(len(line) <= 60 for line in lines)
    assert lines[0].split() == ["status", "error.kind", "url", "title"]
    assert "\\x1b[31m" in lines[2]
    assert "\x1b" not in "".join(lines)


@pytest.mark.parametrize(
    ("natural", "columns", "fitting"),
    [
        ([6, 12, 30, 40], 200, [6, 12, 30, 40]),
        ([6, 12, 30, 40], 80, [6, 12, 28, 28]),
        ([6, 12, 30, 40], 40, [6, 9, 9, 9]),
        ([6] * 10, 20, [4] * 10),
        ([], 80, []),
    ],
)
def test_the_widest_columns_give_way_first(natural, columns, fitting):
    assert widths(natural, columns) == fitting
