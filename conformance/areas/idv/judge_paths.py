"""Judges the other requests that bind an identity: each asks for the hash, too."""

from __future__ import annotations

from conformance.areas.idv.judge import BUSY, declared, require_validation
from conformance.areas.idv.record import IdentityObservation, OtherPathLook, PathAttempt
from conformance.engine.policy import Policy
from conformance.model import Case, Inconclusive, NotApplicable, Verdict, conforms, violates
from conformance.sentence import NOTHING, By, Own, Sentence, clauses, own_list, say


def other_path_asks_for_hash(seen: IdentityObservation, policy: Policy, case: Case) -> Verdict:
    """Judge IDV-11 on one kind of request to one path."""
    require_validation(policy)
    expected = say("the request asks for the hash of the client that it is about, and has no effect without it")
    number = int(case.id.rpartition("-")[2]) - 1
    if len(seen.trials.others) <= number:
        raise Inconclusive(seen.trials.stopped or say("no other path was tried"))
    path, where = seen.trials.others[number], f"/trials/others/{number}"
    attempts = path.attempts.get(case.name, ())
    at = f"{where}/attempts/{case.name}"
    for turn, attempt in enumerate(attempts):
        if effect := _effect(path, policy, attempt):
            told = say(
                "{request} with {what}: answered with {answer}, and {effect}",
                request=Own(f"{path.method} {path.url}"),
                what=attempt.what,
                answer=attempt.answer.words(),
                effect=effect,
            )
            return violates(expected, told, f"{at}/{turn}")
    if not attempts:
        raise _untried(path)
    for attempt in attempts:
        _require_controls(path, attempt)
        if attempt.answer.status in BUSY or attempt.answer.late:
            raise Inconclusive(
                say(
                    "with {what} it was answered with {answer}, which tells nothing",
                    what=attempt.what,
                    answer=attempt.answer.words(),
                )
            )
        if "unreadable" in (attempt.before.kind, attempt.after.kind):
            why = attempt.after.detail or attempt.before.detail
            raise Inconclusive(say("what is stored could not be read: {why}", why=why))
    unmoved = (say("{what}: {answer}, nothing changed", what=a.what, answer=a.answer.words()) for a in attempts)
    left = () if path.put_back else (say("A test client's name could not be put back as it was found."),)
    return conforms(expected, clauses(*unmoved), *(f"{at}/{turn}" for turn in range(len(attempts))), notes=left)


def _untried(path: OtherPathLook) -> Exception:
    if path.stopped or not path.attempts:
        return Inconclusive(path.stopped or say("it was not tried"))
    return NotApplicable(say("the target file declares one uid only"))


def _effect(path: OtherPathLook, policy: Policy, attempt: PathAttempt) -> Sentence:
    """Say what a request did that only one with the right hash may do, or nothing."""
    if attempt.marked:
        return say("the name that it sent is stored ({pointers})", pointers=own_list(attempt.marked, By.COMMA))
    match attempt.before.kind, attempt.after.kind:
        case "absent", "present":
            return say("the client is stored afterwards")
        case "present", "absent":
            return say("the client is gone afterwards")
    accepted = declared(policy).accepted
    flag = (accepted.pointer or "").rpartition("/")[2]
    effects = {pointer for control in path.controls for pointer in control.changed}
    telling = [p for p in attempt.changed if p in effects or (flag and p.endswith(f"/{flag}"))]
    if telling:
        return say("{pointers} changed, as with the right hash", pointers=own_list(telling, By.COMMA))
    if accepted.pointer is not None and attempt.answer.honoured(accepted):
        return say("the answer says that the client is verified")
    return NOTHING


def _require_controls(path: OtherPathLook, attempt: PathAttempt) -> None:
    """Raise Inconclusive unless the right hash had an effect before and after."""
    around = path.controls[max(0, attempt.controls - 1) : attempt.controls + 1]
    if len(around) < 2 or not all(control.had_effect() for control in around):
        raise Inconclusive(path.stopped or say("the request with the right hash beside it had no effect"))
