"""A token of the administrator's: how long it lives, and whether forgeries of it are taken for it."""

from __future__ import annotations

from dataclasses import replace

from conformance.areas.auth import forged_tokens
from conformance.areas.auth.record import Forged, Reply, TokenObservation
from conformance.areas.auth.replies import noted
from conformance.areas.auth.token_life import lifetimes
from conformance.bench import Bench
from conformance.engine.observatory import Probe
from conformance.inputs.target import Webapp
from conformance.sentence import say
from conformance.web.accounts import Session, administrator

USUAL = ("/v1/health", "/v1/settings/application")


def open_to(session: Session) -> tuple[str, Reply, Reply] | None:
    """Find an API path that answers who is logged in and nobody else: with both answers, or None."""
    for path in candidates(session.api.webapp):
        mine = noted(session.ask("GET", path))
        if mine.taken:
            bare = noted(session.api.ask("GET", path))
            if bare.turned_away:
                return path, mine, bare
    return None


def candidates(webapp: Webapp) -> tuple[str, ...]:
    """List the paths that may be asked for without doing anything."""
    return tuple(dict.fromkeys((*webapp.api_paths, *USUAL)))


NOWHERE = say("no API path was found that answers who is logged in and refuses who brings no token")


def _look(bench: Bench) -> TokenObservation:
    with administrator(bench) as own:
        token = own.token
        seen = TokenObservation("jwt" if forged_tokens.is_jwt(token) else "opaque", lifetimes(bench, own.login, token))
        found = open_to(own)
        if found is None:
            return replace(seen, stopped=NOWHERE)
        path, before, bare = found
        forged = {
            name: tuple(Forged(forgery.what, _sent(own, path, forgery)) for forgery in forgeries)
            for name, forgeries in forged_tokens.forgeries(token, own.username).items()
        }
        return replace(seen, before=before, bare=bare, forged=forged, after=noted(own.ask("GET", path)))


def _sent(own: Session, path: str, forgery: forged_tokens.Forgery) -> Reply:
    separator = "&" if "?" in path else "?"
    asked = f"{path}{separator}{forgery.query}" if forgery.query else path
    return noted(own.api.ask("GET", asked, authorization=forgery.authorization))


token = Probe("auth-token", TokenObservation, _look)
