"""How the run went: outcomes, latency, speed, hosts."""

import re

from reports import line, page, tally

from scraper.report import chapters


def words(markup):
    return re.sub(r"<[^>]+>", " ", markup).split()


def text(markup):
    return " ".join(words(markup))


def test_outcomes_tell_each_reason_with_its_host_and_an_example():
    made = tally([page(n) for n in range(3)] + [line("http://a.example/x", status=404, message="404 Not Found")])
    said = text(chapters.outcomes(made))
    assert "ok 3 75 %" in said
    assert "404 1 25 % a.example 1 http://a.example/x 404 Not Found" in said


def test_latency_is_a_plot_its_numbers_and_the_phases():
    made = chapters.latency(tally([page(n) for n in range(100)]))
    assert 'role="img"' in made
    said = text(made)
    assert "p50 7" in said
    assert "waiting for the first byte 100" in said
    assert (
        sum(int(pages) for pages in re.findall(r'scope="row">[^<]+ to [^<]+</th><td class="number">(\d+)<', made))
        == 100
    )


def test_pages_that_all_took_the_same_time_make_a_plot_too():
    assert "<rect" in chapters.latency(tally([page(1), page(1)]))


def test_without_latencies_or_times_there_is_no_chapter():
    made = tally([line("x", kind="invalid-url")])
    assert chapters.latency(made) == ""
    assert chapters.speed(made) == ""


def test_speed_tells_ok_and_failed_of_each_step_and_of_pauses():
    records = [page(n) for n in range(60)] + [page(5, status=500, fetched_at="2026-11-26T10:00:00Z")]
    made = chapters.speed(tally(records))
    assert "The run stood still and was gone on with once" in made
    assert '<td class="number">60' not in made
    assert "26 Nov" in made


def test_hosts_are_told_with_most_pages_first_and_with_why_they_failed():
    records = [page(n) for n in range(7)] + [line("http://bad.example/", kind="tls-error")]
    said = text(chapters.hosts(tally(records)))
    assert said.index("h0.example") < said.index("h1.example") < said.index("bad.example")
    assert "bad.example 1 100 % tls-error 1" in said


def test_one_host_needs_no_second_table():
    assert "most failures" not in chapters.hosts(tally([line("http://bad.example/", kind="tls-error")]))
