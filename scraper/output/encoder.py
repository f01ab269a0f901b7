"""A Record as one line of JSON, whatever the page or the user put into it."""

from typing import Any

import msgspec
from msgspec import Struct, structs

from scraper.models import Record

_DEEPEST = 100
"""Levels of nesting that are kept of what the encoder refuses."""


def append_line(record: Record, lines: bytearray) -> None:
    """Append `record` to `lines`: UTF-8, keys in the record's order, a line feed at the end.

    Text keeps no lone surrogate (U+FFFD stands for it), what JSON has no form for becomes its `str()`.
    """
    start = len(lines)
    try:
        _ENCODER.encode_into(record, lines, -1)
    except (ValueError, TypeError, RecursionError):  # lone surrogates; keys that are no text; cycles
        del lines[start:]
        _ENCODER.encode_into(_plain(record, ()), lines, -1)
    lines += b"\n"


def as_json(value: Any) -> bytes:
    """Return `value` as it would stand in a record."""
    try:
        return _ENCODER.encode(value)
    except (ValueError, TypeError, RecursionError):
        return _ENCODER.encode(_plain(value, ()))


def _plain(value: Any, parents: tuple[int, ...]) -> Any:
    """Return `value` made of what JSON has, without lone surrogates, cycles and depths."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if id(value) in parents or len(parents) == _DEEPEST:
        return "…"
    parents = (*parents, id(value))
    if isinstance(value, Struct):
        return structs.replace(value, **{key: _plain(item, parents) for key, item in structs.asdict(value).items()})
    if isinstance(value, dict):
        return {_text(key): _plain(item, parents) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        items = [_plain(item, parents) for item in value]
        return tuple(items) if isinstance(value, tuple) else items
    return _text(value)


def _text(value: object) -> str:
    """Return the `str()` of `value` with U+FFFD for each lone surrogate, which UTF-8 has no form for."""
    try:
        text = str(value)
    except Exception:  # noqa: BLE001 - a user's __str__ may raise anything
        text = object.__repr__(value)
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


_ENCODER = msgspec.json.Encoder(enc_hook=_text)
