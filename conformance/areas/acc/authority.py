"""Gets the CA certificate of the endpoint as an administrator does, and verifies the served chain with it."""

from __future__ import annotations

import binascii
import re
import ssl

from conformance import pointers
from conformance.areas.acc.chain import declared_trust, examine, facts
from conformance.areas.acc.record import AuthorityObservation
from conformance.bench import Bench
from conformance.engine.observatory import Probe
from conformance.handshake.certificates import loaded
from conformance.model import Inconclusive
from conformance.origin import Origin
from conformance.sentence import NOTHING, Own, say
from conformance.web.accounts import Session, administrator
from conformance.web.exchange import Exchange
from conformance.web.http import exchange_bytes, webapp_context
from conformance.web.trust import handshake, verified

PATH = "/v1/certificates/external/ca"
MOST_CERTIFICATES = 20  # of a body that may hold any number: each costs a parse and a line of the report

_NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME, which Python has no name for
_BLOCK = re.compile(
    rb"-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----.+?-----END (?:TRUSTED |X509 )?CERTIFICATE-----", re.S
)


def fetch_authority(session: Session) -> tuple[Exchange, bytes]:
    """Ask for the CA certificate; return the answer, and its body as it came."""
    api = session.api
    return exchange_bytes(
        api.bench,
        "GET",
        api.webapp.url.rstrip("/") + PATH,
        headers={"Authorization": f"Bearer {session.token}"},
        context=api.context,
    )


def _look(bench: Bench) -> AuthorityObservation:
    with administrator(bench) as admin:
        seen, body = fetch_authority(admin)
    kind = next(iter(seen.values("Content-Type")), "")
    if not seen.ok:
        return AuthorityObservation(seen.status, seen.trouble, kind)
    found = certificates(body)[:MOST_CERTIFICATES]
    if not found:
        return AuthorityObservation(seen.status, NOTHING, kind)
    sent = handshake(bench, webapp_context(bench), None)
    return AuthorityObservation(
        seen.status,
        NOTHING,
        kind,
        tuple(facts(der) for der in found),
        _verified(sent, found),
        examine(sent, Origin.of(admin.api.webapp.url).host, declared_trust(bench)),
    )


def certificates(body: bytes) -> list[bytes]:
    """Return the certificates in a body, DER: PEM blocks in any text or JSON string, or one certificate as it is."""
    found = []
    for block in _BLOCK.findall(pointers.unescaped(body.decode("latin-1")).encode("latin-1")):
        try:
            found.append(ssl.PEM_cert_to_DER_cert(block.decode("ascii").replace("TRUSTED ", "").replace("X509 ", "")))
        except (ValueError, UnicodeError, binascii.Error):
            continue
    return [der for der in found or [body] if _readable(der)]


def _readable(der: bytes) -> bool:
    try:
        loaded(der)
    except ValueError:
        return False
    return True


def _verified(sent: list[bytes], authorities: list[bytes]) -> str:
    """Return OpenSSL's words where the served chain does not lead to one of `authorities`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ALL:!aNULL:@SECLEVEL=0")
    context.verify_flags = ssl.VerifyFlags(
        ssl.VERIFY_X509_TRUSTED_FIRST | ssl.VERIFY_X509_PARTIAL_CHAIN | _NO_CHECK_TIME
    )
    try:
        context.load_verify_locations(cadata=b"".join(authorities))
    except ssl.SSLError as error:
        reason = Own(error.reason)
        raise Inconclusive(say("the certificates that came cannot be trusted: {reason}", reason=reason)) from error
    return verified(sent, context, "")[1]


authority = Probe("certificate-authority", AuthorityObservation, _look)
