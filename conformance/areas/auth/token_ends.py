"""Gives one user of the run's own another password, removes another, and asks what their tokens are good for then."""

from __future__ import annotations

from collections.abc import Callable

from conformance.areas.auth.logout import until_taken
from conformance.areas.auth.nodes import addresses
from conformance.areas.auth.record import EndedToken, TokenEndsObservation
from conformance.areas.auth.replies import noted
from conformance.areas.auth.tokens import Way, ways
from conformance.bench import Bench
from conformance.engine.observatory import Probe
from conformance.model import Inconclusive
from conformance.sentence import say
from conformance.web.accounts import OwnUsers, Session, User, administrator, new_user, own_users, signed_in
from conformance.web.api import USERS
from conformance.web.exchange import Exchange

Deed = Callable[[OwnUsers, User], Exchange]


def _look(bench: Bench) -> TokenEndsObservation:
    deeds: dict[str, Deed] = {"password": _another_password, "user": lambda users, user: users.delete(user.name)}
    with administrator(bench) as admin:
        users = [new_user(bench) for _ in deeds]
        with own_users(admin, *(user.name for user in users)) as own:
            return TokenEndsObservation(
                {name: _ended(admin, own, user, deed) for (name, deed), user in zip(deeds.items(), users, strict=True)}
            )


def _another_password(users: OwnUsers, user: User) -> Exchange:
    """Set another password, as the administrator does for a user whose token or password got lost."""
    asked = {"password": new_user(users.admin.api.bench).password}
    return users.admin.ask("PUT", f"{USERS}/{user.name}", asked)


def _ended(admin: Session, users: OwnUsers, user: User, deed: Deed) -> EndedToken:
    made = noted(users.create(user))
    if not made.taken:
        return EndedToken(stopped=say("no user of the run's own could be made: {reply}", reply=made.words))
    try:
        with signed_in(admin, user) as session:
            return _asked(admin, session, next(ways(session)), lambda: deed(users, user))
    except Inconclusive as reason:
        return EndedToken(stopped=reason.reason)


def _asked(admin: Session, session: Session, way: Way, deed: Callable[[], Exchange]) -> EndedToken:
    webapp = admin.api.webapp
    asked = addresses(admin.api.bench, webapp)
    before = {address or "": way.noted(session.ask("GET", way.path, address=address)) for address in asked}
    if not webapp.addresses:  # behind a name there may be addresses that nothing listens on
        before = {address: reply for address, reply in before.items() if not reply.trouble} or before
    done = noted(deed())
    after = {address: until_taken(way, session, address or None) for address in before}
    control = {address: way.noted(admin.ask("GET", way.path, address=address or None)) for address in before}
    return EndedToken(done, before, after, control)


token_ends = Probe("auth-token-ends", TokenEndsObservation, _look)
