"""Judges the switch that turns validation off and on."""

from __future__ import annotations

from conformance.areas.idv.judge import declared
from conformance.areas.idv.record import Answer, Attempt, SwitchObservation
from conformance.engine.policy import Policy
from conformance.model import Case, Inconclusive, Verdict, conforms, verdict, violates
from conformance.sentence import Sentence, say


def takes_effect_off(seen: SwitchObservation, policy: Policy, case: Case) -> Verdict:
    """Judge IDV-05 while validation is off."""
    expected = say("with validation off an unsigned initialisation is honoured, as not verified")
    answer = _answered(seen, seen.set_off, seen.unsigned_off)
    accepted = declared(policy).accepted
    if accepted.pointer is not None and answer.honoured(accepted):
        return violates(expected, say("it was honoured as verified: {answer}", answer=answer.words()), "/unsigned_off")
    return verdict(answer.status in accepted.status, expected, _got(answer), "/unsigned_off")


def takes_effect_on(seen: SwitchObservation, policy: Policy, case: Case) -> Verdict:
    """Judge IDV-05 once validation is on again."""
    expected = say("with validation on again an unsigned initialisation is dropped at once, a right one honoured")
    answer = _answered(seen, seen.set_on, seen.unsigned_on)
    accepted = declared(policy).accepted
    if answer.honoured(accepted):
        told = say("the unsigned one was honoured: {answer}", answer=answer.words())
        return violates(expected, told, "/unsigned_on")
    if _stored(seen.unsigned_on_fresh):
        return violates(expected, say("the unsigned one was stored as a client"), "/unsigned_on_fresh")
    if not seen.put_back:
        raise Inconclusive(say("the setting could not be put back as it was found: see to it"))
    right = _answered(seen, seen.set_on, seen.right_on)
    told = say("unsigned: {unsigned}; right: {right}", unsigned=answer.words(), right=right.words())
    return verdict(right.honoured(accepted), expected, told, "/right_on")


def forged_dropped_while_off(seen: SwitchObservation, policy: Policy, case: Case) -> Verdict:
    """Judge IDV-10."""
    expected = say("a wrong hash is dropped while validation is off, too")
    answer = _answered(seen, seen.set_off, seen.forged_off)
    unsigned = _answered(seen, seen.set_off, seen.unsigned_off)
    accepted = declared(policy).accepted
    if unsigned.status not in accepted.status:
        raise Inconclusive(say("validation could not be turned off: an unsigned initialisation is still dropped"))
    if answer.honoured(accepted):
        return violates(expected, say("it was honoured: {answer}", answer=answer.words()), "/forged_off")
    if _stored(seen.forged_off_fresh):
        return violates(expected, say("it was stored as a client, not verified"), "/forged_off_fresh")
    fresh = seen.forged_off_fresh
    blind = fresh is None or fresh.after.kind != "absent" or fresh.answer.status not in accepted.status
    if answer.status in accepted.status and blind:
        raise Inconclusive(say("it was answered like an unsigned one, and it cannot be read whether it was stored"))
    return conforms(expected, _got(answer), "/forged_off")


def _answered(seen: SwitchObservation, setting: Answer | None, answer: Answer | None) -> Answer:
    """Return an answer that the setting before it gives a meaning to; raises Inconclusive otherwise."""
    if setting is None or answer is None:
        raise Inconclusive(seen.stopped or say("the switch was not tried"))
    if not setting.ok:
        raise Inconclusive(say("the setting could not be changed: {answer}", answer=setting.words()))
    if answer.late:
        raise Inconclusive(say("the service did not answer in time"))
    return answer


def _got(answer: Answer) -> Sentence:
    return say("it got {answer}", answer=answer.words())


def _stored(attempt: Attempt | None) -> bool:
    return attempt is not None and (attempt.before.kind, attempt.after.kind) == ("absent", "present")


def takes_effect(seen: SwitchObservation, policy: Policy, case: Case) -> Verdict:
    """Judge IDV-05 on one position of the switch."""
    judge = takes_effect_off if case.name == "off" else takes_effect_on
    return judge(seen, policy, case)
