"""Where each key stands in a TOML document: tomllib tells what is in it, but not on which line."""

import re
import tomllib
from typing import NamedTuple

Path = tuple[str | int, ...]
"""Keys and places in arrays, from the top: `("fields", "price", "any", 1, "css")`."""

_TOKEN = re.compile(
    r"""
      (?P<newline> \n )
    | (?P<space> [^\S\n]+ | \#[^\n]* )
    | (?P<string> \"{3} (?: \\. | [^\\] )*? \"{3,5} | '{3} .*? '{3,5} | " (?: \\. | [^"\\] )* " | '[^']*' )
    | (?P<mark> [\[\]{}=,.] )
    | (?P<bare> [^\s\[\]{}=,.\#"']+ )
    """,
    re.VERBOSE | re.DOTALL,
)  # TOML 1.0.0


class _Token(NamedTuple):
    kind: str
    text: str
    line: int


def find_places(document: str) -> dict[Path, int]:
    """Return the line, from 1, of each key and array element of `document`, which must be valid TOML."""
    return _Scan(document).places


class _Scan:
    """Reads tokens left to right; what they mean is known to be right, so nothing is checked again."""

    def __init__(self, document: str) -> None:
        self.places: dict[Path, int] = {}
        self._tokens = _tokens(document.replace("\r\n", "\n"))
        self._next = 0
        self._table: Path = ()
        self._arrays: dict[Path, int] = {}
        """Arrays of tables, and the place of their last element."""
        while self._peek().kind != "end":
            if self._peek().kind == "newline":
                self._take()
            elif self._peek().text == "[":
                self._header()
            else:
                self._pair(self._table)

    def _peek(self) -> _Token:
        return self._tokens[self._next]

    def _take(self) -> _Token:
        self._next += 1
        return self._tokens[self._next - 1]

    def _header(self) -> None:
        line = self._take().line
        is_array = self._peek().text == "["
        if is_array:
            self._take()
        path: Path = ()
        keys = self._key()
        for key in keys[:-1]:
            path = self._last(self._mark((*path, key), line))
        path = (*path, keys[-1])
        if is_array:
            self._arrays[path] = self._arrays.get(path, -1) + 1
        self._table = self._mark(self._last(self._mark(path, line)), line)
        for _ in range(1 + is_array):
            self._take()

    def _last(self, path: Path) -> Path:
        """Return the last element of an array of tables, or `path` when it is none."""
        return (*path, self._arrays[path]) if path in self._arrays else path

    def _mark(self, path: Path, line: int) -> Path:
        self.places.setdefault(path, line)
        return path

    def _key(self) -> list[str]:
        """Return the parts of a dotted key; the token behind it is next."""
        parts = [_plain(self._take())]
        while self._peek().text == ".":
            self._take()
            parts.append(_plain(self._take()))
        return parts

    def _pair(self, table: Path) -> None:
        line = self._peek().line
        path = table
        for key in self._key():
            path = self._mark((*path, key), line)
        self._take()  # =
        self._value(path)

    def _value(self, path: Path) -> None:
        opening = self._peek()
        self._mark(path, opening.line)
        if opening.kind == "mark" and opening.text in "[{":
            self._take()
            self._members(path, is_array=opening.text == "[")
        else:
            while self._peek().kind not in ("newline", "end") and self._peek().text not in (",", "]", "}"):
                self._take()

    def _members(self, path: Path, *, is_array: bool) -> None:
        place = 0
        while (token := self._peek()).text not in ("]", "}") or token.kind == "string":
            if token.kind == "newline" or token.text == ",":
                self._take()
            elif is_array:
                self._value((*path, place))
                place += 1
            else:
                self._pair(path)
        self._take()


def _tokens(document: str) -> list[_Token]:
    tokens = []
    line = 1
    for match in _TOKEN.finditer(document):
        if match.lastgroup != "space":
            tokens.append(_Token(match.lastgroup or "", match[0], line))
        line += match[0].count("\n")
    return [*tokens, _Token("end", "", line)]


def _plain(token: _Token) -> str:
    """Return the key that a token spells."""
    if token.kind != "string":
        return token.text
    return str(tomllib.loads(f"key = {token.text}")["key"])
