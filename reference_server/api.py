"""The part of the `/v1` API that the suite needs: health, settings, support; other parts add theirs."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .accounts import Accounts, Role, User
from .answers import Unreadable, bearer, denied, document, refusal
from .http import Request, Response

if TYPE_CHECKING:
    from .shared import Shared

MASK = "********"

Endpoint = Callable[[Request], Response]


class Api:
    """The API: Basic credentials buy a bearer token, and everything else asks for one.

    `endpoints` are keyed by path and method; a path that ends in `/*` stands for everything one step below.
    `administration` are those that ask for an administrator, `open` the paths that ask for no token at all.
    """

    def __init__(self, shared: Shared, username: str) -> None:
        """Know one account from `start` on, an administrator with the gateway's PORTERO_ADMIN_PASSWORD."""
        self.shared = shared
        self.headers: list[tuple[str, str]] = []
        self.settings: dict[str, Any] = {"callback_persist": True, "media": {"auto_download": []}}
        self._username = username
        self.open: set[str] = set()
        self.administration = {("/v1/settings/application", "PATCH")}
        self.endpoints: dict[str, dict[str, Endpoint]] = {
            "/v1/health": {"GET": self.health},
            "/v1/settings/application": {"GET": self.show_settings, "PATCH": self.change_settings},
            "/v1/support": {"GET": self.support},
        }
        self.shown: Callable[[str], str] = lambda _: MASK
        self.accounts = Accounts(shared.clock)

    def start(self) -> None:
        """Open the first account."""
        self.accounts.add(self._username, self.shared.environ["PORTERO_ADMIN_PASSWORD"], Role.ADMIN)

    def answer(self, request: Request) -> Response:
        """Serve one request below /v1."""
        try:
            response = self._route(request)
        except Unreadable:
            response = refusal(HTTPStatus.BAD_REQUEST, 1009, "Parameter value is not valid")
        response.headers += self.headers
        return response

    def caller(self, request: Request) -> User | None:
        """Return whose token a request brings, or None."""
        return self.accounts.owner(bearer(request))

    def permits(self, user: User, path: str, method: str) -> bool:
        """Tell whether a user may use an endpoint, named as in `endpoints`."""
        return user.role == Role.ADMIN or (path, method) not in self.administration

    def _route(self, request: Request) -> Response:
        path, methods = self._find(urlsplit(request.path).path)
        method = "GET" if request.method == "HEAD" else request.method
        allowed = ", ".join(["HEAD", "OPTIONS", *methods] if "GET" in methods else ["OPTIONS", *methods])
        if methods and method == "OPTIONS":
            return Response(HTTPStatus.NO_CONTENT, [("Allow", allowed)])
        user = self.caller(request)
        if user is None and path not in self.open:
            return denied("Bearer")
        if not methods:
            return refusal(HTTPStatus.NOT_FOUND, 1006, "Resource not found")
        if method not in methods:
            response = refusal(HTTPStatus.METHOD_NOT_ALLOWED, 1001, "Method not allowed")
            response.headers.append(("Allow", allowed))
            return response
        if user is not None and not self.permits(user, path, method):
            return refusal(HTTPStatus.FORBIDDEN, 1005, "Access denied", "an administrator may do this")
        return methods[method](request)

    def _find(self, path: str) -> tuple[str, dict[str, Endpoint]]:
        if path in self.endpoints:
            return path, self.endpoints[path]
        pattern = f"{path.rpartition('/')[0]}/*"
        return pattern, self.endpoints.get(pattern, {})

    def health(self, _: Request) -> Response:
        """Say that both apps run."""
        return Response.json({"health": {"wacore": {"gateway_status": "connected"}, "waweb": {"status": "running"}}})

    def show_settings(self, _: Request) -> Response:
        """Return the application's settings."""
        return Response.json({"settings": {"application": self.settings}})

    def change_settings(self, request: Request) -> Response:
        """Change some of the application's settings."""
        self.settings |= document(request)
        return Response.json({})

    def support(self, _: Request) -> Response:
        """Return what support asks for, the environment among it, with a mask in place of every secret."""
        environment = {"WA_WEB_SECURITY_LEVEL": self.shared.security_level.upper()}
        environment |= {name: self.shown(value) for name, value in sorted(self.shared.environ.items())}
        return Response.json({"support": {"app": "waweb", "environment": environment}})
