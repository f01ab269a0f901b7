"""What happened, in one sentence."""

import pytest
from reports import line, page, tally

from scraper.report.sentence import sentence


def many(number, start=0, **rest):
    return [page(n, **rest) for n in range(start, start + number)]


@pytest.mark.parametrize(
    ("records", "said"),
    [
        ([], "There is no record yet"),
        (many(1), "The one page was ok"),
        (many(20), "All 20 pages ok"),
        ([line("http://a.example/", kind="deadline")], "The one page failed, deadline at a.example"),
        (
            many(20) + [line(f"http://example.com/{n}", status=404) for n in range(12)] + many(1, 30, status=500),
            "20 of 33 pages ok; 13 failed, mostly 404 at example.com",
        ),
        (many(2) + many(9, status=503), "2 of 11 pages ok; 9 failed, 503"),
        (many(2) + [line(f"x{n}", kind="invalid-url") for n in range(3)], "2 of 5 pages ok; 3 failed, invalid-url"),
        (
            many(1) + [line("http://a/", kind=kind) for kind in ("deadline", "truncated", "tls-error", "read-timeout")],
            "1 of 5 pages ok; 4 failed: deadline 1, truncated 1, tls-error 1 and 1 other kind",
        ),
        (
            many(3, verdict="ok") + many(2, verdict="blocked", change="changed") + many(1, change="same"),
            "All 6 pages ok; 2 blocked by their verdict; 2 changed",
        ),
    ],
)
def test_the_sentence(records, said):
    assert sentence(tally(records)) == said


def test_a_host_is_named_only_when_most_failures_are_its():
    records = many(1) + [line(f"http://{host}.example/", status=404) for host in "aabbcc"]
    assert sentence(tally(records)) == "1 of 7 pages ok; 6 failed, 404"


def test_a_name_that_a_stranger_made_up_can_neither_steer_a_terminal_nor_fill_it():
    said = sentence(tally([page(0, verdict="\x1b[2J\u202e" + "x" * 1000), line("http://a/", kind="\x1b]0;owned\x07")]))
    assert "\x1b" not in said
    assert "\u202e" not in said
    assert len(said) < 300
