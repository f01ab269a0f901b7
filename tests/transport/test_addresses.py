"""Which addresses are public: the registries' ranges at both ends, and everything else as `ipaddress` has it."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.transport.addresses import Guard, literal, why_not_public

RANGES = """
    0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 168.63.129.16/32 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24
    192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4
    ::/128 ::1/128 ::7f00:1/128 ::ffff:10.0.0.0/104 ::ffff:127.0.0.0/104 ::ffff:169.254.169.254/128
    64:ff9b::10.0.0.0/104 64:ff9b::127.0.0.1/128 64:ff9b::169.254.0.0/112 64:ff9b:1::/48 100::/64 2001::/32 2001::/23
    2001:db8::/32 2002::/16 3fff::/20 5f00::/16 fc00::/7 fd00:ec2::254/128 fe80::/10 fec0::/10 ff00::/8
""".split()
PUBLIC = """
    1.0.0.0 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 168.63.129.15 169.253.255.255
    169.255.0.0 172.15.255.255 172.32.0.0 191.255.255.255 192.0.1.0 192.0.3.0 192.88.98.255 192.167.255.255 192.169.0.0
    198.17.255.255 198.20.0.0 198.51.99.255 203.0.114.0 223.255.255.255 8.8.8.8
    2000:: 2001:200:: 2001:db7:: 2001:db9:: 2003:: 2606:4700:4700::1111 2a00:1450:4001:82b::200e 3ffe:ffff::
    ::ffff:8.8.8.8 64:ff9b::8.8.8.8
""".split()
HOLES = [ip_network(text) for text in ["168.63.129.16", "192.0.0.0/24", "192.88.99.0/24", "224.0.0.0/4"]]
"""Global for `ipaddress` (of 3.11 or of later versions), and not for us."""


@pytest.mark.parametrize("text", RANGES)
def test_a_range_is_not_public_from_its_first_address_to_its_last(text):
    network = ip_network(text)
    for address in (network[0], network[-1], network[network.num_addresses // 2]):
        assert why_not_public(address)


@pytest.mark.parametrize("text", PUBLIC)
def test_what_lies_beside_the_ranges_is_public(text):
    assert why_not_public(ip_address(text)) is None


@given(st.integers(0, 2**32 - 1).map(IPv4Address))
def test_an_ipv4_address_is_public_as_ipaddress_has_it_but_for_the_holes(address):
    if not any(address in hole for hole in HOLES):
        assert (why_not_public(address) is None) == address.is_global


@given(st.integers(0, 2**128 - 1).map(IPv6Address) | st.integers(0, 2**125 - 1).map(lambda n: IPv6Address(2**125 + n)))
def test_an_ipv6_address_is_public_only_where_ipaddress_has_it_so(address):
    if why_not_public(address) is None:
        assert address.is_global
        assert address in IPv6Network("2000::/3")


@given(st.integers(0, 2**32 - 1).map(IPv4Address), st.sampled_from(["::ffff:0:0", "64:ff9b::"]))
def test_an_ipv4_address_in_ipv6_dress_is_what_it_is_without(address, prefix):
    dressed = IPv6Address(int(IPv6Address(prefix)) + int(address))
    assert why_not_public(dressed) == why_not_public(address)


def test_a_refusal_names_the_address_the_range_and_the_remedy():
    refusal = Guard().refusal("169.254.169.254")
    assert refusal == "169.254.169.254 is no public address: it is link-local (RFC 3927); --allow-address lets it pass"
    assert Guard().refusal("93.184.215.14") is None


def test_what_is_allowed_counts_as_public_in_every_dress():
    guard = Guard(allowed=[IPv4Network("127.0.0.2"), IPv6Network("fd00::/8")])
    for address in ("127.0.0.2", "::ffff:127.0.0.2", "64:ff9b::7f00:2", "fd12::1"):
        assert guard.refusal(address) is None
    for address in ("127.0.0.3", "::ffff:127.0.0.3", "fe80::1%eth0"):
        assert guard.refusal(address)


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("127.0.0.1:8080", "127.0.0.1"),
        ("[::1]", "::1"),
        ("[::ffff:7f00:1]:8080", "::ffff:127.0.0.1"),
        ("localhost:80", "127.0.0.1"),
        ("a.localhost", "127.0.0.1"),
        ("localhost.", "127.0.0.1"),
        ("example.com", None),
        ("localhost.example.com:8080", None),
    ],
)
def test_a_host_may_be_an_address_by_itself(host, address):
    found = literal(host)
    assert (found and ip_address(found)) == (address and ip_address(address))
    assert bool(Guard().refusal_of_host(host)) == (address is not None)


@pytest.mark.parametrize(
    "address", ["10.1.2.3", "127.0.0.1", "192.168.1.1", "172.16.0.1", "100.64.0.1", "::1", "fd12::1"]
)
def test_an_intranets_own_addresses_may_be_spared(address):
    assert Guard(spares_intranets=True).refusal(address) is None
    assert Guard().refusal(address) is not None


@pytest.mark.parametrize(
    "address",
    [
        *("169.254.169.254", "100.100.100.200", "fd00:ec2::254", "fd20:ce::254", "168.63.129.16", "fe80::1"),
        *("::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "0.0.0.0", "224.0.0.1", "192.0.0.192"),
    ],
)
def test_no_metadata_service_is_spared(address):
    assert Guard(spares_intranets=True).refusal(address) is not None
