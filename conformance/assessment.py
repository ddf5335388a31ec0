"""Judges every case of a target: the one road to a verdict, live, in tests and offline."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from conformance import cases
from conformance.model import Case, Inconclusive, NotApplicable, Outcome, Verdict
from conformance.observatory import Observations, Probe
from conformance.policy import Policy
from conformance.sentence import By, Own, Sentence, own_list, say
from conformance.target import Target


def excluded(reason: str) -> Sentence:
    """Say that the target file leaves a requirement out, in its own words."""
    return say("excluded by the target file's [scope]: {reason}", reason=Own(reason))


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
