"""Gives users of the run's own strong and weak passwords, and sees which are taken.

That a refusal left nothing behind is seen from what works afterwards: the name is still free, the old password is
still good. So no login is made that a conforming gateway refuses.
"""

from __future__ import annotations

from dataclasses import replace

from conformance.areas.auth import weak_passwords
from conformance.areas.auth.logins import known_right, log_in
from conformance.areas.auth.record import PasswordObservation, Trial
from conformance.areas.auth.replies import noted
from conformance.bench import Bench
from conformance.engine.observatory import Probe
from conformance.sentence import say
from conformance.web.accounts import OwnUsers, Session, User, administrator, learnt, new_user, own_users
from conformance.web.api import USERS

EIGHT, TWENTY, SIXTY_FOUR = weak_passwords.STRONG
AGAIN = "again"


def _look(bench: Bench) -> PasswordObservation:
    with administrator(bench) as admin:
        kept, other = new_user(bench).name, new_user(bench).name
        with own_users(admin, kept, other) as users:
            creation: dict[str, Trial] = {}
            for name in (EIGHT, TWENTY):
                first = User(kept, _strong(bench, name))
                creation[name] = Trial(noted(users.create(first)))
                if creation[name].reply.taken:
                    creation |= _creations(users, other, name)
                    return PasswordObservation(creation, _changes(admin, first))
            said = creation[TWENTY].reply.words
            stopped = say("a user with a strong password could not be made: {reply}", reply=said)
            return PasswordObservation(creation, stopped=stopped)


def _strong(bench: Bench, name: str) -> str:
    return learnt(bench, weak_passwords.strong(weak_passwords.STRONG[name]))


def _creations(users: OwnUsers, name: str, strong: str) -> dict[str, Trial]:
    """Ask for the same user again and again: who could be made in the end was not there before.

    `strong` is what kind of password was taken before, and ought to be taken after the weak ones too.
    """
    bench = users.admin.api.bench
    trials = {}
    for weak in weak_passwords.WEAK:
        trials[weak] = Trial(noted(users.create(User(name, learnt(bench, weak_passwords.weak(weak))))))
        if trials[weak].reply.taken:
            trials[weak] = replace(trials[weak], effect=users.exists(name))
            if trials[weak].effect is not False and not noted(users.delete(name)).taken:
                return trials  # with the user still there, what is refused from now on is refused for that
    trials[AGAIN] = Trial(noted(users.create(User(name, _strong(bench, strong)))))
    there = False if trials[AGAIN].reply.taken else users.exists(name)
    if there is False and (not trials[AGAIN].reply.taken or noted(users.delete(name)).taken):
        trials[SIXTY_FOUR] = Trial(noted(users.create(User(name, _strong(bench, SIXTY_FOUR)))))
    return {
        n: replace(t, effect=there) if n in weak_passwords.WEAK and t.effect is None else t for n, t in trials.items()
    }


def _changes(admin: Session, user: User) -> dict[str, Trial]:
    """Change a user's password to weak ones, and see which password is its own afterwards."""
    bench = admin.api.bench
    if not log_in(admin.api, user).token:
        return {}
    weak = {name: User(user.name, learnt(bench, weak_passwords.weak(name))) for name in weak_passwords.WEAK}
    trials = _seen(admin, user, weak, {name: _change(admin, changed) for name, changed in weak.items()})
    for name in (EIGHT, SIXTY_FOUR):
        strong = User(user.name, _strong(bench, name))
        trials[name] = _change(admin, strong)
        if trials[name].reply.taken:
            trials[name] = replace(trials[name], effect=_works(admin, strong))
    return trials


def _seen(admin: Session, user: User, weak: dict[str, User], trials: dict[str, Trial]) -> dict[str, Trial]:
    """See what the weak passwords did: one that logs in is set, and where the one before them does none is."""
    took = [name for name, trial in trials.items() if trial.reply.taken]
    if took and log_in(admin.api, weak[took[-1]]).token:
        return trials | {took[-1]: replace(trials[took[-1]], effect=True)}
    if log_in(admin.api, user).token:
        return {name: replace(trial, effect=False) for name, trial in trials.items()}
    can = _anybody(admin)
    for name, changed in weak.items():
        effect = None
        if can and not trials[name].reply.trouble:
            _change(admin, changed)
            effect = log_in(admin.api, changed).token or None
        trials[name] = replace(trials[name], effect=effect, unseen=effect is None)
    return trials


def _works(admin: Session, user: User) -> bool | None:
    """Tell whether a login works; None where none does at that moment, or where it was not decided."""
    works = log_in(admin.api, user).works
    return works if works is not False or _anybody(admin) else None


def _anybody(admin: Session) -> bool:
    """Tell whether somebody can log in at this moment, whose password is right for sure."""
    known = known_right(admin)
    return known is not None and log_in(admin.api, known, admin.token).token


def _change(admin: Session, user: User) -> Trial:
    return Trial(noted(admin.ask("PUT", f"{USERS}/{user.name}", {"password": user.password})))


password = Probe("auth-passwords", PasswordObservation, _look)
