"""Judges how long the certificates last that are served."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from conformance.areas.acc.record import Certificate, ChainsObservation, named
from conformance.engine.policy import Policy
from conformance.inputs.target import Webapp
from conformance.model import Case, Inconclusive, NotApplicable, Verdict, conforms, violates
from conformance.sentence import Own, Sentence, clauses, counted, say, shortened

_DAY = 24 * 3600
_PART = 3
"""Short-lived certificates (RFC 9773, 47 days and less) are renewed when a third of their life is left."""
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class _Life:
    """A certificate that has not ended yet: what is left of it, and its whole life, in days."""

    certificate: Certificate
    pointer: str
    address: str
    left: float
    whole: float

    def within(self, days: int) -> bool:
        """Tell whether it ends within so many days, or the last third of a life that is shorter."""
        return self.left < min(days, self.whole / _PART)


def lasts(seen: ChainsObservation, policy: Policy, case: Case) -> Verdict:
    """Judge ACC-10. One that has ended is ACC-02's."""
    webapp = policy.target.declared(Webapp)
    least, soon = webapp.certificate_days, webapp.certificate_warning_days
    expected = say("no certificate that is served ends within {days} days", days=least)
    lives = list(_lives(seen))
    if not lives:
        if any(chain.served for chain in seen.chains):
            raise NotApplicable(say("what is served has ended already (ACC-02 judges that), or has no readable dates"))
        raise Inconclusive(say("no certificate was seen"))
    ending = [life for life in lives if life.within(least)]
    if ending:
        told = dict.fromkeys(map(_told, ending))
        return violates(expected, clauses(*shortened(told, _SHOWN)), *(life.pointer for life in ending))
    first = min(lives, key=lambda life: life.left)
    notes = dict.fromkeys(
        say("It ends within {days} days: {certificate}.", days=soon, certificate=_told(life))
        for life in lives
        if life.within(soon)
    )
    return conforms(expected, _told(first), *dict.fromkeys(life.pointer for life in lives), notes=tuple(notes))


def _lives(seen: ChainsObservation) -> Iterator[_Life]:
    """Go through every certificate but anchors, which clients have themselves."""
    for n, chain in enumerate(seen.chains):
        for m, certificate in enumerate(chain.served):
            if certificate.end <= seen.looked or (m and certificate.self_signed):
                continue
            left, whole = (certificate.end - seen.looked) / _DAY, (certificate.end - certificate.start) / _DAY
            yield _Life(certificate, f"/chains/{n}/served/{m}", chain.address, left, whole)


def _told(life: _Life) -> Sentence:
    return counted(
        "{subject} at {address} ends in {n} day, at {end}",
        "{subject} at {address} ends in {n} days, at {end}",
        int(life.left),
        subject=named(life.certificate.subject),
        address=Own(life.address),
        end=Own(life.certificate.not_after),
    )
