"""Options, variables and the config file become one Config."""

import pytest

from scraper.cli.settings import default_output, settings
from scraper.config import Config
from scraper.errors import UsageError


def config(file=None, **given):
    return settings(["urls.txt"], given, file, {})


@pytest.mark.parametrize(
    ("source", "output"),
    [
        ("urls.txt", "output/urls.jsonl"),
        ("lists/shop.csv.gz", "output/shop.jsonl"),
        ("shop.jsonl.zst", "output/shop.jsonl"),
        ("-", "output/stdin.jsonl"),
        ("https://example.com:8080/a?b", "output/example.com.jsonl"),
        ("HTTP://Example.com/", "output/example.com.jsonl"),
        ("http://[bad/", "output/url.jsonl"),
        ("http://[::1]:8000/", "output/url.jsonl"),
        ("noext", "output/noext.jsonl"),
    ],
)
def test_the_output_is_named_after_the_first_source(source, output):
    assert default_output([source, "other.txt"]) == output


def test_what_is_not_given_is_the_default():
    assert config(concurrency=None, select=[]) == Config(output="output/urls.jsonl")


def test_a_later_layer_wins(tmp_path):
    file = tmp_path / "s.toml"
    file.write_text("per-host = 2\ntimeout = 5\ndelay = 1\n")
    variables = {"SCRAPER_TIMEOUT": "6", "SCRAPER_DELAY": "2", "SCRAPER_LINKS": "true", "SCRAPER_HOME": "x"}
    found = settings(["urls.txt"], {"delay": 3.0}, file, variables)
    assert (found.per_host, found.timeout, found.delay, found.links) == (2, 6.0, 3.0, True)


def test_selectors_are_split_at_the_first_equals_sign():
    found = config(select=["a=h1", "b[]=a[href='x=y']::attr(href)"])
    assert found.select == {"a": "h1", "b[]": "a[href='x=y']::attr(href)"}


def test_all_failed_ones_are_retried_when_no_kinds_are_named():
    assert config(retry_failed="all").retry_failed is True
    assert config(retry_failed="503,read-timeout").retry_failed == "503,read-timeout"


@pytest.mark.parametrize("text", ["", "=h1", "a=", " =x"])
def test_a_selector_needs_a_name_and_a_rule(text):
    with pytest.raises(UsageError, match="NAME=CSS"):
        config(select=[text])


def test_a_field_is_named_once():
    with pytest.raises(UsageError, match="'x' twice"):
        config(select=["x=h1", "x=h2"])


def test_variables_hold_selectors_and_headers_one_on_each_line():
    variables = {"SCRAPER_SELECT": "title=h1\n\n price=.price::text \n", "SCRAPER_HEADER": "A: b\nC: d=e\n"}
    found = settings(["urls.txt"], {}, None, variables)
    assert found.select == {"title": "h1", "price": ".price::text"}
    assert found.header == ("A: b", "C: d=e")
    assert settings(["urls.txt"], {"select": ["x=h2"]}, None, variables).select == {"x": "h2"}
    with pytest.raises(UsageError, match="NAME=CSS"):
        settings(["urls.txt"], {}, None, {"SCRAPER_SELECT": "h1"})
