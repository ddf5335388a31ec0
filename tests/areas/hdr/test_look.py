"""Pages are looked for where redirects lead, as long as they stay here; nothing that changes anything is sent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from conformance.areas.hdr.look import headers
from conformance.areas.hdr.record import HeadersObservation
from conformance.bench import Bench
from conformance.bench.budget import Budget
from conformance.inputs import target
from conformance.secrecy.redact import Redactor
from conformance.secrecy.secret import open_vault
from reference_server.http import Handler, Request, Response
from reference_server.pki import Authority, LeafSpec
from reference_server.web import redirect
from tests import null

AUTHORITY = Authority()
SECRETS = {"PAGES": "Basic dmlzaXRvcjpsZXQtbWUtaW4=", "ADMIN": "correct horse battery"}


@contextmanager
def serving(handler: Handler, authority: Authority = AUTHORITY) -> Iterator[int]:
    context = authority.issue(LeafSpec()).context()
    with null.speaking_http(handler, lambda sock: context.wrap_socket(sock, server_side=True)) as port:
        yield port


def look(port: int, **webapp: Any) -> HeadersObservation:
    table = {"url": f"https://localhost:{port}", "admin_paths": ["/admin"], "api_paths": ["/v1/health"], **webapp}
    aim = target.parse({"schema": 1, "name": "t", "webapp": table, "limits": {"requests_per_second": 1000}})
    vault = open_vault(aim.secret_refs(), SECRETS, Path())
    return headers.look(Bench(aim, vault, Budget(aim.limits), Redactor(vault)))


@pytest.mark.parametrize(
    ("location", "steps"),
    [
        ("/login?next=%2Fadmin", ["/admin", "/login?next=%2Fadmin"]),
        ("login", ["/admin", "/login"]),
        ("https://LOCALHOST:{port}", ["/admin", "/"]),
        ("/admin", ["/admin"]),
        ("http://localhost:{port}/login", ["/admin"]),
        ("https://localhost:{other}/login", ["/admin"]),
        ("https://elsewhere.example/login", ["/admin"]),
        ("https://[/", ["/admin"]),
    ],
    ids=["path", "relative", "absolute", "circle", "plain", "other-port", "elsewhere", "nonsense"],
)
def test_redirects_are_followed_here(location: str, steps: list[str]) -> None:
    def answer(request: Request) -> Response:
        return (
            redirect(location.format(port=port, other=port + 1))
            if request.path == "/admin"
            else Response.html("a page")
        )

    with serving(answer) as port:
        way = look(port).admin["/admin"].get
    assert [step.url.removeprefix(f"https://localhost:{port}") for step in way] == steps


def test_an_endless_chain_ends() -> None:
    with serving(lambda request: redirect(f"{request.path}x")) as port:
        assert len(look(port).admin["/admin"].get) == 6


def test_what_is_sent() -> None:
    asked: list[tuple[str, str, bytes]] = []

    def answer(request: Request) -> Response:
        asked.append((request.method, request.path, request.body))
        return Response.html("a page that is not kept")

    with serving(answer) as port:
        seen = look(port, admin_paths=["/", "/admin/", "/%2e%2e/x?y=%20"])
    posted = [(path, body) for method, path, body in asked if method == "POST"]
    assert len(posted) == 1
    assert posted[0][0].startswith("/v1/portero-")
    assert posted[0][1] == b""
    assert {method for method, _, _ in asked} == {"GET", "HEAD", "OPTIONS", "PROPFIND", "POST"}
    assert {path for method, path, _ in asked if method == "OPTIONS"} == {"/v1/health"}
    assert ("GET", "/%2e%2e/x?y=%20", b"") in asked
    assert {seen.admin["/"].slash.url, seen.admin["/admin/"].slash.url} == {
        f"https://localhost:{port}/",
        f"https://localhost:{port}/admin",
    }
    assert not any(step.body for path in seen.admin.values() for step in (*path.get, path.unknown))


def trusted(folder: Path) -> str:
    (folder / "ca.pem").write_bytes(AUTHORITY.pem)
    return str(folder / "ca.pem")


def test_what_a_visitor_sends_goes_to_pages_alone(tmp_path: Path) -> None:
    told: list[tuple[str, str]] = []

    def answer(request: Request) -> Response:
        told.append((request.path, request.header("Authorization")))
        return Response.html("a page")

    with serving(answer) as port:
        look(port, ca_file=trusted(tmp_path), page_headers={"Authorization": "env:PAGES"})
    assert {said for path, said in told if path.startswith("/admin")} == {SECRETS["PAGES"]}
    assert {said for path, said in told if path.startswith("/v1/")} == {""}


def test_what_a_visitor_sends_goes_to_nobody_who_does_not_verify(tmp_path: Path) -> None:
    told: list[str] = []

    def answer(request: Request) -> Response:
        told.append(request.header("Authorization"))
        return Response.html("a page")

    with serving(answer, Authority()) as port:
        seen = look(port, ca_file=trusted(tmp_path), page_headers={"Authorization": "env:PAGES"})
    assert "the certificate does not verify" in seen.admin["/admin"].get[0].trouble
    assert set(told) == {""}


def test_the_api_is_asked_in_the_name_of_the_administrator_too(tmp_path: Path) -> None:
    def answer(request: Request) -> Response:
        if request.path == "/v1/users/login":
            return Response.json({"users": [{"token": "a-token-of-the-administrator-7f3c91d2"}]})
        taken = request.header("Authorization") == "Bearer a-token-of-the-administrator-7f3c91d2"
        return Response(200 if taken else 401, [("X-Seen-By", "admin" if taken else "stranger")])

    with serving(answer) as port:
        seen = look(port, ca_file=trusted(tmp_path), admin={"username": "admin", "password": "env:ADMIN"})
    for kind, status, by in ((seen.api, 401, "stranger"), (seen.as_admin, 200, "admin")):
        assert {method: each.status for method, each in kind["/v1/health"].items()} == dict.fromkeys(
            ("GET", "HEAD", "OPTIONS"), status
        )
        assert kind["/v1/health"]["GET"].values("X-Seen-By") == (by,)
    assert not seen.not_admin


def test_without_a_login_it_is_said_why_nobody_asked_as_the_administrator() -> None:
    with serving(lambda _: Response.html("a page")) as port:
        seen = look(port)
    assert seen.as_admin == {}
    assert seen.not_admin == "the target file lacks webapp.admin, which this needs"


@pytest.mark.parametrize(
    ("lines", "conditions"),
    [
        ([("ETag", 'W/"a,b"')], {"If-None-Match": 'W/"a,b"'}),
        ([("last-modified", "yesterday")], {"If-Modified-Since": "yesterday"}),
        ([("ETag", '"a"'), ("Last-Modified", "x")], {"If-None-Match": '"a"', "If-Modified-Since": "x"}),
        ([("ETag", "")], {}),
        ([], {}),
    ],
    ids=["tag", "date", "both", "empty", "neither"],
)
def test_the_last_step_is_asked_for_again_by_its_own_validators(
    lines: list[tuple[str, str]], conditions: dict[str, str]
) -> None:
    asked: list[tuple[str, dict[str, str]]] = []

    def answer(request: Request) -> Response:
        if sent := {name: value for name, value in request.headers if name.startswith("If-")}:
            asked.append((f"{request.method} {request.path}", sent))
            return Response(304, [("X-Frame-Options", "DENY")])
        if request.path == "/admin":
            return redirect("/login?next=a")
        return Response(200, lines, b"a page")

    with serving(answer) as port:
        again = look(port).admin["/admin"].again
    assert asked == ([("GET /login?next=a", conditions)] if conditions else [])
    assert (again is not None) == bool(conditions)
    if again is not None:
        assert (again.status, again.values("X-Frame-Options")) == (304, ("DENY",))
