"""Which protocol versions are answered, and how."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Executor

from conformance.handshake import registry
from conformance.handshake.caller import Caller
from conformance.handshake.record import VERSIONS, Answer
from conformance.handshake.registry import Family
from conformance.handshake.reply import Reply
from conformance.handshake.wire import Hello
from conformance.model import Inconclusive
from conformance.sentence import Listed, Sentence, listed, say


def hello(
    caller: Caller, version: str, suites: Iterable[int], signatures: tuple[int, ...] = registry.SIGNATURES
) -> Hello:
    """Return a hello that offers `suites` under one version, and every group of that version."""
    return Hello(
        version, tuple(suites), registry.groups(version), signatures, caller.host, staple=caller.asks_for_staples
    )


def offer(version: str, *kinds: Family) -> tuple[int, ...]:
    """Return the suites of `kinds`, or of TLS 1.3, ChaCha20 last."""
    chosen = (Family.TLS13,) if version == "tls-1.3" else kinds
    return registry.chacha_last(tuple(number for kind in chosen for number in registry.members(kind)))


def live_versions(caller: Caller, pool: Executor) -> dict[str, Answer]:
    """Ask for every version, and settle on the highest that is offered as the control hello.

    Where none is, asks once more with less: there are servers that drop a hello that asks for a staple. Raises
    Inconclusive when none is offered then either: nothing can be told from refusals alone.
    """
    replies = _replies(caller, pool)
    if not any(reply.offered or reply.outcome == "not-tls" for reply in replies.values()):
        caller.asks_for_staples = False
        replies = _replies(caller, pool)
    if not any(reply.offered for reply in replies.values()):
        raise Inconclusive(say("{endpoint} {answers}", endpoint=caller.endpoint, answers=_no_tls(replies.values())))
    return {version: Answer(reply.outcome, reply.detail) for version, reply in replies.items()}


def _replies(caller: Caller, pool: Executor) -> dict[str, Reply]:
    hellos = {version: hello(caller, version, offer(version, Family.ECDSA, Family.RSA)) for version in VERSIONS}
    first = dict(zip(VERSIONS, pool.map(caller.ask, hellos.values()), strict=True))
    for version, reply in first.items():
        if reply.offered:
            caller.settle_on(hellos[version])
    return dict(zip(VERSIONS, pool.map(lambda version: _again(caller, version, first), VERSIONS), strict=True))


def _again(caller: Caller, version: str, first: dict[str, Reply]) -> Reply:
    """Ask again where the first answer does not settle it: a kind of certificate at a time, and surely."""
    reply = first[version]
    answered = any(each.offered for each in first.values())
    if reply.outcome in ("offered", "other-version", "not-tls") or reply.detail == "protocol_version":
        return reply
    if reply.missing:
        if not answered:
            return reply
        reply = caller.confirm(hello(caller, version, offer(version, Family.ECDSA, Family.RSA)))
    if version in ("tls-1.3", "ssl-2.0"):
        return reply
    for kind in (Family.RSA, Family.ECDSA, Family.OTHER):
        if reply.outcome != "alert":
            break
        retried = caller.ask(hello(caller, version, offer(version, kind)))
        if retried.offered:
            if not answered:
                caller.settle_on(hello(caller, version, offer(version, kind)))
            return retried
    return reply


def _no_tls(replies: Iterable[Reply]) -> Listed:
    outcomes = {reply.outcome: reply for reply in replies}
    each = [outcomes["not-tls"]] if "not-tls" in outcomes else outcomes.values()
    return listed(_in_words(reply) for reply in each)


def _in_words(reply: Reply) -> Sentence:
    match reply.outcome:
        case "alert":
            return say("refuses TLS hellos (alert {detail})", detail=reply.detail)
        case "other-version":
            return say("answers TLS hellos with another version than they ask for ({detail})", detail=reply.detail)
        case "closed":
            return say("drops connections at a TLS hello ({detail})", detail=reply.detail)
        case "silent":
            return say("never answers a TLS hello ({detail})", detail=reply.detail)
    return reply.detail
