"""Records are found from any place of a container, past any damage, and only our own."""

import itertools
import random

import pytest
from keeping import SUFFIXES, keep, kept_in, page, urls_kept

from scraper.compression import compress, compression_of
from scraper.kept.pages import to_warc
from scraper.kept.reading import end_of_last, first, next_start, records
from scraper.output import OutputFile

URLS = [f"http://h.example/{n}" for n in range(6)]


@pytest.fixture(params=SUFFIXES)
def container(request, tmp_path):
    path = tmp_path / f"c{request.param}"
    chance = random.Random(1)
    keep(path, [page(url, f"<p>{chance.random()}</p>" * 9) for url in URLS])
    return path


def found_in(path, start=0, end=None):
    with path.open("rb", buffering=0) as raw:
        file = OutputFile(str(path), path, raw.fileno())
        return list(records(file, first(file)[0], start, file.size if end is None else end))


def test_they_come_in_order(container):
    assert urls_kept(container) == URLS


def test_stretches_that_are_the_file_have_each_record_once(container):
    size = container.stat().st_size
    whole = [part.start for part in found_in(container)]
    for cuts in ([size // 2], [1, 2, 3], range(0, size, 100), whole):
        places = [0, *cuts, size]
        got = [part.start for a, b in itertools.pairwise(places) for part in found_in(container, a, b)]
        assert got == whole


def test_damage_costs_the_page_that_it_meets_and_is_told(container):
    parts = found_in(container)
    data = bytearray(container.read_bytes())
    middle = (parts[2].start + parts[2].end) // 2
    data[middle : middle + 4] = b"\0\0\0\0"
    container.write_bytes(data)
    damaged = found_in(container)
    assert [(part.start, part.end) for part in damaged if part.warc is None] == [(parts[2].start, parts[2].end)]
    assert len(damaged) == len(parts)


def test_a_page_that_pretends_to_be_a_record_is_none(container):
    forged = compress(to_warc(*page("http://evil.example/"), info_id="<urn:uuid:guessed>"), compression_of(container))
    with container.open("ab") as file:
        file.write(forged)
    *whole, last = found_in(container)
    assert len(whole) == len(URLS)
    assert last.warc is None


def test_what_cannot_be_compressed_may_hold_a_record_and_is_a_page_still(tmp_path):
    path = tmp_path / "c.warc.zst"
    forged = compress(to_warc(*page("http://evil.example/"), info_id="<urn:uuid:guessed>"), ".zst")
    noise = random.Random(2).randbytes(400)
    keep(path, [page("http://h.example/forger", noise + forged + noise)])
    data = path.read_bytes()
    assert forged in data
    assert urls_kept(path) == ["http://h.example/forger"]
    assert found_in(path, data.index(forged) - 50) == []


def test_the_end_of_the_last_whole_record_is_found_from_behind(container):
    parts = found_in(container)
    with container.open("rb", buffering=0) as raw:
        file = OutputFile(str(container), container, raw.fileno())
        info_id, size = first(file)
        assert end_of_last(file, info_id, size) == file.size
        for cut in range(parts[-1].start, file.size):
            file.size = cut
            assert end_of_last(file, info_id, size) == parts[-1].start
        file.size = size + 10
        assert end_of_last(file, info_id, size) == size


def test_a_record_is_found_wherever_a_window_of_the_search_ends(container, monkeypatch):
    monkeypatch.setattr("scraper.kept.reading._SEARCH_BYTES", 64)
    parts = found_in(container)
    assert [part.end for part in parts][:-1] == [part.start for part in parts][1:]
    with container.open("rb", buffering=0) as raw:
        file = OutputFile(str(container), container, raw.fileno())
        info_id, size = first(file)
        assert next_start(file, info_id, parts[1].start + 1, file.size) == parts[2].start
        file.size -= 1
        assert end_of_last(file, info_id, size) == parts[-1].start


def test_what_does_not_begin_like_ours_is_refused(tmp_path):
    path = tmp_path / "c.warc.gz"
    path.write_bytes(compress(to_warc(*page(URLS[0]), info_id="<urn:uuid:1>"), ".gz"))
    with pytest.raises(ValueError, match="begun"):
        kept_in(path)
