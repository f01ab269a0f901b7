"""The README is true: its blocks run, and it names every option, key and kind."""

import asyncio
import json
import re
import shlex
import sys
import textwrap
from pathlib import Path

import httpx
import pytest
from clients import FakeNetwork

from scraper import errors, wiring
from scraper.cli import main
from scraper.cli import options as option_types
from scraper.config import Config
from scraper.config.values import option
from scraper.demo.pages import build
from scraper.fetcher.saved import saved_page
from scraper.models import Record
from scraper.recipe import TYPES, Field
from scraper.trial import try_saved

README = Path(__file__).parents[1] / "README.md"
TEXT = README.read_text()
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)


def blocks(language):
    return [textwrap.dedent(text) for kind, text in BLOCKS if kind == language]


@pytest.fixture
def web(monkeypatch, tmp_path):
    """The whole web answers with the same page, and the current directory is a fresh one with some lists."""

    def answer(request):
        return httpx.Response(
            200,
            html=f"<title>{request.url}</title><h1>Head</h1><b class=price>£5.20</b><a href=/n>n</a><img src=i.png>",
        )

    monkeypatch.setattr(wiring, "_transport", lambda _: FakeNetwork(answer))
    monkeypatch.chdir(tmp_path)
    Path("urls.txt").write_text("https://example.com/1\nhttps://example.com/2\n")
    Path("shop.csv").write_text("address,name\nhttps://example.com/3,x\n")
    Path("shop.py").write_text("def price(page):\n    return {'price': page.tree.css_first('.price').text()}\n")
    Path("scraper.toml").write_text("concurrency = 5\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    sys.modules.pop("shop", None)


def test_the_first_two_commands_set_up_and_run_demo_and_tests():
    demo, tests = blocks("sh")
    assert demo.strip().endswith(".venv/bin/scrape demo")
    assert ".venv/bin/python -m pytest" in tests
    assert all(line.startswith("python3 -m venv .venv && .venv/bin/pip install") for line in (demo, tests))


@pytest.mark.parametrize("code", blocks("python"), ids=lambda code: code.splitlines()[-1][:40])
@pytest.mark.usefixtures("web")
def test_every_python_block_runs(code, capsys):
    names = {"__name__": "__main__"}
    exec(compile(code, "README.md", "exec"), names)
    if "run" in names:
        assert names["run"].summary.ok == len(names["run"].records) > 0
    else:
        assert capsys.readouterr().out


@pytest.mark.parametrize("line", [line[2:] for text in blocks("console") for line in text.splitlines()])
@pytest.mark.usefixtures("web")
def test_every_shell_line_runs(line, capsys):
    program, *words = shlex.split(line)
    assert program == "scrape"
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert caught.value.code == 0
    assert "1 ok" in capsys.readouterr().err.replace("2 ok", "1 ok")


@pytest.mark.parametrize("name", sorted(Config.__struct_fields__))
def test_every_option_is_documented(name):
    assert f"`{option(name)}" in TEXT or f"`{name}=`" in TEXT


RECIPES = [block for block in blocks("toml") if "\n[fields]" in f"\n{block}" and "=" in block]
FOUND = [json.loads(block) for block in blocks("json") if block.startswith('{"fields"')]
SHOP = "https://shop.example"


@pytest.mark.parametrize(("recipe", "found"), list(zip(RECIPES, FOUND, strict=True)), ids=lambda value: str(value)[:14])
def test_each_recipe_finds_on_its_page_what_is_shown(recipe, found, tmp_path):
    """The book and the shelf are the demo site's; the article is the one that is printed."""
    (tmp_path / "r.toml").write_text(recipe)
    bookshop = {path: reply.body for path, reply in build(SHOP).items()}
    place = RECIPES.index(recipe)
    path = ("/books/the-tide-clerk.html", "/shelves/sea-and-weather.html", "/article.html")[place]
    body = (blocks("html")[0].encode() if blocks("html") else b"") if place > 1 else bookshop[path]
    page = saved_page(body, "page.html", ("https://news.example" if place > 1 else SHOP) + path)
    record = asyncio.run(try_saved(page, Config(recipe=tmp_path / "r.toml"))).record
    shown = {"fields": record.fields} | ({"items": record.items[:2]} if record.items is not None else {})
    assert shown == found
    assert list(shown["fields"]) == list(found["fields"])


def test_every_key_and_type_of_a_recipe_is_documented():
    if not RECIPES:
        pytest.skip("there is no section on recipes yet")
    for name in {*Field.__struct_fields__, *TYPES}:
        assert f"`{name}`" in TEXT


def test_the_defaults_in_the_table_of_options_are_those_of_the_settings():
    config = Config()
    rows = dict(re.findall(r"^\| `--([a-z-]+)[^|]*\| ([^|]*?) *\|", TEXT, re.MULTILINE))
    numbers = {name: value for name, value in rows.items() if re.fullmatch(r"[\d.]+", value)}
    assert len(numbers) >= 8
    for name, value in numbers.items():
        assert float(value) == float(getattr(config, name.replace("-", "_")))


def test_every_key_of_the_record_that_is_written_is_documented():
    for key in set(Record.__struct_fields__) - {"text"}:  # with the text extraction that is to come
        assert f"`{key}`" in TEXT


def test_every_kind_is_documented_with_its_mark():
    kinds = TEXT[TEXT.index("`error.kind` is one of") :]
    for leaf in errors.UrlError.__subclasses__():
        assert f"`{leaf.kind}`" in kinds
        assert (f"`{leaf.kind}` R" in kinds.replace("\n", " ")) == leaf.is_retried
    assert option_types.Retries
