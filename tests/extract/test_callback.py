import functools
import json
import sys
from collections import UserDict

import pytest

from scraper.errors import ExtractError, Truncated, UsageError
from scraper.extract.callback import MAX_TEXT_CHARACTERS, call, load_callback
from scraper.models import Page

PAGE = Page(url="https://a.example/", final_url="https://a.example/", status=200, decoded="<title>x</title>")


def failure(callback) -> str:
    with pytest.raises(ExtractError) as failed:
        call(load_callback(callback), PAGE)
    message = str(failed.value)
    assert "\n" not in message
    return message


def refusal(parse) -> str:
    with pytest.raises(UsageError) as refused:
        load_callback(parse)
    message = str(refused.value)
    assert "\n" not in message
    return message


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Write a module into the current directory; return its name."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    names = []

    def write(source: str) -> str:
        name = f"callback_of_{tmp_path.name}_{len(names)}"
        (tmp_path / f"{name}.py").write_text(source)
        names.append(name)
        return name

    yield write
    for name in names:
        sys.modules.pop(name, None)


# Calling it


@pytest.mark.parametrize("result", [{"a": [1, "b", None]}, UserDict(a=[1, "b", None])])
def test_the_dict_that_it_returns_is_the_fields(result):
    assert call(lambda _page: result, PAGE) == {"a": [1, "b", None]}


def test_none_is_no_fields():
    assert call(lambda _page: None, PAGE) == {}


def test_what_it_returned_may_change_afterwards():
    kept: dict[str, list[int]] = {"a": []}
    fields = call(lambda _page: kept, PAGE)
    kept["a"].append(1)
    assert fields == {"a": []}


def test_a_failure_is_named_with_its_place(module):
    name = module(
        "def parse(page):\n    return helper(page)\n\n\ndef helper(page):\n    raise ValueError('no  price\\n here')\n"
    )
    assert failure(f"{name}:parse") == f"ValueError: no price here (at {name}.py:6)"


def test_the_place_is_in_the_callback_s_file_though_a_library_raised(module):
    name = module("import json\n\n\ndef parse(page):\n    return json.loads('{')\n")
    assert failure(f"{name}:parse").endswith(f" (at {name}.py:5)")


def test_a_failure_without_a_text_or_a_place_is_named():
    def empty(_page):
        raise KeyError

    assert failure(empty).startswith("KeyError (at test_callback.py:")
    assert "(at" not in failure(functools.partial(int, "x"))


def test_a_failure_outside_any_file_of_the_callback_s_is_placed_where_it_was():
    assert failure(functools.partial(json.loads)).rpartition(" (at ")[2].startswith("__init__.py:")


def test_c4_the_text_of_a_failure_is_short_and_can_be_encoded():
    def long(_page):
        raise ValueError("\ud800" + "x" * 10_000)

    message = failure(long)
    assert message.startswith("ValueError: \\ud800xxx")
    assert len(message.encode()) < MAX_TEXT_CHARACTERS + 100


def test_an_exception_that_cannot_say_what_it_is_has_a_name():
    class SpeechlessError(Exception):
        def __str__(self):
            raise RuntimeError

    def speechless(_page):
        raise SpeechlessError

    assert failure(speechless).startswith("SpeechlessError (at ")


@pytest.mark.parametrize("error", [Truncated("x"), ExtractError("x"), RecursionError("x"), StopIteration("x")])
def test_every_exception_is_an_extract_error(error):
    def parse(_page):
        raise error

    assert failure(parse).startswith(f"{type(error).__name__}: x (at ")


def test_a_mapping_that_cannot_be_read_is_an_extract_error():
    class Broken(UserDict):
        def __iter__(self):
            raise LookupError("broken")

    assert "LookupError: broken" in failure(lambda _page: Broken(a=1))


@pytest.mark.parametrize(("result", "name"), [([1], "a list"), ("x", "a str"), (1, "an int"), (False, "a bool")])
def test_another_type_is_named(result, name):
    assert failure(lambda _page: result) == f"the parse function returned {name}; it must return a dict or None"


def test_a_coroutine_is_closed_and_named():
    class Later:
        async def __call__(self, _page):
            return {}

    assert "returned a coroutine" in failure(Later())  # one that nobody awaits warns, which is an error here


def test_what_json_cannot_hold_is_named():
    assert "objects of type object" in failure(lambda _page: {"a": object()})
    assert "lone surrogate" in failure(lambda _page: {"a": "\ud800"})


# Finding it


def test_a_function_is_itself():
    assert load_callback(failure) is failure


def test_a_module_in_the_current_directory_is_found(module):
    name = module("def parse(page):\n    return {'url': page.url}\n")
    assert call(load_callback(f"{name}:parse"), PAGE) == {"url": PAGE.url}


@pytest.mark.parametrize("parse", ["", "x", ":", "x:", ":x", "x.py"])
def test_a_name_without_both_parts_is_refused(parse):
    assert refusal(parse).startswith(f"--parse is {parse!r}; write module:function")


@pytest.mark.parametrize("name", ["no_such_module", "no_such_package.module", "json.no_such_module"])
def test_a_missing_module_is_named(name):
    assert refusal(f"{name}:parse") == f"--parse: there is no module {name!r}"


def test_a_file_s_name_is_told_from_a_module_s(module):
    name = module("def parse(page): pass\n")
    assert refusal(f"{name}.py:parse") == f"--parse: there is no module '{name}.py'; write {name}:parse"


def test_a_missing_function_is_named():
    assert refusal("json:no_such") == "--parse: the module 'json' has no function 'no_such'"


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("import no_such_module_at_all", "ModuleNotFoundError: No module named 'no_such_module_at_all'"),
        ("raise SystemExit('main ran')", "SystemExit: main ran"),
        ("def", "SyntaxError: invalid syntax"),
    ],
)
def test_a_module_that_cannot_be_imported_says_why(module, source, reason):
    name = module(source)
    assert refusal(f"{name}:parse").startswith(f"--parse: importing {name} failed with {reason}")


def test_what_cannot_be_called_is_refused():
    assert refusal("sys:path") == "--parse takes a function; sys:path is a list"
    assert refusal(3) == "--parse takes a function; int is an int"


def test_an_async_function_is_refused(module):
    async def parse(_page):
        return {}

    assert "`async def`" in refusal(parse)
    assert "`async def`" in refusal(module("async def parse(page): pass\n") + ":parse")
