"""Every setting is an option, and every option a setting."""

import inspect

from scraper.cli import options
from scraper.cli.commands.scrape import scrape_sources
from scraper.config import Config

BESIDE = {"ctx", "sources", "config", "version"}


def test_options_and_settings_are_the_same_names_but_for_what_only_a_file_can_say():
    assert set(inspect.signature(scrape_sources).parameters) - BESIDE == set(Config.__struct_fields__) - {"hosts"}


def test_defaults_are_shown_from_the_settings():
    shown = options.Concurrency.__metadata__[0].help
    assert f"default: {Config().concurrency}" in shown
