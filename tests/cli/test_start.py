"""The command comes up without aiohttp's certificates, and leaves nothing behind."""

import gc
import ssl
import subprocess
import sys

from scraper.cli.start import lean_imports

CODE = """
from scraper.cli.start import lean_imports
with lean_imports():
    from aiohttp import connector
assert not connector._SSL_CONTEXT_VERIFIED.get_ca_certs()
"""


def test_aiohttps_default_contexts_trust_nobody():
    subprocess.run([sys.executable, "-c", CODE], check=True)


def test_contexts_trust_the_systems_certificates_again_and_garbage_is_collected():
    with lean_imports():
        assert not ssl.create_default_context().cert_store_stats()["x509"]
    assert ssl.SSLContext.set_default_verify_paths is ssl.SSLContext.__base__.set_default_verify_paths
    assert gc.isenabled()
