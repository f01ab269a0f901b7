import os
from pathlib import Path

import pytest

from scraper.compression import compress
from scraper.errors import UsageError
from scraper.sources.check import HEAD_BYTES, Source, check, check_all
from scraper.sources.columns import Columns

GUESSED = Columns()


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(name: str, data: str | bytes) -> str:
    Path(name).write_bytes(data.encode() if isinstance(data, str) else data)
    return name


def refusal(spec: str, columns: Columns = GUESSED) -> str:
    with pytest.raises(UsageError) as refused:
        check(spec, columns)
    message = str(refused.value)
    assert "\n" not in message
    return message


def test_a_good_file_is_taken_with_its_size():
    assert check(write("urls.txt", "https://a.example/\n"), Columns()) == Source("urls.txt", size=19)


@pytest.mark.parametrize("spec", ["https://a.example/", "HTTP://a.example", " http://a.example/x.csv"])
def test_a_url_is_a_source(spec):
    assert check(spec, Columns()) == Source(spec, is_url=True)


@pytest.mark.parametrize(
    "spec",
    [
        "example.com",
        "www.example.com/a/b?c=d",
        "example.co.uk:8080/x",
        "localhost:8000",
        "127.0.0.1/x",
        "example.com/urls.txt",
    ],
)
def test_a_missing_file_with_the_name_of_a_host_is_asked_about(spec):
    assert refusal(spec) == f"{spec}: no such file; did you mean https://{spec} ?"


@pytest.mark.parametrize("spec", ["urls.txt", "urls.csv.gz", "lists/urls.txt", "urls", "a b.com", "./example.com"])
def test_another_missing_file_is_only_missing(spec):
    assert refusal(spec) == f"{spec}: no such file; check the path, or give URLs with their http:// or https://"


def test_a_url_of_another_scheme_is_refused():
    assert "http:// or https://" in refusal("ftp://a.example/list")


def test_a_folder_is_refused():
    Path("lists").mkdir()
    assert refusal("lists") == "lists is a folder; name the files in it, like lists/*.txt"


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs a file that opens and cannot be read")
def test_an_unreadable_file_is_refused():
    assert refusal("/proc/self/mem") == "/proc/self/mem cannot be read (input/output error)"


@pytest.mark.parametrize("spec", ["x" * 5000, "a\0b"])
def test_a_name_that_no_file_can_have_is_refused(spec):
    assert "cannot be read" in refusal(spec)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("urls.txt", b"\x89PNG\r\n\x1a\n"),
        ("urls.csv", b"PK\x03\x04"),
        ("urls.txt", b"https://a.example/" + b"\n" * 60_000 + b"\0"),
        ("urls.txt.gz", compress(b"\x7fELF\x02\x01", ".gz")),
    ],
)
def test_i2_a_binary_file_is_refused(name, data):
    assert "not a list of URLs" in refusal(write(name, data))


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_a_damaged_compressed_file_is_refused(suffix):
    whole = compress(b"https://a.example/\n" * 10, suffix)
    assert "ends too early" in refusal(write("urls.txt" + suffix, whole[:-5]))
    assert "damaged" in refusal(write("urls.txt" + suffix, b"https://a.example/\n"))


@pytest.mark.parametrize(
    ("name", "data", "what"),
    [
        ("urls.txt", "", "urls.txt: the file is empty"),
        ("urls.txt", "\n  \n# nothing\n", "urls.txt: there is no URL in it"),
        ("urls.csv", "url,name\n", "urls.csv: there is no URL in it"),
        ("urls.csv", "url,name\n,x\n", "urls.csv: there is no URL in it"),
        ("urls.jsonl", '{"url": ""}\n', "urls.jsonl: there is no URL in it"),
        ("urls.txt.gz", compress(b"# nothing\n", ".gz"), "urls.txt.gz: there is no URL in it"),
        ("urls.zst", b"", "urls.zst: the file is empty"),
    ],
)
def test_a_file_without_a_url_is_refused(name, data, what):
    assert refusal(write(name, data)).startswith(what)


@pytest.mark.parametrize("extra", ["", "https://a.example/"])
def test_a_long_file_that_begins_with_nothing_is_left_to_the_run(extra):
    name = write("urls.txt", "#\n" * HEAD_BYTES + extra)
    assert check(name, Columns()).size == 2 * HEAD_BYTES + len(extra)


@pytest.mark.parametrize("name", ["urls.csv", "urls.tsv"])
def test_a_table_without_a_url_column_is_refused(name):
    text = "id,name\n1,x\n".replace(",", "\t" if name == "urls.tsv" else ",")
    assert refusal(write(name, text)).endswith("name one with --url-column; it has: id, name")
    assert "there is no column 'site'" in refusal(name, Columns(url="site"))
    assert "there is no column 'rank'" in refusal(name, Columns(url="name", priority="rank"))


def test_a_fifo_and_standard_input_are_not_read():
    os.mkfifo("urls.fifo")
    assert check("urls.fifo", Columns()) == Source("urls.fifo", is_stream=True)
    assert check("-", Columns()) == Source("-", is_stream=True)


def test_a_device_is_a_stream():
    assert check(os.devnull, Columns()) == Source(os.devnull, is_stream=True)


def test_no_source_at_all_is_refused():
    with pytest.raises(UsageError, match="no source is given"):
        check_all([], Columns())


def test_one_bad_source_among_good_ones_is_refused():
    write("urls.txt", "https://a.example/\n")
    with pytest.raises(UsageError, match=r"^more\.txt"):
        check_all(["urls.txt", "more.txt"], Columns())
