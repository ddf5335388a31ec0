"""Single questions below TLS 1.3: what extensions say, and fallback."""

from __future__ import annotations

from dataclasses import dataclass, replace

from conformance.handshake import registry
from conformance.handshake.caller import Caller
from conformance.handshake.versions import hello
from conformance.handshake.wire import DEFLATE

_MASTER_SECRET, _RENEGOTIATION_INFO = 23, 0xFF01


@dataclass(frozen=True, slots=True)
class Extensions:
    """What a ServerHello agrees to; `secure_renegotiation` is RFC 5746's."""

    master_secret: bool
    secure_renegotiation: bool
    compression: bool


def extensions_answered(caller: Caller, version: str, accepted: list[int]) -> Extensions | None:
    """Offer everything under one version and return what is agreed to; None when there is no answer."""
    reply = caller.ask_surely(replace(hello(caller, version, accepted), compression=DEFLATE))
    if not reply.offered:
        return None
    return Extensions(
        _MASTER_SECRET in reply.extensions, _RENEGOTIATION_INFO in reply.extensions, reply.compression != 0
    )


def fallback_refused(caller: Caller, lower: dict[str, list[int]]) -> bool | None:
    """Tell whether every version below the highest refuses a hello that says it is a fallback (RFC 7507).

    `lower` has the accepted suites of each. None when there is no such version, or one stays silent.
    """
    outcomes = []
    for version, accepted in lower.items():
        reply = caller.ask_surely(hello(caller, version, (*accepted, registry.FALLBACK_SCSV)))
        if reply.outcome == "silent":
            return None
        outcomes.append(not reply.offered)
    return all(outcomes) if outcomes else None
