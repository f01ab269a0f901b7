import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.compression import compress
from scraper.errors import UsageError
from scraper.sources.columns import Columns
from scraper.sources.pipeline import Pipeline

TEXT = "".join(f"https://a.example/{n * 7919}\n" for n in range(300))
URLS = TEXT.split()


def batches_of(source: str, data: bytes, size: int):
    pipeline = Pipeline(source, Columns())
    for start in range(0, len(data), size):
        yield from pipeline.feed(data[start : start + size])
    yield from pipeline.finish()


@pytest.mark.parametrize("suffix", ["", ".gz", ".zst"])
@given(size=st.integers(1, 5000))
def test_the_rows_do_not_depend_on_the_pieces(suffix, size):
    batches = list(batches_of(f"a.txt{suffix}", compress(TEXT.encode(), suffix), size))
    assert all(batches)
    assert [row.url for rows in batches for row in rows] == URLS


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_concatenated_members_are_one_text(suffix):
    data = compress(b"https://a.exa", suffix) + compress(b"mple/\nhttps://b.example/", suffix)
    assert [row.url for rows in batches_of(f"a{suffix}", data, 9) for row in rows] == [
        "https://a.example/",
        "https://b.example/",
    ]


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_compressed_data_that_ends_early_gives_what_it_holds_and_is_then_refused(suffix):
    text = "".join(f"https://a.example/{n * 7919}\n" for n in range(60_000)).encode()
    data = compress(text, suffix)
    got = []
    with pytest.raises(UsageError, match=r"a\.txt\.\w+: the compressed data ends too early"):
        got.extend(row.url for rows in batches_of(f"a.txt{suffix}", data[: len(data) // 2], 65_536) for row in rows)
    assert got
    assert got == text.decode().split()[: len(got)]


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_damaged_compressed_data_is_refused(suffix):
    with pytest.raises(UsageError, match=r"a\.txt\.\w+: damaged \w+ data"):
        list(batches_of(f"a.txt{suffix}", b"this is a plain text", 65_536))


def test_highly_compressed_data_is_inflated_in_bounded_pieces():
    data = compress(b"https://a.example/\n" * 1_000_000, ".gz")
    sizes = [len(rows) for rows in batches_of("a.gz", data, 65_536)]
    assert sum(sizes) == 1_000_000
    assert max(sizes) < 4096 * 1032 / 19


@pytest.mark.parametrize("data", [b"%PDF-1.4 ...", b"a\0b\0\0\0\0"])
def test_a_binary_stream_is_refused_by_name(data):
    with pytest.raises(UsageError, match=r"^standard input (is a PDF document|holds binary data)"):
        list(batches_of("standard input", data, 3))


def test_a_binary_file_of_a_few_bytes_is_refused_by_name():
    with pytest.raises(UsageError, match=r"^a\.txt holds binary data"):
        list(batches_of("a.txt", b"\0", 3))
