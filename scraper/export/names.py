"""Names of columns: the keys that lead to a value, joined by dots, those that hold a dot quoted as in TOML."""

import re
from collections.abc import Sequence

import msgspec

from scraper.errors import UsageError

_QUOTED = re.compile(r'["\\.\x00-\x1f\x7f]|^$|^\s|\s$')
_PART = re.compile(r'("(?:[^"\\]|\\.)*+")(?:\.|$)|([^."]++)(?:\.|$)')


def dotted(keys: Sequence[str]) -> str:
    """Return `a.b` for the key b in the object a, and `"a.b"`, with the quotes, for a key that holds the dot itself."""
    return ".".join(msgspec.json.encode(key).decode() if _QUOTED.search(key) else key for key in keys)


def split_dotted(name: str) -> tuple[str, ...]:
    """Return the keys that `dotted` made `name` of. Raises UsageError when it is no such name."""
    keys = []
    place = 0
    while place < len(name):
        part = _PART.match(name, place)
        if part is None:
            break
        keys.append(msgspec.json.decode(part[1], type=str) if part[1] else part[2].strip())
        place = part.end()
    if not keys or place < len(name) or name.endswith("."):
        raise UsageError(f'{name!r} is not the name of a column; write fields.price, or fields."a.b" for a key a.b')
    return tuple(keys)


def split_list(names: str) -> list[str]:
    """Return the names of `url,fields.price,input."a,b"`, a list with commas, which quoted keys may hold too."""
    found = re.findall(r'((?:[^,"]|"(?:[^"\\]|\\.)*+"?)++)', names)
    return [name.strip() for name in found if name.strip()]
