"""The container: named, locked, appended to, mended; a crash at any byte costs the torn page alone."""

import asyncio
import os

import pytest
from keeping import SUFFIXES, keep, page, urls_kept
from outputs import NOW

from scraper.errors import OutputError, OutputLocked, UsageError
from scraper.kept import PageKeeper, container_name, open_container

URLS = [f"http://h.example/{n}" for n in range(3)]


@pytest.mark.parametrize(
    ("keep_option", "output", "name"),
    [
        ("kept", "output/urls.jsonl", "kept/urls.warc.zst"),
        ("kept", "output/urls.jsonl.gz", "kept/urls.warc.zst"),
        ("kept", "-", "kept/pages.warc.zst"),
        ("kept", None, "kept/pages.warc.zst"),
        ("a/b-{date}.warc.gz", "x.jsonl", "a/b-2026-08-01.warc.gz"),
        ("{date}", "x-{time}.jsonl", "2026-08-01/x-{time}.warc.zst"),
    ],
)
def test_its_name_comes_from_the_option_and_the_output(keep_option, output, name):
    assert container_name(keep_option, output, NOW) == name


@pytest.mark.parametrize("name", ["pages.zst", "pages.gz", "pages.warc", "out.jsonl"])
def test_a_file_of_another_kind_is_refused(name):
    with pytest.raises(UsageError, match="name a folder, or a file"):
        container_name(name, None, NOW)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_crash_at_any_byte_costs_the_torn_page_alone(tmp_path, suffix, monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda _: None)  # 2,000 of them
    path = tmp_path / f"c{suffix}"
    ends = []
    for url in URLS[:2]:
        keep(path, [page(url)])
        ends.append(path.stat().st_size)
    whole = path.read_bytes()
    for cut in range(len(whole)):
        path.write_bytes(whole[:cut])
        keep(path, [page("http://h.example/next")])
        assert urls_kept(path) == [
            *(url for url, end in zip(URLS[:2], ends, strict=True) if end <= cut),
            "http://h.example/next",
        ]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_zero_bytes_of_a_power_loss_are_cut_off(tmp_path, suffix):
    path = tmp_path / f"c{suffix}"
    path.write_bytes(bytes(5000))
    keep(path, [page(URLS[0])])
    with path.open("ab") as file:
        file.write(bytes(5000))
    keep(path, [page(URLS[1])])
    assert urls_kept(path) == URLS[:2]


def test_two_runs_cannot_write_to_one(tmp_path):
    file, is_new = open_container(str(tmp_path / "c.warc.zst"), fresh=False, now=NOW)
    assert is_new
    with pytest.raises(OutputLocked):
        open_container(str(tmp_path / "c.warc.zst"), fresh=False, now=NOW)
    file.close()


def test_fresh_renames_an_earlier_one(tmp_path):
    path = tmp_path / "c.warc.zst"
    keep(path, [page(URLS[0])])
    open_container(str(path), fresh=True, now=NOW)[0].close()
    assert urls_kept(path) == []
    assert urls_kept(tmp_path / "c.20260801T101530Z.warc.zst") == URLS[:1]


@pytest.mark.parametrize("data", [b"notes\n" * 200, b"\x28\xb5\x2f\xfd" + b"x" * 2000])
def test_a_file_that_is_none_of_ours_is_left_alone(tmp_path, data):
    path = tmp_path / "c.warc.zst"
    path.write_bytes(data)
    with pytest.raises(OutputError, match="choose another --keep"):
        open_container(str(path), fresh=False, now=NOW)
    assert path.read_bytes() == data


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot open"):
        open_container(str(tmp_path / "file" / "c.warc.zst"), fresh=False, now=NOW)


@pytest.mark.parametrize("size", [10, 300 * 1024])
def test_a_page_is_in_the_file_when_keeping_it_has_ended(tmp_path, size):
    path = tmp_path / "c.warc.zst"
    keeper = PageKeeper()
    file, _ = open_container(str(path), fresh=False, now=NOW)
    with keeper.writing_to(file):
        asyncio.run(keeper(*page(URLS[0], os.urandom(size))))
        assert urls_kept(path) == URLS[:1]
    assert keeper.file is None


def test_a_full_disk_leaves_no_piece_of_a_page(tmp_path, monkeypatch):
    path = tmp_path / "c.warc.zst"
    keep(path, [page(URLS[0])])
    size = path.stat().st_size
    write = os.write

    def full(fd, data):
        if len(data) < 100:
            raise OSError(28, "no space left")
        return write(fd, bytes(data)[: len(data) - 50])

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OutputError, match="No space"):
        keep(path, [page(URLS[1])])
    assert path.stat().st_size == size
