"""A page in a WARC record: what a callback sees of it comes back, and other programs read it."""

import io

import pytest
from keeping import page
from msgspec import structs
from warcio.archiveiterator import ArchiveIterator

from scraper.kept.pages import from_warc, to_warc
from scraper.kept.warc import WarcRecord, decoded
from scraper.models import Redirect

URL = "http://h.example/a"


def kept(made, record):
    return from_warc(decoded(to_warc(made, record, info_id="<urn:uuid:1>")))


def test_the_page_and_the_record_of_its_fetching_come_back():
    hops = (Redirect(301, "http://h.example/old"),)
    made, record = page(URL, "<title>é</title>\r\n\r\nbody", redirects=hops, input={"id": 7, "name": "ü\u2028"})
    made = structs.replace(made, url="http://h.example/old", redirects=hops)
    back = kept(made, record)
    assert back.record == record
    assert back.page == structs.replace(made, timings=structs.replace(record.timings, parse=None))


def test_what_was_extracted_is_not_kept():
    made, record = page(URL)
    told = structs.replace(record, title="t", fields={"a": 1}, links=["x"], html="<title>t</title>", lang="en")
    assert kept(made, told).record == record


def test_headers_come_back_as_they_were_though_the_body_is_decoded_already():
    headers = (
        ("content-encoding", "gzip"),
        ("x-note", "a: b"),
        ("set-cookie", "é"),
        ("content-length", "5"),
        ("x", ""),
    )
    made, record = page(URL, headers=headers)
    assert kept(made, record).page.headers == headers


def test_a_header_cannot_end_the_head():
    made, record = page(URL, headers=(("x", "a\r\n\r\n<h1>"),))
    assert kept(made, record).page.body == made.body


def test_another_program_reads_it_and_finds_its_digest_right():
    headers = (("content-encoding", "gzip"), ("transfer-encoding", "chunked"))
    made, record = page(URL, "<p>body</p>" * 100, headers=headers)
    bodies = []
    for read in ArchiveIterator(io.BytesIO(to_warc(made, record, info_id="<urn:uuid:1>")), check_digests=True):
        bodies.append(read.content_stream().read())
        assert read.rec_headers.get_header("WARC-Target-URI") == URL
        assert read.http_headers.get_statuscode() == "200"
        assert read.digest_checker.passed is True
    assert bodies == [made.body]


def test_other_records_are_no_pages():
    assert from_warc(WarcRecord({"WARC-Type": "warcinfo"}, b"")) is None


@pytest.mark.parametrize("metadata", ["", "{", '{"page_url":1}', "[" * 100_000])
def test_a_response_without_our_metadata_is_refused(metadata):
    with pytest.raises(ValueError):  # noqa: PT011 - the text is msgspec's
        from_warc(WarcRecord({"WARC-Type": "response", "WARC-JSON-Metadata": metadata}, b""))
