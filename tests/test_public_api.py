"""What `import scraper` offers, and that it stays cheap."""

import inspect
import subprocess
import sys

import pytest

import scraper

NAMES = """Config DataCheckFailed Failure Field Link OutputError OutputLocked Page Recipe Record Redirect Run
RunError ScraperError Summary Timings UrlError UsageError __version__ ascrape open_run scrape stream""".split()


def test_the_public_names_are_these_and_all_there():
    assert sorted(scraper.__all__) == sorted(NAMES)
    for name in NAMES:
        assert getattr(scraper, name) is not None


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="scrap"):
        scraper.scrap  # noqa: B018 - the look-up is the point


@pytest.mark.parametrize("name", [name for name in NAMES if name != "__version__"])
def test_every_public_name_is_documented_and_typed(name):
    thing = getattr(scraper, name)
    assert inspect.getdoc(thing)
    if inspect.isfunction(thing):
        assert all(p.annotation is not p.empty for p in inspect.signature(thing).parameters.values())


def test_the_three_calls_take_the_same():
    def keywords(call):
        return list(inspect.signature(call).parameters)

    assert keywords(scraper.scrape) == keywords(scraper.ascrape) == keywords(scraper.stream)


def test_importing_the_package_imports_no_engine():
    code = "import sys, scraper; print([m for m in ('httptools', 'httpx', 'selectolax', 'rich') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
