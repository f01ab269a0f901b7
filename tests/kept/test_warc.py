"""WARC records: what goes in comes out; what is cut or lengthened is none."""

import pytest

from scraper.kept.warc import decoded, encoded, new_id

FIELDS = [("WARC-Type", "response"), ("WARC-Target-URI", "http://h.example/é"), ("X", "a: b")]


def test_fields_and_block_come_back():
    record = decoded(encoded(FIELDS, b"a\r\n\r\nb"))
    assert record.fields == {**dict(FIELDS), "Content-Length": "6"}
    assert record.block == b"a\r\n\r\nb"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"WARC/1.1\r\n",
        b"WARC/1.0\r\nContent-Length: 0\r\n\r\n\r\n\r\n",
        b"WARC/1.1\r\nContent-Length: x\r\n\r\n\r\n\r\n",
    ],
)
def test_what_is_no_record_is_refused(data):
    with pytest.raises(ValueError, match="WARC"):
        decoded(data)


def test_a_record_of_another_length_than_it_says_is_refused():
    whole = encoded(FIELDS, b"block")
    for wrong in (whole[:-1], whole + b"x", whole.replace(b"block", b"blocks")):
        with pytest.raises(ValueError, match="length"):
            decoded(wrong)


def test_identifiers_are_urns_and_never_the_same():
    assert new_id().startswith("<urn:uuid:")
    assert new_id() != new_id()
