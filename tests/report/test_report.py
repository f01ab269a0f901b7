"""A report as a file: made of an output, put in its place whole or not at all."""

import pytest
from reports import page, text

from scraper import report
from scraper.errors import OutputError, UsageError


@pytest.fixture
def output(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "urls.jsonl"
    path.write_bytes(text([page(n) for n in range(3)]))
    return path


def test_a_report_is_made_of_an_output_and_written(output):
    made = report.make("urls.jsonl")
    assert made.sentence == "All 3 pages ok"
    report.write(made, "new/page.html", "urls.jsonl")
    target = output.parent / "new" / "page.html"
    assert target.read_text() == made.html
    assert [path.name for path in target.parent.iterdir()] == ["page.html"]


def test_a_report_replaces_an_older_one(output):
    target = output.with_name("page.html")
    target.write_text("old")
    report.write(report.make("urls.jsonl"), "page.html", "urls.jsonl")
    assert target.read_text().startswith("<!doctype html>")


def test_a_write_that_fails_leaves_the_old_report(output, monkeypatch):
    output.with_name("page.html").write_text("old")

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("scraper.output.published.os.fsync", full)
    with pytest.raises(OutputError, match=r"cannot write page\.html: No space left"):
        report.write(report.make("urls.jsonl"), "page.html", "urls.jsonl")
    assert output.with_name("page.html").read_text() == "old"
    assert len(list(output.parent.iterdir())) == 2


def test_neither_the_output_nor_a_folder_is_overwritten(output):
    made = report.make("urls.jsonl")
    with pytest.raises(UsageError, match="is what is read"):
        report.write(made, "./urls.jsonl", "urls.jsonl")
    with pytest.raises(OutputError, match="is a folder"):
        report.write(made, str(output.parent), "urls.jsonl")
    with pytest.raises(OutputError):
        report.write(made, "a\0b", "urls.jsonl")


@pytest.mark.parametrize(
    ("output", "name"),
    [
        ("output/urls.jsonl", "output/urls.report.html"),
        ("urls.jsonl.gz", "urls.report.html"),
        ("a.b.jsonl.zst", "a.b.report.html"),
        ("plain", "plain.report.html"),
    ],
)
def test_the_usual_name_stands_beside_the_output(output, name):
    assert report.default_name(output) == name
