"""What needs an optional dependency; imported on demand."""

from importlib import import_module
from typing import Any

from scraper.errors import UsageError


def need(module: str, *, extra: str) -> Any:
    """Return `module`, imported now. Raises UsageError naming the extra when it is not installed."""
    try:
        return import_module(module)
    except ImportError as error:
        raise UsageError(f"this needs {module}: pip install 'scraper[{extra}]' ({error})") from error
