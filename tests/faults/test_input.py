"""Rows I1, I2, I3 and P12 of the fault catalogue: odd lists, and calls from odd places.

Whatever the list: each line is accounted for, each URL has exactly one record, an error names its line.
"""

import asyncio
import gzip
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from contextlib import aclosing
from pathlib import Path

import httpx
import local_site
import pytest
from local_site import html

from scraper import UsageError, api, ascrape, scrape, stream
from scraper.config import Config
from scraper.run import read_records

FIRST, SECOND = "https://a.example/1", "https://b.example/2"
BAD = "nonsense"


def web(seen=None, hold=None):
    async def answer(request):
        if seen is not None:
            seen.append(str(request.url))
        if hold is not None:
            await hold(request)
        return httpx.Response(200, html="<title>x</title>")

    return httpx.MockTransport(answer)


def scraped(source, **options):
    return scrape(source, robots=False, transport=web(), **options)


def workers():
    return {thread for thread in threading.enumerate() if thread is not threading.main_thread()}


# I1: line ends, encodings, blanks, comments


def plain(line_end):
    return line_end.join([FIRST, "", "# a comment", f"  {SECOND}\t", BAD, ""])


def table(line_end):
    return line_end.join(["name,url", f"x,{FIRST}", "", f"y, {SECOND}", f'"z, too",{BAD}', ""])


def jsonl(line_end):
    return line_end.join([json.dumps({"url": FIRST}), "", "  " + json.dumps({"url": SECOND}), f'"{BAD}"', ""])


LISTS = {".txt": (plain, 5), ".csv": (table, 5), ".jsonl": (jsonl, 4)}
"""What writes the list, and the line of the bad URL in it."""
LINE_ENDS = {"lf": "\n", "crlf": "\r\n", "cr": "\r"}
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"]


@pytest.mark.parametrize("end", ["with a last line end", "without"])
@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("line_end", LINE_ENDS)
@pytest.mark.parametrize("suffix", LISTS)
def test_i1_the_same_urls_whatever_the_line_ends_and_the_encoding(suffix, line_end, encoding, end, tmp_path):
    write, bad_line = LISTS[suffix]
    text = write(LINE_ENDS[line_end])
    source = tmp_path / f"urls{suffix}"
    source.write_bytes((text if end != "without" else text.rstrip("\r\n")).encode(encoding))
    run = scraped(source)
    found = {record.url: record for record in run.records}
    assert sorted(found) == [FIRST, SECOND, BAD]
    assert found[BAD].error.kind == "invalid-url"
    assert found[BAD].error.message.startswith(f"line {bad_line} of {source}: ")
    assert run.summary.is_balanced
    assert run.summary.ok == 2


@pytest.mark.parametrize("mixed", ["\n\r\n\r\n\n", "\r\r\n\n\r", "\n" * 5000, " \t\n\u3000\n"])
def test_i1_any_number_of_blank_lines_in_between_counts_as_blank(mixed, tmp_path):
    source = tmp_path / "urls.txt"
    source.write_bytes((FIRST + "\n" + mixed + BAD).encode())
    run = scraped(source)
    blank = len((mixed + "|").replace("\r\n", "\n").replace("\r", "\n").split("\n")) - 1
    assert (run.summary.lines, run.summary.blank) == (2 + blank, blank)
    assert f"line {2 + blank} of" in run.failed[0].error.message


def test_i1_a_line_in_another_encoding_costs_neither_itself_nor_the_others(tmp_path):
    source = tmp_path / "urls.txt"
    source.write_bytes(b"https://a.example/\xe9\nhttps://a.example/\xc3\xa9\n" + FIRST.encode())
    run = scraped(source)
    assert [run.summary.ok, run.summary.duplicates] == [2, 1]  # both mean é


# I2: what is long, endless, binary, slow, or changes


def test_i2_a_long_list_is_begun_at_once_and_read_as_it_is_needed(tmp_path):
    source = tmp_path / "urls.txt"
    with source.open("w") as file:
        file.writelines(f"https://h{n}.example/\n" for n in range(300_000))
    config = Config(limit=300_000, robots=False)

    async def run():
        rows = api.rows_of(source, config)
        read_at = []

        async def note(_):
            read_at.append(rows.progress)
            if len(read_at) == 500:
                engines[0].stop()

        engines = []
        done = await api.run(rows, config, transport=web(hold=note), on_start=engines.append)
        return read_at, done.summary

    read_at, summary = asyncio.run(run())
    assert read_at[0] < 0.01
    assert max(read_at) < 0.1  # the window: 10,000 of 300,000
    assert summary.is_balanced


LONG = {
    ".txt": f"{FIRST}\nhttps://a.example/{'x' * 1024**2}\n{SECOND}\n",
    ".csv": f"url,n\n{FIRST},1\nhttps://a.example/{'x' * 1024**2},2\n{SECOND},3\n",
    ".jsonl": f'"{FIRST}"\n{json.dumps({"url": "https://a.example/" + "x" * 1024**2})}\n"{SECOND}"\n',
    ".txt.gz": f"{FIRST}\n{'x' * 20 * 1024**2}\n{SECOND}\n",
}


@pytest.mark.parametrize("suffix", LONG)
def test_i2_a_line_of_a_megabyte_is_one_invalid_url_and_not_kept_whole(suffix, tmp_path):
    source = tmp_path / f"urls{suffix}"
    data = LONG[suffix].encode()
    source.write_bytes(gzip.compress(data) if suffix.endswith(".gz") else data)
    run = scraped(source)
    assert {record.url for record in run.records if record.ok} == {FIRST, SECOND}
    [failed] = run.failed
    assert failed.error.kind == "invalid-url"
    assert len(failed.error.message) < 500
    assert run.summary.is_balanced


BINARY = {
    "png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(100),
    "zip": b"PK\x03\x04" + random.Random(1).randbytes(3000),
    "elf": b"\x7fELF\x02\x01\x01" + bytes(100),
    "pdf": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
    "sqlite": b"SQLite format 3\0" + bytes(100),
    "gzip": gzip.compress(FIRST.encode()),
    "random": random.Random(2).randbytes(100_000),
    "zeros": bytes(100_000),
}


@pytest.mark.parametrize("kind", BINARY)
def test_i2_binary_data_is_refused_before_any_request(kind, tmp_path):
    source = tmp_path / "urls.txt"
    source.write_bytes(BINARY[kind])
    seen = []
    with pytest.raises(UsageError, match="not a list of URLs"):
        scrape(source, robots=False, transport=web(seen))
    assert not seen


def test_i2_binary_data_further_on_is_one_invalid_url(tmp_path):
    source = tmp_path / "urls.txt"
    source.write_bytes(f"{FIRST}\n".encode() * 5000 + bytes(100))  # beyond what is looked at: 64 KiB
    run = scraped(source)
    assert [record.error.kind for record in run.failed] == ["invalid-url"]
    assert run.summary.ok == 1


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/full", "/dev/urandom", "/dev/null"])
def test_i2_a_device_that_is_no_list_is_refused(device):
    if not Path(device).exists():
        pytest.skip(f"there is no {device}")
    with pytest.raises(UsageError, match=r"not a list of URLs|holds no URL"):
        scraped(device)


def test_i2_a_fifo_is_scraped_while_it_is_written(tmp_path):
    fifo = tmp_path / "urls.txt"
    os.mkfifo(fifo)
    is_fetched = threading.Event()

    def write():
        with fifo.open("w") as file:
            file.write(f"{FIRST}\n")
            file.flush()
            assert is_fetched.wait(5)
            file.write(f"{SECOND}\n")

    async def note(_):
        is_fetched.set()

    writer = threading.Thread(target=write)
    writer.start()
    run = scrape(fifo, robots=False, transport=web(hold=note))
    writer.join()
    assert {record.url for record in run.records} == {FIRST, SECOND}


@pytest.mark.slow
def test_i2_standard_input_is_scraped_while_it_is_written(tmp_path):
    pages = {"/1": html("one"), "/2": html("two")}
    with local_site.running(pages) as site:
        command = [sys.executable, "-m", "scraper", "-", "-o", "-", "--no-robots", "--quiet"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=tmp_path) as process:
            process.stdin.write(f"{site.url('/1')}\n".encode())
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["url"] == site.url("/1")
            process.stdin.write(f"{site.url('/2')}\n".encode())
            process.stdin.close()
            assert json.loads(process.stdout.readline())["url"] == site.url("/2")
        assert process.returncode == 0


def test_i2_a_generator_that_waits_does_not_hold_the_run():
    is_fetched = threading.Event()

    def urls():
        yield FIRST
        assert is_fetched.wait(5)  # for ever, if the loop waited with it
        yield SECOND

    async def note(_):
        is_fetched.set()

    run = scrape(urls(), robots=False, transport=web(hold=note))
    assert {record.url for record in run.records} == {FIRST, SECOND}


def test_i2_a_list_that_grows_during_the_run_loses_nothing(tmp_path):
    source, output = tmp_path / "urls.txt", tmp_path / "out.jsonl"
    urls = [f"https://h{n}.example/" for n in range(100)]
    source.write_text("\n".join(urls[:60]) + "\n")

    async def grow(_):
        if source.stat().st_size < 1500:
            with source.open("a") as file:
                file.write("\n".join(urls[60:]) + "\n")

    first = scrape(source, output=output, robots=False, transport=web(hold=grow))
    assert first.summary.ok >= 60
    assert first.summary.is_balanced
    scraped(source, output=output)
    assert sorted(record.url for record in read_records(output)) == sorted(urls)


@pytest.mark.parametrize(
    ("change", "ok", "done", "unlisted"),
    [
        ("longer", 1, 3, 0),
        ("reordered", 0, 3, 0),
        ("one replaced", 1, 2, 1),
        ("all replaced", 3, 0, 3),
        ("shorter", 0, 1, 2),
        ("one comes twice", 0, 4, 0),
    ],
)
def test_i2_a_list_that_changed_between_runs_is_told(change, ok, done, unlisted, tmp_path):
    source, output = tmp_path / "urls.txt", tmp_path / "out.jsonl"
    urls = [f"https://h{n}.example/" for n in range(3)]
    new = [f"https://n{n}.example/" for n in range(3)]
    changed = {
        "longer": [*urls, new[0]],
        "reordered": urls[::-1],
        "one replaced": [urls[0], new[0], urls[2]],
        "all replaced": new,
        "shorter": urls[:1],
        "one comes twice": [*urls, urls[0]],
    }[change]
    source.write_text("\n".join(urls))
    scraped(source, output=output)
    source.write_text("\n".join(changed))
    summary = scraped(source, output=output).summary
    assert (summary.ok, summary.already_done, summary.unlisted) == (ok, done, unlisted)
    assert ("not listed" in str(summary)) == bool(unlisted)
    assert scraped(source, output=output, limit=1).summary.unlisted == 0, "the rest was not read"


# I3: lines that come twice

SPELLINGS = {
    "the same line": FIRST,
    "spaces": f"  {FIRST} ",
    "scheme and host in capitals": "HTTPS://A.EXAMPLE/1",
    "the scheme's own port": "https://a.example:443/1",
    "a fragment": f"{FIRST}#part",
    "dots": "https://a.example/x/../1",
    "a backslash": "https:\\\\a.example\\1",
    "a tab inside": "https://a.exam\tple/1",
    "full-width letters": "https://\uff41.example/1",
}
OTHERS = [
    "http://a.example/1",
    "https://a.example/1/",
    "https://a.example/1?",
    "https://a.example/%31",
    "https://b.example/1",
]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_i3_lines_that_mean_the_same_url_are_one_the_first(spelling, tmp_path):
    source, output = tmp_path / "urls.txt", tmp_path / "out.jsonl"
    lines = [FIRST, SPELLINGS[spelling], FIRST]
    for order in (lines, lines[::-1], [SPELLINGS[spelling]]):
        source.write_text("\n".join(order), encoding="utf-8")
        summary = scraped(source, output=output).summary
        assert summary.is_balanced
        assert summary.ok + summary.duplicates + summary.already_done == len(order)
    assert [record.url for record in read_records(output)] == [FIRST]


def test_i3_urls_that_differ_after_normalisation_are_not_one(tmp_path):
    run = scraped([FIRST, *OTHERS], output=tmp_path / "out.jsonl")
    assert (run.summary.ok, run.summary.duplicates) == (1 + len(OTHERS), 0)


def test_i3_lines_that_are_no_urls_are_duplicates_to_the_letter(tmp_path):
    output = tmp_path / "out.jsonl"
    lines = [BAD, BAD, "Nonsense", "http://", "http://"]
    for turn in range(2):
        summary = scraped(lines, output=output).summary
        assert (summary.failed, summary.duplicates, summary.already_done) == ((3, 2, 0), (0, 0, 5))[turn]


def test_i3_the_rows_of_a_table_are_told_apart_by_their_url_alone():
    run = scraped([{"url": FIRST, "id": 1}, {"url": FIRST, "id": 2}])
    assert (run.records[0].input, run.summary.duplicates) == ({"id": 1}, 1)


# P12: called from odd places

URLS = [f"https://h{n}.example/" for n in range(30)]


def test_p12_inside_a_running_loop_twice_and_awaited():
    before = workers()

    async def cell():
        runs = [scraped(URLS), scraped(iter(URLS)), await ascrape(URLS, robots=False, transport=web())]
        assert len(asyncio.all_tasks()) == 1
        return runs

    assert [run.summary.ok for run in asyncio.run(cell())] == [30, 30, 30]
    assert workers() == before


def test_p12_two_at_once_in_one_loop_and_from_many_threads():
    before = workers()

    async def both():
        return await asyncio.gather(*(ascrape(iter(URLS), robots=False, transport=web()) for _ in range(2)))

    assert [run.summary.ok for run in asyncio.run(both())] == [30, 30]
    runs = []
    threads = [threading.Thread(target=lambda: runs.append(scraped(iter(URLS)))) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [run.summary.ok for run in runs] == [30] * 5
    assert workers() == before


def list_of():
    return URLS


def generator():
    yield from URLS


def blocked_generator():
    yield from URLS
    time.sleep(0.2)


async def async_generator():
    for url in URLS:
        yield url
    await asyncio.Event().wait()


@pytest.mark.parametrize("moment", range(0, 40, 8))
@pytest.mark.parametrize("urls", [list_of, generator, blocked_generator, async_generator])
def test_p12_cancelled_at_any_moment_leaves_nothing_running(urls, moment):
    before = workers()

    async def run():
        started = asyncio.Event()

        async def hold(_):
            started.set()
            await asyncio.Event().wait()

        task = asyncio.ensure_future(ascrape(urls(), robots=False, transport=web(hold=hold)))
        for _ in range(moment):
            await asyncio.sleep(0)
        if moment > 20:
            await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(run())
    assert workers() == before


@pytest.mark.parametrize("urls", [list_of, generator, async_generator])
def test_p12_a_stream_that_is_left_leaves_nothing_running(urls):
    before = workers()

    async def run():
        async with aclosing(stream(urls(), robots=False, transport=web())) as records:
            await anext(records)
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(run())
    assert workers() == before


@pytest.mark.slow
@pytest.mark.parametrize("urls", ["[U, U + 'x']", "(url for url in [U, U + 'x'])", "blocked()"])
def test_p12_an_interrupted_cell_returns_what_is_there(urls):
    code = f"""
import scraper, sys, threading
U = sys.argv[1]
def blocked():
    yield U
    yield U + "x"
    threading.Event().wait()
run = scraper.scrape({urls}, grace=0.1, robots=False)
print(len(run.records), run.summary.pending, len(scraper.scrape([U + "y"], robots=False).records))
"""
    pages = {"/0": html("x"), "/0x": html("x", delay=60), "/0y": html("x")}
    with local_site.running(pages) as site:
        process = subprocess.Popen([sys.executable, "-c", code, site.url("/0")], stdout=subprocess.PIPE, text=True)
        while len(site.hits) < 2:
            time.sleep(0.01)
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=20)[0] == "1 1 1\n"
