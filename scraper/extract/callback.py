"""The user's own function: found by name, called with the Page, its dict checked before it is in a record."""

import importlib
import inspect
import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from scraper.errors import ExtractError, UsageError
from scraper.extract.json_data import NotJsonError, plain
from scraper.models import Page

MAX_TEXT_CHARACTERS = 500
"""Of an exception's text: some quote the whole page."""

Callback = Callable[[Page], Any]


def load_callback(parse: Callback | str) -> Callback:
    """Return the function that `parse` is or names (`"module:function"`). Raises UsageError.

    Modules are looked for in the current directory too, as `python -m` does.
    """
    callback = _load(parse) if isinstance(parse, str) else parse
    name = parse if isinstance(parse, str) else getattr(parse, "__qualname__", type(parse).__name__)
    if not callable(callback):
        raise UsageError(f"--parse takes a function; {name} is {_article(callback)}")
    if inspect.iscoroutinefunction(callback):
        raise UsageError(f"--parse takes a plain function; {name} is an `async def`, but its page is already fetched")
    return callback


def call(callback: Callback, page: Page) -> dict[str, Any]:
    """Return the dict that `callback` makes of `page`, as plain JSON data; None is an empty one.

    Raises ExtractError when it raises anything, returns something else, or what JSON cannot hold.
    """
    try:
        result = callback(page)
        items = dict(result) if isinstance(result, Mapping) else None
    except (Exception, SystemExit) as error:  # a stranger's code: what it raises ends this URL, not the run
        raise ExtractError(_described(error, callback)) from error
    if result is None:
        return {}
    if items is None:
        if inspect.iscoroutine(result):
            result.close()
        raise ExtractError(f"the parse function returned {_article(result)}; it must return a dict or None")
    try:
        fields: dict[str, Any] = plain(items)
    except NotJsonError as error:
        raise ExtractError(f"the parse function returned what JSON cannot hold: {error}") from error
    return fields


def _load(path: str) -> Any:
    module_name, colon, function_name = path.partition(":")
    if not (module_name and colon and function_name):
        raise UsageError(
            f"--parse is {path!r}; write module:function, like mysite:parse for def parse(page) in mysite.py"
        )
    if "" not in sys.path:
        sys.path.insert(0, "")
    try:
        module = importlib.import_module(module_name)
    except (Exception, SystemExit) as error:
        if isinstance(error, ModuleNotFoundError) and error.name and f"{module_name}.".startswith(f"{error.name}."):
            hint = f"; write {module_name.removesuffix('.py')}:{function_name}" if module_name.endswith(".py") else ""
            raise UsageError(f"--parse: there is no module {module_name!r}{hint}") from error
        raise UsageError(f"--parse: importing {module_name} failed with {_text(error)}") from error
    if not hasattr(module, function_name):
        raise UsageError(f"--parse: the module {module_name!r} has no function {function_name!r}")
    return getattr(module, function_name)


def _described(error: BaseException, callback: Callback) -> str:
    """Return `ValueError: text (at module.py:12)`: the innermost line of the file that the callback is in."""
    own = getattr(getattr(callback, "__code__", None), "co_filename", None)
    lines = [(frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(error.__traceback__)][1:]
    lines = [place for place in lines if place[0] == own] or lines
    return _text(error) + "".join(f" (at {Path(file).name}:{line})" for file, line in lines[-1:])


def _text(error: BaseException) -> str:
    """Return `ValueError: text` on one line, of sensible length, that can be encoded."""
    try:
        text = " ".join(str(error).split()).encode(errors="backslashreplace").decode()
    except Exception:  # noqa: BLE001 - a stranger's __str__
        text = ""
    if len(text) > MAX_TEXT_CHARACTERS:
        text = text[:MAX_TEXT_CHARACTERS] + "…"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _article(value: Any) -> str:
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"
