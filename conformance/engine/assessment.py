"""Judges every case of a target, and looks for its waiver: the one road to a verdict, live, in tests and offline."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from conformance.engine import cases
from conformance.engine.observatory import Observations, Probe
from conformance.engine.policy import Policy
from conformance.engine.results import Entry, excluded
from conformance.inputs.target import Target
from conformance.inputs.waivers import Waiver, Waivers
from conformance.model import Case, Inconclusive, NotApplicable, Outcome, Verdict
from conformance.sentence import NOTHING, By, Own, Sentence, clauses, own_list, say


@dataclass(frozen=True)
class Assessment:
    """A target, and the observations that its cases are judged by."""

    target: Target
    observations: Observations

    @cached_property
    def policy(self) -> Policy:
        """Return what the observations are judged against."""
        return Policy(self.target)

    @cached_property
    def cases(self) -> dict[str, Case]:
        """Return every case of the catalogue for this target, by id."""
        return {case.id: case for case in cases.all_cases(self.policy)}

    def probes_for(self, selected: Iterable[Case]) -> list[Probe[object]]:
        """List the probes that `selected` cases need; those settled without looking need none."""
        found: dict[str, Probe[object]] = {}
        for case in selected:
            try:
                self.admit(case)
            except (NotApplicable, Inconclusive):
                continue
            probe = cases.proofs()[case.requirement.id].probe
            found[probe.name] = probe
        return list(found.values())

    def admit(self, case: Case) -> None:
        """Raise NotApplicable or Inconclusive where the target file alone settles the case."""
        row, target = case.requirement, self.target
        if (reason := target.excluded(row.id)) is not None:
            raise NotApplicable(excluded(reason))
        if row.section not in target.sections:
            raise NotApplicable(say("[{section}] is not declared in the target file", section=Own(row.section)))
        if missing := target.missing(row.needs):
            lacking = own_list(missing, By.COMMA)
            raise Inconclusive(say("the target file lacks {keys}, which this requirement needs", keys=lacking))
        if not target.permits(row.consent):
            raise Inconclusive(
                say(
                    'needs consent "{needed}"; the target file gives "{given}" '
                    "(raise it, or exclude the requirement in [scope] with a reason)",
                    needed=Own(row.consent),
                    given=Own(target.consent),
                )
            )

    def judge(self, case: Case) -> Verdict:
        """Return the verdict on a case; raises NotApplicable or Inconclusive where there is none."""
        self.admit(case)
        proof = cases.proofs()[case.requirement.id]
        verdict = proof.judge(self.observations.get(proof.probe), self.policy, case)
        if case.level == "may" and verdict.outcome is Outcome.FAIL:
            raise TypeError(f"{case.id}: a MAY is measured and shown, it never fails")
        return verdict

    def evidence_for(self, case: Case) -> str:
        """Name the observation that a case is judged by."""
        return cases.proofs()[case.requirement.id].probe.key

    def rule(self, case: Case, waivers: Waivers) -> Entry:
        """Return what becomes of a case: the verdict on it, and the waiver that excuses a violation."""
        entry = self._judged(case)
        waiver = waivers.about(case)
        if waiver is None:
            return entry
        if entry.verdict is Outcome.FAIL:
            _excuse(entry, waiver, waivers.day)
        elif entry.verdict is Outcome.PASS and self._is_stale(waiver, waivers):
            _call_stale(entry, waiver)
        return entry

    def _judged(self, case: Case) -> Entry:
        try:
            found = self.judge(case)
        except NotApplicable as trouble:
            return unsettled(case, Outcome.NOT_APPLICABLE, trouble.reason)
        except Inconclusive as trouble:
            return unsettled(case, Outcome.INCONCLUSIVE, trouble.reason)
        key = self.evidence_for(case)
        return Entry(
            id=case.id,
            subject=case.subject,
            level=case.level,
            verdict=found.outcome,
            expected=found.expected,
            observed=found.observed,
            reason=found.reason,
            evidence=[key],
            exhibits=[f"{key}#{pointer}" for pointer in found.exhibits],
            notes=list(found.notes),
            seconds=0.0,
            waiver=None,
        )

    def _is_stale(self, waiver: Waiver, waivers: Waivers) -> bool:
        """Tell whether a waiver of a case that passes excuses nothing; one for "*" may excuse another of its cases."""
        if not waiver.in_force(waivers.day):
            return False
        covered = waivers.covered_by(waiver, self.cases.values()) if "*" in waiver.cases else []
        return not any(self._judged(case).verdict in (Outcome.FAIL, Outcome.INCONCLUSIVE) for case in covered)


def unsettled(case: Case, verdict: Outcome, reason: Sentence) -> Entry:
    """Return what becomes of a case that rests on no observation."""
    return Entry(
        id=case.id,
        subject=case.subject,
        level=case.level,
        verdict=verdict,
        expected=NOTHING,
        observed=NOTHING,
        reason=reason,
        evidence=[],
        seconds=0.0,
        waiver=None,
    )


def _excuse(entry: Entry, waiver: Waiver, day: date) -> None:
    """Name the waiver of a violation, which excuses it until it expires."""
    entry.waiver = waiver.id
    if waiver.in_force(day):
        entry.verdict = Outcome.WAIVED
    else:
        entry.reason = say(
            "{violation} (its waiver {waiver} expired on {day})",
            violation=entry.reason,
            waiver=Own(waiver.id),
            day=Own(waiver.expires.isoformat()),
        )


def _call_stale(entry: Entry, waiver: Waiver) -> None:
    """Fail a case that passes although it is waived: a waiver that excuses nothing would hide the next violation."""
    entry.observed = say(
        "waiver {waiver} excuses a violation that is not there any more ({observed})",
        waiver=Own(waiver.id),
        observed=entry.observed,
    )
    entry.expected = say("a waiver that is no longer needed is taken out of the waiver file")
    entry.reason = clauses(entry.observed, say("take it out of the waiver file"))
    entry.verdict, entry.waiver, entry.stale_waiver = Outcome.FAIL, waiver.id, True
