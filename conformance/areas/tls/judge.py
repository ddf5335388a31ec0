"""Judges TLS: versions, cipher suites, key exchange, certificates, weaknesses, order, hardening."""

from __future__ import annotations

from collections.abc import Iterable

from conformance.areas.tls import facts, rules
from conformance.areas.tls.facts import spoken
from conformance.areas.tls.rules import Finding
from conformance.engine.policy import Policy
from conformance.handshake.record import Field, TlsObservation, Weakness
from conformance.model import Case, Inconclusive, NotApplicable, Verdict, conforms, violates
from conformance.sentence import By, Listed, Own, Sentence, clauses, counted, listed, own_list, say, say_of


def _broken(expected: Sentence, found: list[Finding]) -> Verdict:
    return violates(expected, clauses(*(f.text for f in found)), *(f.pointer for f in found))


def _level(policy: Policy) -> Sentence:
    return say(
        "level {level} of guideline {guideline}",
        level=Own(policy.webapp.security_level),
        guideline=Own(policy.webapp.guideline),
    )


def _commas(names: Iterable[str]) -> Listed:
    return own_list(names, By.COMMA)


def protocol_version(seen: TlsObservation, policy: Policy, case: Case) -> Verdict:
    """Judge TLS-02 for one protocol version."""
    name, profile = case.name, policy.level
    is_listed = name in profile.versions
    if is_listed:
        expected = say("{level} offers {version}", level=_level(policy), version=spoken(name))
    else:
        expected = say("{level} refuses {version}", level=_level(policy), version=spoken(name))
    if found := rules.version(seen, profile, name):
        return _broken(expected, found)
    facts.steady(seen)
    if facts.offers(seen, name):
        return conforms(expected, say("{version} is offered", version=spoken(name)), f"/versions/{name}")
    observed = say("{version} met: {answer}", version=spoken(name), answer=facts.met(seen.versions[name]))
    notes = (say("the guideline lists SSL 3.0; it may be left out"),) if is_listed else ()
    return conforms(expected, observed, f"/versions/{name}", "/canaries", notes=notes)


def cipher_suites(seen: TlsObservation, policy: Policy, case: Case) -> Verdict:
    """Judge TLS-03 for one version of the level."""
    if not facts.offers(seen, case.value):
        raise NotApplicable(_not_offered(case.value))
    expected = say(
        "{level} allows {version} with the {count} suites of its list, and no other",
        level=_level(policy),
        version=spoken(case.value),
        count=len(rules.listed_suites(policy.level, case.value)),
    )
    if found := rules.suites(seen, policy.level, case.value):
        return _broken(expected, found)
    names = facts.whole_suites(seen, case.value).accepted
    return conforms(expected, say("accepted {suites}", suites=_commas(names)), f"/suites/{case.value}")


def _not_offered(version: str) -> Sentence:
    return say("{version} is not offered (TLS-02 judges that)", version=spoken(version))


def key_exchange(seen: TlsObservation, policy: Policy, case: Case) -> Verdict:
    """Judge TLS-04: the groups of TLS 1.3, those of TLS 1.2, or the size of finite-field Diffie-Hellman."""
    return {"tls-1.3-groups": _groups_tls13, "tls-1.2-groups": _groups_tls12, "dh-size": _dh_size}[case.name](
        seen, policy
    )


def _groups_tls13(seen: TlsObservation, policy: Policy) -> Verdict:
    _ask_for(seen, policy, "tls-1.3")
    expected = _lists_groups(policy)
    if found := rules.groups(seen, policy.level, "tls-1.3"):
        return _broken(expected, found)
    names = facts.whole_groups(seen, "tls-1.3")
    facts.steady(seen)
    return conforms(expected, say("offered {groups}", groups=_commas(names)), "/groups_tls13")


def _groups_tls12(seen: TlsObservation, policy: Policy) -> Verdict:
    _ask_for(seen, policy, "tls-1.2")
    expected = _lists_groups(policy)
    if found := rules.groups(seen, policy.level, "tls-1.2"):
        return _broken(expected, found)
    suites = facts.whole_suites(seen, "tls-1.2").accepted
    if not any("_ECDHE_" in suite for suite in suites):
        observed = say("no elliptic-curve key exchange is accepted with TLS 1.2")
        return conforms(expected, observed, "/suites/tls-1.2")
    names = facts.whole_groups(seen, "tls-1.2")
    unseen = tuple(trouble for trouble in seen.troubles if trouble.startswith("groups "))
    return conforms(expected, say("offered {groups}", groups=_commas(names)), "/groups_tls12", notes=unseen)


def _lists_groups(policy: Policy) -> Sentence:
    return say("{level} lists {groups}", level=_level(policy), groups=_commas(policy.level.groups))


def _ask_for(seen: TlsObservation, policy: Policy, version: str) -> None:
    if version not in policy.level.versions:
        raise NotApplicable(say("{level} has no {version}", level=_level(policy), version=spoken(version)))
    if not facts.offers(seen, version):
        raise NotApplicable(_not_offered(version))


def _dh_size(seen: TlsObservation, policy: Policy) -> Verdict:
    if policy.level.dh_bits is None:
        raise NotApplicable(say("{level} states no Diffie-Hellman size", level=_level(policy)))
    expected = say(
        "{level} asks for a Diffie-Hellman modulus of {bits} bits or more",
        level=_level(policy),
        bits=policy.level.dh_bits,
    )
    if found := rules.dh_size(seen, policy.level):
        return _broken(expected, found)
    if seen.dh_bits is not None:
        facts.steady(seen)
        observed = say("used {fields}", fields=listed([_field(each) for each in seen.dh_fields], By.COMMA))
        return conforms(expected, observed, "/dh_bits", "/dh_fields")
    older = tuple(name for name in policy.level.versions if name != "tls-1.3")
    if any("_DHE_" in s or "_DH_" in s for s in facts.accepted(seen, older)):
        raise Inconclusive(say("a finite-field Diffie-Hellman suite is accepted, but its modulus was not seen"))
    facts.steady(seen)
    return conforms(expected, say("no finite-field Diffie-Hellman suite is accepted"), "/suites")


def _field(field: Field) -> Sentence:
    """Say what is known of a modulus; that one is no safe prime is shown, and held against nobody."""
    match field:
        case Field(name=str(name)) if name:
            return say("a modulus of {bits} bits, {name} of the standards", bits=field.bits, name=Own(name))
        case Field(safe=True):
            return say("a modulus of {bits} bits, a safe prime of the server's own", bits=field.bits)
        case Field(safe=False):
            return say(
                "a modulus of {bits} bits that is no safe prime, so that it may have small subgroups", bits=field.bits
            )
    return say("a modulus of {bits} bits, of which it was not found out whether it is a safe prime", bits=field.bits)


def certificate(seen: TlsObservation, policy: Policy, case: Case) -> Verdict:
    """Judge TLS-05: kind of key, its curve or size, or the signature, of every certificate."""
    return {"key": _keys, "curve-or-size": _sizes, "signature": _signatures}[case.name](seen, policy)


def _keys(seen: TlsObservation, policy: Policy) -> Verdict:
    expected = say(
        "{level} lists keys of type {kinds}", level=_level(policy), kinds=_commas(policy.level.certificate_types)
    )
    kinds = [c.key_type for c in facts.certificates(seen)]
    return _settled(expected, rules.key_type(seen, policy.level), _commas(kinds))


def _sizes(seen: TlsObservation, policy: Policy) -> Verdict:
    level = policy.level
    judged = [c for c in facts.certificates(seen) if rules.states_size(level, c)]
    if not judged:
        raise NotApplicable(say("{level} states nothing of the curve or size of such a key", level=_level(policy)))
    asked = []
    if level.rsa_bits:
        asked.append(say("RSA keys of {bits} bits or more", bits=level.rsa_bits))
    if level.certificate_curves:
        asked.append(say("ECDSA keys on {curves}", curves=_commas(level.certificate_curves)))
    expected = say("{level} asks for {keys}", level=_level(policy), keys=listed(asked))
    sizes = [
        Own(c.curve) if c.curve else say("{kind} {bits} bits", kind=Own(c.key_type), bits=c.key_bits) for c in judged
    ]
    return _settled(expected, rules.key_size(seen, level), listed(sizes, By.COMMA))


def _signatures(seen: TlsObservation, policy: Policy) -> Verdict:
    expected = say(
        "{level} lists signatures {signatures}",
        level=_level(policy),
        signatures=_commas(rules.listed_signatures(policy.level)),
    )
    signatures = [c.signature for c in facts.certificates(seen)]
    return _settled(expected, rules.signature(seen, policy.level), _commas(signatures))


def _settled(expected: Sentence, found: list[Finding], seen_as: Listed) -> Verdict:
    return (
        _broken(expected, found) if found else conforms(expected, say("seen: {facts}", facts=seen_as), "/certificates")
    )


def certificate_life(seen: TlsObservation, policy: Policy, case: Case) -> Verdict:
    """Judge TLS-06: no certificate lives longer than the maximum; the recommended life is only shown."""
    advice = case.name == "recommended"
    longest = policy.level.recommended_life if advice else policy.level.maximum_life
    if longest is None:
        raise NotApplicable(say("{level} states no length of life", level=_level(policy)))
    if advice:
        expected = say("{level} recommends {days} days at most", level=_level(policy), days=longest)
    else:
        expected = say("{level} allows {days} days at most", level=_level(policy), days=longest)
    lives = [counted("{n} day", "{n} days", round(c.days)) for c in facts.certificates(seen)]
    found = rules.life(seen, longest)
    if found and not advice:
        return _broken(expected, found)
    return conforms(expected, say("lives {lives}", lives=listed(lives, By.COMMA)), "/certificates")


_WEAKNESSES: dict[str, Own | Sentence] = {
    "heartbleed": Own("heartbleed"),
    "ccs-injection": say_of("weakness", "ccs-injection"),
    "robot": Own("robot"),
    "compression": say_of("weakness", "compression"),
    "insecure-renegotiation": say_of("weakness", "insecure-renegotiation"),
}
_NOT_IN_TLS13 = ("ccs-injection", "robot", "compression", "insecure-renegotiation")


def weakness(seen: TlsObservation, policy: Policy, case: Case) -> Verdict:
    """Judge TLS-07 for one known weakness."""
    name, pointer = _WEAKNESSES[case.name], f"/weaknesses/{case.name}"
    expected = say("the server does not have {weakness}", weakness=name)
    known = seen.weaknesses.get(case.name, Weakness(None, say("it was not looked for")))
    if known.vulnerable and known.detail:
        return violates(
            expected, say("vulnerable to {weakness}: {detail}", weakness=name, detail=known.detail), pointer
        )
    if known.vulnerable:
        return violates(expected, say("vulnerable to {weakness}", weakness=name), pointer)
    facts.steady(seen)
    if known.vulnerable is None:
        if case.name in _NOT_IN_TLS13 and facts.only_tls13(seen):
            return conforms(expected, say("only TLS 1.3 is offered, which does not have this"), "/versions")
        raise Inconclusive(
            say(
                "whether there is {weakness} could not be told: {why}",
                weakness=name,
                why=known.detail or say("the check did not end"),
            )
        )
    if known.detail:
        return conforms(expected, say("no sign of {weakness}: {detail}", weakness=name, detail=known.detail), pointer)
    return conforms(expected, say("no sign of {weakness}", weakness=name), pointer)


def server_order(seen: TlsObservation, policy: Policy, case: Case) -> Verdict:
    """Judge TLS-08: the server's order decides, and is the level's."""
    level = policy.level
    if not level.server_order:
        raise NotApplicable(say("{level} does not ask for the server's order", level=_level(policy)))
    versions = facts.offered(seen, tuple(name for name in level.versions if name != "tls-1.3"))
    decides = [facts.whole_suites(seen, name).server_order for name in versions]
    if all(order is None for order in decides):
        raise NotApplicable(say("no version accepts two suites or more, so that there is nothing to order"))
    pointers = [f"/suites/{name}" for name in versions]
    if case.name == "use":
        expected = say("{level} asks that the server's order decides", level=_level(policy))
        found, kept = rules.own_order(seen, level), say("the same suite was chosen whatever the client's order")
    else:
        if not any(decides):
            raise NotApplicable(say("the client's order decides (TLS-08/use judges that)"))
        expected = say("{level} lists suites in the order of preference", level=_level(policy))
        found, kept = rules.level_order(seen, level), say("the suites are preferred in the level's order")
    return _broken(expected, found) if found else conforms(expected, kept, *pointers)
