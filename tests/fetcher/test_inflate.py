import gc
import gzip
import random
import struct
import subprocess
import sys
import tracemalloc
import weakref
import zlib

import brotli
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from scraper.errors import DecodeError, TooLarge
from scraper.fetcher.inflate import ACCEPT_ENCODING, inflater

MIB = 1024**2
STEP = 128 * 1024
PAGE = b"<!doctype html><title>Prices</title>" + b"".join(b"<p>%d pounds" % number for number in range(300))


def zstd(data):
    return zstandard.ZstdCompressor(write_checksum=True).compress(data)


def bare_deflate(data):
    return zlib.compress(data)[2:-4]


COMPRESS = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "bare deflate": bare_deflate,
    "br": lambda data: brotli.compress(data, quality=5),
    "zstd": zstd,
}
each_coding = pytest.mark.parametrize("coding", COMPRESS)


def header(coding):
    return coding.removeprefix("bare ")


def inflate(content_encoding, data, *, max_bytes=MIB, piece=65536):
    decoder = inflater(content_encoding, max_bytes)
    decoded = b"".join(out for at in range(0, len(data), piece) for out in decoder.feed(data[at : at + piece]))
    decoder.finish()
    return decoded


@pytest.mark.parametrize("piece", [1, 7, 1000, 65536])
@each_coding
def test_h16_a_page_comes_out_as_it_went_in_however_it_is_cut(coding, piece):
    assert inflate(header(coding), COMPRESS[coding](PAGE), piece=piece) == PAGE


@pytest.mark.parametrize("size", [1, STEP - 1, STEP, STEP + 1, 2 * STEP, 5 * STEP + 17])
@pytest.mark.parametrize("piece", [1000, 4 * MIB])
@each_coding
def test_h16_every_size_comes_out_whole(coding, size, piece):
    for data in (b"a" * size, random.Random(size).randbytes(size)):  # much and nothing to compress
        assert inflate(header(coding), COMPRESS[coding](data), piece=piece) == data


def test_each_coding_that_is_asked_for_is_decoded():
    for coding in ACCEPT_ENCODING.split(", "):
        assert inflate(coding, COMPRESS[coding](PAGE)) == PAGE


@pytest.mark.parametrize("value", [None, "", "identity", "Identity", " , identity,"])
def test_a_body_without_coding_passes_through(value):
    assert inflate(value, PAGE) == PAGE


@pytest.mark.parametrize("value", ["x-gzip", "X-GZIP", "GZip", " gzip ", "identity, gzip", "gzip,"])
def test_h16_names_of_codings_are_read_leniently(value):
    assert inflate(value, gzip.compress(PAGE)) == PAGE


def test_h16_codings_are_undone_in_the_reverse_order():
    assert inflate("zstd, br, gzip", gzip.compress(brotli.compress(zstd(PAGE))), piece=100) == PAGE


def test_h17_more_than_three_codings_are_refused():
    with pytest.raises(TooLarge, match="100 codings"):
        inflater(", ".join(["gzip"] * 100), MIB)


@pytest.mark.parametrize("value", ["compress", "utf-8", "gzip, sdch", "gzip;q=1"])
def test_an_unknown_coding_is_named(value):
    with pytest.raises(DecodeError, match=value.split(", ")[-1]):
        inflater(value, MIB)


@each_coding
def test_an_empty_body_is_empty_in_any_coding(coding):
    assert inflate(header(coding), b"") == b""


@each_coding
def test_h16_a_body_that_ends_early_is_an_error_wherever_it_ends(coding):
    whole = COMPRESS[coding](PAGE[:500])
    for end in range(1, len(whole)):
        with pytest.raises(DecodeError):
            inflate(header(coding), whole[:end])


def test_h16_an_inner_body_that_ends_early_is_an_error():
    with pytest.raises(DecodeError, match="deflate body ends early"):
        inflate("deflate, gzip", gzip.compress(zlib.compress(PAGE)[:-1]))


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
@pytest.mark.parametrize("text", [PAGE, b"hello", b"x"])
def test_h16_plain_text_with_a_wrong_label_is_an_error(coding, text):
    with pytest.raises(DecodeError, match=coding):
        inflate(coding, text)


@pytest.mark.parametrize(("coding", "place"), [("gzip", -8), ("gzip", -1), ("deflate", -1), ("zstd", -1)])
def test_h16_a_wrong_checksum_is_an_error(coding, place):
    body = bytearray(COMPRESS[coding](PAGE))
    body[place] ^= 1
    with pytest.raises(DecodeError):
        inflate(coding, bytes(body))


@pytest.mark.parametrize("tail", [b"\0", b"\n", b"\0" * 1000, b"<!-- served in 3 ms -->", b"\x1f", b"\x1f\x8b"])
@pytest.mark.parametrize("piece", [1, 65536])
def test_h16_what_follows_a_whole_gzip_body_is_ignored(tail, piece):
    assert inflate("gzip", gzip.compress(PAGE) + tail, piece=piece) == PAGE


@pytest.mark.parametrize("piece", [1, 5, 65536])
def test_h16_concatenated_gzip_members_are_one_body(piece):
    members = gzip.compress(PAGE) + gzip.compress(b"") + gzip.compress(b"<p>end")
    assert inflate("gzip", members, piece=piece) == PAGE + b"<p>end"


def test_h16_a_second_gzip_member_that_ends_early_is_an_error():
    with pytest.raises(DecodeError, match="ends early"):
        inflate("gzip", gzip.compress(PAGE) + gzip.compress(PAGE)[:-9])


@pytest.mark.parametrize("piece", [1, 3, 11, 65536])
def test_h16_a_gzip_header_with_every_field_may_come_in_pieces(piece):
    start = b"\x1f\x8b\x08\x1e" + bytes(4) + b"\0\x03" + b"\x05\0extra" + b"name\0" + b"comment\0"
    start += struct.pack("<H", zlib.crc32(start) & 0xFFFF)
    body = start + bare_deflate(PAGE) + struct.pack("<II", zlib.crc32(PAGE), len(PAGE))
    assert inflate("gzip", body, piece=piece) == PAGE


@pytest.mark.parametrize("piece", [1, 5, 65536])
def test_h16_zstd_frames_and_skippable_frames_are_one_body(piece):
    skippable = b"\x50\x2a\x4d\x18" + struct.pack("<I", 3) + b"abc"
    body = skippable + zstd(PAGE) + skippable + zstd(b"") + zstandard.ZstdCompressor().compress(b"<p>end") + skippable
    assert inflate("zstd", body, piece=piece) == PAGE + b"<p>end"


def test_h17_a_zstd_window_over_8_mib_is_refused():
    parameters = zstandard.ZstdCompressionParameters(window_log=24)
    stream = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    with pytest.raises(DecodeError, match="memory"):
        inflate("zstd", stream.compress(PAGE) + stream.flush())


def test_h17_a_million_tiny_gzip_members_end_at_a_thousand():
    member = gzip.compress(b"", mtime=0)
    assert inflate("gzip", member * 1000) == b""
    with pytest.raises(TooLarge, match="1,000 members"):
        inflate("gzip", member * 1_000_000)


@pytest.mark.parametrize("coding", ["identity", *COMPRESS])
def test_t8_a_body_may_be_as_large_as_the_cap_and_no_larger(coding):
    compress = COMPRESS.get(coding, bytes)
    assert len(inflate(header(coding), compress(bytes(300_000)), max_bytes=300_000)) == 300_000
    with pytest.raises(TooLarge, match="larger than 300,000 bytes"):
        inflate(header(coding), compress(bytes(300_001)), max_bytes=300_000)


def peak_of(content_encoding, data, max_bytes):
    """Return the most bytes that Python held while `data` ran into the cap."""
    tracemalloc.start()
    try:
        with pytest.raises(TooLarge):
            inflate(content_encoding, data, max_bytes=max_bytes)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def bomb(coding, size):
    data = bytes(size)
    for name in coding.split(", "):
        data = COMPRESS[name](data)
    return data


@pytest.mark.parametrize("coding", [*COMPRESS, "gzip, gzip", "gzip, gzip, gzip", "zstd, zstd", "br, br", "br, gzip"])
def test_h17_a_bomb_stops_at_the_cap_and_takes_no_more_memory(coding):
    assert peak_of(header(coding), bomb(coding, 8 * MIB), 2 * MIB) < 3 * MIB


def test_h17_an_inner_layer_has_a_cap_though_nothing_of_it_comes_out():
    ignored = gzip.compress(PAGE) + bytes(8 * MIB)  # garbage behind a whole member
    assert peak_of("gzip, gzip", gzip.compress(ignored), MIB) < MIB


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_h17_a_bomb_takes_two_mib_and_the_window_of_its_coding(tmp_path):
    child = """if True:
        import sys
        from scraper.errors import TooLarge
        from scraper.fetcher.inflate import inflater

        def peak_kib():
            with open("/proc/self/status") as status:
                return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))

        before = peak_kib()
        for coding in sys.argv[1:]:
            decoder, decoded = inflater(coding, 10 << 20), []
            try:
                with open(coding, "rb") as body:
                    while piece := body.read(65536):
                        decoded.extend(decoder.feed(piece))
            except TooLarge:
                print(coding, (peak_kib() - before) >> 10, sep=":")
    """
    window_mib = {"gzip": 0, "deflate": 0, "gzip, gzip": 0, "zstd": 8, "br": 16}  # in rising order: a peak stays
    largest = zstandard.ZstdCompressor(compression_params=zstandard.ZstdCompressionParameters(window_log=23))
    bombs = {
        "zstd": largest.compress(bytes(32 * MIB)),
        "br": brotli.compress(bytes(32 * MIB), lgwin=24),
    }
    for coding in window_mib:
        (tmp_path / coding).write_bytes(bombs.get(coding) or bomb(coding, 32 * MIB))
    run = subprocess.run([sys.executable, "-c", child, *window_mib], cwd=tmp_path, capture_output=True, check=True)
    peaks = dict(line.split(":") for line in run.stdout.decode().splitlines())
    assert peaks.keys() == window_mib.keys()
    for coding, peak_mib in peaks.items():
        assert int(peak_mib) < 2 + window_mib[coding], coding


@each_coding
def test_bodies_decoded_side_by_side_do_not_mix(coding):
    bodies = [COMPRESS[coding](PAGE + b"%d" % number) for number in range(5)]
    decoders = [inflater(header(coding), MIB) for _ in bodies]
    decoded = [b""] * len(bodies)
    for at in range(0, max(map(len, bodies)), 50):
        for number, body in enumerate(bodies):
            decoded[number] += b"".join(decoders[number].feed(body[at : at + 50]))
    assert decoded == [PAGE + b"%d" % number for number in range(5)]


@each_coding
def test_a_decoder_is_gone_with_its_last_reference(coding):
    decoder = inflater(header(coding), MIB)
    list(decoder.feed(COMPRESS[coding](PAGE)[:50]))
    innermost = weakref.ref(decoder._layers[0]._decoder)
    gc.disable()
    try:
        del decoder
        assert innermost() is None
    finally:
        gc.enable()


codings = st.lists(st.sampled_from(["gzip", "deflate", "br", "zstd"]), max_size=3)


@settings(max_examples=100, deadline=None)
@given(codings, st.binary(max_size=2000), st.integers(1, 500))
def test_any_stack_of_codings_gives_back_any_bytes(stack, data, piece):
    body = data
    for coding in stack:
        body = COMPRESS[coding](body)
    assert inflate(", ".join(stack), body, piece=piece) == data


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(list(COMPRESS)), st.data())
def test_damaged_bodies_give_bytes_or_one_of_our_errors(coding, data):
    body = bytearray(COMPRESS[coding](PAGE[:1000]))
    for place in data.draw(st.lists(st.integers(0, len(body) - 1), max_size=5)):
        body[place] = data.draw(st.integers(0, 255))
    try:
        decoded = inflate(header(coding), bytes(body), max_bytes=100_000, piece=data.draw(st.integers(1, 700)))
    except (DecodeError, TooLarge):
        return
    assert len(decoded) <= 100_000
