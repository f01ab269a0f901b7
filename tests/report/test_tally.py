"""What a report counts of the records."""

import pytest
from reports import hostile, line, page, tally

from scraper.report.tally import NO_HOST, host_of


def test_pages_are_counted_by_all_that_they_have_in_common():
    made = tally([page(n) for n in range(6)] + [page(9, status=404), line("nonsense", kind="invalid-url")])
    assert (made.all.pages, made.all.ok, made.all.bytes) == (8, 6, 7 * 1000 + 15 + 9)
    assert {name: group.pages for name, group in made.outcomes.items()} == {"404": 1, "invalid-url": 1}
    assert {name: (group.pages, group.ok) for name, group in made.hosts.items()} == {
        "h0.example": (3, 2), "h1.example": (2, 2), "h2.example": (2, 2), NO_HOST: (1, 0),
    }  # fmt: skip
    assert {name: group.pages for name, group in made.statuses.items()} == {"200": 6, "404": 1}
    assert made.charsets["utf-8"].latency.count == 7


def test_the_fields_of_ok_pages_are_counted_when_they_hold_anything():
    made = tally([page(n) for n in range(4)] + [page(9, status=404), page(5, fields=None)])
    assert made.present == {"price": 4, "note": 2}
    assert made.with_fields == 4
    assert made.always == {"title": 5, "description": 0, "canonical": 0, "lang": 5}


def test_a_page_belongs_to_the_second_that_it_ended_in():
    made = tally([page(0, elapsed_ms=5_000.0)])
    assert made.timeline.columns(9)[0].start_s - made.first_s == pytest.approx(4.75)
    assert tally([line("x", kind="invalid-url")]).untimed == 1


def test_the_slowest_and_largest_pages_are_kept_with_what_took_longest():
    made = tally([page(n) for n in range(50)])
    assert len(made.slowest.items()) == 20
    elapsed, slowest = made.slowest.items()[0]
    assert (elapsed, slowest.title, slowest.slowest_phase) == (69.0, "Page 49", "first_byte")
    assert made.largest.items()[0][0] == 1049


def test_tries_and_redirects_are_counted():
    hops = [{"status": 301, "url": "http://a/"}, {"status": 302, "url": "http://b/"}]
    made = tally([page(0), page(1, attempts=3), page(2, redirects=hops, final_url="http://c/")])
    assert made.attempts == {1: 2, 3: 1}
    assert made.hops == {2: 1}
    assert made.hop_statuses == {301: 1, 302: 1}
    assert made.longest.items()[0][1].hops == "301 → 302"


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://H.example:80/a", "h.example"),
        ("https://user:***@h.example:8443?x", "h.example:8443"),
        ("http://bücher.example/", "xn--bcher-kva.example"),
        ("http://h.example#" + "x" * 100_000, "h.example"),
        ("nonsense", NO_HOST),
        ("javascript://alert", NO_HOST),
        ("", NO_HOST),
    ],
)
def test_the_host_of_a_listed_url(url, host):
    assert host_of(url) == host


def test_hostile_records_are_counted_like_others():
    assert tally(hostile()).all.pages == len(hostile())


def test_what_servers_make_up_does_not_make_it_grow(monkeypatch):
    for name in ("_HOSTS", "_NAMES", "_PAIRS"):
        monkeypatch.setattr(f"scraper.report.tally.{name}", 20)
    made = tally(
        [
            *(
                page(n, content_type=f"t/{n}", encoding=f"e{n}", verdict=f"v{n}", fields={f"f{n}": 1})
                for n in range(90)
            ),
            *(line(f"http://h{n}.example/", kind=f"k{n}", change=f"c{n}") for n in range(90)),
        ]
    )
    groups = [made.hosts, made.outcomes, made.failed_at, made.content_types, made.charsets, made.verdicts, made.changes]
    assert all(len(each) <= 20 and each.undercount for each in groups)
    assert max(len(made.present), len(made.examples)) <= 20
    assert made.all.pages == 180
