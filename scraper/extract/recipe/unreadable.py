"""A value that is there and is not of the type that its field has; and how such values are shown."""

from typing import Any

MAX_SHOWN = 60


class Unreadable(ValueError):
    """Why a value counts as missing."""


def shown(value: Any) -> str:
    """Return `value` as it is quoted in a sentence."""
    text = repr(value)
    return text if len(text) <= MAX_SHOWN else text[:MAX_SHOWN] + "…"
