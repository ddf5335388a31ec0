"""How much of what HTTPS serves comes back in the clear is measured by what a reader would see."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from conformance.areas.acc import judge
from conformance.areas.acc.plain import SHOWN, alike, compare, plain, shared
from conformance.model import Inconclusive, Outcome, Verdict
from conformance.web.answer import MAX_BODY
from conformance.web.exchange import Exchange
from reference_server.http import Handler, HttpServer, Request, Response
from reference_server.pki import Authority, LeafSpec
from reference_server.web import redirect
from tests import null
from tests.areas.acc.test_chain import bench, serving
from tests.areas.hdr.pages import case, policy

HEAD = '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Acme Gateway</title></head><body>'
PAGE = HEAD + "<h1>Sign in</h1><p>Use the account that your administrator gave you.</p><script>var a = 1;</script>"


@pytest.mark.parametrize(
    ("served", "seen", "least", "most"),
    [
        (PAGE, PAGE, 1.0, 1.0),
        (PAGE, PAGE.replace("var a = 1", "var a = 2"), 1.0, 1.0),
        (PAGE, HEAD + "<h1>Not found</h1><p>There is no such page.</p>", 0.0, 0.0),
        (PAGE, HEAD + "<h1>Error</h1><p>Use https. Your administrator gave you the address.</p>", 0.0, 0.4),
        (PAGE, "<h1>403</h1>" + PAGE.removeprefix(HEAD), 1.0, 1.0),
        ("ok", "ok\n", 1.0, 1.0),
        ("ok", "that is not ok", 0.0, 0.0),
        ("", "", 0.0, 0.0),
        ('{"health": {"status": "up", "since": 7}}', '{"health":{"status":"up","since":7}}', 1.0, 1.0),
        ('{"health": {"status": "up", "since": 7}}', '{"errors": [{"title": "Use HTTPS"}]}', 0.0, 0.0),
    ],
    ids=[
        "same",
        "other-script",
        "brand",
        "some-words",
        "other-status",
        "short",
        "within",
        "none",
        "json",
        "other-json",
    ],
)
def test_shared(served: str, seen: str, least: float, most: float) -> None:
    assert least <= shared(served, seen) <= most


@pytest.mark.parametrize("bait", ["word ", "<script ", "<!--", "<", "<input ", "a b c d "])
def test_hostile_pages_are_measured_in_good_time(bait: str) -> None:
    body = bait * (MAX_BODY // len(bait))
    begun = time.monotonic()
    compare(Exchange("GET", "http://a/", 403, body=body), Exchange("GET", "https://a/", 200, body=body + "x"))
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize(
    ("body", "asks"),
    [
        ('<INPUT id=a TYPE = "Password">', True),
        ("<input type=password>", True),
        ("<p>forgot your password? <input type=text></p>", False),
    ],
)
def test_password_fields_are_found(body: str, asks: bool) -> None:
    plain, https = Exchange("GET", "http://a/", 403, body=body), Exchange("GET", "https://a/", 200)
    assert compare(plain, https).password_field is asks


def test_the_record_keeps_the_beginning_only() -> None:
    long = Exchange("GET", "http://a/", 200, body="x y z " * 2000)
    look = compare(long, long)
    assert (len(look.exchange.body), look.shared) == (SHOWN, 1.0)


BEARER = ("WWW-Authenticate", 'Bearer realm="gateway"')


def refused(status: int, body: str = "", *lines: tuple[str, str]) -> Exchange:
    return Exchange("GET", "http://a/", status, lines, body=body)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (refused(401, "", BEARER), refused(401, "x", ("www-authenticate", "bearer realm=other")), True),
        (refused(401, "", BEARER), refused(401, "", ("WWW-Authenticate", "Negotiate")), False),
        (
            refused(401, '{"id": "a1", "errors": [{"code": 1005}]}'),
            refused(401, '{"errors":[{"code":2}],"id":"b"}'),
            True,
        ),
        (refused(401, '{"errors": [{"code": 1}, {"code": 2}]}'), refused(401, '{"errors": [{"code": 1}]}'), True),
        (refused(403, '{"message": "Forbidden"}'), refused(403, '{"errors": [{"code": 1, "title": "no"}]}'), False),
        (refused(401, "Access denied, request 8a7f"), refused(401, "Access denied, request 01bc"), True),
        (refused(401, "Access denied, request 8a7f"), refused(401, "Use HTTPS"), False),
        (refused(401), refused(401), True),
        (refused(401), refused(403), False),
        (refused(502), refused(502), False),
        (refused(301), refused(301), False),
    ],
)
def test_refusals_of_one_make(one: Exchange, other: Exchange, *, same: bool) -> None:
    assert alike(one, other) is same
    assert alike(other, one) is same


def api(request: Request) -> Response:
    """Refuse as an API with an id for each request; what is outside it is not there."""
    if not request.path.startswith("/v1/"):
        return Response.html("<h1>Nothing here</h1>", HTTPStatus.NOT_FOUND)
    return Response.json({"id": secrets.token_hex(8), "errors": [{"code": 1005}]}, HTTPStatus.UNAUTHORIZED)


def away(request: Request) -> Response:
    return redirect(f"https://localhost{request.path}")


def only(*methods: str, paths: str = "/v1/") -> Handler:
    """Serve the API to some requests, and send all others away."""
    return lambda asked: (api if asked.method in methods and asked.path.startswith(paths) else away)(asked)


def forbidding(request: Request) -> Response:
    refusal = api(request)
    return refusal if refusal.status == HTTPStatus.NOT_FOUND else Response.json({"error": "no"}, HTTPStatus.FORBIDDEN)


def everybody(_: Request) -> Response:
    return Response.json({"error": "no"}, HTTPStatus.FORBIDDEN)


@contextmanager
def at(address: str, answer: Handler, port: int = 0) -> Iterator[int]:
    server = HttpServer(answer, None, address, time.time, port)
    server.start()
    try:
        yield server.port
    finally:
        server.stop()


def judged(folder: Path, port: int, plain_port: int, **declared: Any) -> Verdict:
    look = bench(folder, port, http_ports=[plain_port], api_paths=["/v1/health", "/v1/messages"], **declared)
    return judge.https_only(plain.look(look), policy(), case("ACC-01", "", str(plain_port)))


@pytest.mark.parametrize(
    ("secure", "answer", "outcome"),
    [
        (api, api, Outcome.FAIL),
        (api, only("GET"), Outcome.FAIL),
        (api, only("POST"), Outcome.FAIL),
        (api, only("DELETE"), Outcome.FAIL),
        (api, only("PUT", "PATCH"), Outcome.FAIL),
        (api, only("POST", paths="/v1/users/login"), Outcome.FAIL),
        (api, only("GET", "POST", paths="/v1/messages"), Outcome.FAIL),
        (forbidding, forbidding, Outcome.FAIL),
        (api, away, Outcome.PASS),
        (api, everybody, Outcome.PASS),
        (everybody, everybody, Outcome.PASS),
        (forbidding, everybody, Outcome.PASS),
        (api, lambda _: Response.html("<h1>Use HTTPS</h1>", HTTPStatus.FORBIDDEN), Outcome.PASS),
    ],
    ids=[
        "all",
        "get",
        "post",
        "delete",
        "put",
        "login",
        "the-second-path",
        "forbidden",
        "redirect",
        "refused-in-json",
        "a-front-that-refuses-all",
        "another-path-is-refused-too",
        "refused-in-html",
    ],
)
def test_what_answers_as_the_api_does_is_the_api(
    tmp_path: Path, secure: Handler, answer: Handler, outcome: Outcome
) -> None:
    authority = Authority()
    (tmp_path / "ca.pem").write_bytes(authority.pem)
    with serving(tmp_path, authority, LeafSpec(), answer=secure) as port, at("127.0.0.1", answer) as plain_port:
        verdict = judged(tmp_path, port, plain_port)
    assert verdict.outcome is outcome, verdict.observed


def test_every_declared_address_is_asked(tmp_path: Path) -> None:
    authority = Authority()
    (tmp_path / "ca.pem").write_bytes(authority.pem)
    with (
        serving(tmp_path, authority, LeafSpec(), answer=api) as port,
        at("127.0.0.1", away) as plain_port,
        at("127.0.0.2", api, plain_port),
    ):
        verdict = judged(tmp_path, port, plain_port, addresses=["127.0.0.1", "127.0.0.2"])
    assert verdict.outcome is Outcome.FAIL
    assert "(127.0.0.2)" in verdict.observed


@pytest.mark.parametrize("answer", [None, away], ids=["nothing", "a-redirect"])
def test_where_nothing_runs_nothing_is_kept(tmp_path: Path, answer: Handler | None) -> None:
    with (
        null.closed() as port,
        at("127.0.0.1", answer) if answer else null.closed() as plain_port,
        pytest.raises(Inconclusive, match="HTTPS itself does not answer"),
    ):
        judged(tmp_path, port, plain_port)
