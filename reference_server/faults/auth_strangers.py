"""Faults of authentication that strangers find: other methods and spellings, caches, and deeds of nobody."""

from __future__ import annotations

import re
from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import unquote

from ..answers import bearer, refusal
from ..http import Request, Response
from ..users import MEMBER, USERS
from . import fault, near_miss

if TYPE_CHECKING:
    from ..gateway import Gateway

HEALTH = "/v1/health"
SETTINGS = "/v1/settings/application"
MESSAGES = "/v1/messages"


@fault("AUTH-01")
def anybody_may_send_messages(gateway: Gateway) -> None:
    """Breaks AUTH-01: messages are sent for whoever asks."""
    gateway.web.api.endpoints[MESSAGES]["POST"] = lambda _: Response.json({"messages": [{"id": "1"}]}, 201)
    gateway.web.api.open.add(MESSAGES)


@fault("AUTH-01")
def anybody_may_try_to_send_messages(gateway: Gateway) -> None:
    """Breaks AUTH-01: what is to be sent is looked at, who asks is not."""
    told = refusal(HTTPStatus.BAD_REQUEST, 1008, "Required parameter is missing", "to")
    gateway.web.api.endpoints[MESSAGES]["POST"] = lambda _: told
    gateway.web.api.open.add(MESSAGES)


@fault("AUTH-01")
def a_cache_answers_strangers(gateway: Gateway) -> None:
    """Breaks AUTH-01: a cache that does not know of Authorization keeps what the administrator got."""
    usual = gateway.web.api.answer
    kept: dict[str, Response] = {}

    def answer(request: Request) -> Response:
        if request.path == HEALTH and request.method == "GET" and not bearer(request) and HEALTH in kept:
            return kept[HEALTH]
        response = usual(request)
        if request.path == HEALTH and response.status == HTTPStatus.OK:
            kept[HEALTH] = response
        return response

    gateway.web.api.answer = answer  # type: ignore[method-assign]


@fault("AUTH-01")
def unknown_methods_ask_for_no_token(gateway: Gateway) -> None:
    """Breaks AUTH-01: the guard lists the methods that it guards, and the path takes every other for a GET."""
    _unguarded(gateway, lambda r: HEALTH if r.path == HEALTH and r.method not in _LISTED else "")


@fault("AUTH-01")
def a_method_in_a_header_asks_for_no_token(gateway: Gateway) -> None:
    """Breaks AUTH-01: a POST that says that it is a GET is guarded as neither."""
    override = "X-HTTP-Method-Override"
    _unguarded(gateway, lambda r: r.path if r.path == HEALTH and r.header(override) == "GET" else "")


@fault("AUTH-01", "AUTH-07")
def anybody_may_change_settings(gateway: Gateway) -> None:
    """Breaks AUTH-01 and AUTH-07: a PATCH of the settings asks for no token."""
    _for_nobody(gateway, SETTINGS, "PATCH")


@fault("AUTH-07")
def anybody_may_make_users(gateway: Gateway) -> None:
    """Breaks AUTH-07: users are made for whoever asks."""
    _for_nobody(gateway, USERS, "POST")


@fault("AUTH-07")
def anybody_may_delete_users(gateway: Gateway) -> None:
    """Breaks AUTH-07: users are deleted for whoever asks."""
    _for_nobody(gateway, MEMBER, "DELETE")


@fault("AUTH-07")
def anybody_may_change_passwords(gateway: Gateway) -> None:
    """Breaks AUTH-07: passwords are set for whoever asks."""
    _for_nobody(gateway, MEMBER, "PUT")


@fault("AUTH-01")
def a_slash_twice_is_not_guarded(gateway: Gateway) -> None:
    """Breaks AUTH-01: a proxy guards /v1/, and what is behind it folds //v1/."""
    _folds(gateway, lambda path: re.sub("//+", "/", path))


@fault("AUTH-01")
def capitals_are_not_guarded(gateway: Gateway) -> None:
    """Breaks AUTH-01: a proxy guards /v1/, and letter case does not count behind it."""
    _folds(gateway, str.lower)


@fault("AUTH-01")
def escapes_are_not_guarded(gateway: Gateway) -> None:
    """Breaks AUTH-01: a proxy guards paths as they are spelt, and what is behind it decodes them."""
    _folds(gateway, unquote)


@fault("AUTH-01")
def dots_are_not_guarded(gateway: Gateway) -> None:
    """Breaks AUTH-01: a proxy lets everything below a page in, and what is behind it walks up again."""
    _folds(gateway, lambda path: re.sub(r"^/[^/]+/\.\.(?=/)", "", path))


@fault("AUTH-01")
def matrix_parameters_are_not_guarded(gateway: Gateway) -> None:
    """Breaks AUTH-01: a proxy compares whole segments, and what is behind it leaves out their parameters."""
    _folds(gateway, lambda path: re.sub(";[^/]*", "", path))


@fault("AUTH-01")
def suffixes_are_not_guarded(gateway: Gateway) -> None:
    """Breaks AUTH-01: a proxy lets style sheets pass, and the path leaves out its suffix."""
    _folds(gateway, lambda path: path.removesuffix(".css"))


@near_miss()
def folds_what_it_guards(gateway: Gateway) -> None:
    """Paths are folded in every way, before the token is looked at."""
    usual = gateway.web.answer

    def answer(request: Request) -> Response:
        path = re.sub("//+", "/", re.sub(";[^/]*", "", unquote(request.path))).lower()
        known = path in (HEALTH, SETTINGS)
        return usual(Request(request.method, path, request.headers, request.body) if known else request)

    gateway.web.answer = answer  # type: ignore[method-assign]


@near_miss()
def every_answer_has_an_envelope(gateway: Gateway) -> None:
    """Answers and refusals alike name the API's version, status and documentation."""
    usual = gateway.web.api.answer
    meta = b'{"meta": {"api_status": "stable", "version": "2.53.4", "docs": "https://docs.example/on/premises/api"}, '

    def answer(request: Request) -> Response:
        response = usual(request)
        if response.body.startswith(b'{"') and (request.path == HEALTH or response.status >= HTTPStatus.BAD_REQUEST):
            response.body = meta + response.body[1:]
        return response

    gateway.web.api.answer = answer  # type: ignore[method-assign]


@near_miss()
def denies_in_a_word(gateway: Gateway) -> None:
    """A request without a token is answered 200, and the body is one word."""
    usual = gateway.web.api.answer

    def answer(request: Request) -> Response:
        response = usual(request)
        if response.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            return Response(HTTPStatus.OK, [("Content-Type", "text/plain")], b"Denied")
        return response

    gateway.web.api.answer = answer  # type: ignore[method-assign]


_LISTED = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def _for_nobody(gateway: Gateway, path: str, method: str) -> None:
    """Do one thing for those who bring no token, too."""
    api = gateway.web.api
    usual = api.answer

    def answer(request: Request) -> Response:
        found, methods = api._find(request.path)
        if (found, request.method) == (path, method) and not bearer(request):
            return methods[method](request)
        return usual(request)

    api.answer = answer  # type: ignore[method-assign]


def _unguarded(gateway: Gateway, leads_to: Callable[[Request], str]) -> None:
    """Serve strangers the path that `leads_to` names, if any."""
    usual, endpoints = gateway.web.answer, gateway.web.api.endpoints

    def answer(request: Request) -> Response:
        path = leads_to(request)
        return endpoints[path]["GET"](request) if path else usual(request)

    gateway.web.answer = answer  # type: ignore[method-assign]


def _folds(gateway: Gateway, fold: Callable[[str], str]) -> None:
    """Guard the API's paths as they are spelt, and serve what they come to when folded."""
    known = (HEALTH, SETTINGS)
    _unguarded(gateway, lambda r: fold(r.path) if r.path not in known and fold(r.path) in known else "")
