"""`scrape extract` as a user types it: the account, the exit codes, the options of a run that extract."""

import inspect
import sys
from collections import Counter

import pytest
from keeping import keep, page
from outputs import records_in, urls

from scraper.cli import extracting, main
from scraper.cli.commands.extract import extract as command
from scraper.cli.commands.scrape import scrape_sources
from scraper.cli.extracting import default_output, text
from scraper.offline import Extraction


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("scraper.offline.pool.processors", lambda: 1)
    keep(tmp_path / "kept" / "shop.warc.zst", [page(url, f"<h1>Head {url[-1]}</h1>") for url in urls(3)])
    return tmp_path


def said(capsys, *words):
    with pytest.raises(SystemExit) as caught:
        main(["extract", *words])
    return caught.value.code or 0, capsys.readouterr()


@pytest.mark.slow
def test_records_are_made_again_with_other_selectors(folder, capsys):
    code, shown = said(capsys, "kept", "--select", "head=h1", "--links")
    assert code == 0
    assert shown.out == ""
    first, speed, output = shown.err.splitlines()
    assert first == "3 records = 3 ok"
    assert speed.startswith("speed       ")
    assert output == "output      output/kept-extracted.jsonl"
    assert [record["fields"] for record in records_in(folder / "output" / "kept-extracted.jsonl")] == [
        {"head": f"Head {n}"} for n in range(3)
    ]


def test_it_takes_the_options_of_a_run_that_extract_and_no_others():
    taken = set(inspect.signature(command).parameters)
    assert {"select", "links", "meta", "html", "parse"} <= taken
    assert not taken & {"concurrency", "keep", "retries", "fresh"}
    of_a_run = inspect.signature(scrape_sources).parameters
    assert all(of_a_run[name] == inspect.signature(command).parameters[name] for name in ("select", "parse"))


@pytest.mark.parametrize(
    ("kept", "output"),
    [
        ("kept/shop.warc.zst", "output/shop-extracted.jsonl"),
        ("kept/", "output/kept-extracted.jsonl"),
        ("output/urls.jsonl.gz", "output/urls-extracted.jsonl"),
    ],
)
def test_the_output_is_named_for_what_was_kept(kept, output):
    assert default_output(kept) == output


def test_the_account_tells_what_is_not_as_it_should_be():
    account = Extraction(
        ok=2, failed=Counter({"extract-error": 1}), pages=2, without_page=1, repeated=1, damaged_bytes=9, torn_bytes=8
    )
    assert list(text(account, "-", elapsed_s=1.0)) == [
        "3 records = 2 ok + 1 extract-error",
        "taken over  1 record as they were: they have no page",
        "repeated    1 page fetched once more later: the last one counts",
        "damaged     9 bytes that hold no whole page: skipped",
        "torn        the last 8 bytes are a piece of a page or a record: left out",
        "speed       2 pages/s in 1 s",
        "output      standard output",
    ]


@pytest.mark.parametrize(
    ("account", "code"),
    [
        (Extraction(ok=1, failed=Counter({"extract-error": 1})), 0),
        (Extraction(failed=Counter({"extract-error": 1})), 1),
        (Extraction(ok=1, failed=Counter({"internal-error": 1})), 70),
    ],
)
def test_the_exit_code_is_that_of_a_run(monkeypatch, capsys, account, code):
    monkeypatch.setattr(extracting, "extract", lambda *_, **__: account)
    assert said(capsys, "kept", "-q") == (code, ("", ""))


def test_a_live_line_is_for_terminals_only(monkeypatch, capsys):
    def work(*_, watch, **__):
        account = Extraction(pages=50, bytes_done=1, bytes_in_all=2)
        watch(account)
        return account

    monkeypatch.setattr(extracting, "extract", work)
    assert "\r" not in said(capsys, "kept")[1].err
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert " 50% · 50 pages · " in said(capsys, "kept")[1].err


@pytest.mark.parametrize(
    "words",
    [[], ["none"], ["kept", "--select", "head=h1[["], ["kept", "-o", "kept/shop.warc.zst"], ["kept", "--parse", "x"]],
)
def test_wrong_usage_exits_2_with_one_line(folder, words, capsys):
    code, shown = said(capsys, *words)
    assert code == 2
    assert shown.out == ""
    assert len(shown.err.splitlines()) == 1
    assert not (folder / "output").exists()
