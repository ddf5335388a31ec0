"""Everything that our own hellos find out about an endpoint whose live versions are known."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass, replace

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from conformance.handshake import registry
from conformance.handshake.caller import Caller
from conformance.handshake.certificates import must_staple
from conformance.handshake.extras import Extensions, extensions_answered, fallback_refused
from conformance.handshake.groups import Groups, groups_below, groups_tls13
from conformance.handshake.record import Suites
from conformance.handshake.registry import Family
from conformance.handshake.reply import Reply
from conformance.handshake.suites import SuiteSearch
from conformance.handshake.versions import hello
from conformance.sentence import NOTHING, Own, Sentence, say


@dataclass(frozen=True, slots=True)
class HelloFindings:
    """What was found; fields as in records.tls.TlsObservation. `leaves` are certificates in DER, and stapled or not."""

    suites: dict[str, Suites]
    groups_tls13: tuple[str, ...] | None
    groups_below: tuple[str, ...] | None
    dh_bits: int | None
    leaves: dict[bytes, bool]
    extensions: Extensions | None
    fallback_refused: bool | None
    accepts_rsa_exchange: bool
    trouble: Sentence


def enumerate_all(caller: Caller, live: list[str], pool: Executor) -> HelloFindings:
    """Ask everything, versions side by side; raises Inconclusive when the endpoint stops answering."""
    searches = {version: SuiteSearch(caller, version) for version in live}
    below = [version for version in live if version not in ("tls-1.3", "ssl-2.0")]
    groups13 = pool.submit(groups_tls13, caller) if "tls-1.3" in live else None
    suites = dict(zip(live, pool.map(SuiteSearch.run, searches.values()), strict=True))
    found = {version: search.found for version, search in searches.items()}
    fallback = pool.submit(
        fallback_refused, caller, {version: found[version] for version in live[:-1] if version in below}
    )
    replies = [reply for search in searches.values() for reply in search.replies]
    groups = Groups()
    extensions = None
    if below:
        highest = below[-1]
        replies += _other_certificates(caller, highest, found[highest])
        leaves = _leaves(replies)
        groups = groups_below(caller, highest, found[highest], _curve(leaves))
        extensions = extensions_answered(caller, highest, found[highest])
    sizes = [reply.dh_bits for reply in replies if reply.dh_bits]
    return HelloFindings(
        suites=suites,
        groups_tls13=groups13.result() if groups13 else (),
        groups_below=groups.names,
        dh_bits=min(sizes, default=None),
        leaves=_leaves(replies),
        extensions=extensions,
        fallback_refused=fallback.result(),
        accepts_rsa_exchange=any(_exchanges_by_rsa(number) for numbers in found.values() for number in numbers),
        trouble=_hidden(groups, suites),
    )


def with_late_staples(caller: Caller, seen: HelloFindings) -> HelloFindings:
    """Ask once more for staples that certificates demand: a server may begin to fetch one when it is first asked."""
    missing = [der for der, stapled in seen.leaves.items() if not stapled and must_staple(der)]
    below = [version for version in seen.suites if version not in ("tls-1.3", "ssl-2.0")]
    if not missing or not below:
        return seen
    accepted = [registry.suite_numbers()[name] for name in seen.suites[below[-1]].by_hello]
    replies = []
    for kind in (Family.ECDSA, Family.RSA):
        suites = [number for number in accepted if registry.family(number) is kind]
        replies += [caller.ask_surely(hello(caller, below[-1], suites))] if suites else []
    late = _leaves(replies)
    return replace(seen, leaves={der: stapled or late.get(der, False) for der, stapled in seen.leaves.items()})


def _hidden(groups: Groups, suites: dict[str, Suites]) -> Sentence:
    """Say that groups may be hidden, unless TLS 1.3 has named them all or the server follows the client's order."""
    orders = [found.server_order for found in suites.values()]
    if not groups.hidden_behind or "tls-1.3" in suites or False in orders:
        return NOTHING
    return say(
        "groups that the server ranks behind {curve}, its certificate's own, cannot be seen",
        curve=Own(groups.hidden_behind),
    )


def _other_certificates(caller: Caller, version: str, accepted: list[int]) -> list[Reply]:
    """Ask for the certificate of each kind of signature: one suite may be served with several."""
    kinds = {
        Family.ECDSA: (registry.ECDSA_SIGNATURES, registry.EDDSA_SIGNATURES),
        Family.RSA: (registry.RSA_PSS_SIGNATURES,),
    }
    replies: list[Reply] = []
    for kind, choices in kinds.items() if version == "tls-1.2" else ():
        suites = [number for number in accepted if registry.family(number) is kind]
        hellos = [hello(caller, version, suites, signatures) for signatures in choices] if suites else []
        replies.extend(caller.ask_surely(each) for each in hellos)
    return [reply for reply in replies if reply.offered]


def _leaves(replies: list[Reply]) -> dict[bytes, bool]:
    leaves: dict[bytes, bool] = {}
    for reply in replies:
        if reply.certificates and reply.certificates[0]:
            leaves[reply.certificates[0]] = leaves.get(reply.certificates[0], False) or reply.stapled
    return leaves


def _curve(leaves: dict[bytes, bool]) -> int | None:
    for der in leaves:
        try:
            key = x509.load_der_x509_certificate(der).public_key()
        except ValueError:
            continue
        if isinstance(key, ec.EllipticCurvePublicKey):
            return registry.group_number(key.curve.name.lower())
    return None


def _exchanges_by_rsa(number: int) -> bool:
    return registry.suite_name(number).startswith(("TLS_RSA_WITH_", "TLS_RSA_EXPORT"))
