"""`scrape verify` as a user types it: the account, the places, the exit codes."""

import msgspec
import pytest
from outputs import failed, opened, record, urls, write

from scraper.cli import main


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The current directory, with a list of three URLs and the output of a run over it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "urls.txt").write_text("\n".join(["# mine", *urls(3), urls(1)[0]]) + "\n")
    with opened("out.jsonl") as output:
        write(output, [record(url) for url in urls(2)] + [failed(urls(3)[2], "deadline")])
    return tmp_path


def said(capsys, *words):
    with pytest.raises(SystemExit) as caught:
        main(["verify", *words])
    return caught.value.code, capsys.readouterr()


def test_a_proven_run_exits_0_with_its_account(capsys):
    code, shown = said(capsys, "out.jsonl", "urls.txt")
    assert code == 0
    assert shown.out == (
        "5 lines = 3 with a record + 1 duplicate + 1 blank\n"
        "3 records = 2 ok + 1 deadline\n"
        "Proven: each URL of the sources has exactly one whole record in out.jsonl.\n"
    )
    assert shown.err == ""


def test_without_sources_the_records_alone_are_checked(capsys):
    code, shown = said(capsys, "out.jsonl")
    assert code == 0
    assert shown.out.endswith("Proven: out.jsonl holds whole records only, one for each URL.\n")


def test_what_is_not_proven_exits_3_and_names_the_places_and_the_remedy(folder, capsys):
    with (folder / "out.jsonl").open("ab") as file:
        file.write(b'{"url":"http://other.example/","ok":true,"attempts":1}\nnotes\n{"url":"ht')
    with (folder / "urls.txt").open("a") as file:
        file.writelines(f"http://new.example/{n}\n" for n in range(7))
    code, shown = said(capsys, "out.jsonl", "urls.txt")
    assert code == 3
    assert shown.out.startswith("12 lines = 3 with a record + 7 missing + 1 duplicate + 1 blank\n4 records = 3 ok")
    for words in (
        "missing     line 6 of urls.txt: http://new.example/0\n",
        "            and 2 more\n",
        "extra       line 4 of out.jsonl: http://other.example/\n",
        "malformed   line 5 of out.jsonl: ",
        "torn        line 6 of out.jsonl: the last 10 bytes are a piece of a record\n",
        "NOT PROVEN: run the same line again to fetch what is missing; the next run mends the end; ",
    ):
        assert words in shown.out


def test_json_prints_one_object(capsys):
    code, shown = said(capsys, "out.jsonl", "urls.txt", "--json", "--limit", "2")
    assert code == 3
    verdict = msgspec.json.decode(shown.out)
    assert (verdict["is_proven"], verdict["recorded"], verdict["extra"]) == (False, 2, 1)


def test_the_columns_of_a_source_are_read_as_a_run_reads_them(folder, capsys):
    (folder / "shop.csv").write_text("name,page\n" + "".join(f"x,{url}\n" for url in urls(3)))
    assert said(capsys, "out.jsonl", "shop.csv", "--url-column", "page")[0] == 0


@pytest.mark.parametrize("words", [[], ["none.jsonl"], ["out.jsonl", "none.txt"], ["out.jsonl", "--limit", "0"]])
def test_wrong_usage_exits_2_with_one_line(words, capsys):
    code, shown = said(capsys, *words)
    assert code == 2
    assert shown.out == ""
    assert len(shown.err.splitlines()) == 1
