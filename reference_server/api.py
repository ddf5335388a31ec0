"""The part of the `/v1` API that the suite needs: login, logout, health, settings, the CA certificate, support."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .http import Request, Response

if TYPE_CHECKING:
    from .gateway import Gateway

TOKEN_SECONDS = 7 * 24 * 3600

Endpoint = Callable[[Request], Response]


class Api:
    """The API: Basic credentials buy a bearer token, and everything else asks for one."""

    def __init__(self, gateway: Gateway, username: str) -> None:
        """Know one account, whose password is the gateway's PORTERO_ADMIN_PASSWORD."""
        self.gateway = gateway
        self.headers: list[tuple[str, str]] = []
        self.settings: dict[str, Any] = {"callback_persist": True, "media": {"auto_download": []}}
        self._username = username
        self._expiry: dict[str, float] = {}
        self.endpoints: dict[str, dict[str, Endpoint]] = {
            "/v1/users/login": {"POST": self.login},
            "/v1/users/logout": {"POST": self.logout},
            "/v1/health": {"GET": self.health},
            "/v1/settings/application": {"GET": self.show_settings, "PATCH": self.change_settings},
            "/v1/certificates/external/ca": {"GET": self.authority},
            "/v1/support": {"GET": self.support},
        }

    def answer(self, request: Request) -> Response:
        """Serve one request below /v1."""
        response = self._route(request)
        response.headers += self.headers
        return response

    def _route(self, request: Request) -> Response:
        path = urlsplit(request.path).path
        if (methods := self.endpoints.get(path)) is None:
            return refusal(HTTPStatus.NOT_FOUND, 1006, "Resource not found")
        allowed = ", ".join(["HEAD", "OPTIONS", *methods] if "GET" in methods else ["OPTIONS", *methods])
        if request.method == "OPTIONS":
            return Response(HTTPStatus.NO_CONTENT, [("Allow", allowed)])
        endpoint = methods.get("GET" if request.method == "HEAD" else request.method)
        if endpoint is None:
            response = refusal(HTTPStatus.METHOD_NOT_ALLOWED, 1001, "Method not allowed")
            response.headers.append(("Allow", allowed))
            return response
        if path != "/v1/users/login" and not self.knows(_bearer(request)):
            return denied("Bearer")
        return endpoint(request)

    def knows(self, token: str) -> bool:
        """Tell whether a token was given out, and is neither logged out nor expired."""
        return self._expiry.get(token, 0) > self.gateway.clock()

    def login(self, request: Request) -> Response:
        """Give a token for the right username and password."""
        username, _, password = _basic(request).partition(":")
        right = self.gateway.environ["PORTERO_ADMIN_PASSWORD"]
        if username != self._username or not hmac.compare_digest(password.encode(), right.encode()):
            return denied("Basic")
        token = secrets.token_urlsafe(32)
        self._expiry[token] = self.gateway.clock() + TOKEN_SECONDS
        expires = datetime.fromtimestamp(self._expiry[token], UTC)
        return Response.json({"users": [{"token": token, "expires_after": expires.isoformat(" ", "seconds")}]})

    def logout(self, request: Request) -> Response:
        """Forget the caller's token, and only that."""
        self._expiry.pop(_bearer(request), None)
        return Response.json({})

    def health(self, _: Request) -> Response:
        """Say that both apps run."""
        return Response.json({"health": {"wacore": {"gateway_status": "connected"}, "waweb": {"status": "running"}}})

    def show_settings(self, _: Request) -> Response:
        """Return the application's settings."""
        return Response.json({"settings": {"application": self.settings}})

    def change_settings(self, request: Request) -> Response:
        """Change some of the application's settings."""
        try:
            changes = json.loads(request.body)
        except ValueError:
            return refusal(HTTPStatus.BAD_REQUEST, 1009, "Parameter value is not valid")
        if not isinstance(changes, dict):
            return refusal(HTTPStatus.BAD_REQUEST, 1009, "Parameter value is not valid")
        self.settings |= changes
        return Response.json({})

    def authority(self, _: Request) -> Response:
        """Return the CA certificate that verifies this endpoint."""
        return Response(HTTPStatus.OK, [("Content-Type", "text/plain")], self.gateway.authority.pem)

    def support(self, _: Request) -> Response:
        """Return what support asks for; environment variables by name only."""
        return Response.json({"support": {"app": "waweb", "environment": sorted(self.gateway.environ)}})


def refusal(status: int, code: int, title: str) -> Response:
    """Return an error the way the API words one."""
    return Response.json({"errors": [{"code": code, "title": title}]}, status)


def denied(scheme: str) -> Response:
    """Ask for credentials."""
    response = refusal(HTTPStatus.UNAUTHORIZED, 1005, "Access denied")
    response.headers.append(("WWW-Authenticate", f'{scheme} realm="api"'))
    return response


def _bearer(request: Request) -> str:
    scheme, _, token = request.header("Authorization").partition(" ")
    return token if scheme.lower() == "bearer" else ""


def _basic(request: Request) -> str:
    scheme, _, coded = request.header("Authorization").partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(coded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
