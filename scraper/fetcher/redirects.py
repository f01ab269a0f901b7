"""Where a redirect leads, and which headers may go there. Pure."""

from collections.abc import Sequence

from scraper.errors import BadRedirect, InvalidUrl
from scraper.urls import Address, parse

STATUSES = frozenset({301, 302, 303, 307, 308})
"""RFC 9110, section 15.4: those that name another place to GET."""

_SAFE_HEADERS = frozenset({"accept", "accept-language", "user-agent"})
"""What says nothing about the user; every other header belongs to the origin that it was given for."""


def target(location: bytes | None, base: str) -> Address:
    """Return the Address that `location` (raw header bytes, RFC 9110, section 10.2.2) names at `base`.

    Raises BadRedirect without a usable one, UnsupportedScheme for one that is not HTTP.
    """
    text = "" if location is None else _decoded(location).strip()
    if not text:
        raise BadRedirect("the redirect names no Location")
    try:
        return parse(text, base)
    except InvalidUrl as error:
        raise BadRedirect(f"the redirect's Location cannot be followed: {error.message}") from error


def headers_for(origin: str, own_origin: str, headers: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return those of `headers`, given for `own_origin`, that may be sent to `origin`."""
    if origin == own_origin:
        return list(headers)
    return [(name, value) for name, value in headers if name.lower() in _SAFE_HEADERS]


def _decoded(location: bytes) -> str:
    """Servers send UTF-8, or latin-1 as HTTP had it once (RFC 9110, section 5.5)."""
    try:
        return location.decode("utf-8")
    except UnicodeDecodeError:
        return location.decode("latin-1")
