import codecs
import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.sources.text import KEPT_BYTES, MAX_LINE_BYTES, Lines

LINE_ENDS = ["\n", "\r\n", "\r"]


def lines_of(data: bytes, *cuts: int) -> list[str]:
    """Feed `data` in pieces that end at `cuts`."""
    lines = Lines()
    ends = sorted(min(cut, len(data)) for cut in cuts)
    pieces = [data[start:end] for start, end in zip([0, *ends], [*ends, len(data)], strict=True)]
    return [line for piece in pieces for line in lines.feed(piece)] + lines.finish()


def in_pieces(data: bytes, size: int) -> list[str]:
    return lines_of(data, *range(size, len(data), size))


@given(st.text(alphabet="ab\n\r\u2028\x0b\x0c\x1c\x85é😀", max_size=60), st.lists(st.integers(0, 240), max_size=8))
def test_lines_are_those_of_universal_newlines_wherever_the_pieces_end(text, cuts):
    assert lines_of(text.encode(), *cuts) == list(io.StringIO(text, newline=""))


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40), st.integers(1, 7))
def test_utf_16_with_a_mark_reads_like_utf_8(text, size):
    expected = list(io.StringIO(text, newline=""))
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        assert in_pieces(mark + text.encode(encoding), size) == expected


@pytest.mark.parametrize("end", LINE_ENDS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_i1_every_encoding_and_line_end_gives_the_same_lines(end, encoding, size):
    text = end.join(["https://a.example/é", "", "https://b.example/"])
    assert in_pieces(text.encode(encoding), size) == [f"https://a.example/é{end}", end, "https://b.example/"]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_may_hold_characters_with_a_zero_on_the_other_side(encoding):
    text = "https://a.example/\u3000\n"
    assert lines_of((text * 100).encode(encoding)) == [text] * 100


def test_a_line_that_is_not_utf_8_is_read_as_windows_1252_and_its_neighbours_are_not():
    data = "https://a.example/é\n".encode() + b"https://b.example/\xe9\x80\nhttps://c.example/\x81\xe9\n"
    assert lines_of(data) == ["https://a.example/é\n", "https://b.example/é€\n", "https://c.example/\x81é\n"]


def test_an_empty_file_has_no_lines():
    assert lines_of(b"") == []
    assert lines_of(codecs.BOM_UTF8) == []


def test_a_line_is_given_as_soon_as_it_ends():
    lines = Lines()
    assert lines.feed(b"https://a.example/") == []
    assert lines.feed(b"\nhttps") == ["https://a.example/\n"]


@pytest.mark.parametrize("size", [10_000, 65_536, 10_000_000])
@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
def test_i2_a_line_of_several_megabytes_is_cut_wherever_the_pieces_end(size, end):
    long = b"https://a.example/" + b"x" * (3 * MAX_LINE_BYTES)
    data = b"first\n" + long + end.encode() + (b"last" if end else b"")
    cut = long[:KEPT_BYTES].decode() + "…\n"
    assert in_pieces(data, size) == ["first\n", cut, *(["last"] if end else [])]


@pytest.mark.parametrize("size", [65_536, 10_000_000])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", ""])
def test_a_line_just_at_the_limit_is_kept_whole(size, end):
    line = "y" * MAX_LINE_BYTES
    assert in_pieces((line + end).encode(), size) == [line + end]
    assert in_pieces((line + "y" + end).encode(), size) == [line[:KEPT_BYTES] + "…\n"]


def test_i2_a_text_without_line_ends_takes_bounded_memory():
    lines = Lines()
    got = [line for _ in range(200) for line in lines.feed(b"z" * 65_536)]
    assert got == ["z" * KEPT_BYTES + "…\n"]
    assert len(lines._tail) <= MAX_LINE_BYTES


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"%PDF-1.7\n", "a PDF document"),
        (b"PK\x03\x04rest", "Excel workbook"),
        (b"\x89PNG\r\n\x1a\n", "a PNG image"),
        (b"\xff\xd8\xff\xe0", "a JPEG image"),
        (b"\x7fELF\x02", "a program"),
        (b"SQLite format 3\x00", "an SQLite database"),
        (b"\x1f\x8b\x08\x00", r"end in \.gz"),
        (b"\x28\xb5\x2f\xfd", r"end in \.zst"),
        (b"https://a.example/\0https://b.example/\0", "binary data"),
        (bytes(1000), "binary data"),
        (b"\0", "binary data"),
    ],
)
def test_i2_a_binary_file_is_refused_and_named(data, what):
    with pytest.raises(ValueError, match=what):
        lines_of(data)


def test_lines_go_straight_into_the_csv_reader():
    text = 'url,note\r\nhttps://a.example/,"two\r\nlines"\r\n'
    assert list(csv.reader(lines_of(text.encode(), 5, 9))) == list(csv.reader(io.StringIO(text, newline="")))
