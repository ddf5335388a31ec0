"""Judges initialisations: the right ones honoured, all others dropped, no hash good for another's uid."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.areas.idv.record import Answer, Attempt, IdentityObservation, Trial, Trials
from conformance.engine.policy import Policy
from conformance.inputs.target import Identity
from conformance.model import Case, Inconclusive, NotApplicable, Verdict, conforms, verdict, violates
from conformance.sentence import NOTHING, By, Own, Sentence, clauses, own_list, say

SERVER_ERRORS = range(500, 600)  # an attempt that broke the service was not judged by it
BUSY = (429, 503)  # a limiter or an overload answered, and not the validation
DROPPED = say("such an initialisation is dropped, and nothing is stored of the client")
_NOT_TRIED = say("it was not tried")
_UNKNOWN_WHO = say("it was honoured, and without [identity.state] it cannot be told as whom")


def declared(policy: Policy) -> Identity:
    """Return the target file's [identity]."""
    return policy.target.declared(Identity)


def right_hash_honoured(seen: IdentityObservation, policy: Policy, case: Case) -> Verdict:
    """Judge IDV-01 on one declared uid."""
    trials, accepted = seen.trials, declared(policy).accepted
    label = _label(case)
    if not trials.control_uid or label not in trials.welcomes:
        raise Inconclusive(trials.stopped or say("{uid} was not tried", uid=Own(label)))
    welcome = trials.welcomes[label]
    return verdict(
        welcome.answer.honoured(accepted),
        say("an initialisation is honoured if its client_hash is right"),
        say('"{uid}" with its right hash got {answer}', uid=Own(welcome.uid), answer=welcome.answer.words()),
        f"/trials/welcomes/{label}",
    )


def unsigned_dropped(seen: IdentityObservation, policy: Policy, case: Case) -> Verdict:
    """Judge IDV-02 on one declared uid, or on one that nobody has."""
    require_validation(policy)
    return _dropped(seen.trials, policy, f"unsigned:{_label(case)}")


def forged_dropped(seen: IdentityObservation, policy: Policy, case: Case) -> Verdict:
    """Judge IDV-03 on one forgery."""
    require_validation(policy)
    if case.name == "flipped":
        return _dropped(seen.trials, policy, f"forged:{_label(case)}")
    key = f"forged:{case.name}"
    if case.level == "may":
        return _shown(seen.trials, policy, key)
    if case.name == "twice-in-json":
        return _consistent(seen.trials, policy, key)
    judged = _dropped(seen.trials, policy, key)
    errors = [a for a in seen.trials.trials[key].attempts if a.answer.status in SERVER_ERRORS]
    if errors and case.name in ODD_TYPES:
        return violates(say("a value of another type causes no server error"), _told(errors[:1]), _at(key))
    return judged


ODD_TYPES = (
    "type-null",
    "type-false",
    "type-true",
    "type-zero",
    "type-array",
    "type-empty-array",
    "type-object",
    "type-operator",
    "type-number",
    "blank",
    "spaces",
)


def own_uid_only(seen: IdentityObservation, policy: Policy, case: Case) -> Verdict:
    """Judge IDV-04 on one way to bind another identity."""
    require_validation(policy)
    key = f"bound:{case.name}"
    if case.name in ("other-field", "array", "uid-twice"):
        return _other_untouched(seen.trials, policy, key)
    if case.name == "empty":
        return _nobody_bound(seen.trials, policy, key)
    if case.name in ("other-client", "object", "megabyte", "elsewhere"):
        return _dropped(seen.trials, policy, key)
    if case.name == "signed-spelling":
        return _kept_apart(seen.trials, policy, key)
    return _spelling(seen.trials, policy, key)


def _label(case: Case) -> str:
    """Return `uid-2` of `IDV-01/uid-2`, `fresh-uid` of `IDV-02/fresh-uid`."""
    return case.id.rpartition("/")[2]


def _at(key: str, number: int = 0) -> str:
    return f"/trials/trials/{key}/attempts/{number}"


def require_validation(policy: Policy) -> None:
    """Raise NotApplicable where the target file declares validation off."""
    if not declared(policy).enforced:
        raise NotApplicable(say("the target file declares validation off (identity.enforced = false)"))


def _trial(trials: Trials, key: str) -> Trial:
    """Return a trial that was made; raises Inconclusive or NotApplicable where there is none."""
    found = trials.trials.get(key)
    if found is None:
        raise Inconclusive(trials.stopped or _NOT_TRIED)
    if found.left_out:
        raise NotApplicable(found.left_out)
    return found


def controlled(trials: Trials, policy: Policy, attempt: Attempt) -> None:
    """Raise Inconclusive unless the control was honoured before (if it was sent by then) and after an attempt."""
    accepted, number = declared(policy).accepted, attempt.controls
    around = trials.controls[max(0, number - 1) : number + 1]
    if len(around) < min(number, 1) + 1 or not all(control.answer.honoured(accepted) for control in around):
        raise Inconclusive(trials.stopped or say("the right initialisation beside it was not honoured"))


def _require_sight(trials: Trials, attempt: Attempt) -> None:
    """Raise Inconclusive where the state was to be read and could not be, or shows nothing of an honoured client."""
    if not attempt.watched or not attempt.after.kind:
        return
    if attempt.before.kind == "present" and attempt.after.kind == "absent":
        raise Inconclusive(say("what is stored of it is hidden afterwards: {why}", why=attempt.after.detail))
    if attempt.after.kind == "unreadable" and attempt.before.kind != "unreadable":
        raise Inconclusive(say("what is stored could not be read afterwards: {why}", why=attempt.after.detail))
    blind = next((c.state for c in trials.controls if c.state.kind not in ("present", "")), None)
    if blind is None:
        return
    if blind.kind == "absent":
        raise Inconclusive(say("[identity.state] shows nothing of a client that was honoured (absent)"))
    raise Inconclusive(
        say("[identity.state] shows nothing of a client that was honoured (unreadable {why})", why=blind.detail)
    )


def _require_welcome(trials: Trials, policy: Policy, attempt: Attempt) -> None:
    """Raise Inconclusive where a declared uid is not honoured with its right hash either."""
    for label, welcome in trials.welcomes.items():
        if welcome.uid == attempt.watched and not welcome.answer.honoured(declared(policy).accepted):
            raise Inconclusive(
                say(
                    "{uid} was not honoured with its right hash either: {answer}",
                    uid=Own(label),
                    answer=welcome.answer.words(),
                )
            )


def bound(trials: Trials, policy: Policy, attempt: Attempt) -> Sentence:
    """Say what an attempt did that only an honoured one may do, or nothing."""
    if attempt.answer.honoured(declared(policy).accepted):
        return say("{what}: honoured with {answer}", what=attempt.what, answer=attempt.answer.words())
    return touched(trials, policy, attempt)


def touched(trials: Trials, policy: Policy, attempt: Attempt) -> Sentence:
    """Say what changed in what is stored of the watched uid that an honoured initialisation changes, or nothing."""
    if (attempt.before.kind, attempt.after.kind) == ("absent", "present"):
        return say(
            "{what}: answered with {answer}, and yet the client is stored afterwards",
            what=attempt.what,
            answer=attempt.answer.words(),
        )
    if (attempt.before.kind, attempt.after.kind) == ("present", "absent") and not attempt.after.detail:
        return say(
            "{what}: answered with {answer}, and yet the client is no longer stored afterwards",
            what=attempt.what,
            answer=attempt.answer.words(),
        )
    flag = (declared(policy).accepted.pointer or "").rpartition("/")[2]
    effects = {pointer for control in trials.controls for pointer in control.changed} - set(trials.noise)
    telling = [p for p in attempt.changed if p in effects or (flag and p.endswith(f"/{flag}"))]
    if telling:
        return say(
            "{what}: answered with {answer}, and yet {pointers} changed",
            what=attempt.what,
            answer=attempt.answer.words(),
            pointers=own_list(telling, By.COMMA),
        )
    return NOTHING


def _dropped(trials: Trials, policy: Policy, key: str) -> Verdict:
    attempts = _trial(trials, key).attempts
    for number, attempt in enumerate(attempts):
        controlled(trials, policy, attempt)
        if wrong := bound(trials, policy, attempt):
            return violates(DROPPED, wrong, _at(key, number))
    for attempt in attempts:
        _require_reason(attempt.answer)
        _require_sight(trials, attempt)
        _require_welcome(trials, policy, attempt)
        if attempt.answer.cut and attempt.answer.status in declared(policy).accepted.status:
            raise Inconclusive(say("the answer is too long to tell whether it was honoured"))
    return conforms(DROPPED, _told(attempts), *(_at(key, n) for n in range(len(attempts))), notes=_blindness(policy))


def _nobody_bound(trials: Trials, policy: Policy, key: str) -> Verdict:
    """Judge an empty uid: it may be answered as a visitor who names nobody."""
    attempt = _trial(trials, key).attempts[0]
    honoured = attempt.answer.honoured(declared(policy).accepted)
    if not honoured or not attempt.answered_as:
        return _dropped(trials, policy, key)
    controlled(trials, policy, attempt)
    if attempt.answered_as == "anybody" and not attempt.after.kind:
        raise Inconclusive(_UNKNOWN_WHO)
    if attempt.changed or (attempt.before.kind, attempt.after.kind) == ("absent", "present"):
        return violates(DROPPED, say("{what}: a client is stored afterwards", what=attempt.what), _at(key))
    return conforms(
        DROPPED,
        say("{what}: answered as a visitor who names nobody, and nothing is bound", what=attempt.what),
        _at(key),
    )


def _require_reason(answer: Answer) -> None:
    """Raise Inconclusive where an answer may have another reason than the hash."""
    if answer.status in BUSY:
        raise Inconclusive(say("the service answered with status {status}: too busy to tell why", status=answer.status))
    if answer.late:
        raise Inconclusive(say("the service did not answer in time"))


def _told(attempts: Sequence[Attempt]) -> Sentence:
    return clauses(*(say("{what}: {answer}", what=each.what, answer=each.answer.words()) for each in attempts))


def _blindness(policy: Policy) -> tuple[Sentence, ...]:
    if declared(policy).state is None:
        return (say("judged by the answer alone: the target file has no [identity.state]"),)
    return ()


def _shown(trials: Trials, policy: Policy, key: str) -> Verdict:
    attempts = _trial(trials, key).attempts
    for attempt in attempts:
        controlled(trials, policy, attempt)
    return conforms(say("either is fine, it is shown"), _told(attempts), _at(key))


def _consistent(trials: Trials, policy: Policy, key: str) -> Verdict:
    """Judge a field that stands twice: its first or its last value may count, but not whichever is right."""
    attempts = _trial(trials, key).attempts
    for attempt in attempts:
        controlled(trials, policy, attempt)
    accepted = declared(policy).accepted
    both = len(attempts) > 1 and all(attempt.answer.honoured(accepted) for attempt in attempts)
    if not both:
        for attempt in attempts:
            _require_reason(attempt.answer)
    return verdict(
        not both,
        say("a hash that stands twice is dropped, or always the same one of them counts"),
        _told(attempts),
        *(_at(key, number) for number in range(len(attempts))),
    )


def _other_untouched(trials: Trials, policy: Policy, key: str) -> Verdict:
    """Judge that the other client stays as it was; the own one may be honoured."""
    expected = say("the client that was signed for is honoured or nobody is, and the other one stays untouched")
    attempts = _trial(trials, key).attempts
    for number, attempt in enumerate(attempts):
        controlled(trials, policy, attempt)
        if wrong := touched(trials, policy, attempt):
            return violates(expected, wrong, _at(key, number))
        honoured = attempt.answer.honoured(declared(policy).accepted)
        if honoured and not attempt.after.kind:
            raise Inconclusive(_UNKNOWN_WHO)
    for attempt in attempts:
        _require_reason(attempt.answer)
        _require_sight(trials, attempt)
    return conforms(expected, _told(attempts), *(_at(key, number) for number in range(len(attempts))))


def _spelling(trials: Trials, policy: Policy, key: str) -> Verdict:
    """Judge a changed spelling: it may be dropped, or lead to the client that was signed for."""
    expected = say("the identity that results is the one that was signed, or none")
    (attempt,) = _trial(trials, key).attempts
    controlled(trials, policy, attempt)
    if wrong := touched(trials, policy, attempt) if attempt.before.kind == "absent" else NOTHING:
        return violates(expected, wrong, _at(key))
    if not attempt.answer.honoured(declared(policy).accepted):
        _require_reason(attempt.answer)
        return conforms(expected, _told((attempt,)), _at(key))
    if attempt.same_record == "different":
        return violates(expected, _as_its_own(attempt), _at(key))
    if attempt.same_record == "own":
        raise Inconclusive(say("a client with that spelling was there before, so it cannot be told who was honoured"))
    if not attempt.after.kind and (attempt.answer.shows_sent or not attempt.answer.shows_signed):
        raise Inconclusive(_UNKNOWN_WHO)
    return conforms(expected, say("{what}: honoured as the client that was signed", what=attempt.what), _at(key))


def _as_its_own(attempt: Attempt) -> Sentence:
    return say("{what}: honoured as a client of its own", what=attempt.what)


def _kept_apart(trials: Trials, policy: Policy, key: str) -> Verdict:
    """Judge another spelling with a right hash of its own: it is another client, or is dropped."""
    expected = say("a client who is signed under another spelling is kept apart, or dropped")
    (attempt,) = _trial(trials, key).attempts
    controlled(trials, policy, attempt)
    if not attempt.answer.honoured(declared(policy).accepted):
        _require_reason(attempt.answer)
        return conforms(expected, _told((attempt,)), _at(key))
    if not attempt.after.kind:
        raise Inconclusive(_UNKNOWN_WHO)
    _require_sight(trials, attempt)
    if attempt.after.kind == "present" and attempt.same_record != "same":
        return conforms(expected, _as_its_own(attempt), _at(key))
    told = say("{what}: honoured as the client with the usual spelling, or nobody", what=attempt.what)
    return violates(expected, told, _at(key))
