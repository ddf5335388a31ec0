"""What a TLS observation says beyond doubt; what it leaves open is Inconclusive, never a guess."""

from __future__ import annotations

from conformance.handshake.record import VERSIONS, Answer, Certificate, Suites, TlsObservation
from conformance.model import Inconclusive
from conformance.sentence import By, Own, Sentence, counted, own_list, say, say_of

REFUSALS = ("alert", "closed", "other-version")
# A server that knows TLS alone may take an SSL 2.0 hello for a bad request, and say so in plain HTTP.
SSL2_REFUSALS = (*REFUSALS, "not-tls")
BEFORE_TLS13 = tuple(version for version in VERSIONS if version != "tls-1.3")

_MET = {
    "other-version": say_of("answer to a hello", "other-version"),
    "alert": say_of("answer to a hello", "alert"),
    "closed": say_of("answer to a hello", "closed"),
    "silent": say_of("answer to a hello", "silent"),
    "not-tls": say_of("answer to a hello", "not-tls"),
}


def spoken(version: str) -> Own:
    """Return `TLS 1.3` for `tls-1.3`."""
    return Own(version.upper().replace("-", " "))


def met(answer: Answer) -> Sentence:
    """Say what a hello met."""
    detail = answer.detail
    match answer.outcome:
        case "alert" if detail:
            told = say("alert {detail}", detail=detail)
        case "closed" if detail:
            told = say("closed {detail}", detail=detail)
        case "other-version" if detail:
            told = say("other-version {detail}", detail=detail)
        case "not-tls" if detail:
            told = say("not-tls {detail}", detail=detail)
        case "silent" if detail:
            told = say("silent {detail}", detail=detail)
        case outcome:
            told = say("{outcome}", outcome=_MET.get(outcome, Own(outcome)))
    return told


def steady(seen: TlsObservation) -> None:
    """Raise Inconclusive unless all control handshakes succeeded: only then does a refusal prove anything."""
    if not seen.canaries or not all(seen.canaries):
        raise Inconclusive(
            counted(
                "{n} of {total} control handshakes failed while {endpoint} was looked at, so that nothing it refused "
                "counts as refused (does something limit connections?)",
                "{n} of {total} control handshakes failed while {endpoint} was looked at, so that nothing it refused "
                "counts as refused (does something limit connections?)",
                seen.canaries.count(False),
                total=len(seen.canaries),
                endpoint=Own(seen.endpoint),
            )
        )


def offers(seen: TlsObservation, version: str) -> bool:
    """Tell whether the server offers `version`; raises Inconclusive where its answer leaves that open."""
    if version in seen.suites and seen.suites[version].accepted:
        return True
    answer = seen.versions.get(version)
    if answer is None:
        raise Inconclusive(say("{version} was not asked for", version=spoken(version)))
    if answer.outcome == "offered":
        return True
    if answer.outcome not in (SSL2_REFUSALS if version == "ssl-2.0" else REFUSALS):
        raise Inconclusive(
            say(
                "{version} is neither offered nor refused by an alert or a close: its hello met {answer}",
                version=spoken(version),
                answer=answer.detail or met(answer),
            )
        )
    steady(seen)
    return False


def offered(seen: TlsObservation, versions: tuple[str, ...] = VERSIONS) -> list[str]:
    """List those of `versions` that the server offers; raises Inconclusive where that is open."""
    return [version for version in versions if offers(seen, version)]


def only_tls13(seen: TlsObservation) -> bool:
    """Tell whether TLS 1.3 is offered and every older version is known to be refused."""
    try:
        return offered(seen) == ["tls-1.3"]
    except Inconclusive:
        return False


def offers_at_least(seen: TlsObservation, count: int, versions: tuple[str, ...] = VERSIONS) -> bool:
    """Tell whether `count` of `versions` are offered; an answer left open matters only where they fall short."""
    answers = seen.versions
    sure = [name for name in versions if name in answers and answers[name].outcome == "offered"]
    return len(sure) >= count or len(offered(seen, versions)) >= count


def whole_suites(seen: TlsObservation, version: str) -> Suites:
    """Return the suites of an offered version; raises Inconclusive where they may not be all."""
    steady(seen)
    suites = seen.suites.get(version)
    if suites is None or not suites.complete:
        why = suites.trouble if suites and suites.trouble else say("the enumeration did not complete")
        raise Inconclusive(
            say("the cipher suites of {version} are not all known: {why}", version=spoken(version), why=why)
        )
    if not suites.accepted:
        raise Inconclusive(
            say("{version} is offered, yet none of its cipher suites was found", version=spoken(version))
        )
    return suites


def accepted(seen: TlsObservation, versions: tuple[str, ...]) -> set[str]:
    """Return every suite of those of `versions` that are offered; raises Inconclusive where some may be missing."""
    return {suite for version in offered(seen, versions) for suite in whole_suites(seen, version).accepted}


def groups(seen: TlsObservation, version: str) -> tuple[str, ...]:
    """Return the groups that were found of TLS 1.2 or 1.3, which need not be all."""
    return (seen.groups_tls13 if version == "tls-1.3" else seen.groups_tls12) or ()


def whole_groups(seen: TlsObservation, version: str) -> tuple[str, ...]:
    """Return the groups of an offered version; raises Inconclusive where none was found, or not all."""
    found = groups(seen, version)
    if not found:
        raise Inconclusive(say("the key-exchange groups of {version} could not be told", version=spoken(version)))
    if version in seen.groups_open:
        raise Inconclusive(
            say(
                "with {version} the server offers {groups}, and neither agrees on another group nor refuses the rest",
                version=spoken(version),
                groups=own_list(found, By.COMMA),
            )
        )
    return found


def certificates(seen: TlsObservation) -> tuple[Certificate, ...]:
    """Return the server's certificates; raises Inconclusive where some may be missing."""
    steady(seen)
    if not seen.certificates:
        raise Inconclusive(say("no certificate of the server's was seen"))
    return seen.certificates
