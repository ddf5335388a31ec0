"""Users, their roles and passwords, and the tokens that stand for them."""

from __future__ import annotations

import base64
import hmac
import json
import secrets
import string
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

TOKEN_SECONDS = 7 * 24 * 3600
SHORTEST, LONGEST = 8, 64
PATIENCE = 3
"""How many bad logins in a row an account takes before it is locked."""
LOCKED_SECONDS = 60.0

_CLASSES = (string.digits, string.ascii_uppercase, string.ascii_lowercase, string.punctuation)


class Role(StrEnum):
    """What a user may do: all, or all but manage users, settings and certificates."""

    ADMIN = "ROLE_ADMIN"
    USER = "ROLE_USER"


@dataclass(slots=True)
class User:
    """An account, and how often in a row its password was wrong."""

    name: str
    password: str
    role: Role = Role.USER
    failures: int = 0
    locked_until: float = 0.0


@dataclass(frozen=True, slots=True)
class Grant:
    """What a login gives: a token, and when it ends, in Unix seconds."""

    token: str
    expires: float


class Accounts:
    """Who may use the API. A token is a JSON Web Token (RFC 7519), alive until it expires or is logged out.

    A fault may replace `forget`, which ends the sessions of whoever is removed or gets another password.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        """Know nobody yet; `clock` returns Unix seconds."""
        self.clock = clock
        self.token_seconds: float = TOKEN_SECONDS
        self.forget: Callable[[str], None] = self.end_sessions
        self.users: dict[str, User] = {}
        self._key = secrets.token_bytes(32)
        self._sessions: dict[str, tuple[str, float]] = {}
        self._lock = threading.Lock()

    def add(self, name: str, password: str, role: Role = Role.USER) -> User:
        """Create an account; the password is not looked at."""
        user = self.users[name] = User(name, password, role)
        return user

    def remove(self, name: str) -> None:
        """Delete an account, and end its sessions."""
        del self.users[name]
        self.forget(name)

    def end_sessions(self, name: str) -> None:
        """End every session of an account."""
        with self._lock:
            self._sessions = {key: held for key, held in self._sessions.items() if held[0] != name}

    def acceptable(self, password: Any) -> bool:
        """Tell whether a password has 8 to 64 characters, and a digit, capital, small letter and sign among them."""
        return (
            isinstance(password, str)
            and SHORTEST <= len(password) <= LONGEST
            and all(any(char in kind for char in password) for kind in _CLASSES)
        )

    def right(self, user: User, password: str) -> bool:
        """Tell whether this is the user's password."""
        return hmac.compare_digest(password.encode(), user.password.encode())

    def locked(self, user: User) -> bool:
        """Tell whether the account takes no login just now, as too many went wrong."""
        return user.locked_until > self.clock()

    def failed(self, user: User) -> None:
        """Count a bad login, and lock the account after too many in a row."""
        user.failures += 1
        if user.failures >= PATIENCE:
            user.failures, user.locked_until = 0, self.clock() + LOCKED_SECONDS

    def grant(self, user: User) -> Grant:
        """Open a session."""
        user.failures = 0
        session, expires = secrets.token_hex(8), self.clock() + self.token_seconds
        with self._lock:
            self._sessions[session] = (user.name, expires)
        return Grant(self.token({"user": user.name, "exp": int(expires), "jti": session}), expires)

    def token(self, claims: dict[str, Any]) -> str:
        """Seal claims into a token."""
        signed = f"{_coded(json.dumps({'alg': 'HS256', 'typ': 'JWT'}).encode())}.{_coded(json.dumps(claims).encode())}"
        return f"{signed}.{_coded(self._signature(signed))}"

    def claims(self, token: str) -> dict[str, Any]:
        """Return what a token claims; nothing where this gateway did not seal it."""
        signed, _, signature = token.rpartition(".")
        if not hmac.compare_digest(_coded(self._signature(signed)).encode(), signature.encode()):
            return {}
        return read(token)

    def owner(self, token: str) -> User | None:
        """Return whose live session a token is, or None."""
        name, expires = self._sessions.get(str(self.claims(token).get("jti")), ("", 0.0))
        return self.users.get(name) if expires > self.clock() else None

    def logout(self, token: str) -> None:
        """End the token's session, and no other."""
        with self._lock:
            self._sessions.pop(str(self.claims(token).get("jti")), None)

    def _signature(self, signed: str) -> bytes:
        return hmac.digest(self._key, signed.encode(), "sha256")


def read(token: str) -> dict[str, Any]:
    """Return the claims that stand in a token, sealed or not; nothing where there are none."""
    try:
        coded = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(coded + "=" * (-len(coded) % 4)))
    except (ValueError, IndexError):
        return {}
    return claims if isinstance(claims, dict) else {}


def _coded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
