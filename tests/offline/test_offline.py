"""Records made again from what a run kept: equal to the run's, whatever happened to the container."""

import msgspec
import pytest
from keeping import keep, page
from outputs import records_in, urls, urls_in

from scraper.config import Config
from scraper.errors import UsageError
from scraper.offline import extract
from scraper.offline import work as module
from scraper.offline.work import work


class Here:
    """Works in this process: what the processes do is tested with the pool."""

    def __init__(self, config, compression, _):
        note = type("Note", (), {"value": 0})()
        module._state[:] = [module._State(module.make_extract(config), compression, note)]

    def results(self, pieces):
        yield from map(work, pieces)


@pytest.fixture
def here(monkeypatch):
    monkeypatch.setattr("scraper.offline.Pool", Here)
    yield
    module._state.clear()


@pytest.fixture
def container(tmp_path):
    path = tmp_path / "c.warc.zst"
    keep(path, [page(url, f"<title>{n}</title>") for n, url in enumerate(urls(3))])
    return path


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("suffix", ["", ".gz", ".zst"])
def test_each_page_has_its_record_in_the_order_they_were_kept(tmp_path, container, suffix):
    target = tmp_path / f"out.jsonl{suffix}"
    account = extract(str(container), str(target), Config())
    assert [(record["url"], record["title"]) for record in records_in(target)] == list(zip(urls(3), "012", strict=True))
    assert (account.ok, account.pages, account.bytes_done) == (3, 3, container.stat().st_size)


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_of_a_page_that_was_fetched_again_the_last_counts(tmp_path, container, suffix):
    keep(container, [page(urls(3)[1], "<title>new</title>"), page("http://other.example/", "<title>x</title>")])
    target = tmp_path / f"out.jsonl{suffix}"
    account = extract(str(container), str(target), Config())
    assert [record["title"] for record in records_in(target)] == ["0", "2", "new", "x"]
    assert account.repeated == 1
    assert list(tmp_path.glob(".*")) == []


@pytest.mark.usefixtures("here")
def test_a_torn_page_is_left_out_and_told(tmp_path, container):
    size = container.stat().st_size
    with container.open("r+b") as file:
        file.truncate(size - 3)
    account = extract(str(container), str(tmp_path / "out.jsonl"), Config())
    assert urls_in(tmp_path / "out.jsonl") == urls(2)
    assert account.torn_bytes > 0
    assert account.damaged_bytes == 0


@pytest.mark.usefixtures("here")
def test_an_existing_file_is_replaced_only_when_asked(tmp_path, container):
    target = tmp_path / "out.jsonl"
    target.write_text("mine")
    with pytest.raises(UsageError, match="--overwrite"):
        extract(str(container), str(target), Config())
    assert target.read_text() == "mine"
    extract(str(container), str(target), Config(), overwrites=True)
    assert len(urls_in(target)) == 3


@pytest.mark.usefixtures("here")
def test_a_source_without_a_page_makes_no_file(tmp_path, container):
    keep(tmp_path / "empty.warc.gz", [])
    (tmp_path / "out.jsonl").write_bytes(msgspec.json.encode({"url": "u", "ok": True, "attempts": 1}) + b"\n")
    for source in ("empty.warc.gz", "out.jsonl"):
        with pytest.raises(UsageError, match="holds no pages"):
            extract(str(tmp_path / source), str(tmp_path / "new.jsonl"), Config())
    with pytest.raises(UsageError, match="select"):
        extract(str(container), str(tmp_path / "new.jsonl"), Config(select={"a": "h1[["}))
    assert not (tmp_path / "new.jsonl").exists()


@pytest.mark.usefixtures("here")
def test_an_output_is_not_read_and_replaced_at_once(tmp_path):
    path = tmp_path / "out.jsonl"
    path.write_bytes(msgspec.json.encode({"url": "u", "ok": True, "attempts": 1, "html": "x"}) + b"\n")
    with pytest.raises(UsageError, match="what is read"):
        extract(str(path), str(path), Config(), overwrites=True)


@pytest.mark.slow
def test_the_processes_of_a_pool_make_the_same_records(tmp_path, container, capfdbinary, monkeypatch):
    monkeypatch.setattr("scraper.offline.pool.processors", lambda: 1)
    extract(str(container), str(tmp_path / "out.jsonl"), Config())
    assert urls_in(tmp_path / "out.jsonl") == urls(3)
    extract(str(container), "-", Config())
    assert capfdbinary.readouterr().out == (tmp_path / "out.jsonl").read_bytes()
