"""Judges TLS beyond the levels: stapling, hybrid key exchange, early data, and three protections of TLS 1.2."""

from __future__ import annotations

from conformance.areas.tls import facts, rules
from conformance.engine.policy import Policy
from conformance.handshake.record import TlsObservation
from conformance.model import Case, Inconclusive, NotApplicable, Verdict, conforms, verdict, violates
from conformance.sentence import Own, Sentence, clauses, say


def stapling(seen: TlsObservation, policy: Policy, case: Case) -> Verdict:
    """Judge TLS-10: an OCSP answer is stapled where a certificate demands it."""
    certificates = facts.certificates(seen)
    expected = say("a good OCSP answer is stapled to every certificate that demands one, and no bad one to any")
    if found := rules.staple(seen):
        return violates(expected, clauses(*(f.text for f in found)), *(f.pointer for f in found))
    if any(c.must_staple and c.staple_unsigned for c in certificates):
        raise Inconclusive(
            say(
                "an OCSP answer is stapled, as demanded, but who signed it could not be checked: the certificate's "
                "issuer is neither in the chain that is served nor in webapp.ca_file"
            )
        )
    if any(c.must_staple for c in certificates):
        return conforms(expected, say("an OCSP answer is stapled, as demanded"), "/certificates")
    if any(c.names_responder for c in certificates):
        if any(c.stapled for c in certificates):
            return conforms(expected, say("none demands it; a responder is named, and its answer is stapled"))
        return conforms(expected, say("none demands it; a responder is named, and its answer is not stapled"))
    raise NotApplicable(say("no certificate demands stapling or names a responder"))


def hybrid(seen: TlsObservation, policy: Policy, case: Case) -> Verdict:
    """Show whether X25519MLKEM768 is offered (TLS-11)."""
    expected = say("hybrid key exchange protects today's traffic from tomorrow's computers")
    facts.steady(seen)
    if not facts.offers(seen, "tls-1.3"):
        return conforms(expected, say("TLS 1.3 is not offered, and so no hybrid key exchange"), "/versions/tls-1.3")
    group = Own(rules.HYBRID)
    if group in facts.groups(seen, "tls-1.3"):
        return conforms(expected, say("{group} is offered", group=group), "/groups_tls13")
    facts.whole_groups(seen, "tls-1.3")
    return conforms(expected, say("{group} is not offered", group=group), "/groups_tls13")


def early_data(seen: TlsObservation, policy: Policy, case: Case) -> Verdict:
    """Show whether TLS 1.3 early data is off (TLS-12)."""
    facts.steady(seen)
    if not facts.offers(seen, "tls-1.3"):
        raise NotApplicable(say("TLS 1.3 is not offered, and older versions have no early data"))
    if seen.early_data is None:
        raise Inconclusive(say("whether early data is taken could not be told"))
    taken, off = say("early data is taken, and can be replayed"), say("early data is off")
    expected = say("early data, which can be replayed, is off")
    return conforms(expected, taken if seen.early_data else off, "/early_data")


def protections(seen: TlsObservation, policy: Policy, case: Case) -> Verdict:
    """Judge TLS-13 for one protection of versions before TLS 1.3."""
    return {
        "extended-master-secret": _extended_master_secret,
        "fallback-scsv": _fallback_scsv,
        "client-renegotiation": _client_renegotiation,
    }[case.name](seen)


def _extended_master_secret(seen: TlsObservation) -> Verdict:
    if not facts.offers(seen, "tls-1.2"):
        raise NotApplicable(say("TLS 1.2 is not offered"))
    return _flag(
        seen,
        seen.extended_master_secret,
        say("the extended master secret (RFC 7627) is supported with TLS 1.2"),
        (say("it is supported"), say("a TLS 1.2 ServerHello does not take it up")),
        "/extended_master_secret",
    )


def _fallback_scsv(seen: TlsObservation) -> Verdict:
    if not facts.offers_at_least(seen, 2):
        raise NotApplicable(say("fewer than two versions are offered, so that there is nothing to fall back to"))
    good = seen.fallback_warned if seen.fallback_scsv is False else seen.fallback_scsv
    kept = say("it is refused")
    if not seen.fallback_scsv:
        kept = say(
            "it is served, and the ServerHello warns of it (RFC 8446), which clients of TLS 1.3 have to heed; "
            "no older version is there to fall back from"
        )
    return _flag(
        seen,
        good,
        say("a fallback to a lower version is refused where the client marks it as one (RFC 7507), or warned of"),
        (kept, say("a hello marked as a fallback is served at the lower version")),
        "/fallback_scsv",
    )


def _client_renegotiation(seen: TlsObservation) -> Verdict:
    if not facts.offers_at_least(seen, 1, facts.BEFORE_TLS13):
        raise NotApplicable(say("only TLS 1.3 is offered, which has no renegotiation"))
    refused = None if seen.client_renegotiation is None else not seen.client_renegotiation
    return _flag(
        seen,
        refused,
        say("a renegotiation that the client starts is refused"),
        (say("it is refused"), say("a renegotiation that the client starts is taken, at the server's cost")),
        "/client_renegotiation",
    )


def _flag(
    seen: TlsObservation,
    good: bool | None,  # noqa: FBT001
    expected: Sentence,
    observed: tuple[Sentence, Sentence],
    pointer: str,
) -> Verdict:
    facts.steady(seen)
    if good is None:
        raise Inconclusive(say("could not be told: whether {expected}", expected=expected))
    return verdict(good, expected, observed[0 if good else 1], pointer)
