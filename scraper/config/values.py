"""Texts that stand for sizes, times, addresses, headers and kinds, as options and settings take them."""

import re
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network

from scraper.errors import ERROR_KINDS, UsageError

HEADER_VALUE = re.compile(r"[\x20-\x7e\t]*")  # RFC 9110, section 5.5, without obs-text
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMG]?)(?:i?B)?", re.IGNORECASE)
_SIZE_UNITS = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3}
_DURATION_UNITS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_DURATION = re.compile(
    r"(?:(?P<d>\d+(?:\.\d+)?)d)?\s*(?:(?P<h>\d+(?:\.\d+)?)h)?\s*(?:(?P<m>\d+(?:\.\d+)?)m(?:in)?)?\s*"
    r"(?:(?P<s>\d+(?:\.\d+)?)s?)?"
)
_HEADER_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")  # RFC 9110, section 5.6.2: token
_OWN_HEADERS = frozenset({"host", "connection", "content-length", "transfer-encoding", "accept-encoding"})
HIGHEST_PORT = 65_535


def option(name: str) -> str:
    """Return the command-line spelling of setting `name`."""
    return "--" + name.replace("_", "-")


def parse_size(size: int | str) -> int:
    """Return bytes for `10485760`, `"10MiB"`, `"500K"` (units of 1024). Raises UsageError."""
    match = _SIZE.fullmatch(str(size).strip())
    value = int(float(match[1]) * _SIZE_UNITS[match[2].upper()]) if match else 0
    if value < 1:
        raise UsageError(f"--max-body is {size!r}; write a size like 10MiB, 500K or a number of bytes")
    return value


def parse_duration(duration: float | str, name: str) -> float:
    """Return seconds for `90`, `"90s"`, `"50m"`, `"1h30m"` or `"7d"`. Raises UsageError, naming the setting `name`."""
    match = _DURATION.fullmatch(str(duration).strip().lower())
    parts = match.groupdict("0") if match else {}
    seconds = sum(float(parts[unit]) * factor for unit, factor in _DURATION_UNITS.items()) if match else 0.0
    if not seconds > 0:
        raise UsageError(f"{name} is {duration!r}; write a time like 90s, 50m, 1h30m or 7d")
    return seconds


def parse_endpoint(endpoint: int | str) -> tuple[str, int]:
    """Return host and port of `9101` (on 127.0.0.1), `"0.0.0.0:9101"` or `"[::1]:9101"`. Raises UsageError."""
    host, colon, port = str(endpoint).strip().rpartition(":")
    host = host.removeprefix("[").removesuffix("]") if colon else "127.0.0.1"
    if not host or not (port.isascii() and port.isdecimal() and int(port) <= HIGHEST_PORT):
        raise UsageError(f"--metrics-port is {endpoint}; write a port up to {HIGHEST_PORT}, or HOST:PORT")
    return host, int(port)


def split_header(line: str) -> tuple[str, str]:
    """Return name and value of `"Name: value"`. Raises UsageError when it is not a header or one of ours."""
    name, colon, value = line.partition(":")
    if not colon or not _HEADER_NAME.fullmatch(name) or not HEADER_VALUE.fullmatch(value):
        raise UsageError("--header takes 'Name: value' on one line, in ASCII")
    if name.lower() in _OWN_HEADERS:
        raise UsageError(f"--header cannot set {name}: the scraper needs it for itself")
    return name, value.strip()


def split_networks(texts: Sequence[str]) -> tuple[IPv4Network | IPv6Network, ...]:
    """Return the networks of `["127.0.0.1", "10.1.0.0/16"]`. Raises UsageError."""
    try:
        return tuple(ip_network(text.strip()) for text in texts)
    except ValueError as error:
        raise UsageError(f"--allow-address takes an address or a network like 10.1.0.0/16: {error}") from None


def split_kinds(kinds: str) -> frozenset[str]:
    """Return the error kinds and statuses of `"read-timeout,503"`. Raises UsageError for an unknown one."""
    chosen = frozenset(kind for kind in kinds.replace(" ", "").split(",") if kind)
    for kind in chosen:
        if kind not in ERROR_KINDS and not re.fullmatch(r"[1-5]\d\d", kind):
            raise UsageError(f"--retry-failed does not know {kind!r}; kinds are {', '.join(sorted(ERROR_KINDS))}")
    return chosen
