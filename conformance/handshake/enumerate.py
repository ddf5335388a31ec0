"""Everything that our own hellos find out about an endpoint whose live versions are known."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, replace

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from conformance.handshake import key_share, opener, registry
from conformance.handshake.caller import Caller
from conformance.handshake.certificates import UNREADABLE, must_staple
from conformance.handshake.extras import Extensions, Fallback, extensions_answered, fallback
from conformance.handshake.groups import Groups, groups_below, groups_tls13
from conformance.handshake.record import Suites
from conformance.handshake.registry import Family
from conformance.handshake.reply import Reply
from conformance.handshake.staple import says_something
from conformance.handshake.suites import SuiteSearch
from conformance.handshake.versions import hello
from conformance.handshake.wire import Hello
from conformance.sentence import By, Own, Sentence, own_list, say

_SHA1 = ((0x0201,), (0x0203,))  # rsa_pkcs1_sha1 and ecdsa_sha1 (RFC 8446, 4.2.3)
_OTHER_CERTIFICATES = {
    Family.ECDSA: (registry.ECDSA_SIGNATURES, _SHA1[1], *((number,) for number in registry.EDDSA_SIGNATURES)),
    Family.RSA: (registry.RSA_PSS_SIGNATURES, _SHA1[0]),
}
_ROUNDS, _PAUSE = 3, 0.5  # seconds apart


@dataclass(frozen=True, slots=True)
class Shown:
    """A certificate with its chain, DER, the staple that came with it, and the hello that brought it about."""

    hello: Hello
    chain: tuple[bytes, ...]
    staple: bytes


@dataclass(frozen=True, slots=True)
class HelloFindings:
    """What was found; fields as in handshake.record.TlsObservation."""

    suites: dict[str, Suites]
    groups_tls13: Groups
    groups_below: Groups
    dh_primes: frozenset[int]
    shown: tuple[Shown, ...]
    extensions: Extensions | None
    fallback: Fallback | None
    accepts_rsa_exchange: bool
    asks_certificate: bool
    troubles: tuple[Sentence, ...]


def enumerate_all(caller: Caller, live: list[str], pool: Executor) -> HelloFindings:
    """Ask everything, versions side by side; raises Inconclusive when the endpoint stops answering."""
    searches = {version: SuiteSearch(caller, version) for version in live}
    below = [version for version in live if version not in ("tls-1.3", "ssl-2.0")]
    groups13 = pool.submit(groups_tls13, caller) if "tls-1.3" in live else None
    suites = dict(zip(live, pool.map(SuiteSearch.run, searches.values()), strict=True))
    found = {version: search.found for version, search in searches.items()}
    falling = pool.submit(fallback, caller, found)
    replies = [reply for search in searches.values() for reply in search.replies]
    groups = Groups()
    extensions = None
    if below:
        highest = below[-1]
        replies += _other_certificates(caller, highest, found[highest])
        groups = groups_below(caller, highest, found[highest], _curve(_shown(replies)))
        extensions = extensions_answered(caller, highest, found[highest])
    agreed = groups13.result() if groups13 else Groups()
    secret = _hellos_with_shares(caller, found["tls-1.3"], agreed) if groups13 else []
    replies += zip(secret, pool.map(caller.ask_surely, secret), strict=True)
    return HelloFindings(
        suites=suites,
        groups_tls13=agreed,
        groups_below=groups,
        dh_primes=frozenset(reply.dh_prime for _, reply in replies if reply.dh_prime),
        shown=_shown(replies),
        extensions=extensions,
        fallback=falling.result(),
        accepts_rsa_exchange=any(_exchanges_by_rsa(number) for numbers in found.values() for number in numbers),
        asks_certificate=any(reply.asks_certificate and reply.version != "tls-1.3" for _, reply in replies),
        troubles=tuple(_troubles(groups, agreed, suites, sealed=bool(groups13 and not secret))),
    )


def _shown(replies: Iterable[tuple[Hello, Reply]]) -> tuple[Shown, ...]:
    """Return each pair of chain and staple once."""
    found = {
        (reply.certificates, reply.staple): Shown(asked, reply.certificates, reply.staple)
        for asked, reply in replies
        if reply.certificates
    }
    return tuple(found.values())


def _hellos_with_shares(caller: Caller, suites: list[int], groups: Groups) -> list[Hello]:
    """Return TLS 1.3 hellos for the certificate of each kind: one for each signature alone, one for all of them.

    None where the server agrees on nothing that its certificates can be read under.
    """
    group = next((number for number in key_share.KNOWN if number in groups.numbers), None)
    offered = tuple(number for number in suites if number in opener.KNOWN)
    if group is None or not offered:
        return []
    whole = replace(hello(caller, "tls-1.3", offered), groups=(group,), share=key_share.made(group))
    return [whole, *(replace(whole, signatures=(number,)) for number in registry.TLS13_SIGNATURES)]


def with_late_staples(caller: Caller, seen: HelloFindings) -> HelloFindings:
    """Ask again for staples that certificates demand, or that the responder put off.

    A server may begin to fetch one when it is first asked.
    """
    for n in range(_ROUNDS):
        late = _without_staple(seen.shown)
        if not late:
            break
        time.sleep(_PAUSE if n else 0)
        replies = [(each.hello, caller.ask_surely(each.hello)) for each in late]
        again = {(each.chain, each.staple): each for each in (*seen.shown, *_shown(replies))}
        seen = replace(seen, shown=tuple(again.values()))
    return seen


def _without_staple(shown: tuple[Shown, ...]) -> list[Shown]:
    """Return one of each certificate that should come with a staple that says something, and never did."""
    told = {each.chain[0] for each in shown if says_something(each.staple)}
    asked = (each for each in shown if each.chain[0] not in told and (each.staple or must_staple(each.chain[0])))
    return list({each.chain[0]: each for each in asked}.values())


def _troubles(below: Groups, tls13: Groups, suites: dict[str, Suites], *, sealed: bool) -> Iterator[Sentence]:
    """Say that groups may be hidden, unless TLS 1.3 has named them all or the server follows the client's order."""
    orders = [found.server_order for found in suites.values()]
    if below.hidden_behind and "tls-1.3" not in suites and False not in orders:
        yield say(
            "groups that the server ranks behind {curve}, its certificate's own, cannot be seen",
            curve=Own(below.hidden_behind),
        )
    if sealed:
        yield say(
            "the certificates of TLS 1.3 cannot be read: no client here knows its groups ({groups}) and suites",
            groups=own_list(tls13.names or (), By.COMMA),
        )


def _other_certificates(caller: Caller, version: str, accepted: list[int]) -> list[tuple[Hello, Reply]]:
    """Ask for the certificate of each kind of signature: one suite may be served with several."""
    found: list[tuple[Hello, Reply]] = []
    for kind, choices in _OTHER_CERTIFICATES.items() if version == "tls-1.2" else ():
        # Without a signature of the server's, which kinds the client takes means nothing to it.
        suites = [n for n in accepted if registry.family(n) is kind and not _exchanges_by_rsa(n)]
        hellos = [hello(caller, version, suites, signatures) for signatures in choices] if suites else []
        found.extend((each, caller.ask_surely(each)) for each in hellos)
    return [(asked, reply) for asked, reply in found if reply.offered]


def _curve(shown: tuple[Shown, ...]) -> int | None:
    for each in shown:
        try:
            key = x509.load_der_x509_certificate(each.chain[0]).public_key()
        except UNREADABLE:
            continue
        if isinstance(key, ec.EllipticCurvePublicKey):
            return registry.group_number(key.curve.name.lower())
    return None


def _exchanges_by_rsa(number: int) -> bool:
    return registry.suite_name(number).startswith(("TLS_RSA_WITH_", "TLS_RSA_EXPORT"))
