"""An output becomes a table of any format, whole or not at all."""

import tracemalloc

import msgspec
import pytest
from outputs import failed, opened, record, records_in, urls, write

from scraper.errors import UsageError
from scraper.export import export

FORMATS = ["csv", "tsv", "csv.gz", "jsonl", "jsonl.zst", "sqlite", "db", "xlsx", "parquet"]


@pytest.fixture(params=["", ".gz", ".zst"])
def source(request, tmp_path):
    path = tmp_path / f"out.jsonl{request.param}"
    with opened(path) as output:
        write(output, [*(record(url, fields={"n": 1}) for url in urls(3)), failed(urls(4)[3], "deadline")])
    return path


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_is_written(tmp_path, source, name):
    done = export(str(source), str(tmp_path / f"t.{name}"))
    assert (done.kind, done.rows, done.records, done.columns) == ("pages", 4, 4, 6)
    assert (tmp_path / f"t.{name}").stat().st_size > 0


def test_records_that_are_ok_or_failed_are_chosen(tmp_path, source):
    target = str(tmp_path / "t.jsonl")
    assert export(str(source), target, ok=True).rows == 3
    assert export(str(source), target, ok=False, overwrites=True).rows == 1
    assert records_in(tmp_path / "t.jsonl") == [
        {"url": urls(4)[3], "ok": False, "error.kind": "deadline", "error.message": "no luck", "attempts": 1}
    ]


def test_columns_and_rows_are_chosen(tmp_path):
    (tmp_path / "out.jsonl").write_bytes(
        msgspec.json.encode({"url": "u", "items": [{"x": 1}, {"x": 2}]})
        + b"\n"
        + msgspec.json.encode({"url": "v"})
        + b"\n"
    )
    done = export(str(tmp_path / "out.jsonl"), str(tmp_path / "t.jsonl"), columns=["items.x", "url"])
    assert records_in(tmp_path / "t.jsonl") == [{"items.x": 1, "url": "u"}, {"items.x": 2, "url": "u"}]
    assert (done.kind, done.without_items) == ("items", 1)
    done = export(str(tmp_path / "out.jsonl"), str(tmp_path / "t.jsonl"), rows="pages", overwrites=True)
    assert (done.rows, done.without_items) == (2, 0)


@pytest.mark.parametrize("name", ["t", "t.txt", "t.gz", "t.sqlite.gz", "t.xlsx.zst", "t.json"])
def test_a_name_that_tells_no_format_is_refused(tmp_path, source, name):
    with pytest.raises(UsageError, match="names no known format"):
        export(str(source), str(tmp_path / name))


@pytest.mark.parametrize("name", FORMATS)
def test_a_malformed_line_leaves_what_was_there(tmp_path, name):
    (tmp_path / "out.jsonl").write_bytes(b'{"url":"u"}\nnotes\n{"url":"v"}\n')
    (tmp_path / f"t.{name}").write_text("old")
    with pytest.raises(UsageError, match="line 2 of"):
        export(str(tmp_path / "out.jsonl"), str(tmp_path / f"t.{name}"), overwrites=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["out.jsonl", f"t.{name}"])
    assert (tmp_path / f"t.{name}").read_text() == "old"


def test_a_file_without_records_is_refused(tmp_path):
    (tmp_path / "empty.jsonl").write_bytes(b"")
    with pytest.raises(UsageError, match="no records: there is nothing to export"):
        export(str(tmp_path / "empty.jsonl"), str(tmp_path / "t.csv"))


@pytest.mark.parametrize(
    ("name", "module", "extra"), [("t.parquet", "pyarrow", "parquet"), ("t.xlsx", "xlsxwriter", "excel")]
)
def test_a_missing_library_is_named_with_its_extra(tmp_path, monkeypatch, name, module, extra):
    def absent(wanted, *_):
        raise ImportError(wanted)

    monkeypatch.setattr("scraper.extras.import_module", absent)
    (tmp_path / "out.jsonl").write_bytes(b'{"url":"u"}\n')
    with pytest.raises(UsageError, match=rf"needs {module}: pip install 'scraper\[{extra}\]'"):
        export(str(tmp_path / "out.jsonl"), str(tmp_path / name))
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize("name", ["csv", "sqlite", "parquet"])
def test_memory_does_not_grow_with_the_file(tmp_path, name, monkeypatch):
    monkeypatch.setattr("scraper.export.parquet._GROUP_BYTES", 100_000)
    monkeypatch.setattr("scraper.export.text._BATCH_BYTES", 10_000)
    peaks = []
    for number in (2_000, 8_000):
        path = tmp_path / f"{number}.jsonl"
        path.write_bytes(
            b"".join(b'{"url":"http://h.example/%d","title":"%s"}\n' % (n, b"x" * 200) for n in range(number))
        )
        export(str(path), str(tmp_path / f"warm.{name}"), overwrites=True)
        tracemalloc.start()
        export(str(path), str(tmp_path / f"t.{name}"), overwrites=True)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] * 1.5 + 1e6
