"""What a wrong recipe is refused with: one line that names the file, the line, the key and the remedy."""

import difflib
from collections.abc import Callable, Iterable, Mapping

from scraper.errors import UsageError
from scraper.recipe.places import Path

Refuse = Callable[[Path, str], UsageError]
"""Where in the recipe something is wrong, and what; the error to raise."""


def refusals(name: str, places: Callable[[], Mapping[Path, int]]) -> Refuse:
    """Return what makes the errors of the recipe called `name`; `places` tells its lines, when they are needed."""

    def refuse(path: Path, what: str) -> UsageError:
        lines = places()
        known = next((lines[path[:end]] for end in range(len(path), 0, -1) if path[:end] in lines), None)
        line = "" if known is None else f":{known}"
        return UsageError(f"{name}{line}: {f'{spelt(path)}: ' if path else ''}{what}")

    return refuse


def spelt(path: Path) -> str:
    """Return a path as it is written: `fields.price.any[1].css`."""
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in path]
    return "".join(parts).removeprefix(".")


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the remedy for a `word` that is none of `known`: the one that was meant, or the list of them."""
    names = list(known)
    close = difflib.get_close_matches(word.lower(), names, n=1)
    return f"did you mean {close[0]}?" if close else f"it is one of {', '.join(names)}"
