"""A short text that stands for what is extracted, and how: equal texts, equal values of the same page."""

import inspect
import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from tokenize import TokenError
from typing import Any

from msgspec import Struct

from scraper.output.encoder import as_json

_DIGITS = 12
"""Of the hash, in hex: two of a thousand recipes share them with a probability of 2 in 10^9."""


def extractor_of(
    select: Mapping[str, str], recipe: Struct | None, callback: Callable[..., Any] | None, others: Sequence[str] = ()
) -> str | None:
    """Return what stands for these settings and the `others`, of which the name tells all; None when there are none.

    `recipe` is one that was loaded. Of a callback the source of its module counts; what that imports does not. One
    without a source is equal to none.
    """
    if not select and recipe is None and callback is None and not others:
        return None
    source = b"" if callback is None else _source_of(callback)
    parts = (as_json(dict(select)), as_json(recipe), as_json(list(others)), source)
    return sha256(b"\0".join(parts)).hexdigest()[:_DIGITS]


def _source_of(callback: Callable[..., Any]) -> bytes:
    name = f"{getattr(callback, '__module__', '')}:{getattr(callback, '__qualname__', '')}".encode()
    with suppress(OSError, TypeError):
        return name + Path(inspect.getsourcefile(callback) or "").read_bytes()
    with suppress(OSError, TypeError, SyntaxError, TokenError):  # of a notebook's cell
        return name + inspect.getsource(callback).encode("utf-8", "replace")
    return secrets.token_bytes(16)
