"""What finally becomes of a case: the judge's verdict, and the waiver that may excuse it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from conformance.assessment import Assessment
from conformance.ledger import Entry
from conformance.model import Case, Inconclusive, NotApplicable, Outcome
from conformance.sentence import Own, clauses, say
from conformance.waivers import Waiver, Waivers


@dataclass(frozen=True, slots=True)
class Rulings:
    """Rules on the cases of a target: live in a run, or from recorded observations."""

    assessment: Assessment
    waivers: Waivers

    def rule(self, case: Case) -> Entry:
        """Judge a case and look for its waiver; only a violation is excused."""
        entry = self._judged(case)
        waiver = self.waivers.about(case)
        if waiver is None or entry.verdict not in (Outcome.FAIL, Outcome.PASS):
            return entry
        if entry.verdict == Outcome.FAIL:
            return self._excused(entry, waiver)
        if waiver.in_force(self.waivers.day) and not self._needed(waiver):
            return _stale(entry, waiver)
        return entry

    def _judged(self, case: Case) -> Entry:
        try:
            found = self.assessment.judge(case)
        except NotApplicable as trouble:
            return Entry(case.id, Outcome.NOT_APPLICABLE, reason=trouble.reason)
        except Inconclusive as trouble:
            return Entry(case.id, Outcome.INCONCLUSIVE, reason=trouble.reason)
        key = self.assessment.evidence_for(case)
        return Entry(
            case.id,
            found.outcome,
            found.expected,
            found.observed,
            found.reason,
            evidence=(key,),
            exhibits=tuple(f"{key}#{pointer}" for pointer in found.exhibits),
            notes=found.notes,
        )

    def _excused(self, entry: Entry, waiver: Waiver) -> Entry:
        if waiver.in_force(self.waivers.day):
            return replace(entry, verdict=Outcome.WAIVED, waiver=waiver.id)
        gone = say(
            "{violation} (its waiver {waiver} expired on {day})",
            violation=entry.reason,
            waiver=Own(waiver.id),
            day=Own(waiver.expires.isoformat()),
        )
        return replace(entry, reason=gone, waiver=waiver.id)

    def _needed(self, waiver: Waiver) -> bool:
        """Tell whether a waiver for "*" may still excuse one of its cases; a case that is named speaks for itself."""
        if "*" not in waiver.cases:
            return False
        covered = self.waivers.covered_by(waiver, self.assessment.cases.values())
        return any(self._judged(case).verdict in (Outcome.FAIL, Outcome.INCONCLUSIVE) for case in covered)


def _stale(entry: Entry, waiver: Waiver) -> Entry:
    """Fail a case that passes although it is waived: a waiver that excuses nothing would hide the next violation."""
    observed = say(
        "waiver {waiver} excuses a violation that is not there any more ({observed})",
        waiver=Own(waiver.id),
        observed=entry.observed,
    )
    return replace(
        entry,
        verdict=Outcome.FAIL,
        expected=say("a waiver that is no longer needed is taken out of the waiver file"),
        observed=observed,
        reason=clauses(observed, say("take it out of the waiver file")),
        waiver=waiver.id,
        stale_waiver=True,
    )
