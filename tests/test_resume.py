import os
import subprocess
import sys
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from outputs import (
    NOW,
    SUFFIXES,
    complete,
    die_in,
    dying_write,
    failed,
    in_child,
    opened,
    record,
    records_in,
    scrape,
    urls,
    urls_in,
    write,
)

from scraper.compression import Members, compress
from scraper.errors import ERROR_KINDS, OutputError, OutputLocked, UsageError
from scraper.output.encoder import append_line
from scraper.resume import finished_in
from scraper.urls import identity

STEPS = ["open", "write", "close", "fsync", "ftruncate", "replace", "unlink"]
FAILED = [
    record("http://h.example/ok"),
    failed("http://h.example/slow", "read-timeout"),
    failed("http://h.example/503", "http-status", 503),
    failed("http://h.example/404", "http-status", 404),
    failed("http://h.example/bad", "decode-error", 503),
]


@pytest.fixture(params=SUFFIXES, ids=["plain", "gz", "zst"])
def path(request, tmp_path):
    return tmp_path / f"out.jsonl{request.param}"


@pytest.fixture(autouse=True)
def no_fsync(monkeypatch):
    """No test cuts the power; and an fsync takes 5 ms."""
    monkeypatch.setattr("os.fsync", lambda _: None)


@pytest.fixture
def small_batches(monkeypatch):
    """A write for each record."""
    monkeypatch.setattr("scraper.writer.WRITE_BYTES", 1)


def line_of(item) -> bytes:
    lines = bytearray()
    append_line(item, lines)
    return bytes(lines)


# What is finished


def test_what_has_a_record_is_finished(path):
    scrape(path, urls(20))
    with opened(path) as output:
        assert output.ok == len(output.finished) == 20
        assert all(identity(url) in output.finished for url in urls(20))
        assert identity("http://h.example/20") not in output.finished


def test_the_same_line_again_writes_only_what_is_missing(path):
    scrape(path, urls(5))
    scrape(path, urls(9))
    assert sorted(urls_in(path)) == urls(9)


def test_failed_records_are_finished_too_and_counted_by_kind(path):
    with opened(path) as output:
        write(output, FAILED)
    with opened(path) as output:
        assert output.ok == 1
        assert output.failed == {"read-timeout": 1, "http-status": 2, "decode-error": 1}
        assert len(output.finished) == 5


def test_lines_that_mean_the_same_url_count_once_and_stay(tmp_path):
    path = tmp_path / "joined.jsonl"
    for url in ("http://h.example/a", "HTTP://h.example:80/a#top"):
        with path.open("ab") as file:
            file.write(line_of(record(url)))
    with opened(path) as output:
        assert output.ok == len(output.finished) == 1
    assert len(records_in(path)) == 2


def test_a_missing_and_an_empty_file_have_nothing_finished(path):
    for _ in range(2):
        with opened(path) as output:
            assert len(output.finished) == 0
            assert output.modified_at is None
            assert output.torn_bytes == 0


def test_the_age_of_the_data_is_told_as_it_was_before_the_file_is_mended(tmp_path):
    path = tmp_path / "out.jsonl"
    path.write_bytes(line_of(record("http://h.example/1"))[:-1])
    os.utime(path, (1e9, 1e9))
    with opened(path) as output:
        assert output.modified_at == 1e9


def test_a_file_edited_on_windows_is_still_ours(tmp_path):
    path = tmp_path / "out.jsonl"
    path.write_bytes(line_of(record("http://h.example/1")).replace(b"\n", b"\r\n") * 1)
    with opened(path) as output:
        assert output.ok == 1


def test_lines_longer_than_a_piece_are_read_whole(path):
    with opened(path) as output:
        write(output, [record(url, html="<p>" * 300_000) for url in urls(3)])
    with opened(path) as output:
        assert output.ok == 3


def test_a_record_nested_as_deep_as_the_encoder_goes_is_read_from_deep_in_a_notebook(tmp_path):
    path = tmp_path / "out.jsonl"
    for depth in range(sys.getrecursionlimit() - 60, sys.getrecursionlimit()):
        nested: list[object] = []
        for _ in range(depth):
            nested = [nested]
        with path.open("ab") as file:
            file.write(line_of(record(f"http://h.example/{depth}", fields={"deep": nested})))

    def from_depth(frames: int) -> int:
        if frames:
            return from_depth(frames - 1)
        with opened(path) as output:
            return output.ok

    assert from_depth(100) == 60


# A torn end (FAULTS.md P1, P2)


@pytest.mark.usefixtures("small_batches")
def test_p2_cut_at_every_byte_of_the_last_three_records_nothing_is_lost_doubled_or_torn(path):
    scrape(path, urls(5))
    whole = path.read_bytes()
    start = len(whole) // 5 * 2 - 5
    for end in range(start, len(whole)):
        path.write_bytes(whole[:end])
        complete(path, urls(5))
        assert sorted(urls_in(path)) == urls(5), f"cut at byte {end} of {len(whole)}"


def test_p2_cut_at_every_byte_of_its_only_member_nothing_is_lost_doubled_or_torn(path):
    scrape(path, urls(3))
    whole = path.read_bytes()
    for end in range(len(whole)):
        path.write_bytes(whole[:end])
        complete(path, urls(3))
        assert sorted(urls_in(path)) == urls(3), f"cut at byte {end} of {len(whole)}"


def test_a_whole_record_without_its_line_feed_is_kept(tmp_path):
    path = tmp_path / "out.jsonl"
    lines = line_of(record("http://h.example/1")) + line_of(record("http://h.example/2"))
    path.write_bytes(lines[:-1])
    with opened(path) as output:
        assert output.ok == 2
        assert output.torn_bytes == 0
    assert path.read_bytes() == lines


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
@pytest.mark.parametrize("zeros", [0, 5000])
def test_what_a_killed_run_had_flushed_of_a_member_is_kept(tmp_path, suffix, zeros):
    path = tmp_path / f"out.jsonl{suffix}"
    scrape(path, urls(3))
    members = Members(suffix)
    flushed = b"".join(members.add(line_of(record(f"http://h.example/flushed/{n}"))) for n in range(4))
    path.write_bytes(path.read_bytes() + flushed[:-12] + bytes(zeros))
    with opened(path) as output:
        assert (output.ok, output.torn_bytes) == (6, 0)
    assert urls_in(path) == [*urls(3), *(f"http://h.example/flushed/{n}" for n in range(3))]


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_a_failed_record_is_replaced_by_one_that_was_only_flushed(tmp_path, suffix):
    path = tmp_path / f"out.jsonl{suffix}"
    before = compress(line_of(failed("http://h.example/1", "read-timeout")), suffix)
    path.write_bytes(before + Members(suffix).add(line_of(record("http://h.example/1"))))
    with opened(path) as output:
        assert (output.ok, output.failed) == (1, {})
    assert len(urls_in(path)) == 1


@pytest.mark.parametrize("zeros", [1, 3, 4096, 600_000])
def test_p13_zero_bytes_that_a_power_loss_left_are_cut(path, zeros):
    scrape(path, urls(3))
    whole = path.read_bytes()
    for torn in (b"", compress(line_of(record("http://h.example/9")), path.suffix.replace(".jsonl", ""))[:30]):
        path.write_bytes(whole + torn + bytes(zeros))
        with opened(path) as output:
            assert output.ok == 3
            assert output.torn_bytes == len(torn) + zeros
        assert path.read_bytes() == whole


def test_p13_a_file_of_zero_bytes_alone_is_emptied(path):
    path.write_bytes(bytes(5000))
    with opened(path) as output:
        assert len(output.finished) == 0
    assert path.read_bytes() == b""


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("portion", [0, 0.5, 1])
def test_p2_killed_in_every_write_before_half_way_and_after_it(path, portion):
    outcomes = set()
    for turn in range(1, 9):
        path.unlink(missing_ok=True)

        def run(turn=turn):
            os.write = dying_write(turn, portion)
            scrape(path, urls(6))

        outcomes.add(in_child(run))
        scrape(path, urls(6))
        assert sorted(urls_in(path)) == urls(6), f"killed in write {turn}"
    assert outcomes == {-9, 0}  # so every write had its turn


@pytest.mark.usefixtures("small_batches")
def test_p1_killed_again_and_again_a_run_is_finished_all_the_same(path):
    def run():
        os.write = dying_write(3, 0.7)
        scrape(path, urls(12))

    starts = 1
    while in_child(run) != 0:
        starts += 1
    assert starts > 4
    assert sorted(urls_in(path)) == urls(12)


# What is not ours is refused, and left as it is


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"http://h.example/1\nhttp://h.example/2\n", "line 1"),
        (b"http://h.example/1", "line 1"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "line 1"),
        (b"[1, 2]\n", "line 1"),
        (b"12", "line 1"),
        (b"\n", "line 1"),
        (b'{"a":1}\n', "line 1"),
        (b'{"url":1,"ok":true}\n', "line 1"),
        (b'{"url":"http://h.example/","ok":"yes"}\n', "line 1"),
        (b'{"url":"http://h.example/"}\n', "line 1"),
        (b'{"url":"http://h.exam\n', "line 1"),
        (b'{"url":"http://h.example/","ok":true}\n\n{"url":"http://h.example/2","ok":true}\n', "line 2"),
        (
            b'{"url":"http://h.example/","ok":true}\n{"url":"http://h.ex\n{"url":"http://h.example/2","ok":true}\n',
            "line 2",
        ),
        (b'{"url":"http://h.example/","ok":true}\n{"url":"http://h.ex\0\0\0"}\n', "line 2"),
        (b'{"url":"http://h.example/","ok":true}\nnotes of mine', "line 2"),
        (b'{"url":"http://h.example/","ok":true}\n{"url":"\xff","ok":true}\n', "line 2"),
        (b"[" * 100_000, "line 1"),
        (
            b'{"url":"http://h.example/","ok":true}\n{"url":"http://h.example/2","ok":true,"x":' + b"[" * 9999 + b"\n",
            "line 2",
        ),
    ],
)
def test_a_file_with_anything_else_than_records_is_refused_by_its_line_and_left_as_it_is(tmp_path, content, place):
    for compression in SUFFIXES:
        path = tmp_path / f"mine{compression}"
        path.write_bytes(compress(content, compression))
        before = path.read_bytes()
        with pytest.raises(OutputError, match=f"{place} is not a record; .*--fresh.*--output"):
            opened(path)
        assert path.read_bytes() == before


def test_an_endless_line_is_refused_without_reading_it_all(tmp_path):
    path = tmp_path / "disk.img"
    with path.open("wb") as file:
        file.write(b"{")
        file.truncate(200 * 1024**2)
        file.seek(0, os.SEEK_END)
        file.write(b"x")
    code = """
import resource, sys
from datetime import datetime
from scraper.errors import OutputError
from scraper.resume import open_output
resource.setrlimit(resource.RLIMIT_DATA, (150 * 1024**2,) * 2)
try:
    open_output(sys.argv[1], fresh=False, retry_failed=False, now=datetime.now())
except OutputError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert "line 1 is not a record" in done.stdout


@pytest.mark.parametrize("compression", [".gz", ".zst"])
@pytest.mark.parametrize(
    "foreign", [b"x", b"no", b"plain text\n", b"\x1f\x8b\x08\xff garbage" * 9, b"\x28\xb5\x2f\xfd\xff" * 9]
)
def test_what_does_not_belong_behind_the_members_is_refused(tmp_path, compression, foreign):
    path = tmp_path / f"out.jsonl{compression}"
    scrape(path, urls(3))
    before = path.read_bytes() + foreign
    path.write_bytes(before)
    with pytest.raises(OutputError, match="--fresh"):
        opened(path)
    assert path.read_bytes() == before


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("compression", [".gz", ".zst"])
def test_damage_inside_is_refused_not_cut_away(tmp_path, compression):
    path = tmp_path / f"out.jsonl{compression}"
    scrape(path, urls(3))
    whole = path.read_bytes()
    for at in range(len(whole) * 2 // 3):
        for mask in (0x04, 0x5A):  # 0x04 in a gzip header: an optional field that is as long as the rest
            damaged = bytearray(whole)
            damaged[at] ^= mask
            path.write_bytes(damaged)
            is_cut = False
            with suppress(OutputError), opened(path) as output:
                # It hit the name of the compressor's system, or the like; or the size of a zstd block, which then
                # seems to go on behind the end of the file, as one does that a killed run was writing.
                is_cut = compression == ".zst" and output.ok < 3
                assert is_cut or output.ok == 3
            if is_cut:
                assert urls_in(path) == urls(output.ok), f"byte {at}"
            else:
                assert path.read_bytes() == damaged, f"byte {at}"


@pytest.mark.parametrize("compression", [".gz", ".zst"])
def test_a_compressed_list_that_was_cut_is_not_taken_for_a_torn_output(tmp_path, compression):
    path = tmp_path / f"urls.txt{compression}"
    path.write_bytes(compress(b"".join(b"http://h.example/%d\n" % n for n in range(100_000)), compression)[:-3])
    before = path.read_bytes()
    with pytest.raises(OutputError, match="line 1"):
        opened(path)
    assert path.read_bytes() == before


@given(st.binary(max_size=60), st.sampled_from(SUFFIXES))
def test_whatever_a_file_holds_it_is_resumed_or_refused(tmp_path_factory, content, compression):
    path = tmp_path_factory.mktemp("any") / f"out{compression}"
    path.write_bytes(content)
    try:
        opened(path).target.close()
    except OutputError:
        assert path.read_bytes() == content
    else:
        assert records_in(path) == []


# --fresh


def test_fresh_renames_the_earlier_file_and_begins_an_empty_one(path):
    scrape(path, urls(3))
    before = path.read_bytes()
    with opened(path, fresh=True) as output:
        assert len(output.finished) == 0
        assert output.set_aside.read_bytes() == before
        assert output.set_aside.name == path.name.replace("out", "out.20260801T101530Z")
    assert path.read_bytes() == b""


def test_fresh_never_overwrites_what_it_renamed_before(tmp_path):
    path = tmp_path / "example.com.jsonl"
    for n in range(4):
        scrape(path, urls(4)[n : n + 1], fresh=True)
    assert sorted(entry["url"] for file in tmp_path.iterdir() for entry in records_in(file)) == urls(4)
    assert (tmp_path / "example.com.20260801T101530Z-3.jsonl").exists()


def test_fresh_leaves_an_empty_file_where_it_is(tmp_path):
    path = tmp_path / "out.jsonl"
    path.touch()
    with opened(path, fresh=True) as output:
        assert output.set_aside is None
    assert list(tmp_path.iterdir()) == [path]


def test_fresh_puts_a_file_that_is_not_ours_aside_as_well(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("mine\n")
    with opened(path, fresh=True) as output:
        assert output.set_aside.read_text() == "mine\n"


def test_p2_fresh_killed_at_any_step_loses_nothing(tmp_path):
    outcomes = []
    for turn in range(1, 60):
        folder = tmp_path / str(turn)
        folder.mkdir()
        path = folder / "out.jsonl"
        scrape(path, urls(3))
        before = path.read_bytes()

        def run(turn=turn, path=path):
            die_in(turn, is_done=turn % 2 == 0, names=STEPS)
            opened(path, fresh=True).target.close()

        outcomes.append(in_child(run))
        assert before in [file.read_bytes() for file in folder.iterdir()]
        scrape(path, urls(2))
        assert set(urls_in(path)) >= set(urls(2))
        if outcomes[-2:] == [0, 0]:
            break
    assert outcomes.count(-9) > 5
    assert outcomes[-1] == 0


# --retry-failed


def retry(path, records, **options):
    """Write `records` as a run with --retry-failed does; return how many failed ones they replaced."""
    with opened(path, **{"retry_failed": True, **options}) as output:
        write(output, records)
        return output.settle()


def endings_in(path):
    return [url.rpartition("/")[2] for url in urls_in(path)]


@pytest.mark.parametrize(
    ("retry_failed", "finished"),
    [
        (True, {"ok"}),
        ("read-timeout", {"ok", "503", "404", "bad"}),
        ("503", {"ok", "slow", "404", "bad"}),
        ("http-status", {"ok", "slow", "bad"}),
        ("read-timeout, 404", {"ok", "503", "bad"}),
        ("deadline", {"ok", "slow", "503", "404", "bad"}),
        (False, {"ok", "slow", "503", "404", "bad"}),
    ],
)
def test_retry_failed_tries_those_of_these_kinds_and_statuses_again(path, retry_failed, finished):
    with opened(path) as output:
        write(output, FAILED)
    with opened(path, retry_failed=retry_failed) as output:
        assert len(output.retried) == 5 - len(finished)
        assert len(output.finished) == output.ok + sum(output.failed.values()) == len(finished)
        assert all(identity(f"http://h.example/{name}") in output.finished for name in finished)
    assert len(urls_in(path)) == 5


def test_a_failed_record_stays_until_the_new_one_is_there(path):
    with opened(path) as output:
        write(output, FAILED)
    with opened(path, retry_failed=True) as output:
        write(output, [record("http://h.example/slow")])
        assert endings_in(path) == ["ok", "slow", "503", "404", "bad", "slow"]
        assert output.settle() == 1
    assert endings_in(path) == ["ok", "503", "404", "bad", "slow"]
    assert records_in(path)[-1]["ok"]


def test_failed_urls_that_are_not_taken_up_again_keep_their_record(path):
    with opened(path) as output:
        write(output, FAILED)
    assert retry(path, []) == 0
    assert retry(path, [record("http://h.example/new")]) == 0
    assert endings_in(path) == ["ok", "slow", "503", "404", "bad", "new"]


def test_a_url_that_fails_again_has_the_newer_failure_alone(path):
    with opened(path) as output:
        write(output, FAILED)
    assert (
        retry(path, [failed("http://h.example/slow", "deadline"), failed("http://h.example/503", "dns-timeout")]) == 2
    )
    kinds = {entry["url"][17:]: entry.get("error", {}).get("kind") for entry in records_in(path)}
    assert kinds == {"ok": None, "404": "http-status", "bad": "decode-error", "slow": "deadline", "503": "dns-timeout"}


@pytest.mark.parametrize("retry_failed", [False, True])
def test_p2_what_a_killed_rerun_replaced_is_taken_out_by_the_next_start(path, retry_failed):
    with opened(path) as output:
        write(output, FAILED)
    with opened(path, retry_failed=True) as output:
        write(output, [record("http://h.example/slow"), failed("http://h.example/404", "deadline")])
    assert len(urls_in(path)) == 7
    with opened(path, retry_failed=retry_failed) as output:
        assert endings_in(path) == ["ok", "503", "bad", "slow", "404"]
        assert output.ok == 2
        assert output.failed == ({} if retry_failed else {"http-status": 1, "decode-error": 1, "deadline": 1})
        assert len(output.retried) == (3 if retry_failed else 0)


def test_p2_the_newest_failure_decides_whether_it_is_tried_again(path):
    with opened(path) as output:
        write(output, FAILED)
    with opened(path, retry_failed="read-timeout") as output:
        write(output, [failed("http://h.example/slow", "deadline")])
    for retry_failed, number in (("read-timeout", 0), ("deadline", 1)):
        finished = finished_in(str(path), retry_failed=retry_failed, now=NOW)
        assert len(finished) == 5 - number
    with opened(path, retry_failed="read-timeout") as output:
        assert len(output.retried) == 0
        assert len(urls_in(path)) == 5


@pytest.mark.parametrize("order", [0, 1])
def test_an_ok_record_beats_a_failed_one_wherever_it_stands(tmp_path, order):
    path = tmp_path / "joined.jsonl"
    both = [line_of(record("http://h.example/a", title="A")), line_of(failed("http://h.example/a", "deadline"))]
    for end in (b"\n", b""):
        path.write_bytes(b"".join(both[:: -1 if order else 1]).removesuffix(b"\n") + end)
        with opened(path, retry_failed=True) as output:
            assert (output.ok, len(output.finished), len(output.retried)) == (1, 1, 0)
        assert path.read_bytes() == both[0]


def test_kept_lines_stay_as_they_are_byte_by_byte(tmp_path):
    path = tmp_path / "out.jsonl"
    odd = b'{ "ok": true,  "url": "http://h.example/\\u00e9", "mine": [1, 2] }\r\n'
    path.write_bytes(odd + line_of(FAILED[1]) + odd[:-2])
    new = record(FAILED[1].url)
    assert retry(path, [new]) == 1
    assert path.read_bytes() == odd + odd[:-2] + b"\n" + line_of(new)


def test_a_retried_url_is_written_again_behind_the_kept_ones(path):
    with opened(path) as output:
        write(output, FAILED)
    assert retry(path, [record(item.url) for item in FAILED[1:]]) == 4
    assert sorted(urls_in(path)) == sorted(item.url for item in FAILED)
    assert all(entry["ok"] for entry in records_in(path))


def test_when_nothing_was_replaced_the_file_is_not_rewritten(path):
    with opened(path) as output:
        write(output, FAILED)
    inode = path.stat().st_ino
    assert retry(path, []) == 0
    assert retry(path, [record("http://h.example/new")], retry_failed="dns-timeout") == 0
    assert path.stat().st_ino == inode


def test_an_unknown_kind_is_refused_before_the_file_is_made(tmp_path):
    with pytest.raises(UsageError, match="tea-time"):
        opened(tmp_path / "out.jsonl", retry_failed="tea-time")
    assert list(tmp_path.iterdir()) == []


def test_every_kind_of_failure_is_tried_again_by_retry_failed(tmp_path):
    path = tmp_path / "out.jsonl"
    with opened(path) as output:
        write(output, [failed(f"http://h.example/{kind}", kind) for kind in sorted(ERROR_KINDS)])
    with opened(path, retry_failed=True) as output:
        assert len(output.retried) == len(ERROR_KINDS)


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("is_done", [False, True], ids=["before", "after"])
def test_p2_a_rerun_killed_at_any_step_loses_no_record_and_doubles_none(path, is_done):
    """The steps of opening, writing and rewriting; after the next start, of whatever kind, there is one of each."""
    with opened(path) as output:
        write(output, FAILED)
    old = path.read_bytes()
    every = sorted(item.url for item in FAILED)
    oks, outcome = set(), -9
    for turn in range(1, 99):
        path.write_bytes(old)

        def run(turn=turn):
            die_in(turn, is_done=is_done, names=STEPS)
            retry(path, [record(item.url) for item in FAILED[1:]])

        outcome = in_child(run)
        assert set(urls_in(path)) == set(every), f"killed in step {turn}"
        opened(path).target.close()
        assert sorted(urls_in(path)) == every, f"killed in step {turn}"
        assert list(path.parent.iterdir()) == [path]  # and no draft is left
        oks.add(sum(entry["ok"] for entry in records_in(path)))
        if outcome == 0:
            break
    assert outcome == 0
    assert oks == {1, 2, 3, 4, 5}


def test_p2_a_rerun_cut_at_every_byte_of_what_it_wrote_loses_no_record(path):
    with opened(path) as output:
        write(output, FAILED)
    old = path.stat().st_size
    every = sorted(item.url for item in FAILED)
    with opened(path, retry_failed=True) as output:
        write(output, [record(url) for url in every[:3]])
    whole = path.read_bytes()
    for end in range(old, len(whole)):
        path.write_bytes(whole[:end])
        opened(path).target.close()
        assert sorted(urls_in(path)) == every, f"cut at byte {end} of {len(whole)}"


def test_a_rewrite_that_fails_leaves_the_old_file_and_says_why(path, monkeypatch):
    with opened(path) as output:
        write(output, FAILED)

    def full(*_):
        raise OSError(28, "No space left on device")

    with opened(path, retry_failed=True) as output:
        write(output, [record(FAILED[1].url)])
        both = path.read_bytes()
        monkeypatch.setattr("os.write", full)
        with pytest.raises(OutputError, match="No space left on device; free some space"):
            output.settle()
    with pytest.raises(OutputError, match="No space left on device; free some space"):
        opened(path)
    assert path.read_bytes() == both
    assert list(path.parent.iterdir()) == [path]


def test_p6_a_file_that_was_rotated_meanwhile_is_not_rewritten(path):
    with opened(path) as output:
        write(output, FAILED)
    rotated = path.with_name(f"rotated{path.suffix}")
    with opened(path, retry_failed=True) as output:
        write(output, [record(FAILED[1].url)])
        path.rename(rotated)
        with pytest.raises(OutputError, match="deleted, renamed or replaced"):
            output.settle()
    assert len(urls_in(rotated)) == 6
    assert not path.exists()


def test_the_rewritten_file_keeps_mode_and_lock(tmp_path):
    path = tmp_path / "out.jsonl"
    with opened(path) as output:
        write(output, FAILED)
    path.chmod(0o640)
    with opened(path, retry_failed=True) as output:
        write(output, [record(FAILED[1].url)])
        assert output.settle() == 1
        with pytest.raises(OutputLocked):
            opened(path)
        assert path.stat().st_mode & 0o777 == 0o640
    opened(path).target.close()


def test_a_link_to_the_file_stays_a_link(tmp_path):
    path, link = tmp_path / "out.jsonl", tmp_path / "latest.jsonl"
    link.symlink_to(path)
    with opened(link) as output:
        write(output, FAILED)
    assert retry(link, [record(FAILED[1].url)]) == 1
    assert link.is_symlink()
    assert len(records_in(path)) == 5


# Names and sources


def test_date_and_time_are_filled_in_and_folders_made(tmp_path):
    with opened(f"{tmp_path}/a/{{date}}/b-{{time}}.jsonl") as output:
        assert output.path == f"{tmp_path}/a/2026-08-01/b-101530.jsonl"
        assert (tmp_path / "a" / "2026-08-01" / "b-101530.jsonl").exists()


@pytest.mark.parametrize("make", ["same", "symlink", "hardlink"])
def test_the_output_must_not_be_a_source(tmp_path, make):
    source = tmp_path / "urls.txt"
    source.write_text("http://h.example/\n")
    other = tmp_path / "other.jsonl"
    if make == "symlink":
        other.symlink_to(source)
    elif make == "hardlink":
        other.hardlink_to(source)
    output = source if make == "same" else other
    with pytest.raises(UsageError, match="is read as a source; choose another --output"):
        opened(output, fresh=True, sources=["http://h.example/", str(tmp_path / "missing"), str(source)])
    assert source.read_text() == "http://h.example/\n"


def test_a_source_that_is_read_through_standard_input_is_found_out_too(tmp_path):
    path = tmp_path / "out.jsonl"
    scrape(path, urls(1))

    def run():
        os.dup2(os.open(path, os.O_RDONLY), 0)
        with pytest.raises(UsageError):
            opened(path, sources=["-"])

    assert in_child(run) == 0


def test_standard_output_is_never_resumed():
    with opened("-", fresh=True, retry_failed=True, sources=["-"]) as output:
        assert output.path == "-"
        assert len(output.finished) == 0


# Two runs (P8)


@pytest.mark.parametrize("options", [{}, {"fresh": True}, {"retry_failed": True}])
def test_p8_a_second_run_on_one_output_is_refused(path, options):
    scrape(path, urls(2))
    with opened(path), pytest.raises(OutputLocked, match=f"another run holds {path}; wait for it or choose another"):
        opened(path, **options)
    assert urls_in(path) == urls(2)
    opened(path).target.close()


def test_p8_the_lock_of_a_killed_run_is_free(path):
    told, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        opened(path)
        os.write(tell, b"!")
        os.read(os.pipe()[0], 1)  # until it is killed
    assert os.read(told, 1) == b"!"
    with pytest.raises(OutputLocked):
        opened(path)
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    opened(path).target.close()
    os.close(told)
    os.close(tell)
