"""Faults and near misses of the other path that binds an identity: a contact's update."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from ..http import Request, Response
from ..identity import Contact, sign
from . import fault, near_miss

if TYPE_CHECKING:
    from ..gateway import Gateway


def _asked(request: Request) -> dict[str, Any]:
    document = json.loads(request.body)
    return document if isinstance(document, dict) else {}


def _renamed(contact: Contact, document: dict[str, Any]) -> Response:
    if isinstance(name := document.get("name"), str):
        contact.name = name
    return Response.json(contact.shown())


def _signature(gateway: Gateway, uid: str) -> str:
    return sign(gateway.environ["PORTERO_IDENTITY_SECRET"], uid)


@fault("IDV-11")
def updates_without_a_hash(gateway: Gateway) -> None:
    """Breaks IDV-11: a contact is updated whoever asks for it."""
    gateway.identity.change = lambda request, contact: _renamed(contact, _asked(request))


@fault("IDV-11")
def updates_with_a_hash_that_is_not_compared(gateway: Gateway) -> None:
    """Breaks IDV-11: the update asks for a hash and takes any."""

    def change(request: Request, contact: Contact) -> Response:
        document = _asked(request)
        return _renamed(contact, document) if document.get("client_hash") else Response(401)

    gateway.identity.change = change


@fault("IDV-11")
def updates_with_a_blank_hash(gateway: Gateway) -> None:
    """Breaks IDV-11: an empty hash counts as one that is right."""
    usual = gateway.identity.change

    def change(request: Request, contact: Contact) -> Response:
        document = _asked(request)
        return _renamed(contact, document) if document.get("client_hash") == "" else usual(request, contact)

    gateway.identity.change = change


@fault("IDV-11")
def updates_with_the_beginning_of_the_hash(gateway: Gateway) -> None:
    """Breaks IDV-11: as many characters are compared as the request brings."""
    usual = gateway.identity.change

    def change(request: Request, contact: Contact) -> Response:
        document = _asked(request)
        given = document.get("client_hash")
        fits = isinstance(given, str) and given and _signature(gateway, contact.uid).startswith(given)
        return _renamed(contact, document) if fits else usual(request, contact)

    gateway.identity.change = change


@fault("IDV-11")
def updates_attributes_without_a_hash(gateway: Gateway) -> None:
    """Breaks IDV-11: the hash is asked for only where the request names the uid."""
    usual = gateway.identity.change

    def change(request: Request, contact: Contact) -> Response:
        document = _asked(request)
        named = "client_hash" in document or "email" in document or "visitor" in document
        return usual(request, contact) if named else _renamed(contact, document)

    gateway.identity.change = change


@fault("IDV-11")
def updates_another_contact_with_the_own_pair(gateway: Gateway) -> None:
    """Breaks IDV-11: the hash is checked over the uid in the body, and the contact of the URL changed."""

    def change(request: Request, contact: Contact) -> Response:
        document = _asked(request)
        visitor = document.get("visitor")
        named = visitor.get("email") if isinstance(visitor, dict) else None
        uid = document.get("email") or named or contact.uid
        right = document.get("client_hash") == _signature(gateway, str(uid))
        return _renamed(contact, document) if right else Response(403)

    gateway.identity.change = change


@fault("IDV-11")
def updates_and_then_refuses(gateway: Gateway) -> None:
    """Breaks IDV-11: the contact is stored first, and the hash checked for the answer only."""
    usual = gateway.identity.change

    def change(request: Request, contact: Contact) -> Response:
        _renamed(contact, _asked(request))
        return Response(401) if usual(request, contact).status != 200 else Response.json(contact.shown())

    gateway.identity.change = change


@fault("IDV-11")
def merges_another_contact(gateway: Gateway) -> None:
    """Breaks IDV-11: an update with the own hash takes over the contact that another field names."""
    usual, contacts = gateway.identity.change, gateway.identity.contacts

    def change(request: Request, contact: Contact) -> Response:
        response = usual(request, contact)
        other = _asked(request).get("identifier")
        if response.status == 200 and isinstance(other, str) and other != contact.uid:
            contacts.pop(other, None)
        return response

    gateway.identity.change = change


@fault("IDV-11")
def creates_contacts_by_update(gateway: Gateway) -> None:
    """Breaks IDV-11: an update of a uid that nobody has makes the contact, signed or not."""
    serve, identity = gateway.identity.serve, gateway.identity

    def answer(request: Request) -> Response:
        uid = unquote(request.path.rpartition("/")[2])
        if request.method == "PATCH":
            with identity.lock:
                identity.contacts.setdefault(uid, Contact(uid, verified=False, name="", attrs={}))
        return serve(request)

    gateway.identity.serve = answer


@near_miss()
def update_that_is_refused_with_the_contact_as_it_is(gateway: Gateway) -> None:
    """Is right: whatever is not signed is answered 200, with the contact unchanged."""
    usual = gateway.identity.change

    def change(request: Request, contact: Contact) -> Response:
        usual(request, contact)
        return Response.json(contact.shown())

    gateway.identity.change = change


def _known_by_sessions(gateway: Gateway, may: Callable[[Contact, Contact | None], bool]) -> None:
    """Let a session change what it may, by the URL's contact and its own; a right hash changes, too."""
    identity, usual, document = gateway.identity, gateway.identity.change, gateway.identity.document

    def change(request: Request, contact: Contact) -> Response:
        session = identity.sessions.get(request.header("X-Session"), {})
        own = identity.contacts.get(session.get("uid", ""))
        return _renamed(contact, _asked(request)) if may(contact, own) else usual(request, contact)

    def declared() -> dict[str, Any]:
        found = document()
        for path in found["identity"]["other_paths"]:
            path |= {"session_pointer": "/session", "session_header": "X-Session"}
        return found

    identity.change = change
    identity.document = declared  # type: ignore[method-assign]


@fault("IDV-11")
def updates_by_any_session(gateway: Gateway) -> None:
    """Breaks IDV-11: whoever has a session may change every contact."""
    _known_by_sessions(gateway, lambda _, own: own is not None)


@near_miss()
def update_by_the_session_of_its_own_client(gateway: Gateway) -> None:
    """Is right: a client that was signed for changes itself by its session, without another hash."""
    _known_by_sessions(gateway, lambda contact, own: contact is own)


@near_miss()
def update_that_is_signed_in_a_header(gateway: Gateway) -> None:
    """Is right: the update has its hash in a header, and the client below another name."""

    def change(request: Request, contact: Contact) -> Response:
        if request.header("X-Client-Hash") != _signature(gateway, contact.uid):
            return Response(401)
        contact.name = str(_asked(request)["contact"]["title"])
        return Response(204)

    gateway.identity.change = change
    url = {"url": "", "method": "PATCH", "body": {}, "value_pointer": "/contact/title", "hash_header": "X-Client-Hash"}
    document = gateway.identity.document

    def declared() -> dict[str, Any]:
        found = document()
        found["identity"]["other_paths"] = [{**url, "url": found["identity"]["state"]["url"]}]
        return found

    gateway.identity.document = declared  # type: ignore[method-assign]
