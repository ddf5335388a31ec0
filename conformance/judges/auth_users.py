"""Judges what users may do, and which passwords they may have."""

from __future__ import annotations

from conformance import pointers
from conformance.model import Case, Inconclusive, Verdict, conforms, violates
from conformance.policy import Policy
from conformance.records.auth import (
    Deed,
    DisclosureObservation,
    PasswordObservation,
    PrivilegeObservation,
    Reply,
    Shown,
    Trial,
)

_WORDS = {
    "short": "a password of 7 characters",
    "long": "a password of 65 characters",
    "no-digit": "a password without a digit",
    "no-capital": "a password without a capital letter",
    "no-small-letter": "a password without a small letter",
    "no-sign": "a password without a special character",
}
_STRONG = {"eight": 8, "twenty": 20, "sixty-four": 64}
_DEEDS = {
    "create": "create a user",
    "change": "change another user's password",
    "delete": "delete a user",
    "settings": "change a setting",
}
_SHOWN = 5
_NOT_LET_IN = (401, 403, 429)
_PUT_OFF = (408, 429, 502, 503, 504)


def weak_password(seen: PasswordObservation, policy: Policy, case: Case) -> Verdict:
    """Judge AUTH-06 on one kind of weak password, on creation or on change."""
    where, _, name = case.name.partition("-")
    what = f"{_WORDS[name]} on {where}"
    expected = "passwords have 8 to 64 characters with a digit, both cases and a special character"
    trials: dict[str, Trial] = getattr(seen, where)
    if not trials or name not in trials:
        raise Inconclusive(seen.stopped or "no user of the run's own could log in, so no password was changed")
    trial, exhibit = trials[name], pointers.build(where, name)
    if trial.effect or (trial.effect is None and trial.reply.taken):
        return violates(expected, f"{what} was {trial.reply.words}, and is set", exhibit)
    control = _control(trials, where, name)
    _refused(trial.reply, trial.effect, what)
    strong = f"one of {_STRONG[control]} characters with all four kinds"
    stricter = [n for strong_one, n in _STRONG.items() if strong_one in trials and not _works(trials[strong_one])]
    notes = tuple(f"A strong password of {n} characters is refused too, stricter than documented." for n in stricter)
    observed = f"{what} was {trial.reply.words}; {strong} was {trials[control].reply.words}"
    return conforms(expected, observed, exhibit, pointers.build(where, control), notes=notes)


def _control(trials: dict[str, Trial], where: str, name: str) -> str:
    """Return the strong password that was taken and is nearest to the weak one; without any, a refusal says nothing."""
    nearest = reversed(_STRONG) if name == "long" else iter(_STRONG)
    for strong in nearest:
        if strong in trials and _works(trials[strong]):
            return strong
    came = "; ".join(f"{_STRONG[n]} characters: {trials[n].reply.words}" for n in _STRONG if n in trials)
    raise Inconclusive(f"no strong password was taken on {where} ({came}), so a refusal says nothing")


def _works(trial: Trial) -> bool:
    return trial.reply.taken and trial.effect is not False


def _refused(reply: Reply, effect: bool | None, what: str) -> None:  # noqa: FBT001
    """Raise Inconclusive where it is neither seen that nothing changed nor told that it did not."""
    if reply.trouble or reply.status in _PUT_OFF or (effect is None and not reply.turned_away):
        raise Inconclusive(f"{what}: {reply.words}, which is no refusal")


def privileges(seen: PrivilegeObservation, policy: Policy, case: Case) -> Verdict:
    """Judge AUTH-07 on one deed."""
    expected = "only an administrator manages users and settings"
    if seen.stopped or case.name not in seen.deeds:
        raise Inconclusive(seen.stopped or "nothing was tried")
    deed, what = seen.deeds[case.name], f"{seen.account}, who is no administrator, tried to {_DEEDS[case.name]}"
    exhibit = pointers.build("deeds", case.name)
    if deed.effect or (deed.effect is None and deed.reply.taken):
        return violates(expected, f"{what} and was {deed.reply.words}{_done(deed)}", f"{exhibit}/reply")
    if deed.control is None or not deed.control.taken:
        came = deed.reply.trouble if deed.control is None else f"the administrator was {deed.control.words} there"
        raise Inconclusive(f"{what}: {came}, so a refusal says nothing")
    if seen.own is None or not seen.own.taken:
        raise Inconclusive(f"{what} and was {deed.reply.words}, but its token is not good for anything else either")
    _refused(deed.reply, deed.effect, what)
    observed = f"{what} and was {deed.reply.words}; the administrator was {deed.control.words}"
    return conforms(expected, observed, f"{exhibit}/reply", f"{exhibit}/control", "/own")


def _done(deed: Deed) -> str:
    return ", and it was done" if deed.effect else ""


def disclosure(seen: DisclosureObservation, policy: Policy, case: Case) -> Verdict:
    """Judge AUTH-10 on the support output, or on what errors say."""
    expected = "what is shown names no secret's value"
    looks = {"/support": seen.support} if case.name == "support" else _by_place(seen.errors)
    told = [
        (f"{each.what} shows {find.what}" + (f" at {find.where}" if find.where else ""), at)
        for at, each in looks.items()
        for find in each.finds
    ]
    if told:
        more = f"; {len(told) - _SHOWN} more" if len(told) > _SHOWN else ""
        shown = "; ".join(words for words, _ in told[:_SHOWN])
        return violates(expected, shown + more, *dict.fromkeys(at for _, at in told))
    answered = {at: each for at, each in looks.items() if not each.reply.trouble}
    if not answered:
        raise Inconclusive("; ".join(f"{each.what}: {each.reply.trouble}" for each in looks.values()))
    if case.name == "support" and seen.support.reply.status in _NOT_LET_IN:
        raise Inconclusive(f"the support output was not shown to the administrator: {seen.support.reply.words}")
    if case.name == "errors" and all(each.reply.status in _NOT_LET_IN for each in answered.values()):
        raise Inconclusive("every broken request was turned away at the door, so no error was seen")
    observed = "; ".join(f"{each.what}: {each.reply.words}, {each.size} bytes" for each in answered.values())
    return conforms(expected, f"no secret in any: {observed}", *answered)


def _by_place(shown: tuple[Shown, ...]) -> dict[str, Shown]:
    return {f"/errors/{number}": each for number, each in enumerate(shown)}
