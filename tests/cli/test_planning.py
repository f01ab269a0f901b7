"""`scrape plan`: nothing is fetched, little is asked, and what it prints is true."""

import re
from datetime import UTC, datetime
from pathlib import Path

import httpx
import msgspec
import pytest
from clients import FakeNetwork
from outputs import SUFFIXES, failed, opened, record, write

from scraper import progress, wiring
from scraper.cli import main
from scraper.cli.commands.plan import plan as command
from scraper.cli.planning import _wrapped
from scraper.errors import OutputError, UsageError
from scraper.plan import REQUEST_S
from scraper.resume import finished_in
from scraper.urls import identity

README = (Path(__file__).parents[2] / "README.md").read_text()
NOW = datetime(2026, 8, 1, 10, 15, 30, tzinfo=UTC)
ROBOTS = {"shop.example": "User-agent: *\nDisallow: /cart\nCrawl-delay: 2\n"}


@pytest.fixture(autouse=True)
def requests(monkeypatch, tmp_path):
    """The URLs that the web was asked for; the current directory is a fresh one."""
    asked = []

    def answer(request):
        asked.append(str(request.url))
        if request.url.host == "down.example":
            return httpx.Response(503)
        return httpx.Response(200, text=ROBOTS.get(request.url.host, ""))

    monkeypatch.setattr(wiring, "_transport", lambda _: FakeNetwork(answer))
    monkeypatch.chdir(tmp_path)
    return asked


@pytest.fixture
def plan(capsys):
    """Run `scrape plan` with these words; return exit code, stdout and stderr."""

    def run(*words):
        with pytest.raises(SystemExit) as caught:
            main(["plan", *words])
        said = capsys.readouterr()
        return caught.value.code, said.out, said.err

    return run


def listed(*urls, name="urls.txt"):
    Path(name).write_text("\n".join(urls) + "\n")
    return name


def test_the_sample_in_the_readme_is_what_is_printed(plan, requests):
    large = [f"https://shop.example/books/{n}" for n in range(9_000)]
    others = [f"https://{name}.example/{n}" for name in ("blog", "docs", "news") for n in range(400)]
    listed("# my list", *large, *others, large[0], "shop.example/about")
    code, out, err = plan("urls.txt")
    assert (code, err, requests) == (0, "", [])
    assert out in README
    assert list(Path().iterdir()) == [Path("urls.txt")]


def test_robots_are_asked_once_an_origin_and_nothing_else_is(plan, requests):
    urls = [f"https://{host}.example/{path}" for host in ("shop", "down", "free") for path in ("1", "2", "cart")]
    listed(*urls, "http://free.example/")
    code, out, _ = plan("urls.txt", "--robots")
    assert code == 0
    assert sorted(requests) == [
        "http://free.example/robots.txt",
        "https://down.example/robots.txt",
        "https://free.example/robots.txt",
        "https://shop.example/robots.txt",
    ]
    assert "of 4 origins: 6 allowed + 1 denied + 3 unreachable URLs" in out
    assert "https://down.example: robots-unreachable (robots.txt: 503 Service Unavailable), 3 URLs" in out
    assert "https://shop.example: 1 of 3 URLs denied, Crawl-delay 2 s" in out
    assert "shop.example holds 3 of 10 URLs: with its Crawl-delay of 2 s" in out


def test_robots_show_how_many_have_answered_on_standard_error_unless_quiet(plan, monkeypatch):
    monkeypatch.setattr(progress, "LINE_INTERVAL_S", 0.0)
    listed(*(f"https://{n}.example/" for n in range(1200)))
    code, out, err = plan("urls.txt", "--robots", "--json")
    assert (code, out.count("\n")) == (0, 1)
    assert re.search(r"^\d\d:\d\d:\d\d  robots\.txt: \d+ of 1,200 origins asked$", err, re.MULTILINE)
    assert plan("urls.txt", "--robots", "--quiet")[2] == ""


def test_json_is_one_object_that_says_the_same(plan):
    listed("https://shop.example/1", "https://shop.example/cart", "bad", "")
    code, out, err = plan("urls.txt", "--robots", "--json", "--request-time", "2")
    assert (code, err) == (0, "")
    told = msgspec.json.decode(out)
    assert out.count("\n") == 1
    assert {key: told[key] for key in ("lines", "to_fetch", "invalid", "blank", "output", "hosts")} == {
        "lines": 4, "to_fetch": 2, "invalid": 1, "blank": 1, "output": "output/urls.jsonl", "hosts": 1,
    }  # fmt: skip
    assert told["first_invalid"] == [
        {"line": 3, "source": "urls.txt", "reason": "'bad' has no scheme; write https://bad"}
    ]
    assert told["robots"]["restricted"] == [
        {"origin": "https://shop.example", "urls": 2, "denied": 1, "crawl_delay_s": 2.0}
    ]
    assert told["forecast"]["time_s"] == 6.0
    assert told["forecast"]["longest"]["limit"] == "crawl-delay"


@pytest.mark.parametrize("words", [[], ["-o", "mine.jsonl"], ["--config", "my.toml"]], ids=str)
def test_what_is_done_is_told_by_the_output_that_a_run_would_use(words, plan):
    urls = [f"https://a.example/{n}" for n in range(5)]
    listed(*urls)
    Path("my.toml").write_text('output = "{date}.jsonl"\n')
    name = {"-o": "mine.jsonl", "--config": f"{datetime.now().astimezone():%Y-%m-%d}.jsonl"}
    with opened(name[words[0]] if words else "output/urls.jsonl") as output:
        write(output, map(record, urls[:3]))
    assert "5 lines = 2 to fetch + 3 already done\n" in plan("urls.txt", *words)[1]
    assert "5 lines = 5 to fetch\n" in plan("urls.txt", "-o", "other.jsonl")[1]


def test_nothing_left_has_no_finish_time(plan):
    listed("https://a.example/")
    with opened("output/urls.jsonl") as output:
        write(output, [record("https://a.example/")])
    code, out, _ = plan("urls.txt")
    assert code == 0
    assert out.splitlines()[-1].strip() == "There is nothing to fetch."
    assert "finish" not in out


def test_an_option_stands_beside_its_value_in_lines_of_100():
    for length in range(1, 89):
        lines = list(_wrapped(f"{'a' * length} holds all URLs; --per-host 8 would make it about 3 min."))
        assert any("--per-host 8" in line for line in lines)
        assert max(map(len, lines)) <= 88


def test_without_robots_in_the_run_their_requests_are_not_counted(plan):
    listed("https://a.example/1", "https://b.example/1")
    assert "4 requests" in plan("urls.txt")[1]
    assert "2 requests" in plan("urls.txt", "--no-robots")[1]


def test_columns_and_limit_are_those_of_a_run(plan):
    Path("shop.csv").write_text("address,rank\nhttps://a.example/,1\nhttps://b.example/,2\n")
    code, out, _ = plan("shop.csv", "--url-column", "address", "--priority-column", "rank", "--limit", "1")
    assert code == 0
    assert out.startswith("1 line = 1 to fetch\n")


BAD_CALLS = {
    "no source": ([], 2, "SOURCE"),
    "a missing file": (["none.txt"], 2, "none.txt"),
    "a list of comments": (["comments.txt"], 2, "comments.txt"),
    "no time at all": (["urls.txt", "--request-time", "0"], 2, "--request-time"),
    "a time that is none": (["urls.txt", "--request-time", "nan"], 2, "--request-time"),
    "robots of a stream": (["-", "--robots"], 2, "only once"),
    "robots of a device": (["/dev/null", "--robots"], 2, "only once"),
    "a wrong setting": (["urls.txt", "--per-host", "0"], 2, "--per-host"),
    "the list as the output": (["urls.txt", "-o", "urls.txt"], 2, "urls.txt"),
    "an output that is no output": (["urls.txt", "-o", "comments.txt"], 5, "comments.txt"),
    "an output that is a folder": (["urls.txt", "-o", "."], 5, "folder"),
    "an output in a file's place": (["urls.txt", "-o", "urls.txt/x"], 5, "urls.txt/x"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_CALLS)
def test_bad_input_is_one_clear_line(case, plan, requests):
    words, code, names = BAD_CALLS[case]
    listed("https://a.example/")
    listed("# nothing", name="comments.txt")
    found, out, err = plan(*words)
    assert (found, out, requests) == (code, "", [])
    assert len(err.splitlines()) == 1
    assert err.startswith("scrape: ")
    assert names in err


def test_the_help_shows_the_default(plan):
    assert f"[default: {REQUEST_S}]" in re.sub(r"[\s│]+", " ", plan("--help")[1])
    assert command.__doc__


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("retried", [False, True, "503"])
def test_finished_urls_are_those_that_a_run_would_find_and_the_file_stays_as_it_is(suffix, retried, tmp_path):
    path = tmp_path / f"out.jsonl{suffix}"
    records = [record("http://a.example/1"), failed("http://a.example/2", "http-status", 503)]
    with opened(path) as output:
        write(output, records)
        locked = finished_in(str(path), retry_failed=retried, now=NOW)  # a run holds it
    with path.open("ab") as file:
        file.write(path.read_bytes()[:20])  # a torn end
    before = path.read_bytes()
    found = finished_in(str(path), retry_failed=retried, now=NOW)
    assert path.read_bytes() == before
    with opened(path, retry_failed=retried) as output:
        for item in records:
            key = identity(item.url)
            assert (key in found) == (key in locked) == (key in output.finished)


def test_a_missing_output_and_standard_output_hold_nothing_and_are_not_made(tmp_path):
    for name in (str(tmp_path / "none" / "out.jsonl"), "-", "/dev/null"):
        assert len(finished_in(name, retry_failed=False, now=NOW)) == 0
    assert not list(tmp_path.iterdir())


def test_a_source_and_a_foreign_file_are_refused_as_outputs(tmp_path):
    path = tmp_path / "urls.txt"
    path.write_text("https://a.example/\n")
    with pytest.raises(UsageError, match="read as a source"):
        finished_in(str(path), retry_failed=False, now=NOW, sources=[str(path)])
    with pytest.raises(OutputError, match="not a record"):
        finished_in(str(path), retry_failed=False, now=NOW)


def test_a_fresh_run_finds_nothing_done(plan):
    listed("https://a.example/")
    Path("my.toml").write_text("fresh = true\n")
    with opened("output/urls.jsonl") as output:
        write(output, [record("https://a.example/")])
    assert "1 line = 1 to fetch\n" in plan("urls.txt", "--config", "my.toml")[1]
