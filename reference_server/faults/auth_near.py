"""Near misses of authentication: odd, and right."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from ..accounts import Grant, User
from ..answers import basic, refusal
from ..http import Request, Response
from ..users import LOGIN, LOGOUT, MEMBER, USERS
from ..web import page, redirect
from . import near_miss

if TYPE_CHECKING:
    from ..gateway import Gateway

SUPPORT = "/v1/support"


@near_miss()
def forbids_instead_of_asking(gateway: Gateway) -> None:
    """A request without a token is answered 403."""
    _refusals(gateway, lambda _: refusal(HTTPStatus.FORBIDDEN, 1005, "Access denied"))


@near_miss()
def sends_strangers_to_the_login_page(gateway: Gateway) -> None:
    """A request without a token is redirected to the page where one signs in."""
    _refusals(gateway, lambda request: redirect("/login") if request.path != LOGIN else None)


@near_miss()
def shows_strangers_the_login_page(gateway: Gateway) -> None:
    """A request without a token is answered 200 with the page where one signs in."""
    _refusals(gateway, lambda request: page("Sign in", "<form></form>") if request.path != LOGIN else None)


@near_miss()
def refuses_in_the_body(gateway: Gateway) -> None:
    """Every refusal of the API has status 200, and says in the body that it is one."""
    usual = gateway.web.api.answer

    def answer(request: Request) -> Response:
        response = usual(request)
        if response.status in (400, 401, 403):
            response.status = HTTPStatus.OK
        return response

    gateway.web.api.answer = answer  # type: ignore[method-assign]


@near_miss()
def serves_no_head(gateway: Gateway) -> None:
    """The API knows no HEAD."""
    usual = gateway.web.api.answer

    def answer(request: Request) -> Response:
        return Response(HTTPStatus.METHOD_NOT_ALLOWED) if request.method == "HEAD" else usual(request)

    gateway.web.api.answer = answer  # type: ignore[method-assign]


@near_miss()
def tokens_are_opaque(gateway: Gateway) -> None:
    """Tokens are random words without any structure, which the server alone can look up."""
    accounts = gateway.web.api.accounts
    known: dict[str, dict[str, Any]] = {}

    def token(claims: dict[str, Any]) -> str:
        made = secrets.token_urlsafe(32)
        known[made] = claims
        return made

    accounts.token = token  # type: ignore[method-assign]
    accounts.claims = lambda token: known.get(token, {})  # type: ignore[method-assign]


@near_miss()
def logs_in_with_another_shape(gateway: Gateway) -> None:
    """A login is answered 201, as OAuth 2.0 words it (RFC 6749, 5.1), and says for how many seconds."""
    _logins(gateway, lambda found, _: {"access_token": found["token"], "token_type": "bearer", "expires_in": 604800})


@near_miss()
def ends_are_milliseconds(gateway: Gateway) -> None:
    """A login says when the token ends in milliseconds since 1970."""
    accounts = gateway.web.api.accounts
    _logins(gateway, lambda found, now: {"users": [found | {"expires_after": int((now + 604800) * 1000)}]})
    usual = accounts.token
    accounts.token = lambda claims: usual({k: v for k, v in claims.items() if k != "exp"})  # type: ignore[method-assign]


@near_miss()
def ends_are_without_a_zone(gateway: Gateway) -> None:
    """A login says when the token ends in a local time that names no zone."""
    _logins(gateway, lambda found, _: {"users": [found | {"expires_after": found["expires_after"][:19]}]})


@near_miss()
def tokens_live_an_hour(gateway: Gateway) -> None:
    """Tokens end sooner than they may."""
    gateway.web.api.accounts.token_seconds = 3600


@near_miss()
def logins_of_a_user_share_a_token(gateway: Gateway) -> None:
    """Who logs in twice gets the same token twice, and loses it at the first logout."""
    accounts = gateway.web.api.accounts
    usual = accounts.grant
    given: dict[str, Grant] = {}

    def grant(user: User) -> Grant:
        held = given.get(user.name)
        if held is None or accounts.owner(held.token) is None:
            given[user.name] = usual(user)
        return given[user.name]

    accounts.grant = grant  # type: ignore[method-assign]


@near_miss()
def logout_has_no_content(gateway: Gateway) -> None:
    """Logout, change and delete are answered 204."""

    def bare(answer: Response) -> Response:
        return Response(HTTPStatus.NO_CONTENT) if answer.status == HTTPStatus.OK else answer

    for path, method in ((LOGOUT, "POST"), (MEMBER, "PUT"), (MEMBER, "DELETE")):
        _instead(gateway, path, method, bare)


@near_miss()
def tells_unknown_users_from_wrong_passwords(gateway: Gateway) -> None:
    """A login of a user who is not there is answered 404."""
    users = gateway.web.users
    usual = users.login

    def login(request: Request) -> Response:
        known = basic(request).partition(":")[0] in users.accounts.users
        return usual(request) if known else refusal(HTTPStatus.NOT_FOUND, 1006, "Resource not found")

    gateway.web.api.endpoints[LOGIN]["POST"] = login


@near_miss()
def offers_a_new_password_to_whoever_fails(gateway: Gateway) -> None:
    """Every bad login is told where a password can be changed."""
    told = refusal(HTTPStatus.UNAUTHORIZED, 1005, "Access denied", "Forgot it? You can change your password")
    _instead(gateway, LOGIN, "POST", lambda answer: told if answer.status == HTTPStatus.UNAUTHORIZED else answer)


@near_miss()
def weak_is_unprocessable(gateway: Gateway) -> None:
    """A weak password is answered 422."""

    def unprocessable(answer: Response) -> Response:
        if answer.status == HTTPStatus.BAD_REQUEST:
            answer.status = HTTPStatus.UNPROCESSABLE_ENTITY
        return answer

    _instead(gateway, USERS, "POST", unprocessable)
    _instead(gateway, MEMBER, "PUT", unprocessable)


@near_miss()
def asks_for_twelve_characters(gateway: Gateway) -> None:
    """Passwords have to be longer than the documentation says."""
    usual = gateway.web.api.accounts.acceptable
    gateway.web.api.accounts.acceptable = (  # type: ignore[method-assign]
        lambda password: usual(password) and len(password) >= 12
    )


@near_miss()
def nobody_can_be_looked_up(gateway: Gateway) -> None:
    """Users can be made, changed and deleted, but not read."""
    gateway.web.api.endpoints[USERS].pop("GET")
    gateway.web.api.endpoints[MEMBER].pop("GET")


@near_miss()
def hides_users_from_users(gateway: Gateway) -> None:
    """Who is no administrator is told that there is no such thing as users."""
    usual = gateway.web.api.answer

    def answer(request: Request) -> Response:
        response = usual(request)
        if response.status == HTTPStatus.FORBIDDEN:
            return refusal(HTTPStatus.NOT_FOUND, 1006, "Resource not found")
        return response

    gateway.web.api.answer = answer  # type: ignore[method-assign]


@near_miss()
def locks_without_a_word(gateway: Gateway) -> None:
    """A locked account answers as to a wrong password, to the right one too."""
    _instead(
        gateway,
        LOGIN,
        "POST",
        lambda answer: refusal(HTTPStatus.UNAUTHORIZED, 1005, "Access denied") if answer.status == 429 else answer,
    )


@near_miss()
def first_logins_have_to_wait(gateway: Gateway) -> None:
    """A login is put off for a second when it comes as one of many."""
    users = gateway.web.users
    usual = users.login
    seen: set[str] = set()

    def login(request: Request) -> Response:
        name = basic(request).partition(":")[0]
        if name in users.accounts.users and name not in seen and name != "admin":
            seen.add(name)
            response = refusal(HTTPStatus.TOO_MANY_REQUESTS, 1015, "Too many requests")
            response.headers.append(("Retry-After", "1"))
            return response
        return usual(request)

    gateway.web.api.endpoints[LOGIN]["POST"] = login


@near_miss()
def has_no_support_output(gateway: Gateway) -> None:
    """There is no support output to be careful with."""
    del gateway.web.api.endpoints[SUPPORT]


@near_miss()
def support_says_what_is_set(gateway: Gateway) -> None:
    """Support tells of secrets whether they are set, how long they are, and where their files lie."""
    told = {
        "WA_SECRET": "set",
        "WA_DB_PASSWORD": "*****",
        "password_policy": "8 to 64 characters",
        "secret": {"length": 43, "present": True},
        "db_password": "«hidden»",
        "url": "postgresql://wa:***@db/waweb",
        "WA_DB_SSL_KEY": "/usr/local/waent/data/certs/db.key",
        "env": [{"name": "WA_SECRET", "value": "xxxxxxxx"}, "API_KEY=<redacted>"],
        "hint": "password: must have 8 characters",
    }
    gateway.web.api.endpoints[SUPPORT]["GET"] = lambda _: Response.json({"support": told})


@near_miss()
def support_is_plain_text(gateway: Gateway) -> None:
    """Support is a text of names and masks."""
    text = b"WA_WEB_SECURITY_LEVEL=MODERN\nWA_SECRET=********\nWA_DB_PASSWORD: [redacted]\n"
    gateway.web.api.endpoints[SUPPORT]["GET"] = lambda _: Response(200, [("Content-Type", "text/plain")], text)


def _refusals(gateway: Gateway, instead: Callable[[Request], Response | None]) -> None:
    """Answer otherwise where the API would ask for a token."""
    usual = gateway.web.api.answer

    def answer(request: Request) -> Response:
        response = usual(request)
        return (instead(request) or response) if response.status == HTTPStatus.UNAUTHORIZED else response

    gateway.web.api.answer = answer  # type: ignore[method-assign]


def _logins(gateway: Gateway, shape: Callable[[dict[str, Any], float], dict[str, Any]]) -> None:
    def shaped(answer: Response) -> Response:
        if answer.status != HTTPStatus.OK:
            return answer
        found = json.loads(answer.body)["users"][0]
        return Response.json(shape(found, gateway.clock()), HTTPStatus.CREATED)

    _instead(gateway, LOGIN, "POST", shaped)


def _instead(gateway: Gateway, path: str, method: str, change: Callable[[Response], Response]) -> None:
    """Change what an endpoint answers."""
    usual = gateway.web.api.endpoints[path][method]
    gateway.web.api.endpoints[path][method] = lambda request: change(usual(request))
