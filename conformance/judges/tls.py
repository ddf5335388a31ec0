"""Judges TLS: versions, cipher suites, key exchange, certificates, weaknesses, order, hardening."""

from __future__ import annotations

from conformance.judges import tls_facts as facts
from conformance.judges import tls_rules as rules
from conformance.judges.tls_facts import spoken
from conformance.judges.tls_rules import Finding
from conformance.model import Case, Inconclusive, NotApplicable, Verdict, conforms, violates
from conformance.policy import Policy
from conformance.records.tls import TlsObservation, Weakness


def _broken(expected: str, found: list[Finding]) -> Verdict:
    return violates(expected, "; ".join(f.text for f in found), *(f.pointer for f in found))


def _level(policy: Policy) -> str:
    return f"level {policy.webapp.security_level} of guideline {policy.webapp.guideline}"


def protocol_version(seen: TlsObservation, policy: Policy, case: Case) -> Verdict:
    """Judge TLS-02 for one protocol version."""
    name, profile = case.name, policy.level
    wanted = "offers" if name in profile.versions else "refuses"
    expected = f"{_level(policy)} {wanted} {spoken(name)}"
    if found := rules.version(seen, profile, name):
        return _broken(expected, found)
    facts.steady(seen)
    if facts.offers(seen, name):
        return conforms(expected, f"{spoken(name)} is offered", f"/versions/{name}")
    answer = seen.versions[name]
    how = f"{spoken(name)} met: {answer.outcome} {answer.detail}".rstrip()
    notes = ("the guideline lists SSL 3.0; it may be left out",) if name in profile.versions else ()
    return conforms(expected, how, f"/versions/{name}", "/canaries", notes=notes)


def cipher_suites(seen: TlsObservation, policy: Policy, case: Case) -> Verdict:
    """Judge TLS-03 for one version of the level."""
    if not facts.offers(seen, case.value):
        raise NotApplicable(f"{spoken(case.value)} is not offered (TLS-02 judges that)")
    listed = rules.listed_suites(policy.level, case.value)
    expected = f"{_level(policy)} allows {spoken(case.value)} with the {len(listed)} suites of its list, and no other"
    if found := rules.suites(seen, policy.level, case.value):
        return _broken(expected, found)
    names = facts.whole_suites(seen, case.value).accepted
    return conforms(expected, f"accepted {', '.join(names)}", f"/suites/{case.value}")


def key_exchange(seen: TlsObservation, policy: Policy, case: Case) -> Verdict:
    """Judge TLS-04: the groups of TLS 1.3, those of TLS 1.2, or the size of finite-field Diffie-Hellman."""
    return {"tls-1.3-groups": _groups_tls13, "tls-1.2-groups": _groups_tls12, "dh-size": _dh_size}[case.name](
        seen, policy
    )


def _groups_tls13(seen: TlsObservation, policy: Policy) -> Verdict:
    _ask_for(seen, policy, "tls-1.3")
    expected = f"{_level(policy)} lists {', '.join(policy.level.groups)}"
    if found := rules.groups(seen.groups_tls13, policy.level, "groups_tls13"):
        return _broken(expected, found)
    names = facts.whole_groups(seen.groups_tls13, "tls-1.3")
    facts.steady(seen)
    return conforms(expected, f"offered {', '.join(names)}", "/groups_tls13")


def _groups_tls12(seen: TlsObservation, policy: Policy) -> Verdict:
    _ask_for(seen, policy, "tls-1.2")
    expected = f"{_level(policy)} lists {', '.join(policy.level.groups)}"
    if found := rules.groups(seen.groups_tls12, policy.level, "groups_tls12"):
        return _broken(expected, found)
    suites = facts.whole_suites(seen, "tls-1.2").accepted
    if not any("_ECDHE_" in suite for suite in suites):
        return conforms(expected, "no elliptic-curve key exchange is accepted with TLS 1.2", "/suites/tls-1.2")
    names = facts.whole_groups(seen.groups_tls12, "tls-1.2")
    unseen = tuple(trouble for trouble in seen.troubles if trouble.startswith("groups "))
    return conforms(expected, f"offered {', '.join(names)}", "/groups_tls12", notes=unseen)


def _ask_for(seen: TlsObservation, policy: Policy, version: str) -> None:
    if version not in policy.level.versions:
        raise NotApplicable(f"{_level(policy)} has no {spoken(version)}")
    if not facts.offers(seen, version):
        raise NotApplicable(f"{spoken(version)} is not offered (TLS-02 judges that)")


def _dh_size(seen: TlsObservation, policy: Policy) -> Verdict:
    if policy.level.dh_bits is None:
        raise NotApplicable(f"{_level(policy)} states no Diffie-Hellman size")
    expected = f"{_level(policy)} asks for a Diffie-Hellman modulus of {policy.level.dh_bits} bits or more"
    if found := rules.dh_size(seen, policy.level):
        return _broken(expected, found)
    if seen.dh_bits is not None:
        facts.steady(seen)
        return conforms(expected, f"used a modulus of {seen.dh_bits} bits", "/dh_bits")
    older = tuple(name for name in policy.level.versions if name != "tls-1.3")
    if any("_DHE_" in s or "_DH_" in s for s in facts.accepted(seen, older)):
        raise Inconclusive("a finite-field Diffie-Hellman suite is accepted, but its modulus was not seen")
    facts.steady(seen)
    return conforms(expected, "no finite-field Diffie-Hellman suite is accepted", "/suites")


def certificate(seen: TlsObservation, policy: Policy, case: Case) -> Verdict:
    """Judge TLS-05: kind of key, its curve or size, or the signature, of every certificate."""
    return {"key": _keys, "curve-or-size": _sizes, "signature": _signatures}[case.name](seen, policy)


def _keys(seen: TlsObservation, policy: Policy) -> Verdict:
    expected = f"{_level(policy)} lists keys of type {', '.join(policy.level.certificate_types)}"
    kinds = [c.key_type for c in facts.certificates(seen)]
    return _settled(expected, rules.key_type(seen, policy.level), kinds)


def _sizes(seen: TlsObservation, policy: Policy) -> Verdict:
    level = policy.level
    judged = [c for c in facts.certificates(seen) if rules.states_size(level, c)]
    if not judged:
        raise NotApplicable(f"{_level(policy)} states nothing of the curve or size of such a key")
    rsa = [f"RSA keys of {level.rsa_bits} bits or more"] if level.rsa_bits else []
    ecdsa = [f"ECDSA keys on {', '.join(level.certificate_curves)}"] if level.certificate_curves else []
    sizes = [c.curve or f"{c.key_type} {c.key_bits} bits" for c in judged]
    return _settled(f"{_level(policy)} asks for {' and '.join(rsa + ecdsa)}", rules.key_size(seen, level), sizes)


def _signatures(seen: TlsObservation, policy: Policy) -> Verdict:
    expected = f"{_level(policy)} lists signatures {', '.join(rules.listed_signatures(policy.level))}"
    signatures = [c.signature for c in facts.certificates(seen)]
    return _settled(expected, rules.signature(seen, policy.level), signatures)


def _settled(expected: str, found: list[Finding], seen_as: list[str]) -> Verdict:
    return _broken(expected, found) if found else conforms(expected, f"seen: {', '.join(seen_as)}", "/certificates")


def certificate_life(seen: TlsObservation, policy: Policy, case: Case) -> Verdict:
    """Judge TLS-06: no certificate lives longer than the maximum; the recommended life is only shown."""
    advice = case.name == "recommended"
    longest = policy.level.recommended_life if advice else policy.level.maximum_life
    if longest is None:
        raise NotApplicable(f"{_level(policy)} states no length of life")
    expected = f"{_level(policy)} {'recommends' if advice else 'allows'} {longest} days at most"
    lives = facts.certificates(seen)
    found = rules.life(seen, longest)
    if found and not advice:
        return _broken(expected, found)
    return conforms(expected, f"lives {', '.join(f'{c.days:.0f} days' for c in lives)}", "/certificates")


_NOT_IN_TLS13 = ("ccs-injection", "robot", "compression", "insecure-renegotiation")


def weakness(seen: TlsObservation, policy: Policy, case: Case) -> Verdict:
    """Judge TLS-07 for one known weakness."""
    expected, pointer = f"the server does not have {case.name}", f"/weaknesses/{case.name}"
    known = seen.weaknesses.get(case.name, Weakness(None, "it was not looked for"))
    if known.vulnerable:
        return violates(expected, f"vulnerable to {case.name}" + (f": {known.detail}" if known.detail else ""), pointer)
    facts.steady(seen)
    if known.vulnerable is None:
        if case.name in _NOT_IN_TLS13 and facts.only_tls13(seen):
            return conforms(expected, "only TLS 1.3 is offered, which does not have this", "/versions")
        raise Inconclusive(f"whether there is {case.name} could not be told: {known.detail or 'the check did not end'}")
    return conforms(expected, f"no sign of {case.name}" + (f": {known.detail}" if known.detail else ""), pointer)


def server_order(seen: TlsObservation, policy: Policy, case: Case) -> Verdict:
    """Judge TLS-08: the server's order decides, and is the level's."""
    level = policy.level
    if not level.server_order:
        raise NotApplicable(f"{_level(policy)} does not ask for the server's order")
    versions = facts.offered(seen, tuple(name for name in level.versions if name != "tls-1.3"))
    decides = [facts.whole_suites(seen, name).server_order for name in versions]
    if all(order is None for order in decides):
        raise NotApplicable("no version accepts two suites or more, so that there is nothing to order")
    pointers = [f"/suites/{name}" for name in versions]
    if case.name == "use":
        expected = f"{_level(policy)} asks that the server's order decides"
        found, kept = rules.own_order(seen, level), "the same suite was chosen whatever the client's order"
    else:
        if not any(decides):
            raise NotApplicable("the client's order decides (TLS-08/use judges that)")
        expected = f"{_level(policy)} lists suites in the order of preference"
        found, kept = rules.level_order(seen, level), "the suites are preferred in the level's order"
    return _broken(expected, found) if found else conforms(expected, kept, *pointers)
