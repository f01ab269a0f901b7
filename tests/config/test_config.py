"""The settings: defaults, checks, layers."""

from pathlib import Path

import pytest

from scraper.config import Config
from scraper.config.constants import VERSION
from scraper.errors import UsageError


def test_the_defaults_are_those_of_the_design():
    config = Config()
    assert (config.concurrency, config.per_host, config.delay, config.retries) == (50, 4, 0.0, 3)
    assert (config.connect_timeout, config.read_timeout, config.timeout) == (10, 20, 45)
    assert (config.max_body_bytes, config.max_redirects, config.grace) == (10 * 1024**2, 10, 10)
    assert config.robots
    assert config.user_agent.startswith(f"scraper/{VERSION} (+http")


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ({"concurrency": 0}, "--concurrency is 0; it must be at least 1"),
        ({"per_host": -1}, "--per-host"),
        ({"delay": -0.1}, "--delay"),
        ({"delay": float("nan")}, "--delay"),
        ({"timeout": 0}, "--timeout"),
        ({"connect_timeout": float("nan")}, "--connect-timeout"),
        ({"read_timeout": float("inf")}, "--read-timeout"),
        ({"retries": -1}, "--retries"),
        ({"limit": 0}, "--limit"),
        ({"allow_address": ["10.0.0.1/8"]}, "--allow-address takes an address or a network like 10.1.0.0/16"),
        ({"allow_address": ["example.com"]}, "--allow-address"),
        ({"grace": -1}, "--grace"),
        ({"max_body": "10 apples"}, "--max-body"),
        ({"max_body": 0}, "--max-body"),
        ({"header": ["no colon"]}, "--header"),
        ({"header": ["X: a\r\nY: b"]}, "--header"),
        ({"header": ["Host: a"]}, "--header cannot set Host"),
        ({"user_agent": "a\nb"}, "--user-agent"),
        ({"user_agent": ""}, "--user-agent"),
        ({"proxy": "socks5://a"}, "--proxy"),
        ({"proxy": "http://"}, "--proxy"),
        ({"proxy": "http://[bad"}, "--proxy"),
        ({"header": ["X-Name: café"]}, "--header"),
        ({"user_agent": "café"}, "--user-agent"),
        ({"concurrency": 10**6}, "--concurrency is .* at most 10,000"),
        ({"delay": float("inf")}, "--delay"),
        ({"output": ""}, "--output is empty"),
        ({"keep": ""}, "--keep is empty"),
        ({"retry_failed": "timeouts"}, "does not know 'timeouts'"),
        ({"concurrency": "many"}, "concurrency"),
        ({"cocurrency": 5}, "'cocurrency'"),
    ],
)
def test_a_wrong_setting_is_refused_in_one_line_that_names_it(setting, says):
    with pytest.raises(UsageError, match=says) as caught:
        Config.build(setting)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("word", ["all", "true", "1", True])
def test_all_failed_ones_may_be_asked_for_in_words(word):
    assert Config.build({"retry_failed": word}).retry_failed is True


@pytest.mark.parametrize("proxy", ["http://proxy.example", "http://me:s@127.0.0.1:3128/", "http://[::1]:3128"])
def test_an_http_proxy_is_taken(proxy):
    assert Config(proxy=proxy).proxy == proxy


def test_later_layers_win_and_dashes_are_underscores():
    config = Config.build({"per-host": 2, "links": True}, {"per_host": "3"}, {"meta": True})
    assert (config.per_host, config.links, config.meta) == (3, True, True)


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ({"concurrency": "5"}, "--concurrency has the wrong type: expected `int`, got `str`"),
        ({"per_host": 2.5}, "--per-host has the wrong type"),
        ({"links": "yes"}, "--links has the wrong type"),
        ({"select": ["title=h1"]}, "--select has the wrong type"),
        ({"header": "Authorization: secret"}, "--header has the wrong type"),
        ({"output": 5}, "--output has the wrong type"),
        ({"hosts": {"a": {"slots": 1}}}, "--hosts has the wrong type: object contains unknown field `slots`"),
        ({"hosts": {"a": {"per_host": 0}}}, "per_host of a host is 0"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused_however_it_is_given_and_not_shown(setting, says):
    is_only_text = setting == {"concurrency": "5"}  # as in a variable of the environment: what `build` is for
    for make in [lambda: Config(**setting)] + ([] if is_only_text else [lambda: Config.build(setting)]):
        with pytest.raises(UsageError, match=says) as caught:
            make()
        assert "secret" not in str(caught.value)


def test_values_are_brought_to_their_types():
    config = Config(timeout=5, header=["A: b"], hosts={"a": {"delay": 1}}, output=Path("out") / "x.jsonl")
    assert (config.timeout, config.header, config.output) == (5.0, ("A: b",), str(Path("out/x.jsonl")))
    assert config.limits_of("a") == (4, 1.0)
    assert Config.build({"log-file": Path("x.log"), "concurrency": "5"}) == Config(log_file="x.log", concurrency=5)


def test_processes_are_a_number_or_auto():
    assert Config.build({"processes": "3"}).processes == 3
    assert Config.build({"processes": "auto"}).processes == "auto"
    for wrong in (0, 65, "many"):
        with pytest.raises(UsageError, match="--processes"):
            Config.build({"processes": wrong})


def test_the_first_run_has_no_latest_output_to_compare_with():
    assert Config(since="./out/latest.jsonl", latest="out/latest.jsonl").is_since_latest
    assert not Config(since="out/other.jsonl", latest="out/latest.jsonl").is_since_latest
    assert not Config(since="out/latest.jsonl").is_since_latest
    assert Config(since=Path("out.jsonl"), max_age="7d").max_age_s == 604_800
