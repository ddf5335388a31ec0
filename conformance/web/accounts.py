"""Accounts of the web app's API: logging in and out, and users of the run's own, made and removed again.

    with administrator(bench) as admin, throw_away(admin) as user, signed_in(admin, user) as session:
        session.ask("GET", "/v1/health")

Passwords and tokens travel over TLS that verifies, or not at all, and are kept out of every report. All probes of a
run share one session of the administrator; `throw_away` stands in the journal until the user is gone.
"""

from __future__ import annotations

import secrets
import string
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

from conformance.bench import Bench
from conformance.bench.journal import Request
from conformance.bench.restoring import Change
from conformance.inputs.target import Login
from conformance.model import Inconclusive
from conformance.pointers import MISSING
from conformance.secrecy.secret import Secret
from conformance.sentence import By, Own, own_list, say
from conformance.web.answer import MAX_BODY
from conformance.web.api import LOGOUT, USERS, Api, no_token, token_in
from conformance.web.exchange import Exchange
from conformance.web.preflight import reach
from conformance.web.restoring import restore

ADMINISTRATOR = "webapp.admin"

_GONE = (404, 410)  # a user who is not there is removed
_LETTERS = string.ascii_letters


@dataclass(frozen=True, slots=True)
class Session:
    """An account that is logged in; `login` is the answer that brought the token."""

    api: Api
    username: str
    token: str
    login: Exchange

    def ask(
        self,
        method: str,
        path: str,
        document: Any = MISSING,
        *,
        body: bytes | None = None,
        address: str | None = None,
        most: int = MAX_BODY,
    ) -> Exchange:
        """Send a request with the session's token; as `Api.ask`."""
        bearer = f"Bearer {self.token}"
        return self.api.ask(method, path, document, authorization=bearer, body=body, address=address, most=most)

    def on(self, bench: Bench) -> Session:
        """Return the same session for another probe's bench."""
        return replace(self, api=self.api.on(bench))

    def log_out(self) -> Exchange:
        """Give the token back."""
        return self.ask("POST", LOGOUT)


@dataclass(frozen=True, slots=True)
class User:
    """An account of the run's own."""

    name: str
    password: str


@contextmanager
def administrator(bench: Bench) -> Iterator[Session]:
    """Hold the session of webapp.admin, which all probes of a run share.

    Raises Inconclusive when the endpoint does not verify or the login is not taken; it is then not tried again.
    """
    with declared(bench, ADMINISTRATOR) as session:
        yield session


@contextmanager
def declared(bench: Bench, account: str) -> Iterator[Session]:
    """Hold the session of an account that the target file names (`webapp.admin`, `webapp.user`); as `administrator`."""
    with bench.logins.shared(account, lambda: _begin(bench, account), _end) as session:
        yield session.on(bench)


def _begin(bench: Bench, account: str) -> Session:
    api = Api(bench)
    login: Login | None = getattr(api.webapp, account.partition(".")[2])
    if login is None:
        raise Inconclusive(say("the target file lacks {key}, which this needs", key=Own(account)))
    reach(bench, api.webapp.url)
    seen = api.log_in_patiently(login.username, bench.vault[login.password].reveal())
    if token := token_in(seen):
        return Session(api, login.username, token, seen)
    if seen.trouble:
        raise Inconclusive(
            say(
                "{account} was not logged in, so no password was tried: {trouble}",
                account=Own(account),
                trouble=seen.trouble,
            )
        )
    why = say(
        "the login of {account} was answered {status} without a token, so nothing was asked in its name",
        account=Own(account),
        status=seen.status,
    )
    bench.logins.refused(account, why)
    raise Inconclusive(why)


def _end(session: Session) -> None:
    with suppress(Inconclusive):  # the run is over: the token expires by itself
        session.on(session.api.bench.for_restoring()).log_out()


class OwnUsers:
    """Users that the run makes and removes again; what was asked for is taken to be there until seen to be not."""

    def __init__(self, admin: Session, names: tuple[str, ...]) -> None:
        """Know the names; nobody is made yet."""
        self.admin = admin
        self.names = names
        self.change: Change
        self._there: set[str] = set()

    def create(self, user: User, by: Session | Api | None = None) -> Exchange:
        """Ask for a user to be made, by the administrator or whoever `by` is; by nobody where that is the API."""
        self._there.add(user.name)
        asked = {"username": user.name, "password": user.password}
        return self.change.make(lambda: (by or self.admin).ask("POST", USERS, asked))

    def exists(self, name: str) -> bool | None:
        """Tell whether a user is there, as the administrator sees it; None where that cannot be told."""
        seen = self.admin.ask("GET", f"{USERS}/{name}")
        if seen.status in _GONE:
            self._there.discard(name)
            return False
        return (name in seen.body or None) if seen.ok else None

    def delete(self, name: str, bench: Bench | None = None) -> Exchange:
        """Delete a user, as the administrator."""
        admin = self.admin.on(bench) if bench else self.admin
        seen = admin.ask("DELETE", f"{USERS}/{name}")
        if seen.ok or seen.status in _GONE:
            self._there.discard(name)
        return seen

    def remove(self, bench: Bench) -> bool:
        """Delete who may be there, and tell whether nobody is left."""
        for name in sorted(self._there):
            self.delete(name, bench)
        return not self._there or not restore(bench, [_deletion(self.admin, name) for name in sorted(self._there)])


@contextmanager
def own_users(admin: Session, *names: str) -> Iterator[OwnUsers]:
    """Journal that none of `names` may be left in the end, and see to it."""
    bench = admin.api.bench
    users = OwnUsers(admin, names)
    deletions = [_deletion(admin, name) for name in names]
    what = say("users of the run's own ({names})", names=own_list(names, By.COMMA))
    with bench.restorer.changing(what, lambda: users.remove(bench.for_restoring()), *deletions) as users.change:
        yield users


def _deletion(admin: Session, name: str) -> Request:
    url = f"{admin.api.webapp.url.rstrip('/')}{USERS}/{name}"
    return Request("DELETE", url, login=ADMINISTRATOR, also=_GONE)


@contextmanager
def throw_away(admin: Session) -> Iterator[User]:
    """Make a user with a strong password, and delete it at the end, whatever ends the run.

    Raises Inconclusive when the administrator cannot make one.
    """
    user = new_user(admin.api.bench)
    with own_users(admin, user.name) as users:
        seen = users.create(user)
        if not seen.ok:
            raise Inconclusive(
                say(
                    "no user of the run's own could be made: {request}: {answer}",
                    request=Own(f"POST {USERS}"),
                    answer=seen.outcome,
                )
            )
        yield user


@contextmanager
def signed_in(admin: Session, user: User) -> Iterator[Session]:
    """Log a user of the run's own in, and out again; raises Inconclusive when its login is not taken."""
    seen = admin.api.log_in_patiently(user.name, user.password)
    token = token_in(seen)
    if not token:
        admin.api.bench.logins.went_wrong()
        raise Inconclusive(say("{account} could not log in: {answer}", account=Own(user.name), answer=no_token(seen)))
    session = Session(admin.api, user.name, token, seen)
    try:
        yield session
    finally:
        with suppress(Inconclusive):
            session.log_out()


def new_user(bench: Bench) -> User:
    """Think up a user; its password is a secret from here on."""
    return User(f"portero{secrets.token_hex(4)}", learnt(bench, strong_password(20)))


def learnt(bench: Bench, password: str) -> str:
    """Return a password that no report will show from here on."""
    bench.redactor.learn(Secret("password of a user of the run's own", password))
    return password


def strong_password(length: int) -> str:
    """Return a random password of `length` characters, with all four kinds among its first four."""
    return "Q7!w" + "".join(secrets.choice(_LETTERS) for _ in range(length - 4))
