"""What can stand in a record: plain JSON data that the writer is sure to be able to write."""

from collections.abc import Iterable
from typing import Any

import msgspec

MAX_DEPTH = 100
"""Objects and lists within each other. msgspec's own limit is the stack, which is fuller where records are written."""


class NotJsonError(ValueError):
    """A value that has no form in JSON, or none that every reader can take; the text says why."""


def plain(value: Any) -> Any:
    """Return `value` as the JSON data that is written for it: text, numbers, lists, dicts. Raises NotJsonError."""
    try:
        return parse(msgspec.json.encode(value))
    except UnicodeEncodeError as error:
        raise NotJsonError(f"text with a lone surrogate, {error.object[error.start]!a}") from error
    except RecursionError as error:
        raise NotJsonError("data that contains itself or nests too deep") from error
    except (TypeError, ValueError, OverflowError, msgspec.MsgspecError) as error:
        raise NotJsonError(str(error)) from error


def parse(text: str | bytes) -> Any:
    """Return the data of a JSON document. Raises NotJsonError when it is none, or nests deeper than MAX_DEPTH."""
    try:
        value = msgspec.json.decode(text)
    except (ValueError, RecursionError) as error:
        raise NotJsonError(str(error)) from error
    if _is_deep(value):
        raise NotJsonError(f"data that nests deeper than {MAX_DEPTH} levels")
    return value


def _is_deep(value: Any) -> bool:
    level = _containers([value])
    for _ in range(MAX_DEPTH):
        level = _containers(child for item in level for child in (item.values() if isinstance(item, dict) else item))
    return bool(level)


def _containers(values: Iterable[Any]) -> list[Any]:
    return [value for value in values if isinstance(value, dict | list)]
