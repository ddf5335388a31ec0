"""Faults of the identity service: a right hash that is good for somebody else."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..http import Response
from ..identity import NAME, UIDS, Initialisation, sign
from ..identity_edits import also_takes, edits, visitor_of
from . import fault

if TYPE_CHECKING:
    from ..gateway import Gateway


_OFFICE = "office@example.org"


@fault("IDV-04")
def takes_the_hash_of_any_known_client(gateway: Gateway) -> None:
    """Breaks IDV-04: a hash counts for everybody once its client is known."""
    contacts = gateway.identity.contacts
    also_takes(gateway, lambda key, _uid, given: any(sign(key, known) == given for known in contacts))


@fault("IDV-04")
def checks_in_lower_case(gateway: Gateway) -> None:
    """Breaks IDV-04: a uid is put into lower case to check it, not to store it."""
    gateway.identity.signed_form = str.lower


@fault("IDV-04")
def stores_in_lower_case(gateway: Gateway) -> None:
    """Breaks IDV-04: a uid is checked as it stands and stored in lower case, so that two clients become one."""
    gateway.identity.stored_form = str.lower


@fault("IDV-04")
def checks_without_spaces(gateway: Gateway) -> None:
    """Breaks IDV-04: spaces around a uid are left out of the check only."""
    gateway.identity.signed_form = str.strip


@fault("IDV-04")
def checks_composed(gateway: Gateway) -> None:
    """Breaks IDV-04: a uid is brought into NFC to check it, not to store it."""
    gateway.identity.signed_form = lambda uid: unicodedata.normalize("NFC", uid)


@fault("IDV-04")
def checks_without_compatibility_forms(gateway: Gateway) -> None:
    """Breaks IDV-04: full-width letters are checked as plain ones, and stored as they are."""
    gateway.identity.signed_form = lambda uid: unicodedata.normalize("NFKC", uid)


@fault("IDV-04")
def checks_without_the_mail_tag(gateway: Gateway) -> None:
    """Breaks IDV-04: what follows a plus in a mail address is left out of the check only."""
    gateway.identity.signed_form = lambda uid: re.sub(r"\+[^@]*@", "@", uid)


@fault("IDV-04")
def checks_ruts_with_dots(gateway: Gateway) -> None:
    """Breaks IDV-04: a RUT without dots is checked with dots, and stored without."""

    def dotted(uid: str) -> str:
        number, hyphen, digit = uid.partition("-")
        return f"{int(number):,}".replace(",", ".") + hyphen + digit if number.isdecimal() and hyphen else uid

    gateway.identity.signed_form = dotted


@fault("IDV-04")
def checks_ruts_without_dots(gateway: Gateway) -> None:
    """Breaks IDV-04: a RUT with dots is checked without, or as it stands, and stored with them."""
    right = gateway.identity.matches
    bare = re.compile(r"[.](?=\d{3})")
    gateway.identity.matches = lambda key, uid, given: right(key, uid, given) or right(key, bare.sub("", uid), given)
    gateway.declared["identity"] = {"uids": ["12345678-5", "portero.test@example.org"]}


@fault("IDV-04")
def checks_numbers_by_value(gateway: Gateway) -> None:
    """Breaks IDV-04: leading zeros and .0 are left out of the check only."""
    gateway.identity.signed_form = lambda uid: uid.removesuffix(".0").lstrip("0")


@fault("IDV-04")
def checks_up_to_a_nul(gateway: Gateway) -> None:
    """Breaks IDV-04: a uid is checked up to its first NUL and stored whole."""
    gateway.identity.signed_form = lambda uid: uid.partition("\0")[0]


@fault("IDV-04")
def cuts_long_uids(gateway: Gateway) -> None:
    """Breaks IDV-04: a uid longer than its column is cut there, and the filling is not checked."""
    gateway.identity.longest_body = 4 << 20
    gateway.identity.signed_form = lambda uid: uid.rstrip("a") if len(uid) > 1000 else uid
    gateway.identity.stored_form = lambda uid: uid[:255]


def _bind_as(gateway: Gateway, uid_of: Callable[[dict[str, Any]], object]) -> None:
    """Let the service check the client's own uid, and bind what `uid_of` finds in the visitor."""
    identity = gateway.identity
    read, bind = identity.read, identity.bind
    found: list[str] = []

    def noting(body: bytes) -> Initialisation:
        other = uid_of(visitor_of(json.loads(body)))
        found[:] = [other] if isinstance(other, str) else []
        return read(body)

    def bound(asked: Initialisation, verified: bool) -> Response:  # noqa: FBT001 - a Callable has no names
        asked.uid = found[0] if found else asked.uid
        return bind(asked, verified)

    identity.read, identity.bind = noting, bound


@fault("IDV-04")
def binds_another_field(gateway: Gateway) -> None:
    """Breaks IDV-04: the e-mail address is checked, and the client found by another field."""
    _bind_as(gateway, lambda visitor: visitor.get("external_id"))


@fault("IDV-04")
def binds_an_attribute(gateway: Gateway) -> None:
    """Breaks IDV-04: the e-mail address is checked, and the client found by one among the attributes."""

    def attribute(visitor: dict[str, Any]) -> object:
        attrs = visitor.get("attrs")
        return attrs.get("email") if isinstance(attrs, dict) else None

    _bind_as(gateway, attribute)


@fault("IDV-04")
def binds_a_field_that_is_filled(gateway: Gateway) -> None:
    """Breaks IDV-04: the uid is checked, and the client found by an e-mail address that all initialisations have."""
    identity = gateway.identity
    _bind_as(gateway, lambda visitor: visitor.get("mail") if visitor.get("mail") != _OFFICE else None)
    body = {"organization_subdomain": "acme", "consumer": identity.organisations["acme"].consumer}
    gateway.declared["identity"] = {"body": {**body, "visitor": {"name": NAME, "mail": _OFFICE}}}


@fault("IDV-04")
def binds_an_attribute_of_the_houses_own(gateway: Gateway) -> None:
    """Breaks IDV-04: the client is found by one of the attributes, called as no other service calls it."""

    def attribute(visitor: dict[str, Any]) -> object:
        attrs = visitor.get("attrs")
        key = attrs.get("one_key") if isinstance(attrs, dict) else None
        return key if key in gateway.identity.contacts or key in UIDS else None

    _bind_as(gateway, attribute)


@fault("IDV-04")
def checks_the_name(gateway: Gateway) -> None:
    """Breaks IDV-04: the hash of the name that is sent counts for any uid."""

    def edit(document: Any) -> None:
        visitor = visitor_of(document)
        secret = gateway.identity.organisations["acme"].secret
        if isinstance(name := visitor.get("name"), str) and document.get("client_hash") == sign(secret, name):
            document["client_hash"] = sign(secret, visitor["email"])

    edits(gateway, edit)


@fault("IDV-04")
def checks_another_field(gateway: Gateway) -> None:
    """Breaks IDV-04: the hash is that of a user id, where there is one, and the client is found by e-mail address."""

    def edit(document: Any) -> None:
        visitor = visitor_of(document)
        secret = gateway.identity.organisations["acme"].secret
        if isinstance(user := visitor.get("user_id"), str) and isinstance(visitor.get("email"), str):
            right = document.get("client_hash") == sign(secret, user)
            document["client_hash"] = sign(secret, visitor["email"]) if right else "wrong"

    edits(gateway, edit)


@fault("IDV-04")
def checks_json_numbers_by_value(gateway: Gateway) -> None:
    """Breaks IDV-04: the JSON number 620.0 is checked as "620" and stored as "620.0"."""

    def spelt(visitor: dict[str, Any]) -> object:
        uid = visitor.get("email")
        return str(uid) if isinstance(uid, float) else None

    def whole(document: Any) -> None:
        visitor = visitor_of(document)
        if isinstance(uid := visitor.get("email"), float):
            visitor["email"] = str(int(uid))

    edits(gateway, whole)
    _bind_as(gateway, spelt)


@fault("IDV-04")
def checks_the_first_uid_and_binds_the_last(gateway: Gateway) -> None:
    """Breaks IDV-04: of a uid that stands twice, the first is checked and the last one bound."""

    def first(found: list[tuple[str, Any]]) -> dict[str, Any]:
        return dict(reversed(found))

    gateway.identity.pairs = first
    _bind_as(gateway, lambda visitor: visitor.get("email"))


@fault("IDV-04")
def checks_the_first_of_an_array(gateway: Gateway) -> None:
    """Breaks IDV-04: of an array of uids, the first is checked and the last one bound."""

    def last(visitor: dict[str, Any]) -> object:
        uids = visitor.get("email")
        return uids[-1] if isinstance(uids, list) else None

    def first(document: Any) -> None:
        visitor = visitor_of(document)
        if isinstance(uids := visitor.get("email"), list):
            visitor["email"] = uids[0]

    edits(gateway, first)
    _bind_as(gateway, last)


@fault("IDV-04")
def honours_an_empty_uid(gateway: Gateway) -> None:
    """Breaks IDV-04: an empty uid with its right hash is a client."""

    def edit(document: Any) -> None:
        visitor = visitor_of(document)
        secret = gateway.identity.organisations["acme"].secret
        if visitor.get("email") == "" and document.get("client_hash") == sign(secret, ""):
            visitor["email"] = "nobody"
            document["client_hash"] = sign(secret, "nobody")

    edits(gateway, edit)
