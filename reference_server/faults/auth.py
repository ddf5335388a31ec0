"""Faults of authentication: answers without a token, wrong logins, forged tokens, logout, life, throttling."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from ..accounts import Accounts, Role, User, read
from ..answers import basic, bearer, refusal
from ..http import Request, Response
from ..users import LOGIN, LOGOUT
from . import fault

if TYPE_CHECKING:
    from ..gateway import Gateway

HEALTH = "/v1/health"
SETTINGS = "/v1/settings/application"
DEFAULT = "admin:secret"

_DAY = 24 * 3600


@fault("AUTH-01")
def health_asks_for_no_token(gateway: Gateway) -> None:
    """Breaks AUTH-01: monitoring is let in without a token."""
    gateway.web.api.open.add(HEALTH)


@fault("AUTH-01", "AUTH-07")
def settings_ask_for_no_token(gateway: Gateway) -> None:
    """Breaks AUTH-01 and AUTH-07: the settings can be read by everybody."""
    gateway.web.api.open.add(SETTINGS)


@fault("AUTH-01")
def head_asks_for_no_token(gateway: Gateway) -> None:
    """Breaks AUTH-01: a HEAD is answered as a success before the token is looked at."""
    usual = gateway.web.api.answer

    def answer(request: Request) -> Response:
        return Response.json({}) if request.method == "HEAD" else usual(request)

    gateway.web.api.answer = answer  # type: ignore[method-assign]


@fault("AUTH-01")
def refusal_carries_the_answer(gateway: Gateway) -> None:
    """Breaks AUTH-01: the status says 401, and the body says what was asked for."""
    _without_token(gateway, HEALTH, lambda answer: Response(HTTPStatus.UNAUTHORIZED, answer.headers, answer.body))


@fault("AUTH-01")
def a_slash_more_asks_for_no_token(gateway: Gateway) -> None:
    """Breaks AUTH-01: who brings no token is sent to the same path with a slash, which nobody guards."""
    usual = gateway.web.api.answer
    health = gateway.web.api.health

    def answer(request: Request) -> Response:
        if request.path == f"{HEALTH}/":
            return health(request)
        if request.path == HEALTH and not bearer(request):
            return Response(HTTPStatus.MOVED_PERMANENTLY, [("Location", f"{HEALTH}/")])
        return usual(request)

    gateway.web.api.answer = answer  # type: ignore[method-assign]


@fault("AUTH-01")
def health_tells_everybody_less(gateway: Gateway) -> None:
    """Breaks AUTH-01: without a token there is a shorter answer, but there is one."""
    _without_token(gateway, HEALTH, lambda _: Response.json({"status": "running"}))


@fault("AUTH-02")
def passwords_without_case(gateway: Gateway) -> None:
    """Breaks AUTH-02: letter case does not count in a password."""
    _compare(gateway, lambda mine, told: mine.lower() == told.lower())


@fault("AUTH-02")
def passwords_by_their_beginning(gateway: Gateway) -> None:
    """Breaks AUTH-02: the first eight characters of a password are all that counts, as with old crypt()."""
    _compare(gateway, lambda mine, told: mine[:8] == told[:8])


@fault("AUTH-02")
def unknown_users_are_let_in(gateway: Gateway) -> None:
    """Breaks AUTH-02: who is not known becomes a user at the first login."""
    accounts, usual = gateway.web.api.accounts, gateway.web.users.login

    def login(request: Request) -> Response:
        name, _, password = basic(request).partition(":")
        if name not in accounts.users:
            accounts.add(name, password)
        return usual(request)

    gateway.web.api.endpoints[LOGIN]["POST"] = login


@fault("AUTH-02", "AUTH-05")
def any_password_does(gateway: Gateway) -> None:
    """Breaks AUTH-02 and AUTH-05: passwords are not compared at all."""
    _compare(gateway, lambda *_: True)


@fault("AUTH-03")
def takes_unsigned_tokens(gateway: Gateway) -> None:
    """Breaks AUTH-03: a token that says alg none is believed."""
    _believe(gateway, lambda token, _: not token.rpartition(".")[2])


@fault("AUTH-03")
def signatures_are_not_checked(gateway: Gateway) -> None:
    """Breaks AUTH-03: what a token claims is believed, whatever its signature."""
    _believe(gateway, lambda token, _: bool(read(token)))


@fault("AUTH-03")
def signature_leaves_out_the_claims(gateway: Gateway) -> None:
    """Breaks AUTH-03: the signature is that of the session, and other claims may be changed under it."""
    accounts = gateway.web.api.accounts
    usual = accounts.token
    signatures: dict[str, str] = {}

    def token(claims: dict[str, Any]) -> str:
        made = usual(claims)
        signatures.setdefault(claims["jti"], made.rpartition(".")[2])
        return made

    accounts.token = token  # type: ignore[method-assign]
    _believe(gateway, lambda told, _: signatures.get(str(read(told).get("jti"))) == told.rpartition(".")[2])


@fault("AUTH-03")
def signatures_are_compared_in_part(gateway: Gateway) -> None:
    """Breaks AUTH-03: the first twenty characters of a signature are enough."""
    _believe(gateway, lambda token, right: token.rpartition(".")[2][:20] == right.rpartition(".")[2][:20])


@fault("AUTH-03")
def an_empty_token_is_the_administrators(gateway: Gateway) -> None:
    """Breaks AUTH-03: the scheme alone is enough, as an empty token finds the first account."""

    def caller(request: Request, usual: User | None) -> User | None:
        return _administrator(gateway) if request.header("Authorization") == "Bearer" else usual

    _callers(gateway, caller)


@fault("AUTH-03")
def any_scheme_will_do(gateway: Gateway) -> None:
    """Breaks AUTH-03: whatever stands before the token is ignored."""
    accounts = gateway.web.api.accounts

    def caller(request: Request, usual: User | None) -> User | None:
        return usual or accounts.owner(request.header("Authorization").rpartition(" ")[2])

    _callers(gateway, caller)


@fault("AUTH-03")
def takes_tokens_in_the_query(gateway: Gateway) -> None:
    """Breaks AUTH-03: a token is also taken from the URL, where logs and histories keep it."""
    accounts = gateway.web.api.accounts

    def caller(request: Request, usual: User | None) -> User | None:
        return usual or accounts.owner(request.path.partition("access_token=")[2])

    _callers(gateway, caller)


@fault("AUTH-04")
def logout_ends_nothing(gateway: Gateway) -> None:
    """Breaks AUTH-04: a logout is answered, and the token lives on."""
    gateway.web.api.endpoints[LOGOUT]["POST"] = lambda _: Response.json({})


@fault("AUTH-04")
def logout_ends_every_session_of_the_user(gateway: Gateway) -> None:
    """Breaks AUTH-04: a logout ends the user's other tokens as well."""
    api = gateway.web.api

    def logout(request: Request) -> Response:
        user = api.caller(request)
        if user is not None:
            api.accounts.remove(user.name)
            api.accounts.users[user.name] = user
        return Response.json({})

    api.endpoints[LOGOUT]["POST"] = logout


@fault("AUTH-05")
def default_password_works(gateway: Gateway) -> None:
    """Breaks AUTH-05: admin's default password was never taken away."""
    _default(gateway, lambda login: login(_administrator(gateway)))


@fault("AUTH-05")
def default_password_has_to_be_changed(gateway: Gateway) -> None:
    """Breaks AUTH-05: the default password is still set, as the demand to change it shows."""
    details = "The password has to be changed first: send new_password"
    _default(gateway, lambda _: refusal(HTTPStatus.FORBIDDEN, 1005, "Access denied", details))


@fault("AUTH-05")
def default_password_leads_on(gateway: Gateway) -> None:
    """Breaks AUTH-05: the default password is answered with a success that has no token yet."""
    _default(gateway, lambda _: Response.json({"users": [{"next": "credentials/renewal"}]}))


@fault("AUTH-08")
def tokens_live_thirty_days(gateway: Gateway) -> None:
    """Breaks AUTH-08: tokens are given out for a month."""
    gateway.web.api.accounts.token_seconds = 30 * _DAY


@fault("AUTH-08")
def tokens_claim_more_than_the_login_says(gateway: Gateway) -> None:
    """Breaks AUTH-08: expires_after says seven days, and the token itself a year."""
    accounts: Accounts = gateway.web.api.accounts
    usual = accounts.token
    accounts.token = lambda claims: usual(claims | {"exp": claims["exp"] + 365 * _DAY})  # type: ignore[method-assign]


@fault("AUTH-09")
def bad_logins_go_on_for_ever(gateway: Gateway) -> None:
    """Breaks AUTH-09: nobody counts bad logins."""
    gateway.web.api.accounts.failed = lambda user: None  # type: ignore[method-assign]  # noqa: ARG005


@fault("AUTH-09")
def bad_logins_are_refused_in_two_ways(gateway: Gateway) -> None:
    """Breaks AUTH-09: bad logins get 401 and 403 by turns, and nobody counts them."""
    bad_logins_go_on_for_ever(gateway)
    usual, turns = gateway.web.api.answer, itertools.cycle((401, 403))

    def answer(request: Request) -> Response:
        response = usual(request)
        if request.path == "/v1/users/login" and response.status == HTTPStatus.UNAUTHORIZED:
            response.status = next(turns)
        return response

    gateway.web.api.answer = answer  # type: ignore[method-assign]


def _without_token(gateway: Gateway, path: str, answer: Callable[[Response], Response]) -> None:
    """Let `answer` make another answer for who brings no token of what the path answers who does."""
    usual, endpoint = gateway.web.api.answer, gateway.web.api.endpoints[path]["GET"]

    def spoilt(request: Request) -> Response:
        return answer(endpoint(request)) if request.path == path and not bearer(request) else usual(request)

    gateway.web.api.answer = spoilt  # type: ignore[method-assign]


def _compare(gateway: Gateway, same: Callable[[str, str], bool]) -> None:
    accounts = gateway.web.api.accounts
    accounts.right = lambda user, password: same(user.password, password)  # type: ignore[method-assign]


def _believe(gateway: Gateway, sealed: Callable[[str, str], bool]) -> None:
    """Take a token for sealed where `sealed` says so, of it and of how it would have to look."""
    accounts = gateway.web.api.accounts
    usual = accounts.claims

    def claims(token: str) -> dict[str, Any]:
        right = accounts.token(read(token)) if read(token) else ""
        return read(token) if sealed(token, right) else usual(token)

    accounts.claims = claims  # type: ignore[method-assign]


def _callers(gateway: Gateway, caller: Callable[[Request, User | None], User | None]) -> None:
    usual = gateway.web.api.caller
    gateway.web.api.caller = lambda request: caller(request, usual(request))  # type: ignore[method-assign]


def _administrator(gateway: Gateway) -> User:
    return next(user for user in gateway.web.api.accounts.users.values() if user.role is Role.ADMIN)


def _default(gateway: Gateway, answer: Callable[[Callable[[User], Response]], Response]) -> None:
    """Let `answer` settle a login with the default password."""
    users = gateway.web.users
    usual = users.login

    def login(request: Request) -> Response:
        return answer(users.granted) if basic(request) == DEFAULT else usual(request)

    gateway.web.api.endpoints[LOGIN]["POST"] = login
