"""Faults of passwords, roles, and of what support and errors tell."""

from __future__ import annotations

import base64
import gzip
import traceback
from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from ..answers import Unreadable, document, refusal
from ..http import Request, Response
from ..users import MEMBER, USERS
from . import fault

if TYPE_CHECKING:
    from ..gateway import Gateway

SETTINGS = "/v1/settings/application"
SUPPORT = "/v1/support"


@fault("AUTH-06")
def short_passwords_are_taken(gateway: Gateway) -> None:
    """Breaks AUTH-06: seven characters are enough."""
    _rules(gateway, lambda password, usual: usual(password) or usual(f"{password}a"))


@fault("AUTH-06")
def long_passwords_are_taken(gateway: Gateway) -> None:
    """Breaks AUTH-06: there is no upper bound."""
    _rules(gateway, lambda password, usual: usual(str(password)[:64]))


@fault("AUTH-06")
def passwords_need_no_digit(gateway: Gateway) -> None:
    """Breaks AUTH-06: one kind of character is not asked for."""
    _rules(gateway, lambda password, usual: usual(password) or usual(f"{str(password)[1:]}7"))


@fault("AUTH-06")
def only_length_counts(gateway: Gateway) -> None:
    """Breaks AUTH-06: a password of one kind of character is taken."""
    _rules(gateway, lambda password, _: 8 <= len(str(password)) <= 64)


@fault("AUTH-06")
def a_change_is_not_checked(gateway: Gateway) -> None:
    """Breaks AUTH-06: the rules are for new users only."""
    users = gateway.web.users

    def change(request: Request) -> Response:
        user = users.accounts.users[request.path.rpartition("/")[2]]
        user.password = document(request)["password"]
        users.accounts.forget(user.name)
        return Response.json({"users": [{"username": user.name}]})

    gateway.web.api.endpoints[MEMBER]["PUT"] = change


@fault("AUTH-06")
def a_new_users_password_is_not_checked(gateway: Gateway) -> None:
    """Breaks AUTH-06: the rules are for changes only."""
    usual = gateway.web.users.create
    accounts = gateway.web.api.accounts

    def create(request: Request) -> Response:
        asked = document(request)
        if accounts.acceptable(asked.get("password")) or asked.get("username") in accounts.users:
            return usual(request)
        accounts.add(asked["username"], asked["password"])
        return Response.json({"users": [{"username": asked["username"]}]}, HTTPStatus.CREATED)

    gateway.web.api.endpoints[USERS]["POST"] = create


@fault("AUTH-06")
def a_refused_password_is_set(gateway: Gateway) -> None:
    """Breaks AUTH-06: a weak password is complained about after it was stored."""
    _done_and_refused(gateway, lambda user, asked: setattr(user, "password", asked["password"]))


@fault("AUTH-06")
def a_refused_user_is_there(gateway: Gateway) -> None:
    """Breaks AUTH-06: a user with a weak password is complained about after it was made."""
    usual, accounts = gateway.web.users.create, gateway.web.api.accounts

    def create(request: Request) -> Response:
        response, asked = usual(request), document(request)
        if response.status == HTTPStatus.BAD_REQUEST and asked["username"] not in accounts.users:
            accounts.add(asked["username"], asked["password"])
        return response

    gateway.web.api.endpoints[USERS]["POST"] = create


@fault("AUTH-07")
def users_may_make_users(gateway: Gateway) -> None:
    """Breaks AUTH-07: anybody who is logged in makes users."""
    gateway.web.api.administration.discard((USERS, "POST"))


@fault("AUTH-07")
def users_may_delete_users(gateway: Gateway) -> None:
    """Breaks AUTH-07: anybody who is logged in deletes users."""
    gateway.web.api.administration.discard((MEMBER, "DELETE"))


@fault("AUTH-07")
def users_may_change_each_others_passwords(gateway: Gateway) -> None:
    """Breaks AUTH-07: anybody who is logged in sets anybody's password."""
    gateway.web.api.administration.discard((MEMBER, "PUT"))


@fault("AUTH-07")
def users_may_change_settings(gateway: Gateway) -> None:
    """Breaks AUTH-07: anybody who is logged in changes the settings."""
    gateway.web.api.administration.discard((SETTINGS, "PATCH"))


@fault("AUTH-07")
def a_refused_deletion_is_made(gateway: Gateway) -> None:
    """Breaks AUTH-07: the role is looked at when the user is deleted already."""
    api = gateway.web.api
    usual = api.answer

    def answer(request: Request) -> Response:
        response = usual(request)
        name = request.path.rpartition("/")[2]
        refused = request.method == "DELETE" and response.status == HTTPStatus.FORBIDDEN
        if refused and request.path.startswith(f"{USERS}/") and name in api.accounts.users:
            api.accounts.remove(name)
        return response

    api.answer = answer  # type: ignore[method-assign]


@fault("AUTH-10")
def support_shows_the_environment(gateway: Gateway) -> None:
    """Breaks AUTH-10: support lists the environment as it is."""
    gateway.web.api.shown = lambda value: value


@fault("AUTH-10")
def support_shows_the_environment_coded(gateway: Gateway) -> None:
    """Breaks AUTH-10: support lists the environment in base64, which hides nothing."""
    gateway.web.api.shown = lambda value: base64.b64encode(value.encode()).decode()


@fault("AUTH-10")
def support_shows_a_password_of_its_own(gateway: Gateway) -> None:
    """Breaks AUTH-10: the database's password, which the target file does not know, stands in support."""
    _support(gateway, {"database": {"host": "db", "WA_DB_PASSWORD": "tr0ub4dor-and-3"}})


@fault("AUTH-10")
def support_shows_a_connection_string(gateway: Gateway) -> None:
    """Breaks AUTH-10: the database's URL is shown with the password in it."""
    _support(gateway, {"log": ["connected to postgresql://wa:tr0ub4dor-and-3@db:5432/waweb"]})


@fault("AUTH-10")
def support_shows_a_private_key(gateway: Gateway) -> None:
    """Breaks AUTH-10: the certificate is shown together with its key."""
    key = "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg\n-----END PRIVATE KEY-----\n"
    _support(gateway, {"certificate": key})


@fault("AUTH-10")
def support_is_packed(gateway: Gateway) -> None:
    """Breaks AUTH-10: support lists the environment as it is, and is packed by whoever stands in front."""
    gateway.web.api.shown = lambda value: value
    usual = gateway.web.api.endpoints[SUPPORT]["GET"]

    def packed(request: Request) -> Response:
        answer = usual(request)
        return Response(answer.status, [*answer.headers, ("Content-Encoding", "gzip")], gzip.compress(answer.body))

    gateway.web.api.endpoints[SUPPORT]["GET"] = packed


@fault("AUTH-10")
def support_shows_a_secret_in_the_end(gateway: Gateway) -> None:
    """Breaks AUTH-10: a secret stands behind a long log."""
    log = [f"2026-01-01 00:00:{n % 60:02} INFO a message was delivered" for n in range(9000)]
    _support(gateway, {"log": [*log, f"WA_SECRET={gateway.environ['WA_SECRET']}"]})


@fault("AUTH-10")
def broken_json_shows_a_trace(gateway: Gateway) -> None:
    """Breaks AUTH-10: a request that cannot be read is answered with a stack trace and the environment."""
    usual = gateway.web.users.create

    def create(request: Request) -> Response:
        try:
            return usual(request)
        except Unreadable:
            told = f"{traceback.format_exc()}\nos.environ: {gateway.environ}"
            return refusal(HTTPStatus.INTERNAL_SERVER_ERROR, 1014, "Internal error", told)

    gateway.web.api.endpoints[USERS]["POST"] = create


@fault("AUTH-10")
def a_long_path_shows_the_configuration(gateway: Gateway) -> None:
    """Breaks AUTH-10: a path that is too long brings up a page for developers, in the clear about WA_SECRET."""
    usual = gateway.web.api.answer

    def answer(request: Request) -> Response:
        if len(request.path) < 4096:
            return usual(request)
        return Response.html(f"<pre>WA_SECRET={gateway.environ['WA_SECRET']}</pre>", HTTPStatus.REQUEST_URI_TOO_LONG)

    gateway.web.api.answer = answer  # type: ignore[method-assign]


@fault("AUTH-10")
def errors_carry_a_secret_in_a_header(gateway: Gateway) -> None:
    """Breaks AUTH-10: what helped in debugging was left in the errors' headers."""
    usual = gateway.web.api.answer

    def answer(request: Request) -> Response:
        response = usual(request)
        if response.status == HTTPStatus.NOT_FOUND:
            response.headers.append(("X-Debug", f"key={gateway.environ['WA_SECRET']}"))
        return response

    gateway.web.api.answer = answer  # type: ignore[method-assign]


def _rules(gateway: Gateway, acceptable: Callable[[Any, Callable[[Any], bool]], bool]) -> None:
    accounts = gateway.web.api.accounts
    usual = accounts.acceptable
    accounts.acceptable = lambda password: acceptable(password, usual)  # type: ignore[method-assign]


def _done_and_refused(gateway: Gateway, change: Callable[[Any, dict[str, Any]], None]) -> None:
    users = gateway.web.users
    usual = users.change

    def spoilt(request: Request) -> Response:
        response = usual(request)
        user = users.accounts.users.get(request.path.rpartition("/")[2])
        if user is not None:
            change(user, document(request))
        return response

    gateway.web.api.endpoints[MEMBER]["PUT"] = spoilt


def _support(gateway: Gateway, more: dict[str, Any]) -> None:
    support = {"app": "waweb", **more}
    gateway.web.api.endpoints[SUPPORT]["GET"] = lambda _: Response.json({"support": support})
