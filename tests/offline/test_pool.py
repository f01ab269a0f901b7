"""Processes that work in order, and what becomes of a page that kills one."""

import pytest
from keeping import keep, page
from outputs import urls

from scraper.config import Config
from scraper.errors import UsageError
from scraper.offline import sources
from scraper.offline.pool import Pool, processors
from scraper.offline.work import Lines


@pytest.mark.slow
def test_a_page_that_kills_its_process_is_refused_and_the_others_are_not(tmp_path, monkeypatch):
    (tmp_path / "killer.py").write_text(
        "import os\ndef parse(page):\n    if 'kill' in page.text:\n        os.abort()\n    return {'a': 1}\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("scraper.offline.pool.processors", lambda: 1)  # each takes its time to start
    bodies = ["fine", "kill", "fine"]
    keep(tmp_path / "c.warc.zst", [page(url, body) for url, body in zip(urls(3), bodies, strict=True)])
    with sources.opened("c.warc.zst") as pages:
        results = list(Pool(Config(parse="killer:parse"), "", None).results(pages.pieces()))
    data = b"".join(done.data for done in results).decode().splitlines()
    assert ["parse-limit" in line for line in data] == [body == "kill" for body in bodies]
    assert [line.split('"')[3] for line in data] == urls(3)


@pytest.mark.slow
def test_what_a_piece_raises_ends_it(monkeypatch):
    monkeypatch.setattr("scraper.offline.pool.processors", lambda: 1)
    pieces = [Lines(path="out.jsonl", first=1, lines=[b"notes"])] * 9
    with pytest.raises(UsageError, match="line 1"):
        list(Pool(Config(), "", None).results(pieces))


def test_there_is_a_process_for_each_processor():
    assert processors() >= 1
