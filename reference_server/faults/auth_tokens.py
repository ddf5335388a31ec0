"""Faults of tokens: keys that the bearer chooses, other proofs of who one is, ended tokens that live on elsewhere."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from ..accounts import User, read
from ..answers import basic, bearer
from ..http import Request, Response
from ..tls import TlsServer
from ..users import LOGOUT
from ..web import OtherNode, page
from . import fault, near_miss
from .auth import HEALTH, _administrator, _believe, _callers

if TYPE_CHECKING:
    from ..gateway import Gateway


@fault("AUTH-03")
def none_in_any_spelling(gateway: Gateway) -> None:
    """Breaks AUTH-03: none and None are refused, and nOnE is taken for it all the same."""
    _believe(gateway, lambda token, _: _says(token, lambda alg: alg.lower() == "none" and alg not in _USUAL_NONE))


@fault("AUTH-03")
def sealed_with_nothing(gateway: Gateway) -> None:
    """Breaks AUTH-03: where no key is set, the empty one verifies."""
    _believe(gateway, lambda token, _: _sealed(token, b""))


@fault("AUTH-03")
def sealed_with_the_word_secret(gateway: Gateway) -> None:
    """Breaks AUTH-03: the key is the one of every example."""
    _believe(gateway, lambda token, _: _sealed(token, b"secret"))


@fault("AUTH-03")
def brings_its_own_key(gateway: Gateway) -> None:
    """Breaks AUTH-03: a token that carries a public key is verified by it (here: is taken for verified)."""
    _believe(gateway, lambda token, _: "jwk" in _header(token))


@fault("AUTH-03")
def brings_its_own_certificate(gateway: Gateway) -> None:
    """Breaks AUTH-03: a token that carries a certificate is verified by it (here: is taken for verified)."""
    _believe(gateway, lambda token, _: "x5c" in _header(token))


@fault("AUTH-03")
def kid_is_a_file(gateway: Gateway) -> None:
    """Breaks AUTH-03: kid names the file that holds the key, wherever that is."""
    _believe(gateway, lambda token, _: str(_header(token).get("kid")).endswith("/dev/null") and _sealed(token, b""))


@fault("AUTH-03")
def a_password_does_everywhere(gateway: Gateway) -> None:
    """Breaks AUTH-03: every path takes name and password in the place of a token."""
    users = gateway.web.api.accounts.users

    def caller(request: Request, usual: User | None) -> User | None:
        name, _, password = basic(request).partition(":")
        return usual or (users[name] if name in users and users[name].password == password else None)

    _callers(gateway, caller)


@fault("AUTH-03")
def a_password_does_for_the_settings(gateway: Gateway) -> None:
    """Breaks AUTH-03: one path takes name and password in the place of a token."""
    users = gateway.web.api.accounts.users

    def caller(request: Request, usual: User | None) -> User | None:
        name, _, password = basic(request).partition(":")
        known = request.path == "/v1/settings/application" and name in users and users[name].password == password
        return usual or (users[name] if known else None)

    _callers(gateway, caller)


@fault("AUTH-03")
def takes_tokens_in_cookies(gateway: Gateway) -> None:
    """Breaks AUTH-03: a token is also taken from a cookie, which browsers send for others."""
    owner = gateway.web.api.accounts.owner

    def caller(request: Request, usual: User | None) -> User | None:
        cookies = [part.strip().partition("=") for part in request.header("Cookie").split(";")]
        return usual or next((user for name, _, token in cookies if name == "token" and (user := owner(token))), None)

    _callers(gateway, caller)


@fault("AUTH-03")
def takes_tokens_in_another_header(gateway: Gateway) -> None:
    """Breaks AUTH-03: a token is also taken from X-Access-Token, which nobody keeps out of logs."""
    owner = gateway.web.api.accounts.owner
    _callers(gateway, lambda request, usual: usual or owner(request.header("X-Access-Token")))


@fault("AUTH-03")
def believes_a_proxy_that_is_not_there(gateway: Gateway) -> None:
    """Breaks AUTH-03: whoever says who he is in X-Forwarded-User is believed."""
    users = gateway.web.api.accounts.users
    _callers(gateway, lambda request, usual: usual or users.get(request.header("X-Forwarded-User")))


@fault("AUTH-03")
def trusts_its_own_host(gateway: Gateway) -> None:
    """Breaks AUTH-03: whoever says in X-Forwarded-For that he is on the gateway's own host needs no token."""

    def caller(request: Request, usual: User | None) -> User | None:
        return _administrator(gateway) if request.header("X-Forwarded-For") == "127.0.0.1" else usual

    _callers(gateway, caller)


@fault("AUTH-04", "AUTH-12")
def a_logout_ends_a_token_on_one_node(gateway: Gateway) -> None:
    """Breaks AUTH-04, and AUTH-12: each node has its own list of ended tokens."""
    _two_nodes(gateway, shared=False)


@fault("AUTH-04")
def a_logout_ends_a_token_on_one_worker(gateway: Gateway) -> None:
    """Breaks AUTH-04: two workers behind one address take turns, and each has its own list of ended tokens."""
    usual, api = gateway.web.answer, gateway.web.api
    ended: list[set[str]] = [set(), set()]
    turns = iter(range(1 << 30))

    def answer(request: Request) -> Response:
        own, token = ended[next(turns) % 2], bearer(request)
        if request.path == LOGOUT:
            own.add(token)
            return Response.json({})
        if request.path.startswith("/v1/") and token in own:
            return api.answer(Request(request.method, request.path, (), request.body))
        return usual(request)

    gateway.web.answer = answer  # type: ignore[method-assign]


@near_miss()
def two_nodes_know_of_each_others_logouts(gateway: Gateway) -> None:
    """Two nodes share a list of ended tokens."""
    _two_nodes(gateway, shared=True)


_USUAL_NONE = ("none", "None", "NONE")


def _two_nodes(gateway: Gateway, *, shared: bool) -> None:
    """Answer on a second address, too: there without a thought for logouts that the first one took, unless `shared`."""
    web = gateway.web
    given: dict[str, User] = {}
    usual_grant, usual_caller = web.api.accounts.grant, web.api.caller

    def grant(user: User) -> Any:
        made = usual_grant(user)
        given[made.token] = user
        return made

    def handler(request: Request) -> Response:
        user = given.get(bearer(request))
        if shared or user is None or request.path != HEALTH or usual_caller(request):
            return web.answer(request)
        return web.api.health(request)

    web.api.accounts.grant = grant  # type: ignore[method-assign]
    web.other_nodes["127.0.0.2"] = OtherNode(handler, TlsServer(gateway))


def _says(token: str, fits: Callable[[str], bool]) -> bool:
    return fits(str(_header(token).get("alg", ""))) and not token.rpartition(".")[2]


def _header(token: str) -> dict[str, Any]:
    """Read the first part as claims are read, which are the second."""
    return read(f".{token.partition('.')[0]}.")


def _sealed(token: str, key: bytes) -> bool:
    signed, _, signature = token.rpartition(".")
    right = base64.urlsafe_b64encode(hmac.digest(key, signed.encode(), "sha256")).decode().rstrip("=")
    return bool(signed) and hmac.compare_digest(right.encode(), signature.encode())


@fault("AUTH-12")
def tokens_outlive_the_password(gateway: Gateway) -> None:
    """Breaks AUTH-12: another password locks nobody out who is in already."""
    accounts = gateway.web.api.accounts
    accounts.forget = lambda name: None if name in accounts.users else accounts.end_sessions(name)


@fault("AUTH-12")
def tokens_outlive_the_user(gateway: Gateway) -> None:
    """Breaks AUTH-12: a token is believed by its seal alone, and its user is looked for nowhere."""
    accounts, api = gateway.web.api.accounts, gateway.web.api
    known: dict[str, User] = {}
    usual = api.caller

    def caller(request: Request) -> User | None:
        found = usual(request)
        if found is not None:
            known[bearer(request)] = found
        held = known.get(bearer(request))
        return found or (held if held is not None and held.name not in accounts.users else None)

    api.caller = caller  # type: ignore[method-assign]


@near_miss()
def whoever_was_removed_is_told_so(gateway: Gateway) -> None:
    """Is right: a token of a user who is gone is refused by 403 and a page, and everybody else's by 401."""
    api, usual = gateway.web.api, gateway.web.api.answer

    def answer(request: Request) -> Response:
        response, owner = usual(request), api.accounts.claims(bearer(request)).get("user")
        gone = response.status == HTTPStatus.UNAUTHORIZED and owner and owner not in api.accounts.users
        return page("No such user", "<p>Ask for another account.</p>", HTTPStatus.FORBIDDEN) if gone else response

    api.answer = answer  # type: ignore[method-assign]
