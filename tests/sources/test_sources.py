import asyncio
import itertools
import os
import subprocess
import sys
import threading
import time
import tracemalloc
from contextlib import aclosing
from pathlib import Path

import pytest

from scraper.compression import compress
from scraper.errors import UsageError
from scraper.models import Row
from scraper.sources import iterable_source, open_sources


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def rows_of(*specs: str, **columns: str) -> list[Row]:
    async def run() -> list[Row]:
        return [row async for rows in open_sources(specs, **columns) for row in rows]

    return asyncio.run(run())


def test_several_sources_follow_one_another():
    Path("a.txt").write_text("https://a.example/1\n# note\n")
    Path("b.csv.gz").write_bytes(compress(b"link,priority\nhttps://b.example/,3\n", ".gz"))
    Path("c.jsonl.zst").write_bytes(compress(b'"https://c.example/"\n', ".zst"))
    assert rows_of("a.txt", " https://d.example/", "b.csv.gz", "c.jsonl.zst", "a.txt") == [
        Row("https://a.example/1", 1, "a.txt"),
        Row("", 2, "a.txt"),
        Row("https://d.example/", 1, " https://d.example/"),
        Row("https://b.example/", 2, "b.csv.gz", 3.0, {"priority": "3"}),
        Row("https://c.example/", 1, "c.jsonl.zst"),
        Row("https://a.example/1", 1, "a.txt"),
        Row("", 2, "a.txt"),
    ]


def test_the_named_columns_count_for_every_table():
    Path("a.csv").write_text("url,page,n\nhttps://no.example/,https://a.example/,1\n")
    Path("b.jsonl").write_text('{"page": "https://b.example/", "n": 2}\n')
    rows = rows_of("a.csv", "b.jsonl", url_column="page", priority_column="n")
    assert [(row.url, row.priority) for row in rows] == [("https://a.example/", 1.0), ("https://b.example/", 2.0)]


def test_a_bad_source_is_refused_before_anything_is_read():
    Path("a.txt").write_text("https://a.example/\n")
    with pytest.raises(UsageError, match=r"b\.txt: no such file"):
        open_sources(["a.txt", "b.txt"])


def test_a_file_that_goes_away_is_told_when_its_turn_comes():
    Path("a.txt").write_text("https://a.example/\n")
    sources = open_sources(["https://b.example/", "a.txt"])
    Path("a.txt").unlink()

    async def run() -> None:
        batches = aiter(sources)
        assert [row.url for row in await anext(batches)] == ["https://b.example/"]
        with pytest.raises(UsageError, match=r"^a\.txt cannot be read \(no such file or directory\)$"):
            await anext(batches)

    asyncio.run(run())


def test_i2_a_long_list_gives_its_first_rows_at_once_and_takes_little_memory():
    with Path("a.txt").open("w") as file:
        file.writelines(f"https://a.example/{number}\n" for number in range(200_000))

    async def run() -> tuple[int, float | None]:
        sources = open_sources(["a.txt"])
        async with aclosing(aiter(sources)) as batches:
            await anext(batches)
            early = sources.progress
            return 1 + sum([len(rows) async for rows in batches]), early

    tracemalloc.start()
    try:
        _, early = asyncio.run(run())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert early is not None
    assert early < 0.05
    assert peak < 4 * 1024**2


def test_progress_goes_from_0_to_1_over_all_files():
    for name in ("a.txt", "b.txt"):
        Path(name).write_text("https://a.example/\n" * 10_000)

    async def run() -> list[float | None]:
        sources = open_sources(["a.txt", "https://c.example/", "b.txt"])
        return [sources.progress] + [sources.progress async for _ in sources]

    seen = asyncio.run(run())
    assert seen[0] == 0.0
    assert seen[-1] == 1.0
    assert all(before <= after for before, after in itertools.pairwise(seen))


def test_progress_is_unknown_with_a_stream_among_the_sources_or_only_urls():
    Path("a.txt").write_text("https://a.example/\n")
    assert open_sources(["a.txt", "-"]).progress is None
    assert open_sources(["https://a.example/"]).progress is None


def test_the_loop_runs_while_a_file_is_read():
    Path("a.txt").write_text("https://a.example/\n" * 100_000)

    async def run() -> int:
        turns = 0

        async def other() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        task = asyncio.create_task(other())
        async for _ in open_sources(["a.txt"]):
            pass
        task.cancel()
        return turns

    assert asyncio.run(run()) > 20


def test_i2_a_fifo_is_read_as_its_name_says():
    os.mkfifo("urls.csv")
    writer = threading.Thread(target=Path("urls.csv").write_text, args=("id,url\n1,https://a.example/\n",))
    writer.start()
    assert rows_of("urls.csv") == [Row("https://a.example/", 2, "urls.csv", 0.0, {"id": "1"})]
    writer.join()


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no such device")
def test_i2_dev_zero_is_refused():
    with pytest.raises(UsageError, match=r"^/dev/zero holds binary data"):
        rows_of("/dev/zero")


def test_a_programs_own_iterable_is_a_source_too():
    async def run() -> list[Row]:
        source = iterable_source([{"page": "https://a.example/"}], url_column="page")
        return [row async for rows in source for row in rows]

    assert asyncio.run(run()) == [Row("https://a.example/", 1, "urls")]


READ_STDIN = """
import asyncio, sys
from scraper.sources import open_sources
async def run():
    async for rows in open_sources(["-"]):
        for row in rows:
            print(row.source, row.line, row.url, row.input, flush=True)
        if "one" in sys.argv:
            return
asyncio.run(run())
"""


def start_stdin_reader(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", READ_STDIN, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


@pytest.mark.slow
def test_standard_input_may_be_a_list_or_jsonl():
    with start_stdin_reader() as reader:
        output, _ = reader.communicate("\n https://a.example/\n")
    assert output == "standard input 1  None\nstandard input 2 https://a.example/ None\n"
    with start_stdin_reader() as reader:
        output, _ = reader.communicate('{"url": "https://a.example/", "id": 1}')
    assert output == "standard input 1 https://a.example/ {'id': 1}\n"


@pytest.mark.slow
def test_the_process_ends_though_standard_input_stays_open():
    with start_stdin_reader("one") as reader:
        assert reader.stdin is not None
        assert reader.stdout is not None
        reader.stdin.write("https://a.example/\n")
        reader.stdin.flush()
        assert reader.stdout.readline() == "standard input 1 https://a.example/ None\n"
        started = time.monotonic()
        assert reader.wait(timeout=10) == 0
        assert time.monotonic() - started < 5
