"""Which addresses are public, and which of the others a request may go to all the same. Pure.

`ipaddress.is_global` of Python 3.11 takes NAT64, 6to4, site-local and multicast addresses for global ones, so the
ranges stand here. Sources: IANA's registries of special-purpose IPv4 and IPv6 addresses (RFC 6890) and of multicast.
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from msgspec import Struct

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_NOT_PUBLIC_V4 = {
    "0.0.0.0/8": "of this host itself (RFC 791)",
    "10.0.0.0/8": "private (RFC 1918)",
    "100.64.0.0/10": "shared by a carrier's customers (RFC 6598)",  # Alibaba's metadata is 100.100.100.200
    "127.0.0.0/8": "loopback (RFC 1122)",
    "168.63.129.16/32": "Azure's own service",  # a public address that answers inside a virtual machine only
    "169.254.0.0/16": "link-local (RFC 3927)",  # metadata of most clouds: 169.254.169.254
    "172.16.0.0/12": "private (RFC 1918)",
    "192.0.0.0/24": "for protocols (RFC 6890)",  # Oracle's metadata was 192.0.0.192
    "192.0.2.0/24": "for documentation (RFC 5737)",
    "192.88.99.0/24": "a 6to4 relay (RFC 7526)",
    "192.168.0.0/16": "private (RFC 1918)",
    "198.18.0.0/15": "for benchmarks (RFC 2544)",
    "198.51.100.0/24": "for documentation (RFC 5737)",
    "203.0.113.0/24": "for documentation (RFC 5737)",
    "224.0.0.0/4": "multicast (RFC 5771)",
    "240.0.0.0/4": "reserved (RFC 1112)",
}
_NOT_PUBLIC_V6 = {
    "::1/128": "loopback (RFC 4291)",
    "::/96": "of this host itself, or an IPv4 address in a form that is not used (RFC 4291)",
    "64:ff9b:1::/48": "a translation of a local network (RFC 8215)",
    "100::/64": "for discarding (RFC 6666)",
    "fc00::/7": "private (RFC 4193)",  # metadata of Amazon: fd00:ec2::254; of Google: fd20:ce::254
    "fe80::/10": "link-local (RFC 4291)",
    "fec0::/10": "site-local (RFC 3879)",
    "ff00::/8": "multicast (RFC 4291)",
    "2001::/32": "a Teredo tunnel (RFC 4380)",
    "2001::/23": "for protocols (RFC 2928)",
    "2001:db8::/32": "for documentation (RFC 3849)",
    "2002::/16": "a 6to4 tunnel (RFC 7526)",
    "3fff::/20": "for documentation (RFC 9637)",
}
_GLOBAL_V6 = IPv6Network("2000::/3")
"""All that IANA has given out as global unicast (RFC 4291, section 2.4)."""
_CARRIES_V4 = (IPv6Network("::ffff:0:0/96"), IPv6Network("64:ff9b::/96"))
"""IPv4 addresses in IPv6's dress: mapped (RFC 4291) and translated (NAT64, RFC 6052). They lead where those do."""

_INTRANETS: list[Network] = [
    *map(IPv4Network, ("10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")),
    *map(IPv6Network, ("::1/128", "fc00::/7", "fec0::/10")),
]
_METADATA = frozenset(map(ip_address, ("100.100.100.200", "fd00:ec2::254", "fd20:ce::254")))
"""Of clouds, in the ranges above; the others are link-local."""

_RANGES_V4 = [(IPv4Network(network), what) for network, what in _NOT_PUBLIC_V4.items()]
_RANGES_V6 = [(IPv6Network(network), what) for network, what in _NOT_PUBLIC_V6.items()]


def why_not_public(address: Address) -> str | None:
    """Return what `address` is, when it is not a public one."""
    if isinstance(address, IPv4Address):
        return next((what for network, what in _RANGES_V4 if address in network), None)
    if any(address in network for network in _CARRIES_V4):
        return why_not_public(_carried_v4(address))
    what = next((what for network, what in _RANGES_V6 if address in network), None)
    return what if what or address in _GLOBAL_V6 else "reserved (RFC 4291)"


class Guard(Struct, frozen=True):
    """Decides where a request may go that is not to leave the public internet."""

    is_for_all: bool = False
    """Guard each request; else only those that a public server's redirect asks for."""
    allowed: Sequence[Network] = ()
    """These count as public."""
    spares_intranets: bool = False
    """Let private and loopback addresses pass, but no metadata service: for redirects of an intranet's own server."""

    def refusal(self, address: str) -> str | None:
        """Return why `address`, as a socket has it (a zone included), must not be dialled."""
        found = ip_address(address)
        what = why_not_public(found)
        spared = _INTRANETS if self.spares_intranets and not _METADATA.intersection(_forms(found)) else ()
        passing = (*self.allowed, *spared)
        if what is None or any(each in network for each in _forms(found) for network in passing):
            return None
        return f"{address} is no public address: it is {what}; --allow-address lets it pass"

    def refusal_of_host(self, host: str) -> str | None:
        """Return why `host` (`[::1]:8080`, as in a normalised URL) must not be asked; None for a name."""
        address = literal(host)
        return None if address is None else self.refusal(address)


def literal(host: str) -> str | None:
    """Return the address that `host`, with its port or without, is by itself: a literal, or localhost (RFC 6761)."""
    name = host[1 : host.index("]")] if host.startswith("[") else host.partition(":")[0]
    if name.rstrip(".").rpartition(".")[2] == "localhost":
        return "127.0.0.1"
    try:
        return str(ip_address(name))
    except ValueError:
        return None


def _forms(address: Address) -> list[Address]:
    if isinstance(address, IPv6Address) and any(address in network for network in _CARRIES_V4):
        return [address, _carried_v4(address)]
    return [address]


def _carried_v4(address: IPv6Address) -> IPv4Address:
    return IPv4Address(int(address) & 0xFFFFFFFF)
