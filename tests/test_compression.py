import gzip

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from scraper.compression import MEMBER_BYTES, Members, compress, compression_of, decompressor, one_member

COMPRESSIONS = [".gz", ".zst"]


@pytest.mark.parametrize(
    ("path", "suffix"), [("a.jsonl", ""), ("a.jsonl.gz", ".gz"), ("A.JSONL.ZST", ".zst"), ("gz", ""), (".gz", "")]
)
def test_the_suffix_names_the_compression(path, suffix):
    assert compression_of(path) == suffix


@given(
    texts=st.lists(st.binary(max_size=300), max_size=4),
    step=st.integers(1, 50),
    compression=st.sampled_from(COMPRESSIONS),
)
def test_members_come_back_from_pieces_of_any_size(texts, step, compression):
    data = b"".join(compress(text, compression) for text in texts)
    engine = decompressor(compression)
    text = b"".join(engine.decompress(data[at : at + step]) for at in range(0, len(data), step))
    assert text == b"".join(texts)
    assert engine.is_between_members
    assert engine.whole_bytes == len(data)


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_whole_bytes_end_with_the_last_whole_member_wherever_the_data_is_cut(compression):
    members = [compress(text, compression) for text in (b"one\n" * 50, b"two\n", b"three\n" * 9)]
    ends = {0, len(members[0]), len(members[0] + members[1]), len(b"".join(members))}
    data = b"".join(members)
    for cut in range(len(data) + 1):
        engine = decompressor(compression)
        engine.decompress(data[:cut])
        assert engine.whole_bytes == max(end for end in ends if end <= cut)
        assert engine.is_between_members == (cut in ends)


@pytest.mark.parametrize("compression", ["", *COMPRESSIONS])
def test_what_was_added_can_be_read_though_its_member_is_not_finished(compression):
    members, engine = Members(compression), decompressor(compression)
    for number in range(50):
        text = b"line %d\n" % number
        assert engine.decompress(members.add(text)) == text
    assert engine.decompress(members.finish()) == b""
    assert engine.is_between_members
    assert members.finish() == b""


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_a_member_is_finished_once_it_has_enough_text(compression):
    members, engine = Members(compression), decompressor(compression)
    engine.decompress(members.add(b"x" * (MEMBER_BYTES - 1)))
    assert not engine.is_between_members
    engine.decompress(members.add(b"x"))
    assert engine.is_between_members


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_a_flipped_bit_is_damage(compression):
    text = bytes(range(256)) * 8
    data = bytearray(compress(text, compression))
    data[-5] ^= 4
    with pytest.raises(ValueError, match="damaged"):
        decompressor(compression).decompress(bytes(data))


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_what_follows_a_damaged_member_does_not_count_as_whole(compression):
    first = compress(b"first\n", compression)
    engine = decompressor(compression)
    with pytest.raises(ValueError, match="damaged"):
        engine.decompress(first + b"not compressed at all" + first)
    assert engine.whole_bytes == len(first)


def test_other_tools_read_what_we_compress():
    assert gzip.decompress(compress(b"a\n" * 1000, ".gz")) == b"a\n" * 1000
    assert zstandard.ZstdDecompressor().decompress(compress(b"a\n" * 1000, ".zst")) == b"a\n" * 1000


def test_without_compression_bytes_pass_through():
    engine = decompressor("")
    assert engine.decompress(compress(b"abc", "")) == b"abc"
    assert engine.is_between_members
    assert engine.whole_bytes == 3


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_one_member_is_read_from_pieces_of_any_size_and_no_further(compression):
    member = compress(b"first\n" * 99, compression)
    data = member + compress(b"second\n", compression)
    for size in (1, 7, 10_000):
        pieces = (data[start : start + size] for start in range(0, len(data), size))
        assert one_member(pieces, compression) == (b"first\n" * 99, len(member))
    for broken in (member[:-1], b"", b"junk" * 9, member[:9] + b"xxxx" + member[13:]):
        with pytest.raises(ValueError, match=r"damaged|too early"):
            one_member([broken], compression)


def test_a_lower_level_costs_less_and_is_read_alike():
    text = bytes(range(256)) * 40
    assert one_member([compress(text, ".zst", zstd_level=1)], ".zst")[0] == text
