"""The API's users: login, logout, and what the administrator alone may do with accounts."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from .accounts import LOCKED_SECONDS, User
from .answers import basic, bearer, denied, document, refusal
from .http import Request, Response

if TYPE_CHECKING:
    from .api import Api, Endpoint

USERS = "/v1/users"
LOGIN = f"{USERS}/login"
LOGOUT = f"{USERS}/logout"
MEMBER = f"{USERS}/*"

_NAME_LENGTH = range(4, 33)


class Users:
    """The endpoints below /v1/users."""

    def __init__(self, api: Api) -> None:
        """Add the endpoints to the API."""
        self.accounts = api.accounts
        managing: dict[str, dict[str, Endpoint]] = {
            USERS: {"GET": self.everybody, "POST": self.create},
            MEMBER: {"GET": self.show, "PUT": self.change, "DELETE": self.delete},
        }
        api.endpoints |= {LOGIN: {"POST": self.login}, LOGOUT: {"POST": self.logout}, **managing}
        api.open.add(LOGIN)
        api.administration |= {(path, method) for path, methods in managing.items() for method in methods}

    def login(self, request: Request) -> Response:
        """Give a token for the right name and password; a `new_password` in the body replaces the present one."""
        name, _, password = basic(request).partition(":")
        user = self.accounts.users.get(name)
        if user is None:
            return denied("Basic")
        if self.accounts.locked(user):
            response = refusal(HTTPStatus.TOO_MANY_REQUESTS, 1015, "Too many logins went wrong")
            response.headers.append(("Retry-After", str(int(LOCKED_SECONDS))))
            return response
        if not self.accounts.right(user, password):
            self.accounts.failed(user)
            return denied("Basic")
        if request.body.strip() and "new_password" in (asked := document(request)):
            changed = self._set_password(user, asked["new_password"])
            if changed.status != HTTPStatus.OK:
                return changed
        return self.granted(user)

    def granted(self, user: User) -> Response:
        """Open a session for a user, and show its token."""
        grant = self.accounts.grant(user)
        expires = datetime.fromtimestamp(grant.expires, UTC).isoformat(" ", "seconds")
        return Response.json({"users": [{"token": grant.token, "expires_after": expires}]})

    def logout(self, request: Request) -> Response:
        """Forget the caller's token, and only that."""
        self.accounts.logout(bearer(request))
        return Response.json({})

    def everybody(self, _: Request) -> Response:
        """Describe every user."""
        return Response.json({"users": [_described(user) for user in self.accounts.users.values()]})

    def create(self, request: Request) -> Response:
        """Create a user, who is no administrator."""
        asked = document(request)
        name, password = asked.get("username"), asked.get("password")
        if not isinstance(name, str) or len(name) not in _NAME_LENGTH:
            return refusal(HTTPStatus.BAD_REQUEST, 1009, "Parameter value is not valid", "username")
        if name in self.accounts.users:
            return refusal(HTTPStatus.BAD_REQUEST, 1014, "Internal error", "there is such a user already")
        if not self.accounts.acceptable(password):
            return _too_weak()
        self.accounts.add(name, str(password))
        return Response.json({"users": [{"username": name}]}, HTTPStatus.CREATED)

    def show(self, request: Request) -> Response:
        """Describe a user."""
        user = self._named(request)
        return Response.json({"users": [_described(user)]}) if user else _nobody()

    def change(self, request: Request) -> Response:
        """Give a user another password."""
        user = self._named(request)
        return self._set_password(user, document(request).get("password")) if user else _nobody()

    def delete(self, request: Request) -> Response:
        """Remove a user."""
        user = self._named(request)
        if user is None:
            return _nobody()
        self.accounts.remove(user.name)
        return Response.json({"users": [{"username": user.name}]})

    def _named(self, request: Request) -> User | None:
        return self.accounts.users.get(unquote(urlsplit(request.path).path.removeprefix(f"{USERS}/")))

    def _set_password(self, user: User, password: Any) -> Response:
        if not self.accounts.acceptable(password):
            return _too_weak()
        user.password = str(password)
        self.accounts.forget(user.name)
        return Response.json({"users": [{"username": user.name}]})


def _described(user: User) -> dict[str, str]:
    return {"username": user.name, "ROLES": user.role}


def _nobody() -> Response:
    return refusal(HTTPStatus.NOT_FOUND, 1006, "Resource not found", "there is no such user")


def _too_weak() -> Response:
    return refusal(HTTPStatus.BAD_REQUEST, 1009, "Parameter value is not valid", "the password is too weak")
