"""The records of an output in whatever state a run left it, and what is said of the rest."""

import os

import pytest
from outputs import SUFFIXES, opened, record, write

from scraper.compression import Members, compress
from scraper.report.reading import Reader, is_filled
from scraper.resume.reading import open_to_read

URLS = [f"http://h.example/{n}" for n in range(3)]


@pytest.fixture(params=SUFFIXES, ids=["plain", "gz", "zst"])
def path(request, tmp_path):
    path = tmp_path / f"out.jsonl{request.param}"
    with opened(path) as output:
        write(output, [record(url, title="t", fields={"a": [1], "b": None}) for url in URLS])
    return path


def read(path):
    with open_to_read(str(path)) as file:
        reader = Reader(file)
        return [entry.url for entry in reader], reader.left


def test_the_records_of_a_finished_run_are_read_whole(path):
    urls, left = read(path)
    assert urls == URLS
    assert left.is_sound
    assert left.torn_bytes == 0


def test_a_torn_last_line_is_left_out_and_told(tmp_path):
    path = tmp_path / "out.jsonl"
    path.write_bytes(b'{"url":"a","ok":true}\n{"url":"b","ok":tr')
    urls, left = read(path)
    assert urls == ["a"]
    assert left.is_sound
    assert left.torn_bytes == 18


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_of_a_member_that_a_run_has_not_finished_the_whole_records_are_read(suffix, tmp_path):
    path = tmp_path / f"out.jsonl{suffix}"
    members = Members(suffix)
    whole = members.add(b'{"url":"a","ok":true}\n') + members.finish()
    path.write_bytes(whole + members.add(b'{"url":"b","ok":true}\n') + members.add(b'{"url":"c","ok"'))
    urls, left = read(path)
    assert urls == ["a", "b"]
    assert left.is_sound
    assert left.torn_bytes == 15


def test_blocks_of_zeros_that_a_power_loss_left_are_left_out_and_told(tmp_path):
    path = tmp_path / "out.jsonl"
    path.write_bytes(b'{"url":"http://h.example/","ok":true,"attempts":1}\n' + bytes(4096))
    urls, left = read(path)
    assert urls == ["http://h.example/"]
    assert (left.torn_bytes, left.is_sound) == (4096, True)


def test_lines_that_are_no_records_are_left_out_counted_and_the_first_one_named(tmp_path):
    path = tmp_path / "out.jsonl"
    path.write_text('{"url":"a","ok":true}\nnonsense\n\n{"url":1,"ok":true}\n[]\n{"url":"b","ok":true}')
    urls, left = read(path)
    assert urls == ["a", "b"]
    assert left.malformed == 3
    assert left.first.startswith("line 2: ")
    assert not left.is_sound


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_damage_within_a_compressed_output_is_told_with_its_place(suffix, tmp_path):
    path = tmp_path / f"out.jsonl{suffix}"
    long = b'{"url":"http://h.example/%s","ok":true}\n' % os.urandom(100_000).hex().encode()
    path.write_bytes(compress(long, suffix) + b"\xff" * 100 + compress(long, suffix))
    urls, left = read(path)
    assert len(urls) <= 1
    assert left.damage.startswith(f"after line {len(urls)}: ")
    assert not left.is_sound


def test_a_field_is_filled_when_it_holds_anything(path):
    with open_to_read(str(path)) as file:
        entry = next(iter(Reader(file)))
    assert {name: is_filled(value) for name, value in entry.fields.items()} == {"a": True, "b": False}
    assert not any(is_filled(empty) for empty in (b'""', b"[]", b"{}"))
    assert is_filled(b"0")
