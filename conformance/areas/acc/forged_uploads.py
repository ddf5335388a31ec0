"""Certificates to upload: a good one with its key and the authority between, and others that lack something. Pure."""

from __future__ import annotations

import base64
import secrets
import ssl
from dataclasses import dataclass
from hashlib import sha256

from conformance.handshake.pki import Issuer, common_name, new_key, private

MEGABYTE = 1 << 20  # bytes


@dataclass(frozen=True, slots=True)
class Bundle:
    """A certificate of the suite's own, PEM: key, leaf, the authority that issued it, and the root above."""

    key: bytes
    leaf: bytes
    intermediate: bytes
    root: str
    sha256: str

    @property
    def whole(self) -> bytes:
        """Return what a good upload holds, in the vendor's order: key, certificate, authority."""
        return self.key + self.leaf + self.intermediate

    @property
    def trust(self) -> str:
        """Return the authorities by which it verifies, also where it is served without the one between."""
        return self.root + self.intermediate.decode()

    def bad(self) -> dict[str, bytes]:
        """Return uploads that are no good, by what is wrong with them."""
        text = base64.encodebytes(secrets.token_bytes(900))
        long = base64.encodebytes(secrets.token_bytes(MEGABYTE * 3 // 4))
        return {
            "no-key": self.leaf + self.intermediate,
            "no-intermediate": self.key + self.leaf,
            "wrong-key": private(new_key()) + self.leaf + self.intermediate,
            "garbage": b"-----BEGIN CERTIFICATE-----\n" + text + b"-----END CERTIFICATE-----\n",
            "megabyte": b"-----BEGIN CERTIFICATE-----\n" + long + b"-----END CERTIFICATE-----\n",
        }


def make(names: tuple[str, ...]) -> Bundle:
    """Make a certificate for `names` that is valid from yesterday for a month, under a new authority."""
    root = Issuer.made(common_name("Portero upload root"), levels=1)
    issuer = root.below(common_name("Portero upload CA"))
    leaf, _, key = issuer.issue(names).partition(issuer.chain)
    digest = sha256(ssl.PEM_cert_to_DER_cert(leaf.decode())).hexdigest()
    return Bundle(key, leaf, issuer.chain, root.chain.decode(), digest)
