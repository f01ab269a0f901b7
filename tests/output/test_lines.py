import pytest
from hypothesis import given
from hypothesis import strategies as st
from outputs import SUFFIXES

from scraper.compression import compress
from scraper.output.file import PIECE_BYTES, open_file
from scraper.output.lines import begins_like_record, end_of_data, end_of_members, lines, text


@pytest.fixture
def make(tmp_path):
    """Return a function that makes a file and opens it."""
    made = []

    def make(content, suffix=""):
        path = tmp_path / f"{len(made)}.jsonl{suffix}"
        path.write_bytes(content)
        made.append(open_file(str(path)))
        return made[-1]

    yield make
    for file in made:
        file.close()


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_lines_come_whole_and_what_follows_the_last_line_feed_is_the_rest(make, suffix):
    file = make(compress(b"one\n\ntwo", suffix) + compress(b" and more\nthree", suffix), suffix)
    rest = bytearray()
    assert list(lines(file, file.size, rest)) == [b"one", b"", b"two and more"]
    assert rest == b"three"


def test_nothing_is_read_past_the_end_that_is_given(make):
    file = make(b"one\ntwo\nthree\n")
    rest = bytearray()
    assert list(lines(file, 6, rest)) == [b"one"]
    assert rest == b"tw"


def test_lines_are_whole_wherever_the_pieces_end(make, monkeypatch):
    file = make(b"one\ntwo\n\nthree\nfour")
    for size in range(1, 20):
        monkeypatch.setattr("scraper.output.lines.PIECE_BYTES", size)
        rest = bytearray()
        assert list(lines(file, file.size, rest)) == [b"one", b"two", b"", b"three"]
        assert rest == b"four"


@pytest.mark.parametrize("start", [b"x", b'{"url":'])
def test_only_a_record_may_go_on_and_on(make, monkeypatch, start):
    monkeypatch.setattr("scraper.output.lines._LONGEST_FOREIGN_LINE", 1000)
    file = make(start + b"x" * 2000)
    rest = bytearray()
    if start == b"x":
        with pytest.raises(ValueError, match="endless"):
            list(lines(file, file.size, rest))
    else:
        assert list(lines(file, file.size, rest)) == []
        assert rest == start + b"x" * 2000


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_text_that_ends_inside_a_member_is_not_taken_for_whole(make, suffix):
    file = make(compress(b"one\n", suffix)[:-1], suffix)
    with pytest.raises(ValueError, match="ends too early"):
        list(text(file, file.size))


@pytest.mark.parametrize("kept", [0, 1, 5, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1])
@pytest.mark.parametrize("zeros", [0, 1, PIECE_BYTES - 1, PIECE_BYTES, 2 * PIECE_BYTES + 1])
def test_zero_bytes_at_the_end_are_no_data(make, kept, zeros):
    assert end_of_data(make(b"x" * kept + bytes(zeros))) == kept


def test_zero_bytes_inside_are_data(make):
    assert end_of_data(make(b"\0\0x\0\0y\0")) == 6


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
@pytest.mark.parametrize("zeros", [0, 1, 3, 50])
def test_a_member_that_was_cut_anywhere_and_zero_bytes_after_it_are_left_out(make, suffix, zeros):
    whole = compress(b"one\n", suffix) + compress(b"two\n", suffix)
    torn = compress(b"three\n" * 3, suffix)
    for cut in range(len(torn.rstrip(b"\0"))):  # zero bytes that only stand in for its own make it whole
        assert end_of_members(make(whole + torn[:cut] + bytes(zeros), suffix)) == len(whole), cut


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
@pytest.mark.parametrize(
    "foreign", [b"x", b"\x1f\x8b\x08\x08", b"\x28\xb5\x2f\x01", b"long enough to be anything" * 99]
)
def test_anything_else_behind_the_members_is_an_error(make, suffix, foreign):
    with pytest.raises(ValueError):  # noqa: PT011 - each codec has its own words
        end_of_members(make(compress(b"one\n", suffix) + foreign, suffix))


@given(st.binary(max_size=12))
def test_a_record_begins_with_its_url(beginning):
    start = b'{"url":'
    assert begins_like_record(beginning) == all(a == b for a, b in zip(beginning, start, strict=False))


def test_every_prefix_of_a_record_begins_like_one():
    line = b'{"url":"http://h.example/","ok":true,"attempts":1}'
    assert all(begins_like_record(line[:cut]) for cut in range(len(line) + 1))
