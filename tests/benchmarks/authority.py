"""A certificate authority of our own, which every peer is told to trust, and certificates for loopback addresses."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import trustme

NAMES = 25
"""Addresses on one certificate: a broad list meets many certificates, each with a few names."""


class Certificate(NamedTuple):
    """A certificate with its key in one PEM file, and the addresses it is for."""

    addresses: Sequence[str]
    file: Path


class Authority:
    """The authority; `bundle` is a PEM file for `SSL_CERT_FILE`."""

    def __init__(self, folder: Path) -> None:
        self._authority = trustme.CA()
        self._folder = folder
        self.bundle = folder / "authority.pem"
        self._authority.cert_pem.write_to_path(str(self.bundle))

    def certify(self, addresses: Sequence[str]) -> list[Certificate]:
        """Write a certificate for every NAMES of `addresses`."""
        made = []
        for start in range(0, len(addresses), NAMES):
            some = addresses[start : start + NAMES]
            file = self._folder / f"certificate-{some[0]}.pem"
            self._authority.issue_cert(*some).private_key_and_cert_chain_pem.write_to_path(str(file))
            made.append(Certificate(some, file))
        return made
