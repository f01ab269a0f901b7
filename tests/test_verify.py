"""What the files prove, and the places that they do not."""

import asyncio
import os
import tracemalloc

import msgspec
import pytest
from outputs import SUFFIXES, failed, opened, record, urls, write

from scraper.compression import compress
from scraper.errors import ERROR_KINDS, UsageError
from scraper.models import Redirect, Timings
from scraper.sources import iterable_source
from scraper.verify import FIRST, Place, verify

GOOD = b'{"url":"http://h.example/00","ok":true,"attempts":1}\n'


@pytest.fixture(params=SUFFIXES, ids=["plain", "gz", "zst"])
def path(request, tmp_path):
    return tmp_path / f"out.jsonl{request.param}"


def wrote(path, records):
    with opened(path) as output:
        write(output, records)
    return path


def verdict(path, lines=None, **options):
    rows = None if lines is None else iterable_source(lines)
    return asyncio.run(verify(str(path), rows, **options))


def put(path, text):
    path.write_bytes(compress(text, path.suffix if path.suffix in SUFFIXES else ""))
    return path


def test_a_finished_run_is_proven(path):
    every = [record(url) for url in urls(8)] + [
        failed("nonsense", "invalid-url"),
        failed("http://x.example", "deadline"),
    ]
    lines = [*urls(8), "nonsense", "http://x.example/", "HTTP://H.example:80/00#top", ""]
    proof = verdict(wrote(path, every), lines)
    assert proof.is_proven
    assert (proof.lines, proof.recorded, proof.duplicates, proof.blank, proof.missing) == (12, 10, 1, 1, 0)
    assert (proof.recorded, proof.records, proof.ok) == (10, 10, 8)
    assert proof.failed == {"invalid-url": 1, "deadline": 1}
    assert proof.places == {}


def test_every_record_that_a_run_can_write_is_well_formed(path):
    full = record(
        "http://h.example/full",
        status=200,
        final_url="http://h.example/",
        redirects=(Redirect(301, "http://h.example/full"),),
        timings=Timings(dns=1.0, parse=0.2),
        meta={"og": {"title": "x"}},
        links=["http://h.example/"],
        fields={"deep": [[[1]]]},
        input={"name": None},
    )
    kinds = [failed(f"http://h.example/{kind}", kind, 404) for kind in sorted(ERROR_KINDS)]
    assert verdict(wrote(path, [full, *kinds])).is_proven


def test_missing_and_extra_urls_are_named_by_their_places(path):
    proof = verdict(
        wrote(path, [record(url) for url in urls(4)]), [*urls(3), "", "http://h.example/a", "http://b.example"]
    )
    assert not proof.is_proven
    assert (proof.missing, proof.extra) == (2, 1)
    assert proof.places["missing"] == [Place("urls", 5, "http://h.example/a"), Place("urls", 6, "http://b.example")]
    assert proof.places["extra"] == [Place(str(path), 4, "http://h.example/03")]


def test_only_the_first_places_are_named_and_all_are_counted(tmp_path):
    proof = verdict(wrote(tmp_path / "out.jsonl", []), urls(50))
    assert proof.missing == 50
    assert len(proof.places["missing"]) == FIRST


def test_with_a_limit_only_so_many_urls_count(path):
    done = wrote(path, [record(url) for url in urls(3)])
    assert verdict(done, ["", *urls(9)], limit=3).is_proven
    assert verdict(done, urls(9), limit=4).missing == 1


@pytest.mark.parametrize(
    "second", [b'{"url":"http://h.example/00","ok":true,"attempts":2}\n', GOOD.replace(b"00", b"00#x")]
)
def test_a_second_record_of_a_url_is_found(path, second):
    proof = verdict(put(path, GOOD + second), ["http://h.example/00"])
    assert not proof.is_proven
    assert proof.repeated == 1
    assert proof.places["repeated"][0].line == 2


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (b"", "truncated"),
        (b"[]", "array"),
        (b"http://h.example/", "malformed"),
        (b'{"url":"http://h.ex', "truncated"),
        (b'{"url":"u","ok":true,"attempts":1}{}', "trailing"),
        (b'{"url":"u","ok":true}', "attempts"),
        (b'{"url":"u","attempts":1}', "ok"),
        (b'{"url":"","ok":true,"attempts":1}', "`url` is empty"),
        (b'{"url":"u","ok":true,"attempts":-1}', "`attempts` is negative"),
        (b'{"url":"u","ok":true,"attempts":1,"error":{"kind":"deadline","message":"m"}}', "either"),
        (b'{"url":"u","ok":false,"attempts":1}', "either"),
        (b'{"url":"u","ok":false,"attempts":1,"error":{"kind":"tea-time","message":"m"}}', "tea-time"),
        (b'{"url":"u","ok":false,"attempts":1,"error":{"kind":"deadline"}}', "message"),
        (b'{"url":"u","ok":false,"attempts":1,"error":{"kind":"deadline","message":"m","x":1}}', "unknown field `x`"),
        (b'{"url":"u","ok":true,"attempts":1,"mine":1}', "unknown field `mine`"),
        (b'{"url":"u","ok":true,"attempts":1,"status":"200"}', "status"),
        (b'{"url":"u","ok":true,"attempts":1,"links":[1]}', "links"),
        (b'{"url":"\xff","ok":true,"attempts":1}', "utf-8"),
        (b'{"url":"u","ok":true,"attempts":1,"fields":{"x":' + b"[" * 9999, "nested too deeply"),
    ],
)
def test_a_line_that_is_no_record_is_named_with_the_reason(path, line, what):
    proof = verdict(put(path, GOOD + line + b"\n" + GOOD.replace(b"00", b"01")), urls(2))
    assert not proof.is_proven
    assert (proof.malformed, proof.records, proof.missing) == (1, 2, 0)
    assert proof.places["malformed"][0].line == 2
    assert what.lower() in proof.places["malformed"][0].what.lower()


def test_cut_anywhere_it_is_not_proven_and_what_is_whole_is_counted(path):
    wrote(path, [record(url) for url in urls(2)])
    whole = len(path.read_bytes())
    wrote(path, [record("http://h.example/02")])
    data = path.read_bytes()
    for end in range(whole + 1, len(data)):
        path.write_bytes(data[:end])
        proof = verdict(path, urls(3))
        assert not proof.is_proven, f"cut at byte {end}"
        assert "torn" in proof.places
        assert proof.records == (3 if path.suffix == ".jsonl" and end == len(data) - 1 else 2)
        assert proof.malformed == 0


def test_zero_bytes_that_a_power_loss_left_are_torn(path):
    wrote(path, [record(url) for url in urls(2)])
    with path.open("ab") as file:
        file.write(bytes(4096))
    proof = verdict(path, urls(2))
    assert not proof.is_proven
    assert proof.torn_bytes == 4096
    assert proof.records == 2


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_damaged_compressed_data_is_not_proven(tmp_path, suffix):
    path = wrote(tmp_path / f"out.jsonl{suffix}", [record(url, title=os.urandom(20).hex()) for url in urls(200)])
    data = bytearray(path.read_bytes())
    for at in range(50, len(data), 97):
        data[at] ^= 0x55
        path.write_bytes(data)
        assert not verdict(path, urls(200)).is_proven, f"byte {at}"
        data[at] ^= 0x55


def test_an_empty_output_proves_an_empty_list(path):
    path.touch()
    assert verdict(path, ["", ""]).is_proven
    assert not verdict(path, ["http://h.example/"]).is_proven


@pytest.mark.parametrize("name", ["missing.jsonl", ".", "/dev/null", "a\0b"])
def test_what_cannot_be_read_is_refused(name):
    with pytest.raises(UsageError, match="name the output of a run"):
        verdict(name, [])


def test_the_verdict_is_one_json_object(path):
    proof = verdict(wrote(path, [record(urls(1)[0])]), urls(2))
    assert msgspec.json.decode(msgspec.json.encode(proof))["places"]["missing"][0]["line"] == 2


def test_it_takes_a_few_bytes_for_each_url(tmp_path):
    def peak(number):
        path = tmp_path / f"{number}.jsonl"
        path.write_bytes(b"".join(b'{"url":"http://h.example/%d","ok":true,"attempts":1}\n' % n for n in range(number)))
        tracemalloc.start()
        assert verdict(path, (f"http://h.example/{n}" for n in range(number))).is_proven
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size

    assert (peak(12_000) - peak(4_000)) / 8_000 < 48
