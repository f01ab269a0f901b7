"""Normalise (WHATWG), host key, fingerprint. Pure."""

import re
from array import array
from hashlib import blake2b
from typing import NamedTuple

import ada_url

from scraper.errors import InvalidUrl, UnsupportedScheme
from scraper.models import Row

MAX_URL_LENGTH = 8192
"""Characters; common servers take request lines of 8 KiB."""

_MASK = "***"
_BEFORE_AUTHORITY = re.compile(r"[^/\\?#@:]*:[/\\]+|\s*[/\\]{2,}")
_AUTHORITY = re.compile(r"[^/\\?#]*")
_SPLIT_PASSWORD = re.compile(r"([^/\\?#@]*[/\\]+[^/\\?#@:\[]*:)(?!\d*[/\\?#])[^/\\?#@]*[/\\?#].*@", re.DOTALL)
"""What is no port stands where a port would: a password with a `/`, `?` or `#` in it, which no URL can have."""
_HAS_SCHEME = re.compile(r"\s*[a-zA-Z][a-zA-Z0-9+.\-]*:(?!\d+(?:[/?#]|$))")


class Address(NamedTuple):
    """A URL that a request can be made for."""

    href: str
    """Serialised by the WHATWG URL Standard, without its fragment."""
    host: str
    """Host, and the port when it is not the scheme's own: what politeness counts by."""
    scheme: str
    """`http` or `https`."""
    origin: str
    """Scheme, host and port (RFC 6454): what credentials belong to."""


def parse(text: str, base: str | None = None) -> Address:
    """Return the Address of `text`, resolved against `base`, by the WHATWG URL Standard.

    Raises InvalidUrl or UnsupportedScheme; the message says what is wrong with it.
    """
    if len(text) > MAX_URL_LENGTH:
        raise InvalidUrl(f"the URL has {len(text):,} characters; {MAX_URL_LENGTH:,} at most")
    try:
        # In a serialised URL "#" stands only before the fragment.
        href = str(ada_url.join_url(base, text) if base else ada_url.normalize_url(text)).partition("#")[0]
    except (ValueError, UnicodeError) as error:
        raise InvalidUrl(_what_is_wrong(text, base)) from error
    if not href.startswith(("http://", "https://")):
        if base is None and not _HAS_SCHEME.match(text):  # "localhost:8080/": a host, taken for a scheme
            raise InvalidUrl(_what_is_wrong(text))
        raise UnsupportedScheme(f"{href.partition(':')[0]}: URLs are not fetched, only http: and https:")
    address = split(href)
    if address.host.endswith(":0"):
        raise InvalidUrl("port 0 cannot be connected to")
    if len(href) > MAX_URL_LENGTH:
        raise InvalidUrl(f"the URL has {len(href):,} characters once encoded; {MAX_URL_LENGTH:,} at most")
    return address


def split(href: str) -> Address:
    """Return the Address that has this `href`: for what was parsed before, at a tenth of the cost."""
    scheme, _, rest = href.partition("://")
    host = rest.partition("/")[0].rpartition("@")[2]
    return Address(href, host, scheme, f"{scheme}://{host}")


def address_of(row: Row) -> Address:
    """Return the Address that a row names. Raises as `parse`; when the source knew what is wrong, it says that."""
    try:
        return parse(row.url)
    except InvalidUrl:
        if row.problem:
            raise InvalidUrl(row.problem) from None
        raise


def split_userinfo(href: str) -> tuple[str, str]:
    """Return a serialised URL without its userinfo, and that (`user:password`); empty when there is none."""
    if "@" not in href:
        return href, ""
    start = href.index("://") + 3
    authority = href[start:].partition("/")[0]
    userinfo, at, _ = authority.rpartition("@")
    return href[:start] + href[start + len(userinfo + at) :], userinfo


def masked(text: str) -> str:
    """Return `text` as it may be shown: the password in it as `***`; userinfo of one part all so, it may be a token.

    The rest stays as it is where it can. What is masked means the same URL (`identity`), and is masked as itself.
    """
    if "@" not in text:
        return text
    shown = _mask(text)
    try:
        href = parse(text).href
    except (InvalidUrl, UnsupportedScheme):
        return shown
    normal = _mask_authority(href)
    if normal == href:  # the @ stands elsewhere
        return text
    try:
        return shown if parse(shown).href == normal else normal
    except (InvalidUrl, UnsupportedScheme):  # spelt so oddly that the mask fell in the wrong place
        return normal


def join(base: str, reference: str) -> str | None:
    """Return `reference` resolved against `base` (fragment kept), or None when that is no URL."""
    try:
        return str(ada_url.join_url(base, reference))
    except (ValueError, UnicodeError):
        return None


def fingerprint(text: str) -> int:
    """Return 64 bits that stand for `text`.

    Two of n texts share them with a probability of n²/2⁶⁵: 3 in a million for ten million URLs.
    """
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def identity(text: str, address: Address | None = None) -> int:
    """Return the fingerprint of the URL that `text` names: equal for lines that mean the same URL.

    A text that is not a URL stands for itself. A password counts for nothing, as records do not have it. `address` is
    what `parse` makes of `text`, when that is known.
    """
    if "@" in text:
        text, address = masked(text), None
    try:
        return fingerprint((address or parse(text)).href)
    except (InvalidUrl, UnsupportedScheme):
        return fingerprint(text)


class FingerprintSet:
    """A set of 64-bit fingerprints in 11 to 16 bytes each, where Python's own set takes about 70.

    Open addressing in 256 tables, so that growing moves a 256th of them and never holds the loop.
    """

    _SHARDS = 256

    def __init__(self) -> None:
        self._tables = [array("Q", bytes(64)) for _ in range(self._SHARDS)]
        self._counts = [0] * self._SHARDS

    def __len__(self) -> int:
        return sum(self._counts)

    def __contains__(self, value: int) -> bool:
        table = self._tables[value % self._SHARDS]
        return table[_slot(table, value or 1)] != 0

    def add(self, value: int) -> bool:
        """Add `value`; return whether it was new."""
        shard = value % self._SHARDS
        value = value or 1  # 0 marks a free slot
        table = self._tables[shard]
        slot = _slot(table, value)
        if table[slot]:
            return False
        table[slot] = value
        self._counts[shard] += 1
        if self._counts[shard] * 4 >= len(table) * 3:
            self._tables[shard] = _grown(table)
        return True


class FingerprintMap:
    """A dict from 64-bit fingerprints to numbers below 2**64, in 21 to 32 bytes an entry; nothing is taken out.

    Built as FingerprintSet is, with a second table beside each for the numbers.
    """

    _SHARDS = 256

    def __init__(self) -> None:
        self._keys = [array("Q", bytes(64)) for _ in range(self._SHARDS)]
        self._numbers = [array("Q", bytes(64)) for _ in range(self._SHARDS)]
        self._counts = [0] * self._SHARDS

    def __len__(self) -> int:
        return sum(self._counts)

    def get(self, key: int) -> int | None:
        """Return the number of `key`, None when it has none."""
        shard = key % self._SHARDS
        keys = self._keys[shard]
        slot = _slot(keys, key or 1)
        return self._numbers[shard][slot] if keys[slot] else None

    def __setitem__(self, key: int, number: int) -> None:
        shard = key % self._SHARDS
        key = key or 1  # 0 marks a free slot
        keys = self._keys[shard]
        slot = _slot(keys, key)
        is_new = not keys[slot]
        keys[slot] = key
        self._numbers[shard][slot] = number
        if is_new:
            self._counts[shard] += 1
            if self._counts[shard] * 4 >= len(keys) * 3:
                self._grow(shard)

    def _grow(self, shard: int) -> None:
        before = zip(self._keys[shard], self._numbers[shard], strict=True)
        self._keys[shard] = keys = _grown(self._keys[shard])
        self._numbers[shard] = numbers = array("Q", bytes(8 * len(keys)))
        for key, number in before:
            if key:
                numbers[_slot(keys, key)] = number


def _slot(table: "array[int]", value: int) -> int:
    """Return where `value` is in `table`, or the free slot where it belongs."""
    size = len(table)
    slot = (value >> 8) % size
    while (found := table[slot]) and found != value:
        slot = slot + 1 if slot + 1 < size else 0
    return slot


def _grown(table: "array[int]") -> "array[int]":
    larger = array("Q", bytes(8 * (len(table) * 3 // 2)))
    for value in table:
        if value:
            larger[_slot(larger, value)] = value
    return larger


def _mask(text: str) -> str:
    """Mask any text, be it a URL or not."""
    shown = _mask_authority(text)
    lost = _SPLIT_PASSWORD.match(text) if "@" in text else None
    return f"{lost[1]}{_MASK}{text[lost.end() - 1 :]}" if lost and shown == text else shown


def _mask_authority(text: str) -> str:
    if "@" not in text or text.lstrip()[:7].lower() == "mailto:":
        return text
    before = _BEFORE_AUTHORITY.match(text)
    start = before.end() if before else 0
    authority = _AUTHORITY.match(text, start)
    userinfo, at, _ = (authority[0] if authority else "").rpartition("@")
    user, _, password = userinfo.partition(":")
    if not user and not password:
        return text
    return f"{text[:start]}{f'{user}:{_MASK}' if password else _MASK}{at}{text[start + len(userinfo + at) :]}"


def _what_is_wrong(text: str, base: str | None = None) -> str:
    text = _mask(text)
    shown = text if len(text) <= 200 else text[:200] + "…"  # noqa: PLR2004 - a line, not a screenful
    if base is None and not _HAS_SCHEME.match(text):
        return f"{shown!r} has no scheme; write https://{shown.strip()}" if shown.strip() else "the URL is empty"
    return f"{shown!r} is not a valid URL"
