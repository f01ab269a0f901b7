"""The number that a text on a page holds: thousands separators, decimal commas, currency signs, any script's digits."""

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from scraper.extract.recipe.unreadable import Unreadable, shown

MAX_DIGITS = 400
"""A longer run of digits is no number that anyone wrote down; a float's own end is at 309."""
_SHORT = 19
"""So many digits may be too many for 64 bits."""
_INT64 = 2**63
"""What other readers of JSON can hold."""

_SPACES = "\x20\xa0\u2009\u202f"
_CURRENCY = "$¢£¤¥֏؋৲৳૱௹฿៛\u20a0-\u20cf﷼﹩\uff04\uffe0\uffe1\uffe5\uffe6"
# A space or an apostrophe separates thousands only before exactly three digits: "2 for 3" are two numbers.
_NUMBER = re.compile(
    rf"""
    (?: (?<! [\w.,] ) (?P<sign> [-+\u2212] ) [{_SPACES}]? )?+
    (?P<before> [{_CURRENCY}] [{_SPACES}]? | \b [A-Z]{{3}} [{_SPACES}] )?+
    (?P<late_sign> (?<= [{_CURRENCY}{_SPACES}] ) [-\u2212] )?+
    (?P<body>
        \d {{1,3}} (?P<group> [{_SPACES}'\u2019\u066c] ) \d{{3}} (?!\d)
            (?: (?P=group) \d{{3}} (?!\d) )*+ (?: [.,\u066b] \d++ )?+
      | \d++ (?: [.,\u066b] \d++ )*+
      | (?<! [\w.,] ) [.,] \d++
    )
    (?: [eE] (?P<exponent> [-+]? \d{{1,3}} ) (?!\w) )?+
    (?: (?P<scale> [kKMB] ) (?!\w) )?+
    (?P<after> [.,] [-\u2013\u2014] | [{_SPACES}]? [{_CURRENCY}] | [{_SPACES}]? [A-Z]{{3}} \b )?+
    """,
    re.VERBOSE,
)
_BEFORE_DIGIT = 8
"""Characters that a number may have before its first digit: a sign, a currency, spaces, a point."""
_DIGIT = re.compile(r"\d")
# Nearly all are like this, and read at a quarter of the cost.
_SIMPLE = re.compile(rf"[{_CURRENCY}]?([0-9]{{1,15}}(?:\.[0-9]{{1,2}})?)", re.ASCII).fullmatch
_GROUPS = re.compile(r"\d{1,3}(?:([.,])\d{2,3})*+")
_SCALES = {"k": 3, "K": 3, "M": 6, "B": 9}


def read_float(value: Any, decimal: str | None = None) -> float:
    """Return the first number in `value`, a text or a JSON number. Raises Unreadable."""
    if decimal != "," and isinstance(value, str) and (simple := _SIMPLE(value)):
        return float(simple[1])
    number = float(_amount(value, decimal, is_whole=False))
    if number in (float("inf"), float("-inf")):
        raise Unreadable("a number too large for JSON")
    return number


def read_int(value: Any, decimal: str | None = None) -> int:
    """Return the first number in `value`, which must be a whole one of 64 bits. Raises Unreadable."""
    if isinstance(value, str) and value.isdecimal() and len(value) < _SHORT:
        return int(value)
    amount = _amount(value, decimal, is_whole=True)
    if abs(amount) > _INT64:
        raise Unreadable("a number of more than 64 bits")
    number = int(amount)
    if number != amount:
        raise Unreadable(f"{shown(value)} is not a whole number; the type float takes it")
    if not -_INT64 <= number < _INT64:
        raise Unreadable("a number of more than 64 bits")
    return number


def _amount(value: Any, decimal: str | None, *, is_whole: bool) -> Decimal:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Decimal(value) if isinstance(value, int) else Decimal(repr(value))
    if not isinstance(value, str):
        raise Unreadable(f"{shown(value)} is not a number")
    digit = _DIGIT.search(value)
    match = _NUMBER.search(value, max(0, digit.start() - _BEFORE_DIGIT)) if digit else None
    if match is None:
        raise Unreadable(f"there is no number in {shown(value)}")
    if len(match["body"]) > MAX_DIGITS:
        raise Unreadable(f"a number of {len(match['body']):,} digits")
    is_thousands = is_whole or bool(match["before"] or match["after"])
    digits = _plain(match["body"], decimal, is_dot_thousands=is_thousands)
    try:
        amount = Decimal(digits).scaleb(int(match["exponent"] or 0) + _SCALES.get(match["scale"] or "", 0))
    except InvalidOperation:
        raise Unreadable(f"{shown(match['body'])} is not a number") from None
    return -amount if "-" in (signs := _signs(match)) or "\u2212" in signs else amount


def _signs(match: re.Match[str]) -> str:
    return (match["sign"] or "") + (match["late_sign"] or "")


def _plain(body: str, decimal: str | None, *, is_dot_thousands: bool) -> str:
    """Return `body` with a point for its decimal separator, and no other separator."""
    body = re.sub(rf"[{_SPACES}'\u2019\u066c]", "", body)
    if "\u066b" in body:
        body, decimal = body.replace("\u066b", "."), "."
    mark = decimal or _decimal_separator(body, is_dot_thousands=is_dot_thousands)
    whole, _, fraction = body.rpartition(mark) if mark and mark in body else (body, "", "")
    if whole and not _is_grouped(whole):
        raise Unreadable(f"{shown(body)} is not one number")
    return f"{re.sub('[.,]', '', whole) or '0'}.{fraction or '0'}"


def _decimal_separator(body: str, *, is_dot_thousands: bool) -> str:
    """Return which of the separators in `body` is the decimal one; empty when all are of thousands."""
    marks: list[str] = re.findall("[.,]", body)
    if not marks:
        return ""
    if len(set(marks)) > 1:  # 1.234,56 and 1,234.56: the last
        return marks[-1]
    if len(marks) > 1:
        return ""
    whole, mark, fraction = body.partition(marks[0])
    if len(fraction) != 3 or not 1 <= len(whole) <= 3 or whole.startswith("0"):  # noqa: PLR2004 - thousands
        return mark
    # 1,234 and 1.234 can be either. A price has no three decimals, and a whole number none at all.
    return mark if mark == "." and not is_dot_thousands else ""


def _is_grouped(whole: str) -> bool:
    """Tell whether `whole` is digits, or groups of thousands with one separator, 1,23,456 (India) included."""
    if whole.isdigit():
        return True
    return _GROUPS.fullmatch(whole) is not None and len(set(re.findall("[.,]", whole))) == 1 and whole[-4] in {".", ","}
