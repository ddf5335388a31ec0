"""The identity service: honours a widget's initialisation only with the right client_hash."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from .http import HttpServer, Request, Response
from .pki import Leaf, LeafSpec

if TYPE_CHECKING:
    from .shared import Shared

BASE = "/widget/v1/"
UIDS = ("portero.test@example.org", "12.345.678-5", "620", "josé@example.org")
NAME = 'Clienta Ñandú "Demo" <b>&'
ATTRS = {"one_key": "one_value", "another_key": "año 2026; 50 %"}


Wrap = Callable[[socket.socket], ssl.SSLSocket]


class Unusable(Exception):
    """A body that is no initialisation."""


@dataclass(slots=True)
class Organisation:
    """A customer of the service."""

    subdomain: str
    secret: str
    previous: tuple[str, ...] = ()
    consumer: dict[str, str] = field(default_factory=lambda: {"key": "ck-acme", "token": "ct-acme-public"})


@dataclass(slots=True)
class Initialisation:
    """What a widget sends, types checked. `signature` is None where none was sent."""

    organisation: Organisation
    uid: str
    signature: str | None
    name: str
    attrs: dict[str, Any]


@dataclass(slots=True)
class Contact:
    """What is stored of a client."""

    uid: str
    verified: bool
    name: str
    attrs: dict[str, Any]
    sessions: int = 0

    def shown(self) -> dict[str, Any]:
        """Return what the administrator sees."""
        return {
            "uid": self.uid,
            "verified": self.verified,
            "name": self.name,
            "attrs": self.attrs,
            "sessions": self.sessions,
        }


def sign(secret: str, uid: str) -> str:
    """Return the client_hash of `uid`."""
    return hmac.new(secret.encode(), uid.encode(), hashlib.sha256).hexdigest()


def no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build a JSON object; one with a name that stands twice is refused."""
    if len({name for name, _ in pairs}) < len(pairs):
        raise Unusable("a name stands twice")
    return dict(pairs)


def same(value: str) -> str:
    """Leave a uid as it is."""
    return value


class IdentityService:
    """Initialisations, sessions, contacts and the validation setting of two organisations.

    Each step of an initialisation is an attribute: `read` the body, `check` the hash, `bind` the client, `drop`.
    """

    def __init__(self, shared: Shared) -> None:
        """Bind nothing yet."""
        self.shared = shared
        environ = shared.environ
        environ["PORTERO_IDENTITY_PREVIOUS"] = secrets.token_urlsafe(32)
        environ["PORTERO_IDENTITY_OTHER"] = secrets.token_urlsafe(32)
        acme = Organisation("acme", environ["PORTERO_IDENTITY_SECRET"], (environ["PORTERO_IDENTITY_PREVIOUS"],))
        globex = Organisation("globex", environ["PORTERO_IDENTITY_OTHER"])
        self.organisations = {"acme": acme, "globex": globex}
        self.leaf = LeafSpec()
        self.secure = True
        self.validation = True
        self.longest_body = 64 << 10
        self.contacts: dict[str, Contact] = {}
        self.sessions: dict[str, dict[str, Any]] = {}
        self.lock = threading.Lock()
        self.pairs: Callable[[list[tuple[str, Any]]], dict[str, Any]] = no_duplicates
        self.read: Callable[[bytes], Initialisation] = self.read_initialisation
        self.signed_form: Callable[[str], str] = same
        self.stored_form: Callable[[str], str] = same
        self.keys: Callable[[Organisation], tuple[str, ...]] = lambda organisation: (organisation.secret,)
        self.matches: Callable[[str, str, str], bool] = self.matches_hash
        self.check: Callable[[Initialisation], bool | None] = self.check_hash
        self.bind: Callable[[Initialisation, bool], Response] = self.bind_client
        self.drop: Callable[[Initialisation | None], Response] = lambda _: Response(204)
        self.absent_status = 404
        self.absent: Callable[[], Response] = lambda: Response.json({"error": "not found"}, self.absent_status)
        self.shown: Callable[[Contact], dict[str, Any]] = Contact.shown
        self.initialise: Callable[[Request], Response] = self.initialise_widget
        self.change: Callable[[Request, Contact], Response] = self.change_contact
        self.serve: Callable[[Request], Response] = self.answer
        self.wrapper: Callable[[], Wrap] = self.tls_wrapper
        self.issue: Callable[[LeafSpec], Leaf] = shared.authority.issue
        self.setting: Callable[[], dict[str, Any]] = lambda: {"enabled": self.validation}
        self.set_validation: Callable[[bool], None] = self.store_validation

    def start(self) -> None:
        """Serve in the background."""
        self.server = HttpServer(self.serve, self.wrapper() if self.secure else None, clock=self.shared.clock)
        self.server.start()

    def tls_wrapper(self) -> Wrap:
        """Issue the certificate and return what wraps a connection."""
        context = self.issue(self.leaf).context()
        return lambda sock: context.wrap_socket(sock, server_side=True)

    def stop(self) -> None:
        """Release the ports."""
        self.server.stop()

    @property
    def url(self) -> str:
        """Return the root of the service."""
        return f"{'https' if self.secure else 'http'}://localhost:{self.server.port}"

    def document(self) -> dict[str, Any]:
        """Return this part's tables of a fitting target file."""
        return {
            "identity": {
                "url": f"{self.url}{BASE}initializations",
                "ca_file": str(self.shared.folder / "ca.pem"),
                "secret": "env:PORTERO_IDENTITY_SECRET",
                "previous_secrets": ["env:PORTERO_IDENTITY_PREVIOUS"],
                "other_secrets": ["env:PORTERO_IDENTITY_OTHER"],
                "uids": list(UIDS),
                "body": {
                    "organization_subdomain": "acme",
                    "consumer": self.organisations["acme"].consumer,
                    "visitor": {"name": NAME, "attrs": ATTRS},
                },
                "accepted": {"status": [200, 201], "pointer": "/visitor/verified", "equals": True},
                "state": {
                    "url": f"{self.url}{BASE}contacts/{{uid}}",
                    "authorization": "env:PORTERO_IDENTITY_ADMIN",
                    "absent_status": [self.absent_status],
                },
                "other_paths": [{"url": f"{self.url}{BASE}contacts/{{uid}}", "method": "PATCH"}],
                "switch": {"url": f"{self.url}{BASE}settings/validation"},
            }
        }

    def answer(self, request: Request) -> Response:
        """Serve the API."""
        kind, _, rest = urlsplit(request.path).path.removeprefix(BASE).partition("/")
        if (request.method, kind, rest) == ("POST", "initializations", ""):
            with self.lock:
                return self.initialise(request)
        if not self._is_admin(request) and request.method != "PATCH":
            return Response.json({"error": "unauthorised"}, 401)
        with self.lock:
            return self._administer(request, kind, unquote(rest, errors="replace"))

    def _is_admin(self, request: Request) -> bool:
        return hmac.compare_digest(
            request.header("Authorization").encode(), self.shared.environ["PORTERO_IDENTITY_ADMIN"].encode()
        )

    def _administer(self, request: Request, kind: str, rest: str) -> Response:
        contact = self.contacts.get(self.stored_form(rest))
        match request.method, kind:
            case "GET", "contacts" if contact:
                return Response.json(self.shown(contact))
            case "PATCH", "contacts" if contact:
                return self.change(request, contact)
            case "GET", "sessions" if rest in self.sessions:
                return Response.json(self.sessions[rest])
            case "GET", "settings":
                return Response.json(self.setting())
            case "PUT", "settings":
                return self._set(request)
        return self.absent()

    def _set(self, request: Request) -> Response:
        try:
            enabled = json.loads(request.body)["enabled"]
        except (ValueError, LookupError, TypeError):
            enabled = None
        if not isinstance(enabled, bool):
            return Response.json({"error": "enabled is true or false"}, 400)
        self.set_validation(enabled)
        return Response.json({"enabled": enabled})

    def store_validation(self, enabled: bool) -> None:  # noqa: FBT001 - it is what the setting is
        """Turn validation on or off."""
        self.validation = enabled

    def initialise_widget(self, request: Request) -> Response:
        """Honour or drop an initialisation."""
        if len(request.body) > self.longest_body:
            return Response.json({"error": "too long"}, 413)
        try:
            asked = self.read(request.body)
        except (Unusable, ValueError, RecursionError):
            return self.drop(None)
        verified = self.check(asked)
        if verified is None:
            return self.drop(asked)
        return self.bind(asked, verified)

    def read_initialisation(self, body: bytes) -> Initialisation:
        """Read a body strictly; raises Unusable or ValueError."""
        document = json.loads(body, object_pairs_hook=self.pairs)
        visitor = document.get("visitor") if isinstance(document, dict) else None
        if not isinstance(visitor, dict):
            raise Unusable("no visitor")
        organisation = self.organisations.get(str(document.get("organization_subdomain")))
        uid, name, attrs = visitor.get("email"), visitor.get("name", ""), visitor.get("attrs", {})
        if organisation is None or document.get("consumer") != organisation.consumer:
            raise Unusable("no such organisation")
        if not isinstance(uid, str) or not uid or not isinstance(name, str) or not isinstance(attrs, dict):
            raise Unusable("another type was expected")
        if not isinstance(document.get("client_hash", ""), str):
            raise Unusable("client_hash is a string")
        signature = document.get("client_hash")
        return Initialisation(organisation, uid, signature, name, attrs)

    def check_hash(self, asked: Initialisation) -> bool | None:
        """Return whether the client is verified, None for an initialisation that has to be dropped."""
        if asked.signature is None:
            return None if self.validation else False
        uid = self.signed_form(asked.uid)
        if any(self.matches(key, uid, asked.signature) for key in self.keys(asked.organisation)):
            return True
        return None

    def matches_hash(self, key: str, uid: str, signature: str) -> bool:
        """Tell whether `signature` is the hash of `uid`, in constant time."""
        return hmac.compare_digest(sign(key, uid).encode(), signature.encode("utf-8", "surrogatepass"))

    def store(self, asked: Initialisation, *, verified: bool) -> Contact:
        """Create or update the client."""
        uid = self.stored_form(asked.uid)
        contact = self.contacts.setdefault(uid, Contact(uid, verified, asked.name, asked.attrs))
        contact.verified = contact.verified or verified
        contact.name, contact.attrs = asked.name, asked.attrs
        return contact

    def bind_client(self, asked: Initialisation, verified: bool) -> Response:  # noqa: FBT001 - a Callable has no names
        """Store the client and open a session."""
        contact = self.store(asked, verified=verified)
        contact.sessions += 1
        session = secrets.token_urlsafe(16)
        self.sessions[session] = {"uid": contact.uid, "verified": verified}
        return Response.json({"session": session, "visitor": {"uid": contact.uid, "verified": verified}}, 201)

    def change_contact(self, request: Request, contact: Contact) -> Response:
        """Update a client, who has to be signed for here, too."""
        try:
            document = json.loads(request.body, object_pairs_hook=no_duplicates)
        except (Unusable, ValueError, RecursionError):
            return self.drop(None)
        signature = document.get("client_hash") if isinstance(document, dict) else None
        secret, uid = self.organisations["acme"].secret, self.signed_form(contact.uid)
        if not isinstance(signature, str) or not self.matches_hash(secret, uid, signature):
            return self.drop(None)
        if isinstance(name := document.get("name"), str):
            contact.name = name
        return Response.json(self.shown(contact))
