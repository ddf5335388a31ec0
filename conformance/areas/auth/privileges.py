"""Lets a user without the administrator's role try what only an administrator may do, to users of the run's own."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from conformance import pointers
from conformance.areas.auth.likeness import alike
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
from conformance.web.api import USERS, Api
from conformance.web.exchange import Exchange

SETTINGS = "/v1/settings/application"


def _look(bench: Bench) -> PrivilegeObservation:
    with administrator(bench) as admin, _somebody(bench, admin) as (account, session):
        seen = PrivilegeObservation(account, _own_request(session))
        victim, wanted, unwanted, more = (new_user(bench) for _ in range(4))
        with own_users(admin, *(user.name for user in (victim, wanted, unwanted, more))) as users:
            made = noted(users.create(victim))
            if not made.taken:
                stopped = say("no user of the run's own could be made: {reply}", reply=made.words)
                return replace(seen, stopped=stopped)
            deeds = {
                "create": _create(users, (wanted, unwanted, more), session),
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


def _create(users: OwnUsers, wanted: tuple[User, User, User], session: Session) -> Deed:
    """Let the user, nobody, and the administrator each create one."""
    by_user, by_nobody, by_admin = wanted
    reply, effect = noted(users.create(by_user, session)), users.exists(by_user.name)
    nobody, there = noted(users.create(by_nobody, users.admin.api)), users.exists(by_nobody.name)
    return Deed(reply, noted(users.create(by_admin)), effect, nobody, there)


def _change(users: OwnUsers, victim: User, session: Session) -> Deed:
    """Let the user, and nobody, change another's password; which password works shows whether it was changed."""
    admin, path = users.admin, f"{USERS}/{victim.name}"
    tried = [User(victim.name, new_user(admin.api.bench).password) for _ in range(2)]
    askers: tuple[Session | Api, ...] = (session, admin.api)
    replies = [noted(by.ask("PUT", path, {"password": user.password})) for by, user in zip(askers, tried, strict=True)]
    effects = _effects(admin.api, victim, tried, replies)
    control = noted(admin.ask("PUT", path, {"password": new_user(admin.api.bench).password}))
    return Deed(replies[0], control, effects[0], replies[1], effects[1])


def _effects(api: Api, victim: User, tried: list[User], replies: list[Reply]) -> list[bool | None]:
    """Tell which of the passwords is set, by a login that works with it; one that fails may have been held back."""
    first = [n for n, reply in enumerate(replies) if reply.taken][::-1]
    later = [n for n, reply in enumerate(replies) if not reply.taken][::-1]
    for n in first:
        if log_in(api, tried[n]).token:
            return [True if n == m else None for m in range(len(tried))]
    if log_in(api, victim).token:
        return [False] * len(tried)
    for n in later:
        if log_in(api, tried[n]).token:
            return [True if n == m else None for m in range(len(tried))]
    return [None] * len(tried)


def _settings(admin: Session, session: Session) -> Deed:
    """Let the user, and nobody, set a setting to what it is, so that nothing changes whatever comes of it."""
    same = _flag(admin.ask("GET", SETTINGS).body)
    if same is None:
        nothing = say("the administrator reads no setting that could be tried")
        return Deed(Reply(f"PATCH {SETTINGS}", trouble=nothing), None)
    reply, nobody = (by.ask("PATCH", SETTINGS, same) for by in (session, admin.api))
    control = admin.ask("PATCH", SETTINGS, same)
    return Deed(_noted(admin, reply, control), noted(control), None, _noted(admin, nobody, control))


def _noted(admin: Session, seen: Exchange, control: Exchange) -> Reply:
    """Note an answer; a success other than the administrator's, that strangers get anywhere, is a refusal."""
    reply = noted(seen)
    if not reply.taken or alike(seen, control):
        return reply
    nowhere = admin.api.ask("GET", f"/v1/portero-{secrets.token_hex(6)}")
    return replace(reply, denied=alike(seen, nowhere))


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
    nobody = noted(users.admin.api.ask("DELETE", f"{USERS}/{victim.name}"))
    still = users.exists(victim.name)
    effect = None if there is None else not there
    gone = None if still is None or there is False else not still
    return Deed(reply, noted(users.delete(victim.name)), effect, nobody, gone)


privileges = Probe("auth-privileges", PrivilegeObservation, _look)
