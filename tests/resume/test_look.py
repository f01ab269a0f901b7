"""An output that is only looked at."""

import pytest
from runs import RECORDS, ok, written

from scraper.errors import UsageError
from scraper.fill import Fill
from scraper.resume.look import look_at


@pytest.mark.parametrize("suffix", ["", ".gz", ".zst"])
def test_its_records_and_fields_are_counted_and_a_torn_end_is_left_as_it_is(tmp_path, suffix):
    path = written(tmp_path / f"x.jsonl{suffix}", [*RECORDS, ok("http://c/")], suffix)
    if not suffix:
        path.write_bytes(path.read_bytes() + b'{"url":"http://torn')
    before = path.read_bytes()
    tally = look_at(path, field_names=["sku"])
    assert (tally.ok, tally.failed) == (2, {"read-timeout": 1})
    assert tally.fields.fills() == {"sku": Fill(0, 2), "price": Fill(1, 2), "title": Fill(1, 2)}
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_of_two_records_of_a_url_one_counts(tmp_path):
    path = written(tmp_path / "x.jsonl", [*RECORDS, ok("http://b/", fields={"price": 1})])
    tally = look_at(path, field_names=())
    assert (tally.ok, tally.failed.total(), tally.fields.fills()["price"]) == (2, 0, Fill(2, 2))
    assert list(tally.superseded) == [0, 1, 0]
    assert look_at(path).fields is None


def test_what_is_no_output_is_told_in_a_line(tmp_path):
    path = tmp_path / "x.txt"
    path.write_text("http://a/\n")
    with pytest.raises(
        UsageError, match=r"x\.txt: line 1 is not a record: it is no output of scrape; name the output of a run$"
    ):
        look_at(path)
    with pytest.raises(UsageError, match="is not a file"):
        look_at(tmp_path)
    for name, says in ((tmp_path / "gone", "cannot read "), ("a\0b", "is not a file")):
        with pytest.raises(UsageError, match=says):
            look_at(name)
