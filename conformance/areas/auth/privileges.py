"""Lets a user without the administrator's role try what only an administrator may do, to users of the run's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from conformance import pointers
from conformance.areas.auth.logins import log_in
from conformance.areas.auth.record import OWN_USER, Deed, PrivilegeObservation, Reply
from conformance.areas.auth.replies import noted
from conformance.areas.auth.tokens import candidates
from conformance.bench import Bench
from conformance.engine.observatory import Probe
from conformance.sentence import Own, Sentence, say
from conformance.web.accounts import (
    OwnUsers,
    Session,
    User,
    administrator,
    declared,
    new_user,
    own_users,
    signed_in,
    throw_away,
)
from conformance.web.api import USERS

SETTINGS = "/v1/settings/application"


def _look(bench: Bench) -> PrivilegeObservation:
    with administrator(bench) as admin, _somebody(bench, admin) as (account, session):
        seen = PrivilegeObservation(account, _own_request(session))
        victim, wanted = new_user(bench), new_user(bench)
        with own_users(admin, victim.name, wanted.name) as users:
            made = noted(users.create(victim))
            if not made.taken:
                stopped = say("no user of the run's own could be made: {reply}", reply=made.words)
                return replace(seen, stopped=stopped)
            deeds = {
                "create": Deed(noted(users.create(wanted, session)), made, users.exists(wanted.name)),
                "change": _change(users, victim, session),
                "settings": _settings(admin, session),
                "delete": _delete(users, victim, session),
            }
            return replace(seen, deeds=deeds)


@contextmanager
def _somebody(bench: Bench, admin: Session) -> Iterator[tuple[Sentence, Session]]:
    """Log the declared user in, or one that is made for it."""
    if admin.api.webapp.user:
        with declared(bench, "webapp.user") as session:
            yield say("{account}", account=Own("webapp.user")), session
        return
    with throw_away(admin) as user, signed_in(admin, user) as session:
        yield OWN_USER, session


def _own_request(session: Session) -> Reply:
    """Ask for what any user may ask for; the last answer where none is given."""
    replies = []
    for path in candidates(session.api.webapp):
        replies.append(noted(session.ask("GET", path)))
        if replies[-1].taken:
            break
    return replies[-1]


def _change(users: OwnUsers, victim: User, session: Session) -> Deed:
    """Let the user change another's password; that the old one still works shows that it was not."""
    path = f"{USERS}/{victim.name}"
    tried, control = new_user(session.api.bench), new_user(session.api.bench)
    reply = noted(session.ask("PUT", path, {"password": tried.password}))
    taken = User(victim.name, tried.password if reply.taken else victim.password)
    works = log_in(users.admin.api, taken).works
    effect = works if reply.taken or works is None else not works
    return Deed(reply, noted(users.admin.ask("PUT", path, {"password": control.password})), effect)


def _settings(admin: Session, session: Session) -> Deed:
    """Let the user set a setting to what it is, so that nothing changes whatever comes of it."""
    same = _flag(admin.ask("GET", SETTINGS).body)
    if same is None:
        nothing = say("the administrator reads no setting that could be tried")
        return Deed(Reply(f"PATCH {SETTINGS}", trouble=nothing), None)
    reply = noted(session.ask("PATCH", SETTINGS, same))
    return Deed(reply, noted(admin.ask("PATCH", SETTINGS, same)))


def _flag(text: str) -> dict[str, bool] | None:
    """Return one boolean setting as it stands."""
    for at, value in pointers.leaves_of(text):
        parent, _, key = at.rpartition("/")
        if isinstance(value, bool) and parent in ("", "/settings", "/settings/application", "/application"):
            return {key: value}
    return None


def _delete(users: OwnUsers, victim: User, session: Session) -> Deed:
    reply = noted(session.ask("DELETE", f"{USERS}/{victim.name}"))
    there = users.exists(victim.name)
    return Deed(reply, noted(users.delete(victim.name)), None if there is None else not there)


privileges = Probe("auth-privileges", PrivilegeObservation, _look)
