"""Judges TLS beyond the levels: stapling, hybrid key exchange, early data, and three protections of TLS 1.2."""

from __future__ import annotations

from conformance.judges import tls_facts as facts
from conformance.judges import tls_rules as rules
from conformance.model import Case, Inconclusive, NotApplicable, Verdict, conforms, verdict, violates
from conformance.policy import Policy
from conformance.records.tls import TlsObservation


def stapling(seen: TlsObservation, policy: Policy, case: Case) -> Verdict:
    """Judge TLS-10: an OCSP answer is stapled where a certificate demands it."""
    certificates = facts.certificates(seen)
    expected = "an OCSP answer is stapled to every certificate that demands one"
    if found := rules.staple(seen):
        return violates(expected, "; ".join(f.text for f in found), *(f.pointer for f in found))
    if any(c.must_staple for c in certificates):
        return conforms(expected, "an OCSP answer is stapled, as demanded", "/certificates")
    if any(c.names_responder for c in certificates):
        whether = "is" if any(c.stapled for c in certificates) else "is not"
        return conforms(expected, f"none demands it; a responder is named, and its answer {whether} stapled")
    raise NotApplicable("no certificate demands stapling or names a responder")


def hybrid(seen: TlsObservation, policy: Policy, case: Case) -> Verdict:
    """Show whether X25519MLKEM768 is offered (TLS-11)."""
    expected = "hybrid key exchange protects today's traffic from tomorrow's computers"
    facts.steady(seen)
    if not facts.offers(seen, "tls-1.3"):
        return conforms(expected, "TLS 1.3 is not offered, and so no hybrid key exchange", "/versions/tls-1.3")
    groups = facts.whole_groups(seen.groups_tls13, "tls-1.3")
    whether = "is" if rules.HYBRID in groups else "is not"
    return conforms(expected, f"{rules.HYBRID} {whether} offered", "/groups_tls13")


def early_data(seen: TlsObservation, policy: Policy, case: Case) -> Verdict:
    """Show whether TLS 1.3 early data is off (TLS-12)."""
    facts.steady(seen)
    if not facts.offers(seen, "tls-1.3"):
        raise NotApplicable("TLS 1.3 is not offered, and older versions have no early data")
    if seen.early_data is None:
        raise Inconclusive("whether early data is taken could not be told")
    whether = "is taken, and can be replayed" if seen.early_data else "is off"
    return conforms("early data, which can be replayed, is off", f"early data {whether}", "/early_data")


def protections(seen: TlsObservation, policy: Policy, case: Case) -> Verdict:
    """Judge TLS-13 for one protection of versions before TLS 1.3."""
    return {
        "extended-master-secret": _extended_master_secret,
        "fallback-scsv": _fallback_scsv,
        "client-renegotiation": _client_renegotiation,
    }[case.name](seen)


def _extended_master_secret(seen: TlsObservation) -> Verdict:
    if not facts.offers(seen, "tls-1.2"):
        raise NotApplicable("TLS 1.2 is not offered")
    return _flag(
        seen,
        seen.extended_master_secret,
        "the extended master secret (RFC 7627) is supported with TLS 1.2",
        ("it is supported", "a TLS 1.2 ServerHello does not take it up"),
        "/extended_master_secret",
    )


def _fallback_scsv(seen: TlsObservation) -> Verdict:
    if not facts.offers_at_least(seen, 2):
        raise NotApplicable("fewer than two versions are offered, so that there is nothing to fall back to")
    return _flag(
        seen,
        seen.fallback_scsv,
        "a fallback to a lower version is refused where the client marks it as one (RFC 7507)",
        ("it is refused", "a hello marked as a fallback is served at the lower version"),
        "/fallback_scsv",
    )


def _client_renegotiation(seen: TlsObservation) -> Verdict:
    if not facts.offers_at_least(seen, 1, facts.BEFORE_TLS13):
        raise NotApplicable("only TLS 1.3 is offered, which has no renegotiation")
    refused = None if seen.client_renegotiation is None else not seen.client_renegotiation
    return _flag(
        seen,
        refused,
        "a renegotiation that the client starts is refused",
        ("it is refused", "the client can renegotiate at will, at the server's cost"),
        "/client_renegotiation",
    )


def _flag(seen: TlsObservation, good: bool | None, expected: str, observed: tuple[str, str], pointer: str) -> Verdict:  # noqa: FBT001
    facts.steady(seen)
    if good is None:
        raise Inconclusive(f"could not be told: whether {expected}")
    return verdict(good, expected, observed[0 if good else 1], pointer)
