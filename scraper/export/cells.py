"""What stands in a cell: values as text, and texts that a spreadsheet must not run."""

import re
from typing import Any

import msgspec

_FORMULA = re.compile(r"[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
"""What a cell begins with that a spreadsheet takes for a formula, full-width forms too (OWASP, "CSV Injection")."""
_NUMBER = re.compile(r"[+\-](?=[\d.])[\d., \u00a0\u202f]*\d%?")


def as_text(value: Any) -> str:
    """Return text as it is, anything else as JSON: `true`, `12`, `["a"]`."""
    return value if type(value) is str else msgspec.json.encode(value).decode()


def is_formula(text: str) -> bool:
    """Return whether a spreadsheet could take `text` for a formula; a signed number is none."""
    return _FORMULA.match(text) is not None and _NUMBER.fullmatch(text) is None
