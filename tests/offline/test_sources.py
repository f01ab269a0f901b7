"""What was kept, in pieces that are all of it."""

import pytest
from keeping import keep, page
from outputs import opened as opened_output
from outputs import record, urls, write

from scraper.errors import UsageError
from scraper.offline import sources
from scraper.offline.sources import opened


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch):
    monkeypatch.setattr(sources, "PIECE_BYTES", 300)


def test_the_pieces_of_a_container_are_all_of_it(tmp_path):
    path = tmp_path / "c.warc.zst"
    keep(path, [page(url) for url in urls(4)])
    with opened(str(path)) as pages:
        pieces = list(pages.pieces())
        assert pages.size == path.stat().st_size
    assert [piece.start for piece in pieces] == [0, *(piece.end for piece in pieces)][:-1]
    assert pieces[-1].end == pages.size


def test_a_folder_with_one_container_is_that(tmp_path):
    with pytest.raises(UsageError, match="containers in it: none"), opened(str(tmp_path)):
        pass
    keep(tmp_path / "a.warc.zst", [page(urls(1)[0])])
    (tmp_path / "notes.txt").write_text("")
    with opened(str(tmp_path)) as pages:
        assert list(pages.pieces())
    keep(tmp_path / "b.warc.gz", [page(urls(1)[0])])
    with pytest.raises(UsageError, match=r"a\.warc\.zst, .*b\.warc\.gz"), opened(str(tmp_path)):
        pass


@pytest.mark.parametrize("suffix", ["", ".gz", ".zst"])
def test_the_pieces_of_an_output_are_its_whole_lines(tmp_path, suffix):
    path = tmp_path / f"out.jsonl{suffix}"
    with opened_output(path) as output:
        write(output, [record(url) for url in urls(20)])
    with path.open("ab") as file:
        file.write(b'{"url":"ht' if not suffix else path.read_bytes()[:4])
    with opened(str(path)) as pages:
        pieces = list(pages.pieces())
        assert pages.torn_bytes == (4 if suffix else 10)
    assert sum(len(piece.lines) for piece in pieces) == 20
    assert [piece.first for piece in pieces][:2] == [1, 1 + len(pieces[0].lines)]


def test_a_container_of_another_program_is_refused(tmp_path):
    path = tmp_path / "c.warc.gz"
    path.write_bytes(b"WARC/1.0\r\n")
    with pytest.raises(UsageError, match="not a container that --keep made"), opened(str(path)):
        pass
