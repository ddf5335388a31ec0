"""A token of the administrator's: how long it lives, and whether forgeries of it are taken for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from conformance.areas.auth import forged_tokens
from conformance.areas.auth.likeness import alike
from conformance.areas.auth.record import Forged, Form, Reply, TokenObservation
from conformance.areas.auth.replies import form, noted
from conformance.areas.auth.token_life import lifetimes
from conformance.bench import Bench
from conformance.engine.observatory import Probe
from conformance.inputs.target import Webapp
from conformance.model import Inconclusive
from conformance.sentence import Own, own_list, say
from conformance.web.accounts import ADMINISTRATOR, Session, administrator
from conformance.web.api import basic
from conformance.web.exchange import Exchange

USUAL = ("/v1/health", "/v1/settings/application")


@dataclass(frozen=True, slots=True)
class Way:
    """An API path that answers who is logged in, and nobody else."""

    path: str
    mine: Exchange
    bare: Exchange

    def noted(self, seen: Exchange) -> Reply:
        """Note an answer that the path gave; a success that is no other than a stranger's is a refusal."""
        return replace(noted(seen), denied=self._denied(seen))

    def _denied(self, seen: Exchange) -> bool:
        succeeds = 200 <= seen.status < 300 and form(seen) is not Form.NOTHING
        return succeeds and not alike(seen, self.mine) and alike(seen, self.bare)


def ways(session: Session) -> Iterator[Way]:
    """Find API paths that answer who is logged in and nobody else.

    Raises Inconclusive that says what was found instead, once there are no more and there was none.
    """
    served, found = [], False
    for path in candidates(session.api.webapp):
        mine = session.ask("GET", path)
        if not noted(mine).taken:
            continue
        way = Way(path, mine, session.api.ask("GET", path))
        if way.noted(way.bare).turned_away:
            found = True
            yield way
        elif noted(way.bare).taken:
            served.append(path)
    if served and not found:
        raise Inconclusive(
            say(
                "{paths} answers who brings no token as well, at least once somebody with one has asked: "
                "nothing else was found to tell a good token from none by",
                paths=own_list(served),
            )
        )
    if not found:
        raise Inconclusive(say("no API path was found that answers who is logged in and refuses who brings no token"))


def candidates(webapp: Webapp) -> tuple[str, ...]:
    """List the paths that may be asked for without doing anything."""
    return tuple(dict.fromkeys((*webapp.api_paths, *USUAL)))


def _look(bench: Bench) -> TokenObservation:
    with administrator(bench) as own:
        token = own.token
        seen = TokenObservation("jwt" if forged_tokens.is_jwt(token) else "opaque", lifetimes(bench, own.login, token))
        try:
            found = list(ways(own))
        except Inconclusive as reason:
            return replace(seen, stopped=reason.reason)
        way = found[0]
        forged: dict[str, tuple[Forged, ...]] = {}
        controls: dict[str, Reply] = {}
        for name, forgeries in forged_tokens.forgeries(token, own.username).items():
            forged[name] = tuple(Forged(forgery.what, _sent(own, way, forgery)) for forgery in forgeries)
            controls[name] = way.noted(own.ask("GET", way.path))
        forged["password"] = tuple(_by_password(bench, own, each) for each in found)
        controls["password"] = way.noted(own.ask("GET", way.path))
        return replace(seen, before=noted(way.mine), bare=way.noted(way.bare), forged=forged, controls=controls)


def _sent(own: Session, way: Way, forgery: forged_tokens.Forgery) -> Reply:
    separator = "&" if "?" in way.path else "?"
    asked = f"{way.path}{separator}{forgery.query}" if forgery.query else way.path
    return way.noted(
        own.api.ask("GET", asked, authorization=forgery.authorization, headers=forgery.headers, body=forgery.body)
    )


def _by_password(bench: Bench, own: Session, way: Way) -> Forged:
    """Bring the administrator's right name and password where a token is asked for."""
    login = own.api.webapp.admin
    if login is None:
        raise Inconclusive(say("the target file lacks {key}, which this needs", key=Own(ADMINISTRATOR)))
    pair = basic(login.username, bench.vault[login.password].reveal())
    what = say("name and password in the place of a token, at {path},", path=Own(way.path))
    return Forged(what, way.noted(own.api.ask("GET", way.path, authorization=pair)))


token = Probe("auth-token", TokenObservation, _look)
