"""Puts together what both pairs of eyes saw: where either saw something, it is there."""

from __future__ import annotations

from dataclasses import replace

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from conformance.handshake.certificates import read_certificate
from conformance.handshake.enumerate import HelloFindings
from conformance.handshake.record import Certificate, Suites, Weakness
from conformance.handshake.sslyze_scan import SslyzeFindings
from conformance.sentence import Own, Sentence, counted, say


def suites(seen: HelloFindings, sslyze: SslyzeFindings) -> dict[str, Suites]:
    """Return the suites of every live version, sslyze's beside our own."""
    return {v: replace(own, by_sslyze=tuple(sslyze.suites.get(v, ()))) for v, own in seen.suites.items()}


def certificates(seen: HelloFindings, sslyze: SslyzeFindings) -> tuple[Certificate, ...]:
    """Return every certificate once, in the order of their digests; leaves out what cannot be read."""
    leaves = dict(seen.leaves)
    for chain in sslyze.chains:
        der = x509.load_pem_x509_certificate(chain["pem"].encode()).public_bytes(Encoding.DER)
        leaves[der] = leaves.get(der, False) or chain["stapled"]
    found = [each for der, stapled in leaves.items() if (each := _readable(der, stapled=stapled))]
    return tuple(sorted(found, key=lambda each: each.sha256))


def _readable(der: bytes, *, stapled: bool) -> Certificate | None:
    try:
        return read_certificate(der, stapled=stapled)
    except ValueError:
        return None


def weaknesses(seen: HelloFindings, sslyze: SslyzeFindings) -> dict[str, Weakness]:
    """Return what is known of each weakness; None where nobody could tell."""
    return {
        "heartbleed": _by_sslyze("heartbleed", "heartbleed", sslyze),
        "ccs-injection": _by_sslyze("ccs-injection", "openssl_ccs_injection", sslyze),
        "robot": _robot(seen, sslyze),
        "compression": _compression(seen, sslyze),
        "insecure-renegotiation": _renegotiation(seen, sslyze),
    }


def troubles(seen: HelloFindings, sslyze: SslyzeFindings, live: list[str]) -> tuple[Sentence, ...]:
    """Return in plain words whatever could not be looked at."""
    needed = {name: why for name, why in sslyze.unfinished.items() if name != "robot" or seen.accepts_rsa_exchange}
    found = [sslyze.trouble]
    found += [
        say("sslyze cannot tell {command}: {why}", command=Own(name), why=why) for name, why in sorted(needed.items())
    ]
    found += [
        counted("a certificate of {n} byte cannot be read", "a certificate of {n} bytes cannot be read", len(der))
        for der in seen.leaves
        if not _readable(der, stapled=False)
    ]
    if "tls-1.2" in live and not sslyze.trouble and not sslyze.reaches_tls12:
        found.append(
            say("sslyze's client cannot shake hands under TLS 1.2, so client-started renegotiation was not tried")
        )
    return tuple(filter(None, (*found, seen.trouble)))


_BY_SSLYZE = say("by sslyze")


def _by_sslyze(name: str, command: str, sslyze: SslyzeFindings) -> Weakness:
    answer = sslyze.findings.get(name)
    if answer is None:
        why = sslyze.trouble or sslyze.unfinished.get(command, say("it does not say"))
        return Weakness(None, say("not told by sslyze: {why}", why=why))
    return Weakness(answer, _BY_SSLYZE)


def _robot(seen: HelloFindings, sslyze: SslyzeFindings) -> Weakness:
    if not seen.accepts_rsa_exchange:
        return Weakness(vulnerable=False, detail=say("no suite with RSA key exchange is accepted"))
    return _by_sslyze("robot", "robot", sslyze)


def _compression(seen: HelloFindings, sslyze: SslyzeFindings) -> Weakness:
    if sslyze.findings.get("compression"):
        return Weakness(vulnerable=True, detail=_BY_SSLYZE)
    if not seen.suites.keys() - {"tls-1.3"}:
        return Weakness(vulnerable=False, detail=say("TLS 1.3 has no compression"))
    if seen.extensions is None:
        return _by_sslyze("compression", "tls_compression", sslyze)
    return Weakness(seen.extensions.compression, say("by the ServerHello to a hello that offers it"))


def _renegotiation(seen: HelloFindings, sslyze: SslyzeFindings) -> Weakness:
    if not seen.suites.keys() - {"tls-1.3"}:
        return Weakness(vulnerable=False, detail=say("TLS 1.3 has no renegotiation"))
    if seen.extensions is None:
        return _by_sslyze("insecure-renegotiation", "session_renegotiation", sslyze)
    return Weakness(not seen.extensions.secure_renegotiation, say("by the ServerHello's renegotiation_info"))
