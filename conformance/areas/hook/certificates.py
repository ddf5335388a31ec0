"""The certificates of the suite's callback receivers, made for the run: two authorities, and leaves right and wrong."""

from __future__ import annotations

import ssl
from functools import cache

from cryptography import x509

from conformance.handshake.pki import Issuer, common_name, load, lookalikes


class Certificates:
    """The certificates for receivers that are called `host`."""

    def __init__(self, host: str) -> None:
        """Make two authorities, and what each role shows."""
        first, second = _authority("first"), _authority("second")
        self.first, self.second = first.chain.decode(), second.chain.decode()
        itself = Issuer.of_itself(common_name(host))
        self._chains = {
            "good": first.issue((host,)),
            "other-ca": second.issue((host,)),
            "self-signed": itself.issue((host,), key=itself.key),
            "wrong-name": first.issue(lookalikes(host)),
            "expired": first.issue((host,), begins_in_days=-30, days=28),
            "not-yet-valid": first.issue((host,), begins_in_days=2, days=28),
        }

    def context(self, role: str) -> ssl.SSLContext | None:
        """Return a new server context for a role, None for one that speaks no TLS. A new one resumes no session."""
        if role not in self._chains:
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.num_tickets = 0
        load(context, self._chains[role])
        return context


@cache
def certificates(host: str) -> Certificates:
    """Return the certificates for `host`, made once a process."""
    return Certificates(host)


def _authority(which: str) -> Issuer:
    return Issuer.made(common_name(f"Portero callbacks, {which} authority {x509.random_serial_number():x}"))
