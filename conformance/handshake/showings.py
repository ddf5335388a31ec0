"""Every certificate that some client of an endpoint gets: a server may choose by version or by signature."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass

from conformance.handshake import registry
from conformance.handshake.caller import PATIENCE, Caller, Unreachable, reader
from conformance.handshake.first_flight import first_flight
from conformance.handshake.registry import Family
from conformance.handshake.reply import NotTls
from conformance.handshake.versions import hello, offer
from conformance.sentence import NOTHING, Own, Sentence, say

_OLDER = ("tls-1.2", "tls-1.1", "tls-1.0")
_KINDS = {
    "ECDSA, P-256": (0x0403,),
    "ECDSA, P-384": (0x0503,),
    "ECDSA, P-521": (0x0603,),
    "RSA": (0x0804, 0x0805, 0x0806),
    "RSA-PSS": registry.RSA_PSS_SIGNATURES,
    "Ed25519": (0x0807,),
    "Ed448": (0x0808,),
}
"""The signatures of TLS 1.3, by the certificates that can make them."""

_OLDER_KINDS = {
    "ECDSA": (Family.ECDSA, registry.ECDSA_SIGNATURES),
    "EdDSA": (Family.ECDSA, registry.EDDSA_SIGNATURES),
    "RSA": (Family.RSA, registry.RSA_SIGNATURES),
    "RSA-PSS": (Family.RSA, registry.RSA_PSS_SIGNATURES),
}


@dataclass(frozen=True, slots=True)
class Showing:
    """What one kind of client was shown: `client` says which, the chain is DER, leaf first, with the leaf's staple.

    `trouble` is empty, or says why nothing came; `dropped` that it was no refusal in so many words.
    """

    client: Sentence
    chain: tuple[bytes, ...] = ()
    staple: bytes = b""
    trouble: Sentence = NOTHING
    dropped: bool = False


def showings(caller: Caller, pool: Executor) -> list[Showing]:
    """Ask once as each kind of client; raises Inconclusive when the run's limits are spent.

    Some signature schemes of TLS 1.2 say nothing of the curve, and below it there are none: there the suites decide.
    """
    newest = [pool.submit(_newest, caller, kind, signatures) for kind, signatures in _KINDS.items()]
    older = [pool.submit(_older, caller, version, "") for version in _OLDER]
    found = [each.result() for each in (*newest, *older)]
    spoken = [version for version, showing in zip(_OLDER, found[len(newest) :], strict=True) if showing.chain]
    kinds = [pool.submit(_older, caller, version, kind) for version in spoken for kind in _kinds(version)]
    return found + [each.result() for each in kinds]


def _kinds(version: str) -> tuple[str, ...]:
    return tuple(_OLDER_KINDS) if version == "tls-1.2" else ("ECDSA", "RSA")


def _newest(caller: Caller, kind: str, signatures: tuple[int, ...]) -> Showing:
    client = say("{version} with {kind}", version=Own("TLS 1.3"), kind=Own(kind))
    try:
        with caller.connection() as sock:
            sock.settimeout(PATIENCE)
            flight = first_flight(sock.sendall, reader(sock), caller.host, signatures)
    except Unreachable as why:
        return Showing(client, trouble=why.reason, dropped=True)
    except NotTls as what:
        return Showing(client, trouble=what.looks, dropped=True)
    except (OSError, EOFError):
        return Showing(client, trouble=say("closed without an alert"), dropped=True)
    return Showing(client, flight.chain, flight.staple, flight.refusal)


def _older(caller: Caller, version: str, kind: str) -> Showing:
    name = Own(version.upper().replace("-", " "))
    if kind:
        family, signatures = _OLDER_KINDS[kind]
        client = say("{version} with {kind}", version=name, kind=Own(kind))
        asked = hello(caller, version, offer(version, family), signatures)
    else:
        client = say("{version}", version=name)
        asked = hello(caller, version, offer(version, Family.ECDSA, Family.RSA))
    try:
        reply = caller.ask(asked)
    except Unreachable as why:
        return Showing(client, trouble=why.reason, dropped=True)
    if reply.offered and reply.certificates:
        return Showing(client, reply.certificates, reply.staple)
    return Showing(client, trouble=reply.detail, dropped=reply.missing)
