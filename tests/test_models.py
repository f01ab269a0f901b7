"""What travels between the parts: the record's keys and their order, small derivations."""

import msgspec
import pytest

from scraper.models import Failure, Job, Page, Record, Row

KEYS = """url ok verdict evidence status error change final_url redirects attempts fetched_at elapsed_ms timings
content_type encoding encoding_source bytes etag last_modified sha256 title description canonical lang
meta links text html fields items extractor input""".split()


def test_the_record_has_the_keys_of_the_design_in_their_order():
    assert list(Record.__struct_fields__) == KEYS


def test_what_is_not_applicable_is_absent():
    record = Record(url="http://a/", ok=False, attempts=0, error=Failure(kind="invalid-url", message="no"))
    assert msgspec.json.encode(record) == (
        b'{"url":"http://a/","ok":false,"error":{"kind":"invalid-url","message":"no"},"attempts":0}'
    )


def test_a_record_survives_the_way_to_the_file_and_back():
    record = Record(url="http://a/", ok=True, attempts=1, fields={"n": [1, None]}, links=[], title="ä\u2028")
    assert msgspec.json.decode(msgspec.json.encode(record), type=Record) == record


def test_what_travels_is_frozen():
    with pytest.raises(AttributeError):
        Page(url="a", final_url="a", status=200).status = 404


def test_a_header_is_found_by_its_lower_case_name_the_first_of_several():
    page = Page(url="a", final_url="a", status=200, headers=(("x-a", "1"), ("x-a", "2")))
    assert page.header("x-a") == "1"
    assert page.header("x-b") is None


def test_a_job_again_is_the_same_job_at_its_next_try():
    job = Job(row=Row(url="http://a/", line=1), href="http://a/", host="a", ordinal=3)
    assert (job.again().attempt, job.again().ordinal, job.attempt) == (2, 3, 1)
