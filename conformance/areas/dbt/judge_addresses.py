"""Holds at every address of the database's name what a judge holds at one: the worst address tells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from conformance import pointers
from conformance.areas.dbt.judge import NO_CLIENT_CERTIFICATE
from conformance.areas.dbt.record import AtAddresses, Seen
from conformance.engine.policy import Policy
from conformance.model import Case, Inconclusive, NotApplicable, Outcome, Verdict
from conformance.sentence import Own, Sentence, clauses, say


def everywhere(
    judged_by: Callable[[Seen, Policy, Case], Verdict],
) -> Callable[[AtAddresses[Seen], Policy, Case], Verdict]:
    """Return the judge that holds at every address what `judged_by` holds at one: the worst address tells."""

    def judge_all(seen: AtAddresses[Seen], policy: Policy, case: Case) -> Verdict:
        told: dict[str, Verdict] = {}
        unsettled, nothing_asked = dict(seen.unseen), dict[str, NotApplicable]()
        for address, one in seen.addresses.items():
            try:
                told[address] = _moved(judged_by(one, policy, case), address)
            except NotApplicable as reason:
                nothing_asked[address] = reason
            except Inconclusive as reason:
                unsettled[address] = reason.reason
        return _worst(told, unsettled, nothing_asked)

    return judge_all


def _worst(
    told: dict[str, Verdict], unsettled: dict[str, Sentence], nothing_asked: dict[str, NotApplicable]
) -> Verdict:
    several = len(told) + len(unsettled) + len(nothing_asked) > 1
    wrong = {address: one for address, one in told.items() if one.outcome is Outcome.FAIL}
    if wrong or (told and not unsettled):
        found = wrong or told
        first = next(iter(found.values()))
        if not several:
            return first
        observed = [_at(address, one.observed) for address, one in found.items()]
        exhibits = tuple(exhibit for one in found.values() for exhibit in one.exhibits)
        notes = tuple(dict.fromkeys(note for one in found.values() for note in one.notes))
        return replace(first, observed=clauses(*observed), exhibits=exhibits, notes=notes)
    if unsettled:
        raise Inconclusive(
            clauses(*(_at(address, reason) if several else reason for address, reason in unsettled.items()))
        )
    raise next(iter(nothing_asked.values()), NotApplicable(NO_CLIENT_CERTIFICATE))


def _at(address: str, what: Sentence) -> Sentence:
    return say("at {address}: {what}", address=Own(address), what=what)


def _moved(verdict: Verdict, address: str) -> Verdict:
    place = pointers.build("addresses", address)
    return replace(verdict, exhibits=tuple(place + exhibit for exhibit in verdict.exhibits))
