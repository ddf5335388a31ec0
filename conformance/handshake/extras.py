"""Single questions below TLS 1.3: what extensions say, and fallback."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

from conformance.handshake import registry
from conformance.handshake.caller import Caller
from conformance.handshake.versions import hello
from conformance.handshake.wire import DEFLATE

_MASTER_SECRET, _RENEGOTIATION_INFO = 23, 0xFF01  # extended_master_secret (RFC 7627) and renegotiation_info (RFC 5746)


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


@dataclass(frozen=True, slots=True)
class Fallback:
    """What becomes of a hello that says it is a fallback (RFC 7507), under every version below the highest.

    `warned` tells that a fallback that is served comes from TLS 1.3 alone, whose clients have to heed the ServerHello's
    warning (RFC 8446, 4.1.3). Between older versions that warning binds nobody.
    """

    refused: bool
    warned: bool


def fallback(caller: Caller, accepted: dict[str, list[int]]) -> Fallback | None:
    """Ask under each version but the highest; `accepted` has the suites of every live one, in the versions' order.

    None when there is no lower version that can say so, or one stays silent.
    """
    served: list[bool] = []
    asked = 0
    for version, higher in pairwise(accepted):
        if version == "ssl-2.0":
            continue
        asked += 1
        reply = caller.ask_surely(hello(caller, version, (*accepted[version], registry.FALLBACK_SCSV)))
        if reply.outcome == "silent":
            return None
        if reply.offered:
            served.append(higher == "tls-1.3" and reply.sentinel)
    return Fallback(not served, all(served)) if asked else None
