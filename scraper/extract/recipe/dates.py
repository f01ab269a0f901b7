"""A date as a page has it, in ISO 8601: what is ISO already at no cost, any language by `dateparser`."""

import re
import threading
import warnings
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from scraper.extract.recipe.unreadable import Unreadable, shown
from scraper.extras import need

MAX_CHARACTERS = 100
"""A longer text is a sentence with a date in it at best; a regex picks that out."""
_CACHED = 4096
"""Texts whose dates are remembered; the pages of a site repeat them, and one costs 1 to 3 ms."""

_YEAR = re.compile(r"\d{4}")
_YEAR_MONTH = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])")
_EPOCH = re.compile(r"1\d{9}(?P<milliseconds>\d{3})?")  # 2001 to 2033
_HAS_YEAR = re.compile(r"\d{4}|\d{1,2}[./\-]\d{1,2}[./\-]\d\d(?!\d)")
_DOTTED = re.compile(r"\d{1,2}\.\d{1,2}\.\d{2,4}")
"""The day comes first wherever dates have dots, in English too."""
_LANGUAGES = tuple(
    "en de fr es it pt nl ru ja zh pl tr sv da nb fi cs el hu ro uk ko ar fa he id vi th bg hr sk".split()
)
"""What a date is looked for in that the page's own language does not explain: W3Techs' most used ones. All 200 that
dateparser knows cost 20 ms for each text that is no date, and 1.7 s to load; these 3 ms, and 0.3 s."""
_lock = threading.Lock()  # dateparser fills its dictionaries as it goes


def require_dates() -> None:
    """Make sure that dates can be read. Raises UsageError naming the extra."""
    need("dateparser", extra="dates")


def read_date(value: Any, lang: str | None, order: str | None = None) -> str:
    """Return the date that `value` is, as precise as it: `2024-03-05T14:30:00+01:00`, `2024-03-05`, `2024-03`, `2024`.

    `lang` is the page's language (BCP 47), which decides on month names and on the order of 03/04/2024 unless `order`
    (`DMY`, `MDY`, `YMD`) does. What depends on when it is read ("yesterday", "5 March") is no date. Raises Unreadable.
    """
    text = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not text:
        raise Unreadable(f"{shown(value)} is not a date")
    text = text if text.isascii() else _western(text)
    if len(text) > MAX_CHARACTERS:
        raise Unreadable(f"{shown(text)} is too long for a date; a regex can pick it out")
    found = _iso(text) or _parsed(text, (lang or "").lower(), order)
    if found is None:
        raise Unreadable(f"{shown(text)} is not a date")
    return found


def _iso(text: str) -> str | None:
    """Return a date that is ISO 8601 already, or seconds or milliseconds since 1970."""
    if _YEAR.fullmatch(text) or _YEAR_MONTH.fullmatch(text):
        return text
    if epoch := _EPOCH.fullmatch(text):
        seconds = int(text) / (1000 if epoch["milliseconds"] else 1)
        return _spelt(datetime.fromtimestamp(seconds, UTC))
    try:
        if ":" not in text and "T" not in text:
            return date.fromisoformat(text).isoformat()
        return _spelt(datetime.fromisoformat(text))
    except ValueError:
        return None


def _spelt(moment: datetime) -> str:
    text = moment.isoformat(timespec="auto" if moment.microsecond % 1000 else "milliseconds")
    text = text.replace(".000", "", 1)
    return f"{text.removesuffix('+00:00')}Z" if text.endswith("+00:00") else text


@lru_cache(maxsize=_CACHED)
def _parsed(text: str, lang: str, order: str | None) -> str | None:
    if not _HAS_YEAR.search(text):
        return None
    if _DOTTED.fullmatch(text):
        order = order or "DMY"
    with _lock:
        own = _parser(lang, order) if lang else None
        return (own and _read(own, text)) or _read(_parser("", order), text)


def _western(text: str) -> str:
    """Return `text` with its digits as 0 to 9."""
    return "".join(str(int(mark)) if mark.isdecimal() else mark for mark in text)


def _read(parser: Any, text: str) -> str | None:
    try:
        with warnings.catch_warnings(action="ignore"):  # the library's own affairs
            found = parser.get_date_data(text)
    except (ValueError, OverflowError, TypeError, AttributeError, IndexError, KeyError):  # it trips over odd texts
        return None
    moment = found.date_obj
    if moment is None:
        return None
    if found.period == "time":
        return _spelt(moment)
    day: str = moment.date().isoformat()
    return day[:7] if found.period == "month" else day


@lru_cache(maxsize=256)
def _parser(lang: str, order: str | None) -> Any:
    """Return a DateDataParser for one language, or for the most used ones; None when it does not know the language."""
    module = need("dateparser.date", extra="dates")
    settings: dict[str, Any] = {
        "PARSERS": ["absolute-time"],  # neither "3 days ago" nor a number that may be a time stamp
        "REQUIRE_PARTS": ["month", "year"],
        "RETURN_TIME_AS_PERIOD": True,
    }
    if order is not None:
        settings["DATE_ORDER"] = order
    if not lang:
        return module.DateDataParser(languages=list(_LANGUAGES), settings=settings)
    language, _, region = lang.replace("_", "-").partition("-")
    attempts: list[dict[str, Any]] = [{"languages": [language]}]
    if len(region) == 2:  # noqa: PLR2004 - a country (ISO 3166), not a script
        attempts.insert(0, {"locales": [f"{language}-{region.upper()}"]})
    for attempt in attempts:
        parser = module.DateDataParser(**attempt, settings=settings)
        try:
            parser.get_date_data("2024-03-05")  # only now it looks for the language
        except ValueError:
            continue
        return parser
    return None
