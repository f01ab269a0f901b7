"""How a process of our own comes up: without work that nothing in it will use."""

import gc
import ssl
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def lean_imports() -> Iterator[None]:
    """Import without collecting garbage, of which imports make none, and without aiohttp's own CA certificates.

    What was imported is frozen: the first collection, which comes at once, would look through all of it, 20 ms. aiohttp
    makes two default TLS contexts while it is imported, each with all certificates of the system, 25 ms; the transport
    gives every TLS connection its own context. For a process of our own only: as long as it lasts, no context trusts
    the system's certificates.
    """
    gc.disable()
    ssl.SSLContext.set_default_verify_paths = lambda self: None  # type: ignore[method-assign]  # noqa: ARG005 - its base's
    try:
        yield
    finally:
        del ssl.SSLContext.set_default_verify_paths
        gc.freeze()
        gc.enable()
