"""How the words of a call are read before any command is."""

import pytest
import typer

from scraper.cli.app import app as application
from scraper.cli.commands import SCRAPE


def words_read(*words):
    """Return the command that the words name and what it would get."""
    group = typer.main.get_command(application)
    context = group.make_context("scrape", list(words), resilient_parsing=True)
    return context._protected_args[0], [*context._protected_args[1:], *context.args]


@pytest.mark.parametrize(
    "name", ["demo", "plan", "try", "verify", "extract", "export", "show", "report", "diff", "metrics", "ctl"]
)
def test_a_first_word_that_is_a_commands_name_is_the_command(name):
    assert words_read(name, "x.txt") == (name, ["x.txt"])


@pytest.mark.parametrize("word", ["urls.txt", "./demo", "https://example.com/", "--links", "-"])
def test_any_other_first_word_belongs_to_the_scraping_command(word):
    assert words_read(word, "y") == (SCRAPE, [word, "y"])


@pytest.mark.parametrize(
    ("words", "read"),
    [
        (["--retry-failed", "urls.txt"], ["--retry-failed", "all", "urls.txt"]),
        (["--retry-failed", "503,read-timeout", "urls.txt"], ["--retry-failed", "503,read-timeout", "urls.txt"]),
        (["urls.txt", "--retry-failed"], ["urls.txt", "--retry-failed", "all"]),
    ],
)
def test_retry_failed_takes_the_next_word_only_when_it_names_kinds(words, read):
    assert words_read(*words) == (SCRAPE, read)


@pytest.mark.parametrize(
    ("words", "read"),
    [
        (["--dashboard", "urls.txt"], ["--dashboard", "true", "urls.txt"]),
        (["--dashboard", "8080", "urls.txt"], ["--dashboard", "8080", "urls.txt"]),
        (["urls.txt", "--dashboard"], ["urls.txt", "--dashboard", "true"]),
    ],
)
def test_dashboard_takes_the_next_word_only_when_it_is_a_port(words, read):
    assert words_read(*words) == (SCRAPE, read)
