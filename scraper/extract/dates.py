"""A date as pages write it becomes ISO 8601."""

import re
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime

_LONGEST = 64
_YEARS = range(1000, 2200)
_REDUCED = re.compile(r"\d{4}(?:-(?:0[1-9]|1[0-2]))?")
_SLASHES = re.compile(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})(?!\d)")
_ZONE = re.compile(r"\s*(?:Z|UTC|GMT)\Z", re.IGNORECASE)
_SPACED_OFFSET = re.compile(r"\s+(?=[+-]\d\d:?\d\d\Z)")
_MAIL = re.compile(r"(?:[A-Z][a-z]{2,8}, )?\d{1,2}[ -][A-Z][a-z]{2}[ -]\d{2,4} \d\d?:\d\d")
_ENGLISH = (
    *("%B %d, %Y", "%b %d, %Y", "%d %B %Y", "%d %b %Y", "%B %d %Y", "%b. %d, %Y", "%A, %B %d, %Y"),
    *("%B %d, %Y %I:%M %p", "%b %d, %Y %I:%M %p", "%B %d, %Y at %I:%M %p", "%a %b %d %H:%M:%S %Y"),
)


def iso_date(text: str) -> str | None:
    """Return `2024-05-01`, or `2024-05-01T10:00:00Z` when there is a time; None for what is no date.

    The offset is kept as it is, none where none is given. A year, or a year and a month, stay that. Read are ISO 8601,
    the forms of HTTP and e-mail (RFC 5322), year/month/day, and dates in English; `03/04/2024` is not, for nobody knows
    which is the month.
    """
    text = " ".join(text[: _LONGEST + 1].split())
    if not text or len(text) > _LONGEST or not any(character.isdigit() for character in text):
        return None
    if _REDUCED.fullmatch(text):
        return text if int(text[:4]) in _YEARS else None
    moment = _iso(text) or _slashes(text) or _english(text) or _mail(text)
    if moment is None or moment.year not in _YEARS:
        return None
    if not isinstance(moment, datetime):
        return moment.isoformat()
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def _iso(text: str) -> date | None:
    text = _SPACED_OFFSET.sub("", _ZONE.sub("+00:00", text))
    try:
        return date.fromisoformat(text) if len(text) <= len("2024-05-01") else datetime.fromisoformat(text)
    except ValueError:
        return None


def _slashes(text: str) -> date | None:
    match = _SLASHES.match(text)
    if match is None:
        return None
    rest = text[match.end() :].strip()
    day = "-".join((match[1], match[2].zfill(2), match[3].zfill(2)))
    return (_iso(f"{day}T{rest}") if rest else None) or _iso(day)


def _mail(text: str) -> datetime | None:
    if not _MAIL.match(text):  # the library takes much for a date
        return None
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, IndexError, TypeError, OverflowError):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None and text.endswith("-0000") else moment


def _english(text: str) -> date | None:
    for form in _ENGLISH:
        try:
            moment = datetime.strptime(text, form)  # noqa: DTZ007 - pages seldom say which zone; none is made up
        except ValueError:
            continue
        return moment if "%M" in form else moment.date()
    return None
