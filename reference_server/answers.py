"""How the API reads a request and words a refusal."""

from __future__ import annotations

import base64
import binascii
import json
from http import HTTPStatus
from typing import Any

from .http import Request, Response


class Unreadable(ValueError):
    """The request's body is no JSON object."""


def document(request: Request) -> dict[str, Any]:
    """Return the JSON object that a request brings; raises Unreadable."""
    try:
        found = json.loads(request.body)
    except ValueError as error:
        raise Unreadable from error
    if not isinstance(found, dict):
        raise Unreadable
    return found


def refusal(status: int, code: int, title: str, details: str = "") -> Response:
    """Return an error the way the API words one."""
    error: dict[str, Any] = {"code": code, "title": title}
    return Response.json({"errors": [error | ({"details": details} if details else {})]}, status)


def denied(scheme: str) -> Response:
    """Ask for credentials."""
    response = refusal(HTTPStatus.UNAUTHORIZED, 1005, "Access denied")
    response.headers.append(("WWW-Authenticate", f'{scheme} realm="api"'))
    return response


def bearer(request: Request) -> str:
    """Return the token that a request brings, or nothing."""
    scheme, _, token = request.header("Authorization").partition(" ")
    return token if scheme.lower() == "bearer" else ""


def basic(request: Request) -> str:
    """Return the `name:password` that a request brings, or nothing."""
    scheme, _, coded = request.header("Authorization").partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(coded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
