"""What TLS connections are made with: which authorities are trusted, what is checked, what is read of it."""

import os
import ssl
from typing import Any

import certifi

from scraper.errors import UsageError


class _Unread(ssl.SSLObject):
    """A TLS connection whose certificate, checked by OpenSSL in the handshake, is not made into a dict after it.

    uvloop and asyncio ask for that dict at each connection, to keep it; nobody looks at it, and it takes 45 µs.
    """

    def getpeercert(self, binary_form: bool = False) -> Any:  # noqa: FBT001, FBT002 - the signature of ssl
        """Return the certificate as DER, or an empty dict."""
        return super().getpeercert(binary_form) if binary_form else {}


def tls_context(*, is_insecure: bool) -> ssl.SSLContext:
    """Return a TLS context with certifi's CA bundle, or the one that SSL_CERT_FILE names, loaded once.

    The system's CA directory, httpx's default, is searched at each handshake.
    """
    path = os.environ.get("SSL_CERT_FILE") or certifi.where()
    try:
        context = ssl.create_default_context(cafile=path)
    except OSError as error:
        raise UsageError(f"SSL_CERT_FILE names {path}, which is no readable CA bundle ({error})") from error
    context.set_alpn_protocols(["http/1.1"])
    context.sslobject_class = _Unread
    if is_insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
