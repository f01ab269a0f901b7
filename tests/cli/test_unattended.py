"""Runs that nobody watches, as a crontab starts them."""

import json
import re
import time
from pathlib import Path

import local_site
import pytest
from local_site import html, reply

from scraper.cli import main
from scraper.cron import Turn

pytestmark = pytest.mark.slow
DATED = "output/urls-{date}.jsonl"


@pytest.fixture(scope="module")
def site():
    pages = {f"/{n}": html(f"<title>Page {n}</title>") for n in range(20)}
    pages |= {f"/slow/{n}": html("<title>slow</title>", delay=0.3) for n in range(40)}
    pages |= {"/hc": reply(200), "/hc/fail": reply(200)}
    with local_site.running(pages) as running:
        yield running


@pytest.fixture
def scrape(site, tmp_path, monkeypatch, capfd):
    """A crontab's line: give it paths and options, get the exit code, what it wrote and what it logged."""
    monkeypatch.chdir(tmp_path)

    def run(*paths_and_options):
        paths = [word for word in paths_and_options if word.startswith("/")]
        options = [word for word in paths_and_options if not word.startswith("/")]
        Path("urls.txt").write_text("".join(f"{site.url(path)}\n" for path in paths))
        with pytest.raises(SystemExit) as ended:
            main(["urls.txt", "--cron", "--no-robots", "--retries", "0", "--log-file", "log.jsonl", *options])
        out, err = capfd.readouterr()
        return ended.value.code, out, err

    return run


def dated():
    (path,) = Path("output").glob("urls-2*.jsonl")
    return path


def urls_in(path):
    return [json.loads(line)["url"] for line in Path(path).read_text().splitlines()]


def account():
    return json.loads(Path("log.jsonl").read_text().splitlines()[-1])["account"]


def test_a_run_that_is_well_says_one_line_on_standard_output_and_nothing_that_cron_would_mail(scrape):
    code, out, err = scrape("/1", "/2", "-o", DATED, "--latest", "output/latest.jsonl")
    assert (code, err) == (0, "")
    line = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ scrape: 2 ok, 0 failed, 2 lines in [\d.]+ m?s; "
    assert re.fullmatch(rf"{line}output/urls-[\d-]+\.jsonl is output/latest\.jsonl now\n", out)
    assert len(urls_in("output/latest.jsonl")) == 2
    assert (account()["exit_code"], account()["ok"], account()["published"]) == (0, 2, "output/latest.jsonl")


def test_one_that_fails_its_checks_says_so_where_cron_mails_it_and_latest_stays(scrape):
    scrape("/1", "-o", DATED, "--latest", "output/latest.jsonl")
    before = Path("output/latest.jsonl").resolve()
    code, out, err = scrape(
        "/1", "/none", "-o", "output/other.jsonl", "--latest", "output/latest.jsonl", "--max-failures", "404=0"
    )
    assert (code, out) == (1, "")
    assert "Too many failures: 1 404, --max-failures is 404=0." in err
    assert len(err.splitlines()) == 1
    assert Path("output/latest.jsonl").resolve() == before
    assert (account()["exit_code"], account()["published"]) == (1, None)


def test_failures_of_earlier_runs_count_with_the_output_they_are_in(scrape):
    assert scrape("/1", "/2", "/3", "/none", "-o", DATED)[0] == 0
    code, _, err = scrape("/1", "/2", "/3", "/none", "/4", "-o", DATED, "--max-failures", "19%")
    assert code == 1
    assert "1 pages failed (20 %)" in err
    assert scrape("/1", "/2", "/3", "/none", "/4", "-o", DATED, "--max-failures", "20%")[0] == 0


def test_a_start_that_overlaps_another_ends_at_once_in_one_line(scrape, site):
    with Turn(DATED):
        requests = len(site.hits)
        code, out, err = scrape("/1", "-o", DATED)
    assert (code, out) == (4, "")
    assert err == f"scrape: another run holds {DATED}; wait for it or choose another --output\n"
    assert len(site.hits) == requests


def test_a_deadline_ends_it_in_time_and_the_next_start_goes_on(scrape):
    paths = [f"/slow/{n}" for n in range(40)]
    started = time.monotonic()
    code, out, err = scrape(*paths, "-o", DATED, "--latest", "output/latest.jsonl", "-c", "2", "--deadline", "2.5s")
    assert (code, err) == (6, "")
    assert time.monotonic() - started < 3.5
    assert "The deadline came first. Run the same line again" in out
    assert not Path("output/latest.jsonl").exists()
    done = len(urls_in(dated()))
    assert 0 < done < 40
    code, out, _ = scrape(*paths, "-o", DATED, "--latest", "output/latest.jsonl", "-c", "40", "--per-host", "40")
    assert code == 0
    assert f"{40 - done} ok, 0 failed, 40 lines" in out
    assert len(set(urls_in("output/latest.jsonl"))) == 40


def test_an_unfinished_output_of_another_day_is_gone_on_with_and_then_the_day_has_its_own(scrape, site):
    Path("output").mkdir()
    yesterday = Path("output/urls-2001-02-03.jsonl")
    yesterday.write_text(json.dumps({"url": site.url("/1"), "ok": True, "attempts": 1}) + "\n")
    with Turn(DATED) as turn:
        turn.begin(str(yesterday))
    assert scrape("/1", "/2", "-o", DATED)[0] == 0
    assert urls_in(yesterday) == [site.url("/1"), site.url("/2")]
    assert scrape("/1", "/2", "-o", DATED)[0] == 0
    assert len(list(Path("output").glob("urls-*"))) == 2


def test_only_so_many_runs_are_kept(scrape):
    Path("output").mkdir()
    for day in range(1, 6):
        Path(f"output/urls-2001-02-0{day}.jsonl").touch()
    assert scrape("/none", "-o", DATED, "--keep-runs", "2", "--max-failures", "0")[0] == 1
    assert len(list(Path("output").glob("urls-*"))) == 6
    assert scrape("/1", "-o", DATED, "--keep-runs", "2")[0] == 0
    assert sorted(path.name for path in Path("output").glob("urls-2001*")) == ["urls-2001-02-05.jsonl"]


def test_a_monitor_and_a_command_are_told_how_it_ended(scrape, site):
    url = site.url("/hc")
    scrape("/1", "-o", DATED, "--heartbeat", url, "--notify", "cat > told.json")
    assert [path for path in site.targets() if path.startswith("/hc")] == ["/hc"]
    told = json.loads(Path("told.json").read_text())
    assert (told["exit_code"], told["has_passed"], told["ok"], told["lines"]) == (0, True, 1, 1)
    scrape("/none", "-o", "output/b.jsonl", "--heartbeat", url, "--notify", "cat > told.json")
    assert [path for path in site.targets() if path.startswith("/hc")] == ["/hc", "/hc/fail"]
    assert json.loads(Path("told.json").read_text())["exit_code"] == 1


def test_a_run_that_cannot_write_is_told_too(scrape):
    Path("full.jsonl").symlink_to("/dev/full")
    code, _, err = scrape("/1", "-o", "full.jsonl", "--notify", "cat > told.json")
    assert code == 5
    assert "No space left" in err
    assert json.loads(Path("told.json").read_text())["exit_code"] == 5


@pytest.mark.parametrize(
    ("options", "what"),
    [
        (["--max-failures", "many"], "--max-failures is 'many'"),
        (["--deadline", "soon"], "--deadline is 'soon'; write a time like 90s, 50m"),
        (["--deadline", "0"], "--deadline is '0'"),
        (["--keep-runs", "0"], "--keep-runs is 0; it must be at least 1"),
        (["--latest", "urls.txt"], "no link that a run made"),
    ],
)
def test_a_wrong_setting_is_refused_before_anything_is_fetched(scrape, site, options, what):
    requests = len(site.hits)
    code, _, err = scrape("/1", *options)
    assert code == 2
    assert what in err
    assert len(site.hits) == requests


def test_the_same_line_compares_with_the_last_good_run_from_the_first_start_on(scrape):
    Path("output").mkdir()
    line = ["-o", "output/urls-{time}.jsonl", "--latest", "output/latest.jsonl", "--since", "./output/latest.jsonl"]
    code, out, _ = scrape("/0", "/1", *line)
    assert (code, "new 2 · changed 0 · same 0 · gone 0" in out) == (0, True)
    for path in Path("output").glob("urls-*"):
        path.rename("output/urls-000000.jsonl")
    Path("output/latest.jsonl").unlink()
    Path("output/latest.jsonl").symlink_to("urls-000000.jsonl")
    code, out, _ = scrape("/0", "/1", "/2", "/gone", *line, "--keep-runs", "1")
    assert (code, "new 1 · changed 0 · same 2 · gone 0" in out) == (0, True)
    assert json.loads(Path("log.jsonl").read_text().splitlines()[-1])["account"]["changes"]["same"] == 2
    assert not Path("output/urls-000000.jsonl").exists()  # it was compared with and then cleared
