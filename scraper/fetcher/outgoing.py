"""The headers that go out: ours, the user's own, the listed URL's credentials; each only where it may."""

import base64
from collections.abc import Sequence
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from scraper.fetcher import redirects
from scraper.fetcher.inflate import ACCEPT_ENCODING
from scraper.transport.seam import Headers
from scraper.urls import Address, split_userinfo

_ACCEPT = "text/html,application/xhtml+xml,*/*;q=0.8"
_MAX_KEPT = 1024


class Outgoing:
    """Makes the headers of requests, once for each origin and the rest that they depend on."""

    def __init__(self, user_agent: str, headers: Sequence[tuple[str, str]]) -> None:
        own = {name.lower() for name, _ in headers}
        defaults = [("User-Agent", user_agent), ("Accept", _ACCEPT)]
        self._given = [*(pair for pair in defaults if pair[0].lower() not in own), *headers]
        self.to = lru_cache(maxsize=_MAX_KEPT)(self._make)

    def _make(
        self,
        origin: str,
        is_own: bool,  # noqa: FBT001 - a cache's key
        login: str | None,
        is_last: bool,  # noqa: FBT001 - a cache's key
    ) -> Headers:
        headers = list(self._given) if is_own else redirects.safe(self._given)
        if login is not None and all(name.lower() != "authorization" for name, _ in headers):
            headers.append(("Authorization", login))
        if is_last:
            headers.append(("Connection", "close"))
        host = origin.partition("://")[2]
        return Headers([("Host", host), *headers, ("Accept-Encoding", ACCEPT_ENCODING)])


def authorization(listed: Address) -> str | None:
    """Return a URL's userinfo as a Basic Authorization header (RFC 7617)."""
    _, userinfo = split_userinfo(listed.href)
    if not userinfo:
        return None
    user, _, password = userinfo.partition(":")
    token = base64.b64encode(unquote_to_bytes(user) + b":" + unquote_to_bytes(password)).decode("ascii")
    return f"Basic {token}"
