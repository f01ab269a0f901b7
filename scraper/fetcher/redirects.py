"""Where a redirect leads, and which headers may go there. Pure."""

from collections.abc import Sequence

from scraper.errors import BadRedirect, InvalidUrl
from scraper.urls import Address, parse, split_userinfo

STATUSES = frozenset({301, 302, 303, 307, 308})
"""RFC 9110, section 15.4: those that name another place to GET."""

_SAFE_HEADERS = frozenset({"accept", "accept-language", "user-agent"})
"""What says nothing about the user; every other header belongs to the origin that it was given for."""


def target(locations: Sequence[bytes], base: str) -> Address:
    """Return the Address that the Location (raw header values, RFC 9110, section 10.2.2) names at `base`.

    Several must be the same, as in browsers: which one a proxy or a cache would take is anybody's guess.

    Userinfo in it is dropped: a server does not choose what we log in with elsewhere. Raises BadRedirect without a
    usable one, UnsupportedScheme for one that is not HTTP.
    """
    if len(set(locations)) > 1:
        raise BadRedirect(f"the redirect names {len(set(locations))} different Locations")
    text = _decoded(locations[0]).strip() if locations else ""
    if not text:
        raise BadRedirect("the redirect names no Location")
    try:
        address = parse(text, base)
    except InvalidUrl as error:
        raise BadRedirect(f"the redirect's Location cannot be followed: {error.message}") from error
    return address._replace(href=split_userinfo(address.href)[0])


def safe(headers: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return those of `headers` that may be sent to any origin."""
    return [(name, value) for name, value in headers if name.lower() in _SAFE_HEADERS]


def _decoded(location: bytes) -> str:
    """Servers send UTF-8, or latin-1 as HTTP had it once (RFC 9110, section 5.5)."""
    try:
        return location.decode("utf-8")
    except UnicodeDecodeError:
        return location.decode("latin-1")
