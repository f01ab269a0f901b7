"""One piece in, its records out: as they were, but for what is extracted."""

from array import array
from types import SimpleNamespace

import msgspec
import pytest
from keeping import keep, page
from msgspec import structs

from scraper.config import Config
from scraper.errors import UsageError
from scraper.extract import make_extract
from scraper.kept.reading import first
from scraper.models import Failure, Record
from scraper.offline import work as module
from scraper.offline.work import Lines, Stretch, work
from scraper.output import OutputFile
from scraper.output.encoder import append_line
from scraper.urls import identity

URL = "http://h.example/a"
HTML = "<html lang=en><title>T</title><h1>Head</h1><a href=/n>n</a>"


@pytest.fixture
def ready(monkeypatch):
    """Get this process ready as a process of a pool is."""

    def begin(compression="", **options):
        state = module._State(make_extract(Config(**options)), compression, SimpleNamespace(value=0))
        monkeypatch.setattr(module, "_state", [state])
        return state

    return begin


def stretch(path, pages):
    keep(path, pages)
    with path.open("rb", buffering=0) as raw:
        file = OutputFile(str(path), path, raw.fileno())
        return Stretch(path=str(path), info_id=first(file)[0], start=0, end=file.size, size=file.size)


def lines_of(*records):
    lines = []
    for record in records:
        line = bytearray()
        append_line(record, line)
        lines.append(bytes(line).rstrip(b"\n"))
    return Lines(path="out.jsonl", first=1, lines=lines)


def records_of(done):
    return [msgspec.json.decode(line, type=Record) for line in done.data.splitlines()]


def test_a_record_is_what_it_was_but_for_what_is_extracted(tmp_path, ready):
    ready(select={"head": "h1"}, links=True)
    made, record = page(URL, HTML, input={"id": 1})
    done = work(stretch(tmp_path / "c.warc.zst", [(made, record)]))
    found = {"verdict": "ok", "title": "T", "lang": "en", "links": ["http://h.example/n"], "fields": {"head": "Head"}}
    expected = structs.replace(record, **found)
    (again,) = records_of(done)
    assert structs.replace(again, extractor=None) == expected
    assert again.extractor
    assert (done.ok, done.pages, list(array("Q", done.identities))) == (1, 1, [identity(URL)])


def test_a_callback_sees_the_page_as_it_was_fetched(tmp_path, ready):
    seen = []
    ready(parse=lambda fetched: seen.append(structs.replace(fetched, tree=None)))
    made, record = page(URL, "<title>Füße</title>".encode("latin-1"), encoding="windows-1252")
    work(stretch(tmp_path / "c.warc.gz", [(made, record)]))
    assert seen[0].text == "<title>Füße</title>"
    assert structs.replace(seen[0], timings=made.timings) == made


def test_an_output_with_html_makes_the_same_records(ready):
    ready(select={"head": "h1"})
    _, record = page(URL, HTML)
    (again,) = records_of(work(lines_of(structs.replace(record, html=HTML, title="old", fields={"x": 1}))))
    assert structs.replace(again, extractor=None) == structs.replace(
        record, verdict="ok", title="T", lang="en", fields={"head": "Head"}
    )


def test_a_record_without_a_page_is_taken_over_as_it_is(ready):
    ready()
    failed = Record(url=URL, ok=False, status=503, error=Failure("http-status", "503"), attempts=4)
    done = work(lines_of(failed))
    assert records_of(done) == [failed]
    assert (done.without_page, done.pages, done.failed) == (1, 0, {"http-status": 1})


def test_a_page_that_cannot_be_extracted_is_a_failed_record(tmp_path, ready):
    def fail(_):
        raise ValueError("no price")

    ready(parse=fail)
    (record,) = records_of(work(stretch(tmp_path / "c.warc.zst", [page(URL, HTML)])))
    assert (record.ok, record.error.kind, record.status, record.title) == (False, "extract-error", 200, None)


def test_a_bug_is_an_internal_error(tmp_path, ready, caplog):
    state = ready()

    def broken(_):
        raise KeyError("ours")

    state.extract = broken
    (record,) = records_of(work(stretch(tmp_path / "c.warc.zst", [page(URL, HTML)])))
    assert record.error.kind == "internal-error"
    assert "a bug in scraper" in caplog.text


def test_fatal_pages_are_refused_and_the_page_under_parse_is_noted(tmp_path, ready):
    noted = []
    state = ready(parse=lambda _: noted.append(state.note.value))
    piece = stretch(tmp_path / "c.warc.zst", [page(f"{URL}{n}", HTML) for n in range(3)])
    records = records_of(work(piece, frozenset({2})))
    assert [record.error and record.error.kind for record in records] == [None, "parse-limit", None]
    assert noted == [1, 3]
    assert state.note.value == 0


def test_damage_is_told(tmp_path, ready):
    ready()
    path = tmp_path / "c.warc.zst"
    piece = stretch(path, [page(f"{URL}{n}", HTML) for n in range(3)])
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 255
    path.write_bytes(data)
    done = work(piece)
    assert len(records_of(done)) == 2
    assert len(done.damaged) == 1


def test_a_line_that_is_no_record_is_named(ready):
    ready()
    with pytest.raises(UsageError, match=r"line 8 of out\.jsonl is not a record"):
        work(Lines(path="out.jsonl", first=7, lines=[b'{"url":"u","ok":true,"attempts":1}', b"[" * 100_000]))
