"""A process of our own comes up without aiohttp's certificates, and leaves nothing behind."""

import gc
import ssl
import subprocess
import sys

from scraper.start import lean_imports

CODE = """
from scraper.start import lean_imports
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


def test_what_was_imported_is_not_looked_through_by_the_first_collection():
    collected = []
    with lean_imports():
        made = [[] for _ in range(2 * gc.get_threshold()[0])]
        gc.callbacks.append(lambda phase, _: collected.append(phase))
    more = [[]]
    gc.callbacks.pop()
    gc.unfreeze()
    assert (collected, len(made), len(more)) == ([], 2 * gc.get_threshold()[0], 1)
