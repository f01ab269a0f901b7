import asyncio
import threading
from collections import deque
from contextlib import aclosing

import pytest

from scraper.errors import UsageError
from scraper.models import Row
from scraper.sources.columns import Columns
from scraper.sources.iterable import BATCH_ROWS, IterableSource

GUESSED = Columns()


def rows_of(urls, columns: Columns = GUESSED) -> list[Row]:
    async def run() -> list[Row]:
        return [row async for rows in IterableSource(urls, columns) for row in rows]

    return asyncio.run(run())


def test_strings_are_numbered_from_1():
    assert rows_of([" https://a.example/ ", "", "# note\n", None]) == [
        Row("https://a.example/", 1, "urls"),
        Row("", 2, "urls"),
        Row("", 3, "urls"),
        Row("", 4, "urls"),
    ]


def test_mappings_follow_the_rules_of_columns():
    table = [{"id": 1, "Link": "https://a.example/", "priority": 5}, {"id": 2}, {3: "x", "url": "https://b.example/"}]
    assert rows_of(table) == [
        Row("https://a.example/", 1, "urls", 5.0, {"id": 1, "priority": 5}),
        Row("{'id': 2}", 2, "urls", problem="none of its keys is called url, link or href; it has: id"),
        Row("https://b.example/", 3, "urls", 0.0, {"3": "x"}),
    ]
    assert table[0]["Link"] == "https://a.example/", "the caller's dict is left as it is"


def test_named_columns_are_used():
    [row] = rows_of([{"url": "https://no.example/", "page": "https://yes.example/", "n": 2}], Columns("page", "n"))
    assert (row.url, row.priority) == ("https://yes.example/", 2.0)


@pytest.mark.parametrize("columns", [Columns(), Columns(url="page")])
def test_mappings_without_a_url_are_refused(columns):
    with pytest.raises(UsageError, match=r"^urls: .*it has: id, name"):
        rows_of([{"id": 1, "name": "x"}], columns)


def test_what_is_no_string_is_not_lost():
    assert [row.url for row in rows_of([17, float("nan"), b"https://a.example/"])] == [
        "17",
        "nan",
        "b'https://a.example/'",
    ]


def test_a_generator_is_pulled_as_it_is_needed():
    pulled = []

    def generate():
        for number in range(1_000_000):
            pulled.append(number)
            yield f"https://a.example/{number}"

    async def run() -> int:
        async with aclosing(aiter(IterableSource(generate(), Columns()))) as batches:
            return sum([len(await anext(batches)) for _ in range(3)])

    taken = asyncio.run(run())
    assert len(pulled) <= taken + BATCH_ROWS


def test_a_slow_generator_gives_each_url_as_it_comes_and_leaves_the_loop_alone():
    may_go_on = threading.Event()

    def generate():
        yield "https://a.example/"
        assert may_go_on.wait(5)
        yield "https://b.example/"

    async def run() -> None:
        batches = aiter(IterableSource(generate(), Columns()))
        assert await anext(batches) == [Row("https://a.example/", 1, "urls")]
        may_go_on.set()
        assert await anext(batches) == [Row("https://b.example/", 2, "urls")]
        assert [rows async for rows in batches] == []

    asyncio.run(run())


class OwnList(list):
    pass


@pytest.mark.parametrize(
    "urls",
    [["x"], ("x",), {"x"}, frozenset("x"), {"x": 1}, {"x": 1}.keys(), {1: "x"}.values(), deque("x"), OwnList("x")],
    ids=lambda urls: type(urls).__name__,
)
def test_what_is_in_memory_needs_no_thread(urls, monkeypatch):
    monkeypatch.delattr(threading, "Thread")
    assert rows_of(urls) == [Row("x", 1, "urls")]


def test_an_async_generator_gives_each_url_as_it_comes():
    async def run() -> None:
        may_go_on = asyncio.Event()

        async def generate():
            yield "https://a.example/"
            await may_go_on.wait()
            yield {"url": "https://b.example/"}

        batches = aiter(IterableSource(generate(), Columns()))
        assert await anext(batches) == [Row("https://a.example/", 1, "urls")]
        may_go_on.set()
        assert await anext(batches) == [Row("https://b.example/", 2, "urls")]
        assert [rows async for rows in batches] == []

    asyncio.run(run())


def test_the_loop_runs_while_a_long_list_is_read():
    async def run() -> int:
        turns = 0

        async def other() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        task = asyncio.create_task(other())
        async for _ in IterableSource(["https://a.example/"] * (100 * BATCH_ROWS), Columns()):
            pass
        task.cancel()
        return turns

    assert asyncio.run(run()) >= 99


def test_progress_is_known_for_what_has_a_length():
    async def run(urls) -> list[float | None]:
        source = IterableSource(urls, Columns())
        return [source.progress] + [source.progress async for _ in source]

    assert asyncio.run(run(["https://a.example/"] * (2 * BATCH_ROWS))) == [0.0, 0.5, 1.0]
    assert asyncio.run(run(iter(["https://a.example/"]))) == [None, None]
    assert asyncio.run(run([])) == [None]


def test_a_lone_surrogate_in_a_url_is_replaced_as_it_is_in_its_record():
    rows = rows_of(["http://a/\ud800", {"url": "http://a/\ud83d\ude00"}])
    assert [row.url for row in rows] == ["http://a/\ufffd", "http://a/\U0001f600"]
