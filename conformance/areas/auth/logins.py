"""Logs in with what must not work: at most three times a run, at an account of the run's own where it may make one."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

from conformance.areas.auth.record import OWN_USER, LoginObservation, ThrottleObservation, Try
from conformance.areas.auth.replies import SHOWN, noted
from conformance.bench import Bench
from conformance.engine.observatory import Probe
from conformance.model import Inconclusive
from conformance.sentence import Own, Sentence, say
from conformance.web.accounts import (
    ADMINISTRATOR,
    Session,
    User,
    administrator,
    declared,
    new_user,
    strong_password,
    throw_away,
)
from conformance.web.api import Api, token_in
from conformance.web.exchange import Exchange

DEFAULT = User("admin", "secret")
"""The account that the vendor's client comes with, and its password until it is changed."""

KNOCKS = 100
"""How many bad logins in a row an account may take at most (NIST SP 800-63B, rate limiting)."""

ENOUGH_KNOCKS = 30
"""How many of them say enough where logins are so slow that there is no time for all."""

_RESERVE = 5.0  # seconds of the deadline left for what follows the last wrong guess


def _look(bench: Bench) -> LoginObservation:
    with administrator(bench) as admin, _somebody(bench, admin) as (account, user, control):
        api, own = admin.api, account == OWN_USER
        wrong = _nearly(user.password) if own else strong_password(24)
        seen = LoginObservation(
            account=account,
            control=control,
            wrong=_wrong(api, User(user.name, wrong)),
            unknown=_wrong(api, new_user(bench)),
            default=_wrong(api, DEFAULT),
        )
        return replace(seen, again=log_in(api, user, admin.token))


def known_right(admin: Session) -> User | None:
    """Return the administrator's own name and password: what can log in when anybody can."""
    login = admin.api.webapp.admin
    return User(login.username, admin.api.bench.vault[login.password].reveal()) if login else None


@contextmanager
def _somebody(bench: Bench, admin: Session) -> Iterator[tuple[Sentence, User, Try]]:
    """Settle whose password is to be wrong: an own user's, else the declared user's, else the administrator's."""
    with ExitStack() as stack:
        if own := _own_user(stack, admin):
            yield OWN_USER, own, log_in(admin.api, own)
            return
        account = "webapp.user" if admin.api.webapp.user else ADMINISTRATOR
        login = admin.api.webapp.user or admin.api.webapp.admin
        assert login is not None  # noqa: S101 - the administrator is logged in
        session = stack.enter_context(declared(bench, account))
        user = User(login.username, bench.vault[login.password].reveal())
        yield say("{account}", account=Own(account)), user, Try(noted(session.login), token=True)


def _own_user(stack: ExitStack, admin: Session) -> User | None:
    """Make a user for as long as `stack` is open, where consent and gateway allow it."""
    if not admin.api.bench.target.permits("write"):
        return None
    try:
        return stack.enter_context(throw_away(admin))
    except Inconclusive:
        return None


def log_in(api: Api, user: User, kept: str = "") -> Try:
    """Log in with what ought to be right, and out again, unless that brought the token that is to be `kept`."""
    seen = api.log_in_patiently(user.name, user.password)
    tried = _settled(api, user, seen, kept)
    if tried.works is False:
        api.bench.logins.went_wrong()
    return tried


def _wrong(api: Api, user: User) -> Try:
    """Log in with what must not be right, unless that went wrong often enough already."""
    try:
        api.bench.logins.wrong_one()
    except Inconclusive as reason:
        return Try(withheld=reason.reason)
    return _tried(api, user)


def _tried(api: Api, user: User) -> Try:
    return _settled(api, user, api.log_in(user.name, user.password))


def _settled(api: Api, user: User, seen: Exchange, kept: str = "") -> Try:
    """Note what a login brought, and give its token back; an answer without a token is shown."""
    token = token_in(seen)
    if token:
        if token != kept:
            Session(api, user.name, token, seen).log_out()
        return Try(noted(seen), token=True)
    return Try(replace(noted(seen), said=seen.body[:SHOWN]))


def _nearly(password: str) -> str:
    """Change the case of the last letter: what compares a part only, or without case, takes it."""
    return password[:-1] + password[-1].swapcase()


def _throttle(bench: Bench) -> ThrottleObservation:
    with administrator(bench) as admin, throw_away(admin) as user:
        good = log_in(admin.api, user)
        if not good.token or good.reply is None:
            raise Inconclusive(say("a user of the run's own could not log in with its own password"))
        bench.logins.wait_to_be_last(ADMINISTRATOR, bench.left() / 2)
        seen = ThrottleObservation(good.reply)
        while len(seen.bad) < KNOCKS and bench.left() > _RESERVE and seen.held_back is None:
            tried = _tried(admin.api, User(user.name, f"{secrets.token_hex(8)}Aa!"))
            if tried.token or tried.reply is None:
                raise Inconclusive(say("a wrong password brought a token, so there is nothing to hold back"))
            seen = _doubted(admin.api, user, replace(seen, bad=(*seen.bad, tried.reply)))
        if seen.bad and seen.bad[-1].trouble:
            return replace(seen, alive=noted(admin.ask("GET", "/v1/health")))
        if seen.held_back is None and len(seen.bad) >= ENOUGH_KNOCKS:
            return replace(seen, after=_tried(admin.api, user))
        return seen


def _doubted(api: Api, user: User, seen: ThrottleObservation) -> ThrottleObservation:
    """Try the right password once a bad login has a new status: while it works, nobody is held back."""
    last = seen.bad[-1]
    if seen.held_back is None or seen.plainly(last):
        return seen
    after = _tried(api, user)
    return replace(seen, after=after, harmless=(*seen.harmless, last.status) if after.token else seen.harmless)


logins = Probe("auth-logins", LoginObservation, _look)
throttle = Probe("auth-throttle", ThrottleObservation, _throttle, deadline=90.0)
