"""Judges what users may do, and which passwords they may have."""

from __future__ import annotations

from conformance import pointers
from conformance.areas.auth.record import (
    DisclosureObservation,
    Find,
    PasswordObservation,
    PrivilegeObservation,
    Reply,
    Shown,
    Trial,
)
from conformance.engine.policy import Policy
from conformance.model import Case, Inconclusive, NotApplicable, Verdict, conforms, violates
from conformance.sentence import By, Own, Sentence, clauses, counted, listed, say, shortened

_WORDS = {
    "short": say("a password of 7 characters"),
    "long": say("a password of 65 characters"),
    "no-digit": say("a password without a digit"),
    "no-capital": say("a password without a capital letter"),
    "no-small-letter": say("a password without a small letter"),
    "no-sign": say("a password without a special character"),
}
_STRONG = {"eight": 8, "twenty": 20, "sixty-four": 64}
_AGAIN = "again"
_SHOWN = 5
_NOT_LET_IN = (401, 403, 429)  # nothing was shown to search
_NOT_THERE = (404, 410)  # the user is gone, or was never there
_PUT_OFF = (408, 429, 502, 503, 504)  # neither done nor refused: asked at another time it may be either


def weak_password(seen: PasswordObservation, policy: Policy, case: Case) -> Verdict:
    """Judge AUTH-06 on one kind of weak password, on creation or on change."""
    where, _, name = case.name.partition("-")
    what = say("{password} on change", password=_WORDS[name])
    if where == "creation":
        what = say("{password} on creation", password=_WORDS[name])
    expected = say("passwords have 8 to 64 characters with a digit, both cases and a special character")
    trials: dict[str, Trial] = getattr(seen, where)
    if not trials or name not in trials:
        nobody = say("no user of the run's own could log in, so no password was changed")
        raise Inconclusive(seen.stopped or nobody)
    trial, exhibit = trials[name], pointers.build(where, name)
    if trial.effect or (trial.effect is None and trial.reply.taken):
        return violates(expected, say("{what} was {reply}, and is set", what=what, reply=trial.reply.words), exhibit)
    control = _control(trials, where, name)
    if trial.unseen:
        raise Inconclusive(
            say(
                "{what} was {reply}, but which password works afterwards was not seen",
                what=what,
                reply=trial.reply.words,
            )
        )
    _refused(trial.reply, trial.effect, what)
    stricter = [n for strong_one, n in _STRONG.items() if strong_one in trials and not _works(trials[strong_one])]
    notes = tuple(
        say("A strong password of {length} characters is refused too, stricter than documented.", length=length)
        for length in stricter
    )
    observed = say(
        "{what} was {reply}; one of {length} characters with all four kinds was {other}",
        what=what,
        reply=trial.reply.words,
        length=_STRONG[control],
        other=trials[control].reply.words,
    )
    return conforms(expected, observed, exhibit, pointers.build(where, control), notes=notes)


def _control(trials: dict[str, Trial], where: str, name: str) -> str:
    """Return the strong password that was taken and is nearest to the weak one; without any, a refusal says nothing.

    On creation one was taken before the weak ones: it has to be taken after them as well.
    """
    again = trials.get(_AGAIN)
    if again is not None and not again.reply.taken:
        raise Inconclusive(
            say(
                "after the weak passwords a strong one was {reply} on creation too, so a refusal says nothing",
                reply=again.reply.words,
            )
        )
    nearest = reversed(_STRONG) if name == "long" else iter(_STRONG)
    for strong in nearest:
        if strong in trials and _works(trials[strong]):
            return strong
    came = listed(
        (
            say("{length} characters: {reply}", length=length, reply=trials[strong].reply.words)
            for strong, length in _STRONG.items()
            if strong in trials
        ),
        By.CLAUSE,
    )
    if where == "creation":
        raise Inconclusive(
            say("no strong password was taken on creation ({came}), so a refusal says nothing", came=came)
        )
    raise Inconclusive(say("no strong password was taken on change ({came}), so a refusal says nothing", came=came))


def _works(trial: Trial) -> bool:
    return trial.reply.taken and trial.effect is not False


def _refused(reply: Reply, effect: bool | None, what: Sentence) -> None:  # noqa: FBT001
    """Raise Inconclusive where it is neither seen that nothing changed nor told that it did not."""
    if reply.trouble or reply.status in _PUT_OFF or (effect is None and not reply.turned_away):
        raise Inconclusive(say("{what}: {reply}, which is no refusal", what=what, reply=reply.words))


def privileges(seen: PrivilegeObservation, policy: Policy, case: Case) -> Verdict:
    """Judge AUTH-07 on one deed."""
    expected = say("only an administrator manages users and settings")
    if seen.stopped or case.name not in seen.deeds:
        raise Inconclusive(seen.stopped or say("nothing was tried"))
    deed, tried = seen.deeds[case.name], _tried(seen.account, case.name)
    by_nobody = _tried_by_nobody(case.name)
    exhibit = pointers.build("deeds", case.name)
    if _was_done(deed.reply, deed.effect):
        return violates(expected, _done(tried, deed.reply, deed.effect), f"{exhibit}/reply")
    if deed.nobody and _was_done(deed.nobody, deed.nobody_effect):
        return violates(expected, _done(by_nobody, deed.nobody, deed.nobody_effect), f"{exhibit}/nobody")
    if deed.control is None or deed.nobody is None:
        raise Inconclusive(
            say("{tried}: {trouble}, so a refusal says nothing", tried=tried, trouble=deed.reply.trouble)
        )
    if not deed.control.taken:
        raise Inconclusive(
            say(
                "{tried}: the administrator was {reply} there, so a refusal says nothing",
                tried=tried,
                reply=deed.control.words,
            )
        )
    if seen.own is None or not seen.own.taken:
        raise Inconclusive(
            say(
                "{tried} and was {reply}, but its token is not good for anything else either",
                tried=tried,
                reply=deed.reply.words,
            )
        )
    _refused(deed.reply, deed.effect, tried)
    _refused(deed.nobody, deed.nobody_effect, by_nobody)
    observed = say(
        "{tried} and was {reply}; nobody, without a token, was {nobody}; the administrator was {other}",
        tried=tried,
        reply=deed.reply.words,
        nobody=deed.nobody.words,
        other=deed.control.words,
    )
    return conforms(expected, observed, f"{exhibit}/reply", f"{exhibit}/nobody", f"{exhibit}/control", "/own")


def _was_done(reply: Reply, effect: bool | None) -> bool:  # noqa: FBT001
    return bool(effect) or (effect is None and reply.taken)


def _tried_by_nobody(name: str) -> Sentence:
    return {
        "create": say("nobody, without a token, tried to create a user"),
        "change": say("nobody, without a token, tried to change a user's password"),
        "delete": say("nobody, without a token, tried to delete a user"),
        "settings": say("nobody, without a token, tried to change a setting"),
    }[name]


def _tried(account: Sentence, name: str) -> Sentence:
    return {
        "create": say("{account}, who is no administrator, tried to create a user", account=account),
        "change": say("{account}, who is no administrator, tried to change another user's password", account=account),
        "delete": say("{account}, who is no administrator, tried to delete a user", account=account),
        "settings": say("{account}, who is no administrator, tried to change a setting", account=account),
    }[name]


def _done(tried: Sentence, reply: Reply, effect: bool | None) -> Sentence:  # noqa: FBT001
    if effect:
        return say("{tried} and was {reply}, and it was done", tried=tried, reply=reply.words)
    return say("{tried} and was {reply}", tried=tried, reply=reply.words)


def disclosure(seen: DisclosureObservation, policy: Policy, case: Case) -> Verdict:
    """Judge AUTH-10 on the support output, or on what errors say."""
    expected = say("what is shown names no secret's value")
    looks = {"/support": seen.support} if case.name == "support" else _by_place(seen.errors)
    told = [(_shows(each, find), at) for at, each in looks.items() for find in each.finds]
    if told:
        shown = shortened((words for words, _ in told), _SHOWN)
        return violates(expected, clauses(*shown), *dict.fromkeys(at for _, at in told))
    answered = {at: each for at, each in looks.items() if not each.reply.trouble}
    if not answered:
        silent = (say("{what}: {trouble}", what=each.what, trouble=each.reply.trouble) for each in looks.values())
        raise Inconclusive(clauses(*silent))
    if case.name == "support":
        _must_be_shown(seen)
    elif all(each.reply.status in _NOT_LET_IN for each in answered.values()):
        raise Inconclusive(say("every broken request was turned away at the door, so no error was seen"))
    if unread := [say("{what}: {why}", what=e.what, why=e.unread) for e in answered.values() if e.unread]:
        raise Inconclusive(say("not all of it was searched: {answers}", answers=clauses(*shortened(unread, _SHOWN))))
    sizes = listed(map(_size, answered.values()), By.CLAUSE)
    return conforms(expected, say("no secret in any: {answers}", answers=sizes), *answered)


def _must_be_shown(seen: DisclosureObservation) -> None:
    """Raise where there is no support output, or where the administrator was not shown it."""
    reply = seen.support.reply
    if reply.status in _NOT_THERE:
        raise NotApplicable(
            say("there is no support output: {request} was {reply}", request=Own(reply.asked), reply=reply.words)
        )
    if seen.nowhere:
        raise Inconclusive(
            say("{request} was {reply}, as a path that is not there is", request=Own(reply.asked), reply=reply.words)
        )
    if not reply.taken or not seen.support.size:
        raise Inconclusive(say("the support output was not shown to the administrator: {reply}", reply=reply.words))


def _shows(shown: Shown, find: Find) -> Sentence:
    if find.where:
        return say("{what} shows {secret} at {where}", what=shown.what, secret=find.what, where=Own(find.where))
    return say("{what} shows {secret}", what=shown.what, secret=find.what)


def _size(shown: Shown) -> Sentence:
    return counted(
        "{what}: {reply}, {n} byte",
        "{what}: {reply}, {n} bytes",
        shown.size,
        what=shown.what,
        reply=shown.reply.words,
    )


def _by_place(shown: tuple[Shown, ...]) -> dict[str, Shown]:
    return {f"/errors/{number}": each for number, each in enumerate(shown)}
