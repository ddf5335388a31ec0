"""Puts back what was changed: by the requests of the journal, from a run or after one that was killed."""

from __future__ import annotations

import base64
import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urljoin

from conformance import pointers
from conformance.bench import Bench
from conformance.bench.journal import Request
from conformance.bench.undo import Promise
from conformance.model import Inconclusive
from conformance.probes import access, identity_client
from conformance.probes.browse import origin
from conformance.probes.http import exchange
from conformance.records.http import Exchange
from conformance.secret import Secret
from conformance.target import Login


@contextmanager
def changing(bench: Bench, what: str, *requests: Request) -> Iterator[Promise]:
    """Promise to put back `what` by `requests`, in their order; see `conformance.bench.undo` for how to use it."""
    restoring = bench.for_restoring()
    with bench.undo.promised(what, lambda: not put_back(restoring, requests), *requests) as promise:
        yield promise


def put_back(bench: Bench, requests: Iterable[Request]) -> str:
    """Send `requests` until one fails; return why it did in plain words, or nothing where all was put back."""
    try:
        for request in requests:
            if trouble := _sent(bench, request):
                return trouble
    except Inconclusive as reason:
        return str(reason)
    return ""


def _sent(bench: Bench, request: Request) -> str:
    place = f"{request.method} {request.url}"
    if origin(request.url) not in _origins(bench.target.document()):
        return f"{place}: the target file names no such server, so nothing is sent there"
    if foreign := [*{*request.secret_headers.values(), *filter(None, [request.body_from])} - _known(bench)]:
        return f"{place}: needs {', '.join(foreign)}, which the target file does not refer to any more"
    context = _context(bench, request)
    headers = request.headers | {name: bench.vault[ref].reveal() for name, ref in request.secret_headers.items()}
    if not request.login:
        return _trouble(_ask(bench, request, headers, context), request)
    token = log_in(bench, request.login, context)
    headers["Authorization"] = f"Bearer {token.reveal()}"
    try:
        return _trouble(_ask(bench, request, headers, context), request)
    finally:
        log_out(bench, token, context)


def _known(bench: Bench) -> set[str]:
    return {*bench.target.secret_refs()}


def _ask(bench: Bench, request: Request, headers: dict[str, str], context: ssl.SSLContext) -> Exchange:
    text = f"{bench.vault[request.body_from].reveal()}\n" if request.body_from else request.body
    body = text.encode("utf-8", "surrogateescape") if text else None
    return exchange(bench, request.method, request.url, headers=headers, body=body, context=context)


def _trouble(seen: Exchange, request: Request) -> str:
    if 200 <= seen.status < 300 or seen.status in request.also:
        return ""
    return f"{seen.method} {seen.url}: {seen.trouble or f'was answered {seen.status}'}"


def _origins(value: Any) -> set[tuple[str, str | None, int | None]]:
    """Return the origin of every URL that the target file names."""
    if isinstance(value, dict | list):
        inner = value.values() if isinstance(value, dict) else value
        return {found for each in inner for found in _origins(each)}
    return {origin(value)} if isinstance(value, str) and value.startswith(("http://", "https://")) else set()


def _context(bench: Bench, request: Request) -> ssl.SSLContext:
    """Return a context that verifies: credentials go to nobody else."""
    table = getattr(bench.target, request.section, None)
    if table is None:
        raise Inconclusive(f"[{request.section}] is not declared in the target file any more")
    if request.section == "identity":
        context = identity_client.verifying_context(bench, table.ca_file)
    else:
        context = access.verifying_context(bench, strict=False)
    if request.trust:
        context.load_verify_locations(cadata=request.trust)
    return context


def log_in(bench: Bench, account: str, context: ssl.SSLContext) -> Secret:
    """Return a bearer token for an account that the target file names (`webapp.admin`); no report will hold it.

    Raises Inconclusive where none is to be had.
    """
    section, _, key = account.partition(".")
    login = getattr(getattr(bench.target, section, None), key, None)
    if not isinstance(login, Login):
        raise Inconclusive(f"the target file lacks {account}, which this needs")
    pair = f"{login.username}:{bench.vault[login.password].reveal()}"
    headers = {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode(), "Content-Type": "application/json"}
    seen = exchange(bench, "POST", _api(bench, "/v1/users/login"), headers=headers, body=b"{}", context=context)
    token = pointers.get(pointers.parse(seen.body), "/users/0/token")
    if not 200 <= seen.status < 300 or not isinstance(token, str) or not token:
        why = seen.trouble or f"the login was answered {seen.status}, and no token was in it"
        raise Inconclusive(f"{account} could not log in: {why}")
    secret = Secret(f"token of {account}", token)
    bench.redactor.learn(secret)
    return secret


def log_out(bench: Bench, token: Secret, context: ssl.SSLContext) -> None:
    """Give a token back; a gateway that does not take it lets it expire."""
    headers = {"Authorization": f"Bearer {token.reveal()}"}
    exchange(bench, "POST", _api(bench, "/v1/users/logout"), headers=headers, context=context)


def _api(bench: Bench, path: str) -> str:
    webapp = bench.target.webapp
    assert webapp is not None  # noqa: S101 - its account was found
    return urljoin(webapp.url, path)
