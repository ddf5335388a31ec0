"""Which level of which guideline an endpoint runs: from one observation, for all of them."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.areas.tls import facts, rules
from conformance.areas.tls.record import DeclaredLevel
from conformance.areas.tls.rules import Finding
from conformance.engine.policy import NEWEST_FIRST, Guideline, Policy, guideline
from conformance.handshake.record import VERSIONS, TlsObservation
from conformance.model import Case, Verdict, conforms, verdict
from conformance.sentence import By, Listed, Own, listed, own_list, say, shortened

NONE = "none"
_TOLD = 4  # as many as a reader bears


@dataclass(frozen=True, slots=True)
class Match:
    """The level that fits; or none, the closest one, and what keeps the endpoint from it."""

    level: str
    closest: str
    departures: tuple[Finding, ...] = ()


def levels(seen: TlsObservation) -> dict[str, str]:
    """Return the level under each guideline (`{"5.8": "modern"}`), `none` where no level fits.

    Raises Inconclusive when the observation is too incomplete to tell.
    """
    complete(seen)
    return {edition: match(seen, guideline(edition)).level for edition in NEWEST_FIRST}


def complete(seen: TlsObservation) -> None:
    """Raise Inconclusive unless everything that a level is told by was seen."""
    for name in facts.offered(seen):
        facts.whole_suites(seen, name)
    if facts.offers(seen, "tls-1.3"):
        facts.whole_groups(seen, "tls-1.3")
    older = facts.accepted(seen, facts.BEFORE_TLS13)
    if any("_ECDHE_" in suite for suite in older) and facts.offers(seen, "tls-1.2"):
        facts.whole_groups(seen, "tls-1.2")
    facts.certificates(seen)


def match(seen: TlsObservation, edition: Guideline) -> Match:
    """Return the strictest level that the endpoint departs from in nothing, or the closest."""
    found = {name: tuple(rules.departures(seen, profile)) for name, profile in edition.levels.items()}
    closest = min(found, key=lambda name: (_foreign_versions(seen, edition, name), len(found[name])))
    return Match(NONE if found[closest] else closest, closest, found[closest])


def _foreign_versions(seen: TlsObservation, edition: Guideline, name: str) -> int:
    return sum(len(rules.version(seen, edition.levels[name], version)) for version in VERSIONS)


def level(seen: TlsObservation, policy: Policy, case: Case) -> Verdict:
    """Say which level the endpoint runs under each guideline (TLS-01)."""
    complete(seen)
    matches = {edition: match(seen, guideline(edition)) for edition in NEWEST_FIRST}
    editions: dict[str, list[str]] = {}
    for edition, m in matches.items():
        editions.setdefault(m.level, []).append(edition)
    told = [
        say("no level under {guidelines}", guidelines=own_list(under, By.COMMA))
        if name == NONE
        else say("{level} under {guidelines}", level=Own(name), guidelines=own_list(under, By.COMMA))
        for name, under in editions.items()
    ]
    notes = tuple(
        say(
            "{guideline}: closest is {level}; {departures}",
            guideline=Own(edition),
            level=Own(m.closest),
            departures=_in_short(m.departures),
        )
        for edition, m in matches.items()
        if m.departures
    )
    declared = say(
        "{level} is declared, under guideline {guideline}",
        level=Own(policy.webapp.security_level),
        guideline=Own(policy.webapp.guideline),
    )
    observed = say("the endpoint runs {levels}", levels=listed(told, By.CLAUSE))
    return conforms(declared, observed, "/versions", "/suites", "/certificates", notes=notes)


def _in_short(departures: tuple[Finding, ...]) -> Listed:
    return listed(shortened((f.text for f in departures), _TOLD), By.CLAUSE)


def default_level(seen: DeclaredLevel, policy: Policy, case: Case) -> Verdict:
    """Judge TLS-09: the level that the endpoint is declared, and so judged, to run is not lowered."""
    expected = say("the default level, modern, is kept")
    endpoint, declared = Own(policy.target.subject("webapp")), seen.security_level
    observed = say("{endpoint} is declared to run {level}", endpoint=endpoint, level=Own(declared))
    return verdict(declared == "modern", expected, observed, "/security_level")
