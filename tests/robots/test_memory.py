"""What is remembered of robots.txt files, for how long, and in how much memory."""

import tracemalloc

import pytest

from scraper import errors
from scraper.robots import ALLOW_ALL, RobotsMemory, parse
from scraper.robots.memory import MAX_MESSAGES

DAY_S, HOUR_S = 86_400.0, 3_600.0
ORIGIN = "https://example.com"
DENIAL = parse(b"User-agent: *\nDisallow: /private", "scraper")


def memory(max_origins=1_000, max_bytes=1_000_000):
    return RobotsMemory(ttl_s=DAY_S, failure_ttl_s=HOUR_S, max_origins=max_origins, max_bytes=max_bytes)


def unreachable(message="robots.txt: 503 Service Unavailable", status=503):
    error = errors.RobotsUnreachable(message)
    error.status = status
    return error


def test_rules_are_known_for_a_day():
    known = memory()
    known.keep(ORIGIN, DENIAL, now=0.0)
    assert known.get(ORIGIN, now=DAY_S - 1) is DENIAL
    assert known.get(ORIGIN, now=DAY_S) is None


@pytest.mark.parametrize("kept_at", [0.0, 1.0, DAY_S / 4, DAY_S / 2 - 1])
def test_an_origin_that_allows_everything_is_known_for_half_a_day_to_a_day(kept_at):
    known = memory()
    known.keep("https://first.example", ALLOW_ALL, now=0.0)
    known.keep(ORIGIN, ALLOW_ALL, now=kept_at)
    assert known.get(ORIGIN, now=kept_at + DAY_S / 2 - 1) is ALLOW_ALL
    assert known.get(ORIGIN, now=kept_at + DAY_S) is None


def test_a_failure_is_known_for_half_an_hour_to_an_hour_with_its_kind_message_and_status():
    known = memory()
    known.keep_failure(ORIGIN, unreachable(), now=0.0)
    error = known.get(ORIGIN, now=HOUR_S / 2 - 1)
    assert (type(error), error.message, error.status) == (errors.RobotsUnreachable, unreachable().message, 503)
    assert known.get(ORIGIN, now=HOUR_S) is None


def test_a_failure_gives_a_new_error_each_time():
    known = memory()
    known.keep_failure(ORIGIN, unreachable(), now=0.0)
    assert known.get(ORIGIN, now=1.0) is not known.get(ORIGIN, now=1.0)


def test_what_an_origin_says_later_counts():
    known = memory()
    known.keep(ORIGIN, DENIAL, now=0.0)
    known.keep(ORIGIN, ALLOW_ALL, now=1.0)
    assert known.get(ORIGIN, now=2.0) is ALLOW_ALL
    known.keep(ORIGIN, DENIAL, now=3.0)
    assert known.get(ORIGIN, now=4.0) is DENIAL
    known.keep_failure("https://b.example", unreachable(), now=0.0)
    known.keep("https://b.example", ALLOW_ALL, now=HOUR_S)
    assert known.get("https://b.example", now=HOUR_S + 1) is ALLOW_ALL


def test_of_many_origins_the_last_half_is_known_at_least():
    known = memory(max_origins=1_000)
    origins = [f"https://{number}.example" for number in range(5_000)]
    for origin in origins:
        known.keep(origin, ALLOW_ALL, now=1.0)
        known.keep_failure(f"{origin}:8080", unreachable(), now=1.0)
    for suffix in ("", ":8080"):
        answers = [known.get(origin + suffix, now=2.0) for origin in origins]
        assert None not in answers[-500:]
        assert answers[:-1_000] == [None] * 4_000


def test_rules_that_were_used_longest_ago_make_room_for_new_ones():
    known = memory(max_bytes=2 * DENIAL.size_bytes)
    for letter in "ab":
        known.keep(f"https://{letter}.example", DENIAL, now=0.0)
    known.get("https://a.example", now=1.0)
    known.keep("https://c.example", DENIAL, now=2.0)
    assert [known.get(f"https://{letter}.example", now=3.0) for letter in "abc"] == [DENIAL, None, DENIAL]


def test_rules_that_are_larger_than_all_room_are_known_until_others_come():
    known = memory(max_bytes=100)
    known.keep(ORIGIN, DENIAL, now=0.0)
    assert known.get(ORIGIN, now=1.0) is DENIAL


def test_rules_that_are_kept_parsed_are_counted_with_that():
    line = "Disallow: /a/rather/long/path/%d\n"
    large = parse(("User-agent: *\n" + "".join(line % n for n in range(1_000))).encode(), "scraper")
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    copies = [parse(("User-agent: *\n" + "".join(line % n for n in range(1_000))).encode(), "scraper") for _ in "123"]
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert 0.5 * large.size_bytes < (after - before) / len(copies) < 2 * large.size_bytes


def test_of_more_different_failures_than_are_kept_word_by_word_the_kind_is_known():
    known = memory(max_origins=10 * MAX_MESSAGES)
    for number in range(MAX_MESSAGES + 1):
        known.keep_failure(f"https://{number}.example", unreachable(f"robots.txt: reason {number}", None), now=0.0)
    last, other = (known.get(f"https://{number}.example", now=1.0) for number in (MAX_MESSAGES, MAX_MESSAGES - 1))
    assert (last.kind, last.message) == ("robots-unreachable", "robots.txt could not be read")
    assert other.message == f"robots.txt: reason {MAX_MESSAGES - 1}"
