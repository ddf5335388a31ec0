"""Records of administration pages, for tests of the judges that read their headers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from conformance import catalogue
from conformance.areas.hdr.record import AdminPath, HeadersObservation
from conformance.engine.policy import Policy
from conformance.inputs import target
from conformance.model import Case, Level
from conformance.sentence import NOTHING, say
from conformance.web.exchange import Exchange

URL = "https://gateway.example/"

NO_LOGIN = say("the target file lacks webapp.admin")

RIGHT = (
    ("X-Content-Security-Policy", "script-src 'self'"),
    ("Content-Security-Policy", "script-src 'self'"),
    ("X-Frame-Options", "DENY"),
    ("X-XSS-Protection", "1; mode=block"),
    ("X-Content-Type-Options", "nosniff"),
    ("Strict-Transport-Security", "max-age=63072000"),
)


def page(*lines: tuple[str, str], status: int = 200, url: str = URL, method: str = "GET") -> Exchange:
    return Exchange(method, url, status, lines)


def path(answer: Exchange, **changed: Any) -> AdminPath:
    looks = AdminPath(
        get=(answer,),
        head=(replace(answer, method="HEAD"),),
        unknown=page(*RIGHT, status=404),
        method=page(*RIGHT, status=405, method="PROPFIND"),
        slash=page(*RIGHT, status=404),
        again=page(*RIGHT, status=304),
    )
    return replace(looks, **changed)


def observed(admin: AdminPath, api: Exchange | None = None, as_admin: Exchange | None = None) -> HeadersObservation:
    quiet = api or page(status=401)
    asked = {"/v1/x": methods(as_admin)} if as_admin else {}
    return HeadersObservation({"/": admin}, {"/v1/x": methods(quiet)}, quiet, asked, NO_LOGIN if not asked else NOTHING)


def methods(answer: Exchange) -> dict[str, Exchange]:
    return dict.fromkeys(("GET", "HEAD", "OPTIONS"), answer)


def policy(**webapp: Any) -> Policy:
    return Policy(target.parse({"schema": 1, "name": "t", "webapp": {"url": URL.rstrip("/"), **webapp}}))


def case(requirement: str, name: str = "get", value: str = "/") -> Case:
    row = catalogue.load()[requirement]
    return Case(f"{requirement}/{name}{value}", row, name, value, "gateway.example:443", Level.MUST)
