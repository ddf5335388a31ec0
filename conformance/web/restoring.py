"""Puts back what was changed: by the requests of the journal, from a run or after one that was killed."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from typing import Any

from conformance.bench import Bench
from conformance.bench.journal import Request
from conformance.inputs.target import Login
from conformance.model import Inconclusive
from conformance.origin import Origin
from conformance.sentence import NOTHING, By, Own, Sentence, clauses, own_list, say
from conformance.web.api import LOGOUT, Api, no_token, token_in
from conformance.web.exchange import Exchange
from conformance.web.http import exchange
from conformance.web.presenting import present_again
from conformance.web.trust import identity_trust, webapp_trust


def restore(bench: Bench, requests: Iterable[Request]) -> Sentence:
    """Send every request; return in plain words why some failed, or nothing where all was put back."""
    return clauses(*(_tried(bench, request) for request in requests))


def _tried(bench: Bench, request: Request) -> Sentence:
    try:
        return _sent(bench, request) or (present_again(bench, request.served) if request.served else NOTHING)
    except Inconclusive as trouble:
        return trouble.reason


def _sent(bench: Bench, request: Request) -> Sentence:
    place = Own(f"{request.method} {request.url}")
    if Origin.of(request.url) not in _origins(bench.target.document()):
        return say("{request}: the target file names no such server, so nothing is sent there", request=place)
    needed = {*request.secret_headers.values(), *filter(None, [request.body_from])}
    if foreign := sorted(needed - {*bench.target.secret_refs()}):
        return say(
            "{request}: needs {secrets}, which the target file does not refer to any more",
            request=place,
            secrets=own_list(foreign, By.COMMA),
        )
    context = _context(bench, request)
    headers = request.headers | {name: bench.vault[ref].reveal() for name, ref in request.secret_headers.items()}
    if not request.login:
        return _trouble(_ask(bench, request, headers, context), request)
    login = _credentials(bench, request.login)
    api = Api(bench, context)
    seen = api.log_in(login.username, bench.vault[login.password].reveal())
    token = token_in(seen)
    if not token:
        raise Inconclusive(
            say("{account} could not log in: {answer}", account=Own(request.login), answer=no_token(seen))
        )
    bearer = f"Bearer {token}"
    try:
        return _trouble(_ask(bench, request, headers | {"Authorization": bearer}, context), request)
    finally:
        api.ask("POST", LOGOUT, authorization=bearer)


def _ask(bench: Bench, request: Request, headers: dict[str, str], context: ssl.SSLContext) -> Exchange:
    text = f"{bench.vault[request.body_from].reveal()}\n" if request.body_from else request.body
    body = text.encode("utf-8", "surrogateescape") if text else None
    return exchange(bench, request.method, request.url, headers=headers, body=body, context=context)


def _trouble(seen: Exchange, request: Request) -> Sentence:
    if seen.ok or seen.status in request.also:
        return NOTHING
    return say("{request}: {answer}", request=Own(f"{seen.method} {seen.url}"), answer=seen.outcome)


def _origins(value: Any) -> set[Origin]:
    """Return the origin of every URL that the target file names."""
    if isinstance(value, dict | list):
        inner = value.values() if isinstance(value, dict) else value
        return {found for each in inner for found in _origins(each)}
    return {Origin.of(value)} if isinstance(value, str) and value.startswith(("http://", "https://")) else set()


def _context(bench: Bench, request: Request) -> ssl.SSLContext:
    """Return a context that verifies: credentials go to nobody else."""
    table = getattr(bench.target, request.section, None)
    if table is None:
        raise Inconclusive(say("[{section}] is not declared in the target file any more", section=Own(request.section)))
    context = identity_trust(bench, table.ca_file) if request.section == "identity" else webapp_trust(bench)
    if request.trust:
        context.load_verify_locations(cadata=request.trust)
    return context


def _credentials(bench: Bench, account: str) -> Login:
    """Return an account that the target file names (`webapp.admin`); raises Inconclusive where it names none."""
    section, _, key = account.partition(".")
    login = getattr(getattr(bench.target, section, None), key, None)
    if not isinstance(login, Login):
        raise Inconclusive(say("the target file lacks {key}, which this needs", key=Own(account)))
    return login
