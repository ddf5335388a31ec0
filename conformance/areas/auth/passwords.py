"""Gives users of the run's own strong and weak passwords, and sees which are taken.

That a refusal left nothing behind is seen from what works afterwards: the name is still free, the old password is
still good. So no login is made that a conforming gateway refuses.
"""

from __future__ import annotations

from dataclasses import replace

from conformance.areas.auth import weak_passwords
from conformance.areas.auth.logins import log_in
from conformance.areas.auth.record import PasswordObservation, Trial
from conformance.areas.auth.replies import noted
from conformance.bench import Bench
from conformance.engine.observatory import Probe
from conformance.sentence import say
from conformance.web.accounts import OwnUsers, Session, User, administrator, learnt, new_user, own_users
from conformance.web.api import USERS

EIGHT, TWENTY, SIXTY_FOUR = weak_passwords.STRONG


def _look(bench: Bench) -> PasswordObservation:
    with administrator(bench) as admin:
        kept, other = new_user(bench).name, new_user(bench).name
        with own_users(admin, kept, other) as users:
            creation: dict[str, Trial] = {}
            for name in (EIGHT, TWENTY):
                first = User(kept, _strong(bench, name))
                creation[name] = Trial(noted(users.create(first)))
                if creation[name].reply.taken:
                    creation |= _creations(users, other)
                    return PasswordObservation(creation, _changes(admin, first))
            said = creation[TWENTY].reply.words
            stopped = say("a user with a strong password could not be made: {reply}", reply=said)
            return PasswordObservation(creation, stopped=stopped)


def _strong(bench: Bench, name: str) -> str:
    return learnt(bench, weak_passwords.strong(weak_passwords.STRONG[name]))


def _creations(users: OwnUsers, name: str) -> dict[str, Trial]:
    """Ask for the same user again and again: who could be made in the end was not there before."""
    bench = users.admin.api.bench
    trials = {}
    for weak in weak_passwords.WEAK:
        trials[weak] = Trial(noted(users.create(User(name, learnt(bench, weak_passwords.weak(weak))))))
        if trials[weak].reply.taken:
            trials[weak] = replace(trials[weak], effect=users.exists(name))
            if trials[weak].effect is not False and not noted(users.delete(name)).taken:
                return trials  # with the user still there, what is refused from now on is refused for that
    trials[SIXTY_FOUR] = Trial(noted(users.create(User(name, _strong(bench, SIXTY_FOUR)))))
    there = False if trials[SIXTY_FOUR].reply.taken else users.exists(name)
    return {
        n: replace(t, effect=there) if n in weak_passwords.WEAK and t.effect is None else t for n, t in trials.items()
    }


def _changes(admin: Session, user: User) -> dict[str, Trial]:
    """Change a user's password to weak ones, and see which password is its own afterwards."""
    bench = admin.api.bench
    if not log_in(admin.api, user).token:
        return {}
    trials, taken = {}, user
    for weak in weak_passwords.WEAK:
        changed = User(user.name, learnt(bench, weak_passwords.weak(weak)))
        trials[weak] = _change(admin, changed)
        taken = changed if trials[weak].reply.taken else taken
    took = [name for name, trial in trials.items() if trial.reply.taken]
    works = log_in(admin.api, taken).works
    if took and works:
        trials[took[-1]] = replace(trials[took[-1]], effect=True)
    elif not took:
        trials = {name: replace(trial, effect=None if works is None else not works) for name, trial in trials.items()}
    elif works is False and log_in(admin.api, user).works:
        trials = {name: replace(trial, effect=False) for name, trial in trials.items()}
    for name in (EIGHT, SIXTY_FOUR):
        strong = User(user.name, _strong(bench, name))
        trials[name] = _change(admin, strong)
        if trials[name].reply.taken:
            trials[name] = replace(trials[name], effect=log_in(admin.api, strong).works)
    return trials


def _change(admin: Session, user: User) -> Trial:
    return Trial(noted(admin.ask("PUT", f"{USERS}/{user.name}", {"password": user.password})))


password = Probe("auth-passwords", PasswordObservation, _look)
