"""Judges access: HTTPS only, a certificate that verifies, the same at every address."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urljoin, urlsplit

from conformance import pointers
from conformance.areas.acc.record import (
    ChainObservation,
    ChainsObservation,
    Node,
    NodesObservation,
    PlainLook,
    PlainObservation,
    named,
)
from conformance.areas.hdr import judge
from conformance.areas.hdr.pages import Seen
from conformance.areas.hdr.values import FIVE
from conformance.areas.tls import rules
from conformance.engine.policy import Policy, Profile
from conformance.model import Case, Inconclusive, Verdict, conforms, verdict, violates
from conformance.sentence import (
    NOTHING,
    By,
    Own,
    Sentence,
    Value,
    clauses,
    counted,
    listed,
    own_list,
    say,
    say_of,
    shortened,
)
from conformance.web.exchange import UNREACHABLE, UNRESOLVED, Exchange

SERVED = 0.5
"""The part of a page's words from which on it counts as served: a shared name or footer is less."""

_SHOWN = 3
_NOT_SEEN = say_of("certificate", "not seen")


def https_only(seen: PlainObservation, policy: Policy, case: Case) -> Verdict:
    """Judge ACC-01 on one port."""
    expected = say("plain HTTP is not answered, refused with an error, or sent on to https")
    wrong, right, port = [], set(), Own(case.value)
    looks = seen.plain[case.value]
    several = len({look.address for look in looks}) > 1
    for number, look in enumerate(looks):
        if look.exchange.trouble == UNRESOLVED or look.exchange.trouble == look.https_trouble == UNREACHABLE:
            raise Inconclusive(say("port {port}: {trouble}", port=port, trouble=look.exchange.trouble))
        if what := _given_away(look, several=several):
            wrong.append((what, pointers.build("plain", case.value, number)))
        else:
            right.add(_answered(look.exchange))
    if not wrong and all(look.https_trouble for look in looks):
        trouble = looks[0].https_trouble
        raise Inconclusive(
            say("HTTPS itself does not answer ({trouble}), so that nothing is served at all", trouble=trouble)
        )
    if not wrong:
        answers = listed(sorted(right), By.COMMA)
        return conforms(expected, say("port {port}: {answers}", port=port, answers=answers), f"/plain/{case.value}")
    served = clauses(*shortened((words for words, _ in wrong), _SHOWN))
    told = say("plain HTTP on port {port}: {answers}", port=port, answers=served)
    return violates(expected, told, *(pointer for _, pointer in wrong))


def _answered(exchange: Exchange) -> Sentence:
    if exchange.trouble:
        return exchange.trouble
    if exchange.redirects:
        return say("answers {status}, to https", status=exchange.status)
    return say("answers {status}", status=exchange.status)


def _given_away(look: PlainLook, *, several: bool) -> Sentence:
    """Say what a plain answer gives away, or nothing."""
    answer = look.exchange
    method = "" if answer.method == "GET" else f"{answer.method} "
    path, status = Own(f"{method}{urlsplit(answer.url).path}{f' ({look.address})' * several}"), answer.status
    if answer.trouble:
        return say("{path} is served without any HTTP header", path=path) if _repeats_page(look) else NOTHING
    if answer.ok:
        return say("{path} is answered {status}", path=path, status=status)
    if answer.values("Set-Cookie"):
        return say("{path} is answered {status} with a cookie", path=path, status=status)
    if answer.redirects and answer.values("Location"):
        aim = urljoin(answer.url, answer.values("Location")[0])
        if not aim.lower().startswith("https://"):
            return say("{path} is redirected to {aim}, which is not https", path=path, aim=Own(aim))
    if look.password_field:
        return say("{path} is answered {status} with a form that asks for a password", path=path, status=status)
    if _repeats_page(look):
        return say(
            "{path} is answered {status} with {share:.0%} of the words of the page that HTTPS serves",
            path=path,
            status=status,
            share=look.shared,
        )
    if status == 401 and (look.alike or answer.values("WWW-Authenticate")):
        return say("{path} is answered 401: credentials are asked for in the clear", path=path)
    if look.of_api and look.alike and not look.everywhere and not answer.is_html:
        return say(
            "{path} is answered {status} as over HTTPS, and another path is not: the API answers in the clear",
            path=path,
            status=status,
        )
    return NOTHING


def _repeats_page(look: PlainLook) -> bool:
    return 200 <= look.https_status < 300 and look.shared >= SERVED


def certificates_verify(seen: ChainsObservation, policy: Policy, case: Case) -> Verdict:
    """Judge ACC-02: every chain that some client gets, at every address."""
    expected = _expected(seen.chains[0])
    wrong = [(n, chain, what) for n, chain in enumerate(seen.chains) if (what := _against(chain))]
    notes = [
        *(say("{address} was left out: {why}.", address=Own(each), why=why) for each, why in seen.left_out.items()),
        *(
            say("{address} shows the same client now one certificate and now another.", address=Own(each))
            for each in seen.varies
        ),
    ]
    if wrong:
        alone = len(seen.chains) == 1
        told = [
            what if alone else say("{where}: {what}", where=_where(seen, chain), what=what) for _, chain, what in wrong
        ]
        pointers_ = (_exhibit(f"/chains/{n}", chain) for n, chain, _ in wrong)
        return violates(expected, clauses(*shortened(told, _SHOWN)), *pointers_, notes=tuple(notes))
    if seen.unanswered:
        raise Inconclusive(
            say(
                "what was shown verifies, but not every kind of client was answered: {why} (a limiter may need a lower "
                "limits.requests_per_second)",
                why=seen.unanswered,
            )
        )
    ends = min(chain.served[0].not_after for chain in seen.chains)
    observed = counted("it does, until {end}", "each of {n} chains does, until {end}", len(seen.chains), end=Own(ends))
    notes += dict.fromkeys(note for chain in seen.chains for note in _stricter(chain))
    notes += filter(None, [_revocation(seen.chains)])
    exhibits = (_exhibit(f"/chains/{n}", chain) for n, chain in enumerate(seen.chains))
    return conforms(expected, observed, *exhibits, notes=tuple(notes))


def _where(seen: ChainsObservation, chain: ChainObservation) -> Sentence:
    """Say where a chain is served and, where others are too, to whom."""
    here = [other for other in seen.chains if other.address == chain.address]
    clients = listed(chain.clients, By.COMMA)
    if len(here) == 1:
        return say("{address}", address=Own(chain.address))
    return say("{address}, to {clients}", address=Own(chain.address), clients=clients)


def _revocation(chains: tuple[ChainObservation, ...]) -> Sentence:
    """Say what of revocation was looked at."""
    if all(chain.listed for chain in chains):
        return say("Of revocation, the declared list was looked at, and what was stapled.")
    if all(chain.staple == "good" for chain in chains):
        return say("Of revocation, the stapled answers were looked at, whose signatures are another requirement's.")
    return NOTHING


def chain_verifies(seen: ChainObservation) -> Verdict:
    """Judge one chain."""
    expected, exhibit = _expected(seen), _exhibit("", seen)
    if what := _against(seen):
        return violates(expected, what, exhibit)
    leaf = seen.served[0] if seen.served else None
    observed = say("it does, until {end}", end=Own(leaf.not_after)) if leaf else say("it does")
    return conforms(expected, observed, exhibit, notes=_stricter(seen))


def _expected(seen: ChainObservation) -> Sentence:
    host = Own(seen.host)
    if seen.trust:
        return say("the chain leads to {trust}, names {host}, and is valid now", trust=Own(seen.trust), host=host)
    return say("the chain leads to the system's trust store, names {host}, and is valid now", host=host)


def _exhibit(pointer: str, seen: ChainObservation) -> str:
    return f"{pointer}/served/0" if seen.served else pointer


def _stricter(seen: ChainObservation) -> tuple[Sentence, ...]:
    return (say("Under stricter rules it does not verify: {words}.", words=Own(seen.strict)),) if seen.strict else ()


def _against(seen: ChainObservation) -> Sentence:
    """Say why clients refuse a chain, or nothing."""
    if seen.code:
        return _REASONS.get(seen.code, _other)(seen)
    if seen.weak:
        strengths = [
            say(
                "{subject}: key {key}, signature {signature}",
                subject=named(each.subject),
                key=Own(each.key),
                signature=Own(each.signature),
            )
            for each in seen.served
        ]
        return say(
            "current clients refuse it, for a key or a signature is too weak: {words} ({strengths})",
            words=Own(seen.weak),
            strengths=clauses(*strengths),
        )
    if seen.staple == "revoked":
        return say("the answer that is stapled to it says that it is revoked")
    return NOTHING


def _other(seen: ChainObservation) -> Sentence:
    return say("the certificate does not verify: {words}", words=Own(seen.message))


def _expired(seen: ChainObservation) -> Sentence:
    ends = [say("{subject} until {end}", subject=named(each.subject), end=Own(each.not_after)) for each in seen.served]
    return say("a certificate has expired ({ends})", ends=listed(ends, By.COMMA))


def _not_yet(seen: ChainObservation) -> Sentence:
    starts = [
        say("{subject} from {start}", subject=named(each.subject), start=Own(each.not_before)) for each in seen.served
    ]
    return say("a certificate is not valid yet ({starts})", starts=listed(starts, By.COMMA))


def _self_signed(seen: ChainObservation) -> Sentence:
    return say(
        "the certificate ({subject}) is signed by itself and is not among the trusted ones", subject=_subject(seen)
    )


def _foreign_root(seen: ChainObservation) -> Sentence:
    if not seen.served:
        return say("the chain leads to a root, an unknown issuer: it is not trusted")
    root = named(seen.served[-1].issuer)
    return say("the chain leads to {root}, an unknown issuer: it is not trusted", root=root)


def _no_issuer(seen: ChainObservation) -> Sentence:
    if not seen.served:
        return say(
            "the server sends its certificate alone, and the issuer, which issued it, is not trusted: "
            "an unknown issuer, or the chain is incomplete and an intermediate certificate is missing"
        )
    last = seen.served[-1]
    issuer = named(last.issuer)
    if last.issuer_url:
        return say(
            "the chain is incomplete: {issuer} is neither sent nor trusted (its certificate is at {url})",
            issuer=issuer,
            url=Own(last.issuer_url),
        )
    if len(seen.served) > 1:
        return say(
            "{issuer}, which issued the last certificate that is sent, is an unknown issuer: it is not trusted",
            issuer=issuer,
        )
    return say(
        "the server sends its certificate alone, and {issuer}, which issued it, is not trusted: "
        "an unknown issuer, or the chain is incomplete and an intermediate certificate is missing",
        issuer=issuer,
    )


def _wrong_name(seen: ChainObservation) -> Sentence:
    names = own_list(seen.served[0].names, By.COMMA) if seen.served else NOTHING
    if not names and seen.served:
        return say(
            "the certificate has no alternative names, and its subject ({subject}) is not taken for one",
            subject=_subject(seen),
        )
    return say("the certificate is for another name ({names})", names=names or _subject(seen))


def _subject(seen: ChainObservation) -> Own | Sentence:
    return named(seen.served[0].subject) if seen.served else _NOT_SEEN


_REASONS: dict[int, Callable[[ChainObservation], Sentence]] = {
    2: _no_issuer,
    9: _not_yet,
    10: _expired,
    18: _self_signed,
    19: _foreign_root,
    20: _no_issuer,
    23: lambda _: say("a declared revocation list says that it is revoked"),
    21: _no_issuer,
    62: _wrong_name,
    64: _wrong_name,
}
"""OpenSSL's X509_V_ERR numbers (x509_vfy.h) that say more than its own words."""


def addresses_agree(seen: NodesObservation, policy: Policy, case: Case) -> Verdict:
    """Judge ACC-03: the verdicts that one look at each address allows are the same at all."""
    expected = say("every address behind the name earns the same verdicts")
    notes = tuple(
        say("{address} was left out: {trouble}.", address=Own(node.address), trouble=node.trouble)
        for node in seen.nodes
        if node.trouble
    )
    reached = [(n, node) for n, node in enumerate(seen.nodes) if not node.trouble]
    if not reached:
        left_out = listed(notes, By.SPACE)
        raise Inconclusive(say("no address behind the name could be looked at: {left_out}", left_out=left_out))
    for _, node in reached:
        if node.page is not None and node.page.trouble:
            raise Inconclusive(
                say(
                    "{address} did not show its first administration page: {trouble}",
                    address=Own(node.address),
                    trouble=node.page.trouble,
                )
            )
    if len(reached) == 1:
        notes = (say("There is one address to look at, which agrees with itself."), *notes)
    earned = {node.address: _verdicts(node, policy.level) for _, node in reached}
    other = reached[0][1].address
    first = earned[other]
    different = [
        say(
            "{address} differs from {other} in {what}: {theirs} instead of {first}",
            address=Own(address),
            other=Own(other),
            what=what,
            theirs=theirs,
            first=first[what],
        )
        for address, verdicts in earned.items()
        for what, theirs in verdicts.items()
        if theirs != first[what]
    ]
    observed = say("{addresses} earned the same", addresses=own_list(earned, By.COMMA))
    if different:
        observed = clauses(*different)
    return verdict(not different, expected, observed, *(f"/nodes/{n}" for n, _ in reached), notes=notes)


def _verdicts(node: Node, level: Profile) -> dict[Sentence, Value]:
    found: dict[Sentence, Value] = {
        say("protocol versions"): own_list(node.versions, By.COMMA),
        say("its certificate"): _trusted(node.chain),
    }
    if node.certificates:
        against = say_of("what a certificate has against the level", "nothing")
        departures = listed(_departures(node, level), By.COMMA)
        found[say("what its certificate has against the level")] = departures or against
    if node.page is not None:
        right = judge.sound(Seen(node.page, ""))
        sound = own_list((name for name in FIVE if name in right), By.COMMA)
        found[say("its first page")] = say("answered {status}", status=node.page.status)
        found[say("the headers that are right")] = sound or say_of("the headers that are right", "none")
    return found


def _trusted(chain: ChainObservation | None) -> Own | Sentence:
    if chain is None:
        return _NOT_SEEN
    return Own(chain.message or chain.weak) or say("it verifies")


def _departures(node: Node, level: Profile) -> list[Sentence]:
    departures = {
        say("kind of key"): rules.key_type(node, level),
        say("curve or size"): rules.key_size(node, level),
        say_of("certificate", "signature"): rules.signature(node, level),
        say_of("certificate", "life"): rules.life(node, level.maximum_life),
    }
    return [what for what, found in departures.items() if found]
