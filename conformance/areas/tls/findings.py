"""Puts together what both pairs of eyes saw: where either saw something, it is there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from cryptography import x509

from conformance.handshake import finite_fields
from conformance.handshake.certificates import loaded, read_certificate
from conformance.handshake.enumerate import HelloFindings
from conformance.handshake.record import Certificate, Field, Suites, Weakness
from conformance.handshake.sslyze_scan import SslyzeFindings
from conformance.handshake.staple import read_staple
from conformance.sentence import Own, Sentence, counted, say


def suites(seen: HelloFindings, sslyze: SslyzeFindings) -> dict[str, Suites]:
    """Return the suites of every live version, sslyze's beside our own."""
    return {v: replace(own, by_sslyze=tuple(sslyze.suites.get(v, ()))) for v, own in seen.suites.items()}


def certificates(seen: HelloFindings, trusted: Iterable[x509.Certificate], now: float) -> tuple[Certificate, ...]:
    """Return every certificate once, in the order of their digests; leaves out what cannot be read.

    Who issued them is looked for in what came with them and among `trusted`; staples are read as of `now`.
    """
    staples: dict[bytes, list[bytes]] = {}
    known = {each for shown in seen.shown for each in map(_parsed, shown.chain) if each} | set(trusted)
    for shown in seen.shown:
        staples.setdefault(shown.chain[0], []).extend(filter(None, [shown.staple]))
    found = [_certificate(der, stapled, known, now) for der, stapled in staples.items()]
    return tuple(sorted(filter(None, found), key=lambda each: each.sha256))


def _certificate(der: bytes, staples: list[bytes], known: set[x509.Certificate], now: float) -> Certificate | None:
    leaf = _parsed(der)
    try:
        certificate = read_certificate(der, stapled=bool(staples))
    except ValueError:
        return None
    if leaf is None or not staples:
        return certificate
    read = [read_staple(staple, leaf, known, now) for staple in staples]
    # What one server of several staples counts; a responder's excuse does not once it has answered.
    worst = next((each for each in read if each.trouble and not each.passing), None)
    worst = worst or next((each for each in read if not each.trouble), read[0])
    return replace(certificate, staple_trouble=worst.trouble, staple_unsigned=worst.unsigned)


def _parsed(der: bytes) -> x509.Certificate | None:
    try:
        return loaded(der)
    except ValueError:
        return None


def fields(seen: HelloFindings) -> tuple[Field, ...]:
    """Return the finite fields that were used, the smallest first."""
    return tuple(
        Field(prime.bit_length(), finite_fields.name(prime), finite_fields.is_safe_prime(prime))
        for prime in sorted(seen.dh_primes)
    )


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
        for der in {shown.chain[0] for shown in seen.shown}
        if not _parsed(der)
    ]
    renegotiable = set(live) - {"ssl-2.0", "tls-1.3"}
    if renegotiable and not sslyze.trouble and sslyze.findings.get("client-renegotiation") is None:
        found.append(
            say(
                "neither of sslyze's clients shakes hands before TLS 1.3, so client-started renegotiation was not tried"
            )
        )
    return tuple(filter(None, (*found, *seen.troubles)))


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
    if seen.asks_certificate and not sslyze.findings.get("robot"):
        # Whatever comes before one is refused alike, and tells nothing of the secret.
        return Weakness(None, say("the server asks for a client certificate first, which sslyze's check does not show"))
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
