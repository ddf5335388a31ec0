"""Judges access: HTTPS only, a certificate that verifies, the same at every address."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urljoin, urlsplit

from conformance import pointers
from conformance.judges import headers, tls_rules
from conformance.judges.header_pages import Seen
from conformance.judges.header_values import FIVE
from conformance.model import Case, Inconclusive, Verdict, conforms, verdict, violates
from conformance.policy import Policy
from conformance.profiles import Profile
from conformance.records.access import ChainObservation, Node, NodesObservation, PlainLook, PlainObservation
from conformance.records.http import UNREACHABLE, UNRESOLVED, Exchange

SERVED = 0.5
"""The part of a page's words from which on it counts as served: a shared name or footer is less."""

_SHOWN = 3


def https_only(seen: PlainObservation, policy: Policy, case: Case) -> Verdict:
    """Judge ACC-01 on one port."""
    expected = "plain HTTP is not answered, refused with an error, or sent on to https"
    wrong, right = [], set()
    looks = seen.plain[case.value]
    for number, look in enumerate(looks):
        if look.exchange.trouble == UNRESOLVED or look.exchange.trouble == look.https_trouble == UNREACHABLE:
            raise Inconclusive(f"port {case.value}: {look.exchange.trouble}")
        if what := _given_away(look):
            wrong.append((f"{urlsplit(look.exchange.url).path} {what}", pointers.build("plain", case.value, number)))
        else:
            right.add(_answered(look.exchange))
    if not wrong:
        return conforms(expected, f"port {case.value}: {', '.join(sorted(right))}", f"/plain/{case.value}")
    shown = "; ".join(words for words, _ in wrong[:_SHOWN])
    more = f"; {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
    return violates(expected, f"plain HTTP on port {case.value}: {shown}{more}", *(pointer for _, pointer in wrong))


def _answered(exchange: Exchange) -> str:
    if exchange.trouble:
        return exchange.trouble
    return f"answers {exchange.status}" + (", to https" if 300 <= exchange.status < 400 else "")


def _given_away(look: PlainLook) -> str:
    """Say what a plain answer gives away, or nothing."""
    answer = look.exchange
    if answer.trouble:
        return "is served without any HTTP header" if _repeats_page(look) else ""
    if 200 <= answer.status < 300:
        return f"is answered {answer.status}"
    if answer.values("Set-Cookie"):
        return f"is answered {answer.status} with a cookie"
    if 300 <= answer.status < 400 and answer.values("Location"):
        aim = urljoin(answer.url, answer.values("Location")[0])
        if not aim.lower().startswith("https://"):
            return f"is redirected to {aim}, which is not https"
    if look.password_field:
        return f"is answered {answer.status} with a form that asks for a password"
    if _repeats_page(look):
        return f"is answered {answer.status} with {look.shared:.0%} of the words of the page that HTTPS serves"
    if answer.status == look.https_status == 401 and look.same_body:
        return "is answered 401, as over HTTPS: credentials are asked for in the clear"
    return ""


def _repeats_page(look: PlainLook) -> bool:
    return 200 <= look.https_status < 300 and look.shared >= SERVED


def certificate_verifies(seen: ChainObservation, policy: Policy, case: Case) -> Verdict:
    """Judge ACC-02."""
    trust = seen.trust or "the system's trust store"
    expected = f"the chain leads to {trust}, names {seen.host}, and is valid now"
    exhibit = "/served/0" if seen.served else ""
    if seen.code == 0:
        leaf = seen.served[0] if seen.served else None
        observed = f"it does, until {leaf.not_after}" if leaf else "it does"
        notes = (f"Under stricter rules it does not verify: {seen.strict}.",) if seen.strict else ()
        return conforms(expected, observed, exhibit, notes=notes)
    return violates(expected, _REASONS.get(seen.code, _other)(seen), exhibit)


def _other(seen: ChainObservation) -> str:
    return f"the certificate does not verify: {seen.message}"


def _expired(seen: ChainObservation) -> str:
    ends = ", ".join(f"{each.subject} until {each.not_after}" for each in seen.served)
    return f"a certificate has expired ({ends})"


def _not_yet(seen: ChainObservation) -> str:
    starts = ", ".join(f"{each.subject} from {each.not_before}" for each in seen.served)
    return f"a certificate is not valid yet ({starts})"


def _self_signed(seen: ChainObservation) -> str:
    return f"the certificate ({_subject(seen)}) is signed by itself and is not among the trusted ones"


def _foreign_root(seen: ChainObservation) -> str:
    root = seen.served[-1].issuer if seen.served else "a root"
    return f"the chain leads to {root}, an unknown issuer: it is not trusted"


def _no_issuer(seen: ChainObservation) -> str:
    last = seen.served[-1] if seen.served else None
    issuer = last.issuer if last else "the issuer"
    if last and last.issuer_url:
        return (
            f"the chain is incomplete: {issuer} is neither sent nor trusted (its certificate is at {last.issuer_url})"
        )
    if len(seen.served) > 1:
        return f"{issuer}, which issued the last certificate that is sent, is an unknown issuer: it is not trusted"
    return (
        f"the server sends its certificate alone, and {issuer}, which issued it, is not trusted: "
        "an unknown issuer, or the chain is incomplete and an intermediate certificate is missing"
    )


def _wrong_name(seen: ChainObservation) -> str:
    names = ", ".join(seen.served[0].names) if seen.served else ""
    return f"the certificate is for another name ({names or _subject(seen)})"


def _subject(seen: ChainObservation) -> str:
    return seen.served[0].subject if seen.served else "not seen"


_REASONS: dict[int, Callable[[ChainObservation], str]] = {
    2: _no_issuer,
    9: _not_yet,
    10: _expired,
    18: _self_signed,
    19: _foreign_root,
    20: _no_issuer,
    21: _no_issuer,
    62: _wrong_name,
    64: _wrong_name,
}
"""OpenSSL's X509_V_ERR numbers (x509_vfy.h) that say more than its own words."""


def addresses_agree(seen: NodesObservation, policy: Policy, case: Case) -> Verdict:
    """Judge ACC-03: the verdicts that one look at each address allows are the same at all."""
    expected = "every address behind the name earns the same verdicts"
    notes = tuple(f"{node.address} was left out: {node.trouble}." for node in seen.nodes if node.trouble)
    reached = [(n, node) for n, node in enumerate(seen.nodes) if not node.trouble]
    if not reached:
        raise Inconclusive("no address behind the name could be looked at: " + " ".join(notes))
    for _, node in reached:
        if node.page is not None and node.page.trouble:
            raise Inconclusive(f"{node.address} did not show its first administration page: {node.page.trouble}")
    if len(reached) == 1:
        notes = ("There is one address to look at, which agrees with itself.", *notes)
    earned = {node.address: _verdicts(node, policy.level) for _, node in reached}
    first = earned[reached[0][1].address]
    different = [
        f"{address} differs from {reached[0][1].address} in {what}: {theirs} instead of {first[what]}"
        for address, verdicts in earned.items()
        for what, theirs in verdicts.items()
        if theirs != first[what]
    ]
    listed = ", ".join(earned)
    observed = "; ".join(different) if different else f"{listed} earned the same"
    return verdict(not different, expected, observed, *(f"/nodes/{n}" for n, _ in reached), notes=notes)


def _verdicts(node: Node, level: Profile) -> dict[str, str]:
    chain = node.chain
    found = {
        "protocol versions": ", ".join(node.versions),
        "its certificate": chain.message or "it verifies" if chain else "not seen",
    }
    if node.certificates:
        found["what its certificate has against the level"] = ", ".join(_departures(node, level)) or "nothing"
    if node.page is not None:
        right = headers.sound(Seen(node.page, ""))
        found["its first page"] = f"answered {node.page.status}"
        found["the headers that are right"] = ", ".join(name for name in FIVE if name in right) or "none"
    return found


def _departures(node: Node, level: Profile) -> list[str]:
    departures = {
        "kind of key": tls_rules.key_type(node, level),
        "curve or size": tls_rules.key_size(node, level),
        "signature": tls_rules.signature(node, level),
        "life": tls_rules.life(node, level.maximum_life),
    }
    return [what for what, found in departures.items() if found]
