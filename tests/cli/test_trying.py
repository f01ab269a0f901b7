"""`scrape try`, as it is typed."""

import io
import json
import sys

import pytest

from scraper.cli import main, trying
from scraper.cli.trying import text
from scraper.extract.recipe.explain import Explanation, ItemsStory
from scraper.models import Record

HTML = """<!doctype html><html lang=en><title>Shop</title><main>
<h1>All \x1b[m books</h1>
<div class=book><b>One</b><i>£1,200</i></div><div class=book><b>Zwei 日本</b></div><div class=book><i>3</i></div>
</main>"""
RECIPE = """[fields]
title = "h1"
pages = { any = [{ meta = "pages" }, "h1"], type = "int", default = 1 }
[items]
scope = ".book"
[items.fields]
name = { css = "b", required = true }
price = { css = "i", type = "int" }
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop.html").write_text(HTML)
    (tmp_path / "r.toml").write_text(RECIPE)
    return tmp_path


def shown(capsys, *words, code=0):
    with pytest.raises(SystemExit) as ended:
        main(["try", *words])
    out, err = capsys.readouterr()
    assert ended.value.code == code, err
    return err if code == 2 else out


@pytest.mark.usefixtures("folder")
def test_each_field_is_shown_with_where_it_is_and_what_was_tried(capsys):
    assert shown(capsys, "shop.html", "--recipe", "r.toml", "--url", "https://a.example/") == (
        "shop.html\n"
        "    from https://a.example/\n"
        "    text/html · utf-8 · 202 bytes\n"
        '    title "Shop"\n'
        '    lang "en"\n'
        "\n"
        'title  "All \\u001b[m books"  (str)\n'
        "    css h1 · body > main > h1, line 2\n"
        "\n"
        "pages  1  (int, the default)\n"
        "    1. meta pages: there is no <meta> with a content\n"
        "    2. css h1: there is no number in 'All \\x1b[m books'\n"
        "\n"
        "items  2 of 3\n"
        "    css .book · body > main > div.book\n"
        "    1 left out, for what is required is missing: name (1)\n"
        "    name       price\n"
        "    One        1200\n"
        "    Zwei 日本  -\n"
        "    name is in 2 of 3: css b: no element matches\n"
        "    price is in 2 of 3: css i: no element matches\n"
    )


@pytest.mark.usefixtures("folder")
def test_json_is_the_record(capsys):
    record = json.loads(shown(capsys, "shop.html", "--recipe", "r.toml", "--json"))
    assert record["items"] == [{"name": "One", "price": 1200}, {"name": "Zwei 日本", "price": None}]
    assert record["fields"]["pages"] == 1
    assert list(record)[-3:] == ["fields", "items", "extractor"]


@pytest.mark.usefixtures("folder")
def test_what_is_required_and_missing_is_exit_code_3(capsys):
    (trying.Path("r.toml")).write_text("[fields]\nisbn = { css = '.isbn', required = true }\n")
    out = shown(capsys, "shop.html", "--recipe", "r.toml", code=3)
    assert "    extract-error: required and missing: isbn\n" in out
    assert "isbn  -  (str, required)\n    css .isbn: no element matches\n" in out
    assert out.endswith("MISSING: isbn. In a run this page would be an extract-error.\n")


@pytest.mark.usefixtures("folder")
def test_selectors_metadata_links_and_a_callback_are_shown_too(capsys, monkeypatch):
    monkeypatch.syspath_prepend(".")
    (trying.Path("own.py")).write_text("def parse(page):\n    return {'n': 1}\n")
    body = "<meta property=og:title content=T><a href=x>x</a><script type=application/ld+json>[{'a':1}]</script>"
    (trying.Path("b.html")).write_text(body)
    out = shown(
        capsys, "b.html", "--select", "a=a", "--meta", "--links", "--parse", "own:parse", "--url", "http://a.example/"
    )
    sys.modules.pop("own", None)
    assert '    meta opengraph og:title "T"\n' in out
    assert '    links ["http://a.example/x"]\n' in out
    assert 'a  "x"  (str)\n' in out
    assert "n  1\n    from --parse\n" in out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["none.html"], "'none.html' cannot be read: No such file or directory; name a saved HTML file, or a URL"),
        (["."], "'.' cannot be read: Is a directory"),
        (["shop.html", "--recipe", "bad.toml"], "bad.toml:2: fields.a.tpye: there is no such key; did you mean type?"),
        (["shop.html", "--recipe", "none.toml"], "--recipe 'none.toml' cannot be read: No such file"),
        (["shop.html", "--select", "title=h1", "--recipe", "r.toml"], "both have the field 'title'"),
        (["shop.html", "--base-url", "x"], "--base-url: 'x' has no scheme"),
        (["http://127.0.0.1:9/", "--url", "http://a.example/"], "--base-url is for saved files"),
        (["shop.html", "--max-body", "100"], "shop.html has more than 100 bytes"),
    ],
)
def test_what_is_wrong_is_one_line_and_exit_code_2(capsys, folder, words, message):
    (folder / "bad.toml").write_text("[fields]\na = { css = 'b', tpye = 'int' }\n")
    err = shown(capsys, *words, code=2)
    assert message in err
    assert err.count("\n") == 1


def test_a_page_that_cannot_be_had_is_exit_code_1(capsys):
    out = shown(capsys, "http://127.0.0.1:9/", "--select", "a=b", "--retries", "0", "--no-robots", code=1)
    assert "    connect-refused: " in out


def test_standard_input_is_a_page(capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"<h1>x</h1>")))
    assert 'a  "x"  (str)' in shown(capsys, "-", "--select", "a=h1")


def test_a_table_fits_its_width_and_a_page_writes_nothing_to_the_terminal():
    rows = [{"long": "x" * 300, "n": number, "odd": "\x1b]0;\x9b"} for number in range(25)]
    story = ItemsStory(
        name="items",
        scope="li",
        elements=25,
        place=None,
        rows=rows,
        is_required=False,
        left_out={},
        filled={},
        problems={},
    )
    out = text(Record(url="u", ok=True, attempts=1), Explanation(items=story), 60)
    assert max(map(len, out.splitlines())) == 60
    assert "and 15 more; --json prints all" in out
    assert "\x1b" not in out
    assert "\x9b" not in out
