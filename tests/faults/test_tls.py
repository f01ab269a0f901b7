"""H19, H20: certificates and handshakes that are wrong, and proxies that the environment names."""

import asyncio
import socket
import ssl
import subprocess
import threading
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import local_site
import pytest
import trustme
from contract import outcome, outcomes
from local_site import html, raw

from scraper import ascrape

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
PAGE = {"/": html("<title>secret</title>")}


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture(autouse=True)
def trusted(authority, tmp_path, monkeypatch):
    """Let the scraper trust `authority` and no other."""
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))


def server_context(leaf, **options):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    leaf.configure_cert(context)
    for name, value in options.items():
        setattr(context, name, value)
    return context


def refused(context, *, host="127.0.0.1", handler=PAGE, **options):
    """Scrape a page over TLS with `context`; return its record, and what the server was asked."""

    async def scenario():
        async with local_site.serve(handler, tls=context) as site:
            (record,) = await outcomes([site.url(host=host)], **{"connect_timeout": 2.0, **options})
            await site.until(lambda: site.open_connections == 0)
            return record, site

    return asyncio.run(scenario())


def check(context, says, **options):
    record, site = refused(context, **options)
    assert (record.error.kind, record.attempts) == ("tls-error", 1)
    assert says in record.error.message.lower()
    assert site.hits == []


def test_h19_a_good_certificate(authority):
    record, _ = refused(server_context(authority.issue_cert("127.0.0.1")))
    assert record.title == "secret"


def test_h19_expired(authority):
    leaf = authority.issue_cert("127.0.0.1", not_before=NOW - 3 * DAY, not_after=NOW - DAY)
    check(server_context(leaf), "expired")


def test_h19_not_yet_valid(authority):
    leaf = authority.issue_cert("127.0.0.1", not_before=NOW + DAY, not_after=NOW + 3 * DAY)
    check(server_context(leaf), "not yet valid")


def test_h19_wrong_host(authority):
    check(server_context(authority.issue_cert("example.org")), "not valid for '127.0.0.1'")


def test_h19_wrong_name(authority, monkeypatch):
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 0))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    check(server_context(authority.issue_cert("example.org")), "hostname mismatch", host="other.test")
    record, _ = refused(server_context(authority.issue_cert("*.other.test")), host="www.other.test")
    assert record.title == "secret"


def test_h19_an_untrusted_root():
    check(server_context(trustme.CA().issue_cert("127.0.0.1")), "unable to get local issuer certificate")


def test_h19_a_self_signed_certificate(openssl_leaf):
    check(server_context(openssl_leaf(subject="/CN=127.0.0.1", extension="subjectAltName=IP:127.0.0.1")), "self")


def test_h19_a_missing_chain(authority):
    leaf = authority.create_child_ca().issue_cert("127.0.0.1")
    alone = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with leaf.private_key_and_cert_chain_pem.tempfile() as everything:
        text = Path(everything).read_text()
    only_leaf = text[: text.index("-----END CERTIFICATE-----") + len("-----END CERTIFICATE-----")] + "\n"
    with trustme.Blob(only_leaf.encode()).tempfile() as path:
        alone.load_cert_chain(path)
    check(alone, "unable to get local issuer certificate")
    record, _ = refused(server_context(leaf))
    assert record.title == "secret"


def test_h19_no_subject_alternative_name(authority):
    leaf = authority.issue_cert(common_name="127.0.0.1")
    check(server_context(leaf), "not valid for '127.0.0.1'")


def test_h19_a_null_in_the_common_name(authority, monkeypatch):
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 0))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    leaf = authority.issue_cert(common_name="bank.test\0.evil.test")
    check(server_context(leaf), "mismatch", host="bank.test")


@pytest.mark.parametrize("version", ["TLSv1", "TLSv1_1"])
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_h19_an_old_protocol(authority, version):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:@SECLEVEL=0")
    authority.issue_cert("127.0.0.1").configure_cert(context)
    context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
    check_alert(context, "version")


def test_h19_no_cipher_in_common(authority):
    context = server_context(authority.issue_cert("127.0.0.1"), maximum_version=ssl.TLSVersion.TLSv1_2)
    context.set_ciphers("AES128-SHA")  # RSA key exchange: not among Python's defaults
    check_alert(context, "handshake failure")


def check_alert(context, says):
    """As `check`, with a server that tells the client what it does not like: asyncio's does not."""
    with rude_server(context, b"", closes=True) as port:
        (record,) = asyncio.run(outcomes([f"https://127.0.0.1:{port}/"], connect_timeout=2.0))
    assert (record.error.kind, record.attempts) == ("tls-error", 1)
    assert says in record.error.message.lower()


@pytest.mark.parametrize("greeting", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"220 mail ESMTP\r\n", b"\0" * 64])
def test_h19_plain_text_on_the_tls_port(greeting):
    async def scenario():
        first = raw(greeting, then="close") if greeting else None
        if not greeting:  # a plain HTTP server, which finds the handshake no request: it answers, then closes
            first = raw(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", then="close")
        async with local_site.serve({}, greeting=first) as site:
            (record,) = await outcomes([f"https://127.0.0.1:{site.port}/"], connect_timeout=1.0)
            assert (record.error.kind, record.attempts) == ("tls-error", 1)
            await site.until(lambda: site.open_connections == 0)

    asyncio.run(scenario())


def test_h19_https_asked_with_http(authority):
    async def scenario():
        context = server_context(authority.issue_cert("127.0.0.1"))
        async with local_site.serve(PAGE, tls=context) as site:
            (record,) = await outcomes([f"http://127.0.0.1:{site.port}/"])
            assert record.error.kind in {"disconnected", "protocol-error"}

    asyncio.run(scenario())


@pytest.mark.parametrize("sent", [b"", b"\x16\x03\x03"], ids=["nothing", "half"])
def test_h19_a_handshake_that_stalls_is_a_connect_timeout(sent):
    async def scenario():
        async with local_site.serve(PAGE, greeting=raw(sent, then="hang")) as site:
            (record,) = await outcomes([f"https://127.0.0.1:{site.port}/"], connect_timeout=0.2)
            assert (record.error.kind, record.attempts) == ("connect-timeout", 2)
            await site.until(lambda: site.open_connections == 0)

    asyncio.run(scenario())


@pytest.mark.parametrize("then", ["close", "reset"])
def test_h19_a_connection_that_ends_in_the_handshake_is_tried_again(then):
    async def scenario():
        async with local_site.serve(PAGE, greeting=raw(b"", then=then)) as site:
            (record,) = await outcomes([f"https://127.0.0.1:{site.port}/"])
            assert (record.error.kind, record.attempts) == ("connect-failed", 2)

    asyncio.run(scenario())


@contextmanager
def rude_server(context, answer, *, closes):
    """Serve one answer a connection over TLS, and end TCP without a close_notify, or never end it."""
    listener = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def serve():
        while True:
            try:
                plain, _ = listener.accept()
            except OSError:
                return
            with plain, suppress(OSError):
                wrapped = context.wrap_socket(plain, server_side=True, suppress_ragged_eofs=True)
                wrapped.settimeout(3)
                wrapped.recv(65536)
                wrapped.sendall(answer)
                if not closes:
                    ended.wait(3)
                wrapped.close()  # without unwrap(): no close_notify is sent, and one that comes is not answered

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        ended.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


@pytest.mark.parametrize(
    ("head", "kind"),
    [("Content-Length: 20\r\n\r\n", None), ("Content-Length: 50\r\n\r\n", "truncated")],
    ids=["whole", "cut"],
)
def test_h19_a_close_without_close_notify(authority, head, kind):
    answer = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n{head}<title>whole</title>".encode()
    context = server_context(authority.issue_cert("127.0.0.1"))
    with rude_server(context, answer, closes=True) as port:
        record = asyncio.run(outcomes([f"https://127.0.0.1:{port}/"], connect_timeout=2.0))[0]
    assert (record.error and record.error.kind) == kind


def test_h19_a_peer_that_never_answers_close_notify_does_not_hold_the_run(authority):
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 20\r\n\r\n<title>whole</title>"
    context = server_context(authority.issue_cert("127.0.0.1"))

    async def scenario():
        async with asyncio.timeout(2.5):  # the server sits on its end for 3 s
            return await ascrape([f"https://127.0.0.1:{port}/"], robots=False)

    with rude_server(context, answer, closes=False) as port:
        assert asyncio.run(scenario()).records[0].title == "whole"


def test_h19_insecure_lets_everything_pass(openssl_leaf):
    leaf = openssl_leaf(subject="/CN=nobody", extension="subjectAltName=DNS:nobody.test")
    record, _ = refused(server_context(leaf), insecure=True)
    assert record.title == "secret"


@pytest.fixture
def openssl_leaf(tmp_path):
    """A function that makes a self-signed certificate, which trustme does not."""

    def make(*, subject, extension):
        key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
        words = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2".split()
        words += ["-subj", subject, "-addext", extension, "-keyout", str(key), "-out", str(certificate)]
        try:
            subprocess.run(words, check=True, capture_output=True)
        except FileNotFoundError:
            pytest.skip("needs openssl on the path")
        return Leaf()

    class Leaf:
        def configure_cert(self, context):
            context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")

    return make


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])
def test_h20_a_proxy_of_the_environment_is_not_used(name, monkeypatch, authority):
    async def scenario():
        with local_site.closed_port() as dead:
            monkeypatch.setenv(name, f"http://127.0.0.1:{dead}/")
            async with local_site.serve(PAGE) as site:
                assert (await outcome(site)).title == "secret"
            async with local_site.serve(PAGE, tls=server_context(authority.issue_cert("127.0.0.1"))) as site:
                assert (await outcome(site, connect_timeout=2.0)).title == "secret"

    asyncio.run(scenario())


def test_h20_nor_is_a_netrc(monkeypatch, tmp_path):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))

    async def scenario():
        async with local_site.serve(PAGE) as site:
            await outcome(site)
            assert "authorization" not in site.hits[0].headers

    asyncio.run(scenario())
