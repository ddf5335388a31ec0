"""OCSP answers, and a tap that staples them up to TLS 1.2: Python's `ssl` has no words for it."""

from __future__ import annotations

import datetime
from collections.abc import Callable

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp

from .clienthello import parse, record
from .pki import Authority

_HANDSHAKE, _CERTIFICATE, _CERTIFICATE_STATUS, _STATUS_REQUEST = 22, 11, 22, 5


def answer(
    authority: Authority,
    leaf: x509.Certificate,
    status: ocsp.OCSPCertStatus = ocsp.OCSPCertStatus.GOOD,
    *,
    age_in_days: float = 0,
) -> bytes:
    """Return what `authority` says of a certificate that it issued, DER; it holds for a week."""
    begins = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=age_in_days)
    revoked = begins if status is ocsp.OCSPCertStatus.REVOKED else None
    ends = begins + datetime.timedelta(days=7)
    builder = ocsp.OCSPResponseBuilder().add_response(
        leaf, authority.certificate, hashes.SHA256(), status, begins, ends, revoked, None
    )
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.NAME, authority.certificate)
    return builder.sign(authority.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


class Stapler:
    """Puts an answer behind the certificate where the client asks for one; such a client cannot finish a handshake."""

    def __init__(self, make: Callable[[], bytes]) -> None:
        """Staple what `make` returns."""
        self._make = make
        self._asked = False

    def from_client(self, sent: bytes) -> bytes | None:
        """Let the record through."""
        self._asked = self._asked or _STATUS_REQUEST in parse(sent).extensions
        return None

    def from_server(self, sent: bytes) -> bytes:
        """Let the record through, and the staple behind the certificate."""
        if not self._asked or sent[0] != _HANDSHAKE or sent[5] != _CERTIFICATE:
            return sent
        staple = self._make()
        status = b"\x01" + len(staple).to_bytes(3) + staple
        return sent + record(_HANDSHAKE, bytes([_CERTIFICATE_STATUS]) + len(status).to_bytes(3) + status)
