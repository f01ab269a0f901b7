"""The command line as a user types it: exit codes, one clear line for what is wrong, help."""

import gzip
import os
import re
import signal
import subprocess
import sys
import time
from itertools import pairwise

import local_site
import msgspec
import pytest
from local_site import html, in_turn, reply

from scraper.cli import main
from scraper.config.constants import VERSION

pytestmark = pytest.mark.slow


def scrape(*words, cwd, stdin=None, env=None):
    """Run `scrape` in a process of its own; return the finished process."""
    command = [sys.executable, "-m", "scraper", *map(str, words)]
    return subprocess.run(
        command,
        cwd=cwd,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
        env={**os.environ, "SCRAPER_ROBOTS": "false", **(env or {})},
    )


def start(*words, cwd):
    command = [sys.executable, "-m", "scraper", *map(str, words), "--no-robots"]
    return subprocess.Popen(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def records(path):
    return [msgspec.json.decode(line) for line in path.read_bytes().splitlines()]


def listed(tmp_path, *urls, name="urls.txt"):
    (tmp_path / name).write_text("\n".join(urls) + "\n")
    return name


@pytest.fixture(scope="module")
def site():
    pages = {f"/{n}": html(f"<title>Page {n}</title><h1>Head {n}</h1><a href='/{n + 1}'>next</a>") for n in range(20)}
    pages["/flaky"] = in_turn(reply(503), html("<title>at last</title>"))
    pages["/slow"] = html("<title>slow</title>", delay=30)
    with local_site.running(pages) as running:
        yield running


def test_a_list_becomes_one_record_for_each_url(site, tmp_path):
    urls = [site.url(f"/{n}") for n in range(10)]
    name = listed(tmp_path, "# my list", *urls, site.url("/flaky"), site.url("/none"), urls[0], "nonsense")
    done = scrape(name, "--concurrency", 5, "--select", "head=h1", "--links", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout == ""
    found = {record["url"]: record for record in records(tmp_path / "output/urls.jsonl")}
    assert sorted(found) == sorted([*urls, site.url("/flaky"), site.url("/none"), "nonsense"])
    assert found[urls[3]]["title"] == "Page 3"
    assert found[urls[3]]["fields"] == {"head": "Head 3"}
    assert found[urls[3]]["links"] == [site.url("/4")]
    assert found[site.url("/flaky")]["attempts"] == 2
    assert found["nonsense"]["error"]["kind"] == "invalid-url"
    assert "line 15 of urls.txt" in found["nonsense"]["error"]["message"]
    assert "15 lines = 11 ok + 2 failed + 1 duplicate + 1 blank + 0 pending" in done.stderr
    assert "output/urls.jsonl" in done.stderr


def test_the_same_line_again_says_that_nothing_is_left(site, tmp_path):
    name = listed(tmp_path, site.url("/0"), site.url("/1"))
    assert scrape(name, cwd=tmp_path).returncode == 0
    before = (tmp_path / "output/urls.jsonl").read_bytes()
    hits = len(site.hits)
    again = scrape(name, cwd=tmp_path)
    assert again.returncode == 0
    assert "2 already done" in again.stderr
    assert "Nothing left to do: output/urls.jsonl" in again.stderr
    assert "--fresh" in again.stderr
    assert "{date}" in again.stderr
    assert (tmp_path / "output/urls.jsonl").read_bytes() == before
    assert len(site.hits) == hits


def test_failed_urls_are_tried_again_only_when_asked(site, tmp_path):
    name = listed(tmp_path, site.url("/none"), site.url("/0"))
    assert scrape(name, cwd=tmp_path).returncode == 0
    hits = len(site.hits)
    again = scrape("--retry-failed", name, cwd=tmp_path)
    assert [hit.target for hit in site.hits[hits:]] == ["/none"]
    assert "1 failed" in again.stderr
    hits = len(site.hits)
    scrape(name, "--retry-failed=read-timeout,500", cwd=tmp_path)
    assert len(site.hits) == hits
    assert len(records(tmp_path / "output/urls.jsonl")) == 2


def test_retry_failed_keeps_the_failed_records_of_urls_that_it_does_not_take_up(site, tmp_path):
    gone = [site.url(f"/gone/{n}") for n in range(4)]
    assert scrape(listed(tmp_path, site.url("/0"), *gone), "-o", "out.jsonl", cwd=tmp_path).returncode == 0
    other = listed(tmp_path, gone[2], site.url("/1"), gone[0], name="other.txt")
    again = scrape(other, "--retry-failed", "--limit", 2, "-o", "out.jsonl", cwd=tmp_path)
    assert "2 lines = 1 ok + 1 failed + 0 pending" in again.stderr
    assert "tried again 1 of 4 failed records of earlier runs · the others stay as they were" in again.stderr
    urls = [record["url"] for record in records(tmp_path / "out.jsonl")]
    assert sorted(urls) == sorted([site.url("/0"), site.url("/1"), *gone])
    assert set(urls[-2:]) == {gone[2], site.url("/1")}


def test_a_url_goes_to_stdout_with_nothing_else(site, tmp_path):
    done = scrape(site.url("/2"), "-o", "-", cwd=tmp_path)
    assert done.returncode == 0
    assert msgspec.json.decode(done.stdout)["title"] == "Page 2"
    assert not (tmp_path / "output").exists()


def test_stdin_is_read_for_a_dash(site, tmp_path):
    done = scrape("-", "-o", "-", "--quiet", cwd=tmp_path, stdin=f"{site.url('/1')}\n")
    assert done.returncode == 0
    assert msgspec.json.decode(done.stdout)["title"] == "Page 1"
    assert done.stderr == ""


def test_a_run_of_failures_only_exits_1(site, tmp_path):
    assert scrape(site.url("/none"), cwd=tmp_path).returncode == 1


def test_settings_come_from_the_file_the_environment_and_the_options_in_this_order(site, tmp_path):
    (tmp_path / "my.toml").write_text('user-agent = "file"\nconcurrency = 3\n[select]\nhead = "h1"\n')
    for number, (words, env, agent) in enumerate(
        [
            ([], {}, "file"),
            ([], {"SCRAPER_USER_AGENT": "env"}, "env"),
            (["--user-agent", "cli"], {"SCRAPER_USER_AGENT": "env"}, "cli"),
        ]
    ):
        done = scrape(site.url("/5"), "--config", "my.toml", "-o", f"{number}.jsonl", *words, cwd=tmp_path, env=env)
        assert done.returncode == 0
        assert site.hits[-1].headers["user-agent"] == agent
        assert records(tmp_path / f"{number}.jsonl")[0]["fields"] == {"head": "Head 5"}


BAD_CALLS = {
    "a missing file": (["missing.txt"], 2, "missing.txt"),
    "a folder": (["folder"], 2, "folder"),
    "a binary file": (["binary.txt"], 2, "binary.txt"),
    "an empty list": (["empty.txt"], 2, "empty.txt"),
    "a list of comments": (["comments.txt"], 2, "comments.txt"),
    "an unknown column": (["shop.csv", "--url-column", "adress"], 2, "adress"),
    "no column with URLs": (["bad.csv"], 2, "--url-column"),
    "concurrency 0": (["urls.txt", "--concurrency", "0"], 2, "--concurrency"),
    "a number that is none": (["urls.txt", "--timeout", "soon"], 2, "--timeout"),
    "an unknown option": (["urls.txt", "--cocurrency", "5"], 2, "--cocurrency"),
    "an unknown setting": (["urls.txt", "--config", "bad.toml"], 2, "cocurrency"),
    "a config that is no TOML": (["urls.txt", "--config", "urls.txt"], 2, "urls.txt"),
    "a config that is missing": (["urls.txt", "--config", "none.toml"], 2, "none.toml"),
    "a bad selector": (["urls.txt", "--select", "price=h1["], 2, "price"),
    "a selector without a name": (["urls.txt", "--select", "h1"], 2, "NAME=CSS"),
    "a callback that is missing": (["urls.txt", "--parse", "nowhere:f"], 2, "nowhere"),
    "an unknown kind": (["urls.txt", "--retry-failed=timeouts"], 2, "timeouts"),
    "a header that is none": (["urls.txt", "--header", "nonsense"], 2, "Name: value"),
    "no source": ([], 2, "SOURCE"),
    "a log in a missing folder": (["urls.txt", "--log-file", "none/run.log"], 2, "none/run.log"),
    "an output in a file's place": (["urls.txt", "-o", "urls.txt/out.jsonl"], 5, "urls.txt/out.jsonl"),
    "an output that is a folder": (["urls.txt", "-o", "folder"], 5, "folder"),
    "an output that is no output": (["urls.txt", "-o", "shop.csv"], 5, "shop.csv"),
    "the list as the output": (["urls.txt", "-o", "urls.txt"], 2, "urls.txt"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_CALLS)
def test_bad_input_is_one_clear_line_before_any_request(case, site, tmp_path, capsys, monkeypatch):
    words, code, names = BAD_CALLS[case]
    monkeypatch.chdir(tmp_path)
    listed(tmp_path, site.url("/0"))
    (tmp_path / "folder").mkdir()
    (tmp_path / "binary.txt").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(200))
    (tmp_path / "empty.txt").touch()
    (tmp_path / "comments.txt").write_text("# nothing\n\n")
    (tmp_path / "shop.csv").write_text(f"url,name\n{site.url('/0')},x\n")
    (tmp_path / "bad.csv").write_text("name,price\nx,1\n")
    (tmp_path / "bad.toml").write_text("cocurrency = 5\n")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    hits = len(site.hits)
    with pytest.raises(SystemExit) as caught:
        main(words)
    said = capsys.readouterr()
    assert caught.value.code == code
    assert len(said.err.splitlines()) == 1
    assert said.err.startswith("scrape: ")
    assert names in said.err
    assert said.out == ""
    assert len(site.hits) == hits
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before


def test_help_shows_the_scraping_options_and_the_other_commands(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    text = capsys.readouterr().out
    assert caught.value.code == 0
    assert re.search(r"Usage: scrape +\[OPTIONS\]", text)
    for words in ("--concurrency", "SOURCE", "[default: 50]", "scrape demo"):
        assert words in text


def test_the_version_is_shown(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"scrape {VERSION}\n"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_drains_the_run_and_the_same_line_completes_it(number, code, site, tmp_path):
    urls = [site.url(f"/{n}") for n in range(12)]
    pages = {f"/{n}": html("<title>x</title>", delay=0.4) for n in range(12)}
    with local_site.running(pages) as slow:
        name = listed(tmp_path, *(url.replace(str(site.port), str(slow.port)) for url in urls))
        running = start(name, "--concurrency", 2, cwd=tmp_path)
        while len(slow.hits) < 3:
            time.sleep(0.01)
        running.send_signal(number)
        said = running.communicate(timeout=20)[1]
        assert running.returncode == code
        assert f"Stopped by {signal.Signals(number).name}" in said
        first = records(tmp_path / "output/urls.jsonl")
        assert 2 <= len(first) < 12
        done = scrape(name, cwd=tmp_path)
        assert done.returncode == 0
        both = [record["url"] for record in records(tmp_path / "output/urls.jsonl")]
        assert len(both) == len(set(both)) == 12
        assert len(slow.hits) == 12  # what was in flight was finished, not thrown away


def test_a_second_signal_ends_requests_in_flight_at_once(site, tmp_path):
    name = listed(tmp_path, site.url("/slow"))
    running = start(name, "--grace", 60, cwd=tmp_path)
    while not any(hit.target == "/slow" for hit in site.hits[-3:]):
        time.sleep(0.01)
    running.send_signal(signal.SIGTERM)
    time.sleep(0.2)
    assert running.poll() is None
    running.send_signal(signal.SIGTERM)
    assert "1 pending" in running.communicate(timeout=5)[1]
    assert running.returncode == 143


def test_a_second_run_on_the_same_output_is_refused(site, tmp_path):
    name = listed(tmp_path, site.url("/slow"))
    hits = len(site.hits)
    first = start(name, "--grace", 0, cwd=tmp_path)
    while len(site.hits) == hits:
        time.sleep(0.01)
    second = scrape(name, cwd=tmp_path)
    first.terminate()
    first.communicate(timeout=10)
    assert second.returncode == 4
    assert len(second.stderr.splitlines()) == 1
    assert "another run" in second.stderr


def test_a_full_disk_stops_the_run_with_one_line(site, tmp_path):
    done = scrape(listed(tmp_path, site.url("/0")), "-o", "/dev/full", cwd=tmp_path)
    assert done.returncode == 5
    assert "No space left" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_log_file_holds_json_lines(site, tmp_path):
    done = scrape(site.url("/none"), "--log-file", "run.log", "--quiet", cwd=tmp_path)
    assert done.stderr == ""
    lines = [msgspec.json.decode(line) for line in (tmp_path / "run.log").read_bytes().splitlines()]
    assert any("http-status" in line["message"] for line in lines)
    assert {"time", "level", "logger", "message"} <= set(lines[0])


def test_verbose_tells_of_each_failure(site, tmp_path):
    assert "http-status (404 Not Found)" in scrape(site.url("/none"), "-v", cwd=tmp_path).stderr


def test_robots_txt_is_obeyed_unless_told_otherwise_and_asked_for_once(tmp_path):
    robots = reply(200, {"Content-Type": "text/plain"}, "User-agent: scraper\nDisallow: /private/\n")
    pages = {"/robots.txt": robots, "/private/1": html("secret")} | {f"/{n}": html("x") for n in range(30)}
    with local_site.running(pages) as asked:
        name = listed(tmp_path, *(asked.url(f"/{n}") for n in range(30)), asked.url("/private/1"))
        done = scrape(name, cwd=tmp_path, env={"SCRAPER_ROBOTS": "true"})
        assert done.returncode == 0
        assert asked.targets().count("/robots.txt") == 1
        assert asked.targets()[0] == "/robots.txt"
        assert "/private/1" not in asked.targets()
        denied = next(r for r in records(tmp_path / "output/urls.jsonl") if r["url"].endswith("/private/1"))
        assert (denied["error"]["kind"], denied["attempts"]) == ("robots-denied", 0)
        scrape(name, "--no-robots", "--retry-failed", cwd=tmp_path)
        assert asked.targets()[-1] == "/private/1"


def test_a_host_may_have_limits_of_its_own(tmp_path):
    (tmp_path / "scraper.toml").write_text('robots = false\n[hosts."127.0.0.1"]\ndelay = 0.1\n')
    with local_site.running({f"/{n}": html("x") for n in range(4)}) as slow:
        name = listed(tmp_path, *(slow.url(f"/{n}") for n in range(4)))
        scrape(name, "--config", "scraper.toml", cwd=tmp_path)
        times = [hit.time for hit in slow.hits]
    assert all(later - earlier >= 0.095 for earlier, later in pairwise(times))


def test_a_host_that_wants_a_long_pause_is_left_to_the_next_run(site, tmp_path):
    busy = {"/a": reply(429, {"Retry-After": "3600"}), "/b": html("x"), "/robots.txt": reply(404)}
    with local_site.running(busy, host="127.0.0.2") as other:
        name = listed(tmp_path, other.url("/a"), *(other.url(f"/b?{n}") for n in range(20)), site.url("/1"))
        done = scrape(name, "--per-host", 1, cwd=tmp_path)
        assert done.returncode == 0
        assert "1 ok + 0 failed + 21 pending" in done.stderr
        assert f"21 URLs stay pending: {other.host}:{other.port} asks for a longer pause" in done.stderr
        assert other.targets() == ["/a"]


@pytest.mark.parametrize("closed", ["<&-", "2>&-", ">&- 2>&- <&-"])
def test_a_standard_stream_may_be_closed(closed, site, tmp_path):
    line = f"{sys.executable} -m scraper {site.url('/1')} --no-robots -o x.jsonl {closed}"
    assert subprocess.run(["sh", "-c", line], cwd=tmp_path, timeout=50, check=False).returncode == 0
    assert records(tmp_path / "x.jsonl")[0]["ok"]


def test_a_signal_that_is_ignored_from_the_start_stays_ignored(site, tmp_path):
    line = f"trap '' HUP; exec {sys.executable} -m scraper {site.url('/slow')} --no-robots -o x.jsonl --grace 0"
    hits = len(site.hits)
    running = subprocess.Popen(["sh", "-c", line], cwd=tmp_path, stderr=subprocess.DEVNULL)
    while len(site.hits) == hits and running.poll() is None:
        time.sleep(0.01)
    running.send_signal(signal.SIGHUP)
    time.sleep(0.3)
    assert running.poll() is None
    running.send_signal(signal.SIGTERM)
    assert running.wait(10) == 143


def test_a_delay_runs_on_the_commands_own_loop(site, tmp_path):
    name = listed(tmp_path, *(site.url(f"/{n}") for n in range(12)))
    done = scrape(name, "--delay", 0.01, cwd=tmp_path)
    assert done.returncode == 0
    assert "12 ok" in done.stderr


def test_no_url_on_standard_input_leaves_no_file_behind(tmp_path):
    for text in ("", "# nothing\n\n"):
        done = scrape("-", "-o", "out.jsonl", cwd=tmp_path, stdin=text)
        assert done.returncode == 2
        assert "- holds no URL" in done.stderr
        assert not list(tmp_path.iterdir())


def test_a_table_on_standard_input_is_read_as_one(site, tmp_path):
    done = scrape("-", "-o", "-", "-q", cwd=tmp_path, stdin=f"id;page_url\n7;{site.url('/1')}\n")
    record = msgspec.json.decode(done.stdout)
    assert (record["title"], record["input"]) == ("Page 1", {"id": "7"})


def test_a_source_that_is_cut_short_ends_with_the_account_and_the_reason(site, tmp_path):
    lines = "".join(f"{site.url('/1')}?{os.urandom(2000).hex()}\n" for _ in range(100))
    (tmp_path / "urls.txt.gz").write_bytes(gzip.compress(lines.encode())[:-20_000])
    done = scrape("urls.txt.gz", "--per-host", 50, cwd=tmp_path)
    assert done.returncode == 2
    assert re.match(r"\d\d lines read so far = \d\d ok \+ 0 failed \+ 0 pending\n", done.stderr)
    assert done.stderr.splitlines()[-1].startswith("scrape: urls.txt.gz: the compressed data ends too early")
    assert len(records(tmp_path / "output/urls.jsonl")) == int(done.stderr[:2])


@pytest.mark.parametrize("log", ["urls.txt", "out.jsonl"])
def test_a_log_file_that_is_a_source_or_the_output_is_refused(log, site, tmp_path):
    name = listed(tmp_path, site.url("/0"))
    before = (tmp_path / name).read_bytes()
    done = scrape(name, "-o", "out.jsonl", "--log-file", log, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == f"scrape: --log-file {log} is the output or a source; choose another\n"
    assert (tmp_path / name).read_bytes() == before
    assert not (tmp_path / "out.jsonl").exists()


def test_what_is_expected_of_the_data_decides_the_exit_code_and_old_rates_stand_beside_the_new(site, tmp_path):
    name = listed(tmp_path, site.url("/0"), site.url("/1"))
    assert scrape(name, "--select", "head=h1", "-o", "old.jsonl", "-q", cwd=tmp_path).returncode == 0
    call = [name, "--select", "head=h2", "-o", "new.jsonl", "--baseline", "old.jsonl"]
    done = scrape(*call, "--expect", "head>=baseline-2%", "--expect", "pages>=2", cwd=tmp_path)
    assert done.returncode == 3
    assert "fields      head 0 % (was 100 %)" in done.stderr
    assert "BROKEN      head>=baseline-2%: 0 % (0 of 2 pages); the baseline has 100 % (2 of 2 pages)" in done.stderr
    again = scrape(*call, cwd=tmp_path, env={"SCRAPER_EXPECT": "head>=1%\npages>=1"})
    assert again.returncode == 3
    assert "BROKEN      head>=1%: 0 % (0 of 2 pages)" in again.stderr
    wrong = scrape(*call, "--expect", "head=1%", cwd=tmp_path)
    assert wrong.returncode == 2
    assert wrong.stderr.startswith("scrape: --expect 'head=1%' is not understood; write NAME>=95%")
