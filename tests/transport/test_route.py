"""Where connections lead: to an origin or to a proxy, and which of them are as good as each other."""

import ssl

import pytest

from scraper.transport.route import Proxy, proxy_of, route_to

TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
PROXY = proxy_of("http://us%65r:p%3Aw@proxy.test:3128/")


@pytest.mark.parametrize(
    ("origin", "endpoint"),
    [
        ("http://a.test", ("a.test", 80)),
        ("https://a.test", ("a.test", 443)),
        ("http://a.test:8080", ("a.test", 8080)),
        ("http://[::1]", ("::1", 80)),
        ("https://[2001:db8::1]:8443", ("2001:db8::1", 8443)),
    ],
)
def test_an_origin_is_dialled_at_its_host_and_port(origin, endpoint):
    route = route_to(origin, TLS if origin.startswith("https") else None)
    assert (route.dialled, route.server, route.login) == (endpoint, endpoint, b"")


def test_origins_share_no_connection_but_those_to_a_proxy_that_reads_the_requests():
    direct = [route_to(origin, None).key for origin in ("http://a.test", "http://b.test", "http://a.test:81")]
    assert len(set(direct)) == 3
    assert route_to("http://a.test", None, PROXY).key == route_to("http://b.test", None, PROXY).key
    assert route_to("https://a.test", TLS, PROXY).key != route_to("https://b.test", TLS, PROXY).key


def test_a_proxy_is_dialled_in_place_of_the_server():
    plain, tunnel = route_to("http://a.test", None, PROXY), route_to("https://a.test", TLS, PROXY)
    assert (plain.dialled, plain.server) == (("proxy.test", 3128), ("a.test", 80))
    assert (tunnel.dialled, tunnel.server) == (("proxy.test", 3128), ("a.test", 443))


def test_the_proxy_alone_gets_its_login():
    line = b"Proxy-Authorization: Basic dXNlcjpwOnc=\r\n"
    assert route_to("http://a.test", None, PROXY).login == PROXY.login == line
    assert route_to("https://a.test", TLS, PROXY).login == b""


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("http://proxy.test", Proxy(("proxy.test", 80))),
        ("http://[::1]:3128", Proxy(("::1", 3128))),
        ("http://me@proxy.test", Proxy(("proxy.test", 80), b"Proxy-Authorization: Basic bWU6\r\n")),
    ],
)
def test_a_proxy_is_read_from_its_url(url, proxy):
    assert proxy_of(url) == proxy
