"""TLS: what is offered, trusted and checked, and what is not read."""

import asyncio
import ssl

import httpx
import local_site
import pytest
from clients import get, transport
from local_site import html

from scraper.errors import UsageError
from scraper.transport.tls import tls_context

LOOPS = [asyncio.new_event_loop, pytest.importorskip("uvloop").new_event_loop]


def test_a_ca_bundle_that_is_missing_is_one_clear_line(monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", "nowhere.pem")
    with pytest.raises(UsageError, match=r"SSL_CERT_FILE names nowhere\.pem"):
        tls_context(is_insecure=False)


def test_all_is_offered_and_checked_that_python_does_by_default():
    ours, default = tls_context(is_insecure=False), ssl.create_default_context()
    assert ours.get_ciphers() == default.get_ciphers()
    for name in ("options", "verify_flags", "verify_mode", "check_hostname", "minimum_version", "keylog_filename"):
        assert getattr(ours, name) == getattr(default, name)


@pytest.mark.parametrize("loop_factory", LOOPS)
def test_a_certificate_for_another_name_is_refused_though_it_is_not_read(loop_factory, monkeypatch):
    async def scenario():
        async with local_site.serve({"/": html("x")}, tls=True, host="0.0.0.0") as site:
            monkeypatch.setenv("SSL_CERT_FILE", str(site.ca_pem))
            client = transport()
            assert (await get(client, f"https://localhost:{site.port}/"))[1] == b"x"
            with pytest.raises(httpx.ConnectError, match="IP address mismatch"):
                await get(client, f"https://127.0.0.2:{site.port}/")
            await client.aclose()

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(scenario())


@pytest.mark.parametrize("loop_factory", LOOPS)
def test_a_certificate_is_made_into_no_dict_and_can_be_had_as_it_came(loop_factory, monkeypatch):
    async def scenario():
        async with local_site.serve({"/": html("x")}, tls=True) as site:
            monkeypatch.setenv("SSL_CERT_FILE", str(site.ca_pem))
            context = tls_context(is_insecure=False)
            _, writer = await asyncio.open_connection("localhost", site.port, ssl=context)
            kept, came = writer.get_extra_info("peercert"), writer.get_extra_info("ssl_object").getpeercert(True)
            writer.close()
            return kept, came

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        kept, came = runner.run(scenario())
    assert kept == {}
    assert ssl.DER_cert_to_PEM_cert(came).startswith("-----BEGIN CERTIFICATE-----")
