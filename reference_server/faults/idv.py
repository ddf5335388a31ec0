"""Faults of the identity service and the customer's site, and odd but right ones."""

from __future__ import annotations

import base64
import hashlib
import hmac
import html
import itertools
import json
import re
import secrets
import socket
import ssl
import unicodedata
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..http import Request, Response
from ..identity import Contact, IdentityService, Initialisation, Unusable, sign
from ..pki import Authority, LeafSpec
from . import fault, near_miss

if TYPE_CHECKING:
    from ..gateway import Gateway


def _also(gateway: Gateway, takes: Callable[[str, str, str], bool]) -> None:
    """Let the service honour whatever `takes(key, uid, signature)`, beside the right hash."""
    right = gateway.identity.matches
    gateway.identity.matches = lambda key, uid, given: right(key, uid, given) or takes(key, uid, given)


def _edited(gateway: Gateway, edit: Callable[[dict[str, Any]], object]) -> None:
    """Let the service change the document that it was sent before it reads it; no object may have a name twice."""
    read = gateway.identity.read

    def edited(body: bytes) -> Initialisation:
        document = json.loads(body, object_pairs_hook=gateway.identity.pairs)
        edit(document)
        return read(json.dumps(document).encode())

    gateway.identity.read = edited


def _visitor(document: Any) -> dict[str, Any]:
    visitor = document.get("visitor") if isinstance(document, dict) else None
    return visitor if isinstance(visitor, dict) else {}


def _hash(algorithm: str, key: str, message: str) -> str:
    return hmac.new(key.encode(), message.encode(), algorithm).hexdigest()


# What is to be honoured, and is not.


@fault("IDV-01")
def drops_uids_with_accents(gateway: Gateway) -> None:
    """Breaks IDV-01: a uid that is not ASCII is dropped, its hash right or not."""
    check = gateway.identity.check
    gateway.identity.check = lambda asked: check(asked) if asked.uid.isascii() else None


@fault("IDV-01")
def takes_emails_only(gateway: Gateway) -> None:
    """Breaks IDV-01: a uid that is no e-mail address is dropped."""
    check = gateway.identity.check
    gateway.identity.check = lambda asked: check(asked) if "@" in asked.uid else None


# Without a hash.


@fault("IDV-02", "IDV-05")
def believes_the_unsigned(gateway: Gateway) -> None:
    """Breaks IDV-02 and IDV-05: a client without a hash is honoured as verified."""
    check = gateway.identity.check
    gateway.identity.check = lambda asked: True if asked.signature is None else check(asked)


@fault("IDV-02", "IDV-05")
def stores_the_unsigned_as_unverified(gateway: Gateway) -> None:
    """Breaks IDV-02 and IDV-05: with validation on, a client without a hash is bound all the same, as not verified."""
    check = gateway.identity.check
    gateway.identity.check = lambda asked: False if asked.signature is None else check(asked)


@fault("IDV-02", "IDV-05")
def creates_the_unsigned_it_drops(gateway: Gateway) -> None:
    """Breaks IDV-02 and IDV-05: an unsigned initialisation is refused after the client was created."""
    identity = gateway.identity

    def drop(asked: Initialisation | None) -> Response:
        if asked and asked.signature is None:
            identity.store(asked, verified=False)
        return Response(403)

    identity.drop = drop


@fault("IDV-02", "IDV-05")
def trusts_known_clients(gateway: Gateway) -> None:
    """Breaks IDV-02 and IDV-05: who was verified once needs no hash any more."""
    identity = gateway.identity
    check = identity.check

    def known(asked: Initialisation) -> bool | None:
        contact = identity.contacts.get(asked.uid)
        return True if asked.signature is None and contact and contact.verified else check(asked)

    identity.check = known


# With a forged hash.


@fault("IDV-03", "IDV-10")
def checks_new_clients_only(gateway: Gateway) -> None:
    """Breaks IDV-03 and IDV-10: the hash of a client who was verified once is not checked again."""
    identity = gateway.identity
    check = identity.check

    def known(asked: Initialisation) -> bool | None:
        contact = identity.contacts.get(asked.uid)
        return True if asked.signature and contact and contact.verified else check(asked)

    identity.check = known


@fault("IDV-03", "IDV-04", "IDV-10")
def verifies_the_forged_it_refuses(gateway: Gateway) -> None:
    """Breaks IDV-03, IDV-04 and IDV-10: a wrong hash is answered with 401, and the client marked as verified anyway."""
    identity = gateway.identity

    def drop(asked: Initialisation | None) -> Response:
        if asked and asked.signature is not None:
            identity.store(asked, verified=True)
        return Response.json({"error": "unauthorised"}, 401)

    identity.drop = drop


@fault("IDV-03")
def takes_a_blank_hash_for_none_needed(gateway: Gateway) -> None:
    """Breaks IDV-03: an empty hash skips the check."""
    _also(gateway, lambda _key, _uid, given: not given.strip())


@fault("IDV-03")
def takes_null_for_none_needed(gateway: Gateway) -> None:
    """Breaks IDV-03: null in place of the hash skips the check."""

    def edit(document: Any) -> None:
        if isinstance(document, dict) and document.get("client_hash", "") is None:
            document["client_hash"] = sign(gateway.identity.organisations["acme"].secret, _visitor(document)["email"])

    _edited(gateway, edit)


@fault("IDV-03")
def compares_the_first_half(gateway: Gateway) -> None:
    """Breaks IDV-03: only the first 32 characters of a hash are compared."""
    _also(gateway, lambda key, uid, given: given[:32] == sign(key, uid)[:32])


@fault("IDV-03", "IDV-10")
def compares_the_last_half(gateway: Gateway) -> None:
    """Breaks IDV-03 and IDV-10: only the last 128 bits of a hash are compared."""
    _also(gateway, lambda key, uid, given: len(given) == 64 and given[32:] == sign(key, uid)[32:])


@fault("IDV-03")
def compares_as_long_as_given(gateway: Gateway) -> None:
    """Breaks IDV-03: a hash counts when the right one begins with it."""
    _also(gateway, lambda key, uid, given: given != "" and sign(key, uid).startswith(given))


@fault("IDV-03")
def compares_up_to_a_nul(gateway: Gateway) -> None:
    """Breaks IDV-03: what follows a NUL is not compared."""
    _also(gateway, lambda key, uid, given: given.partition("\0")[0] == sign(key, uid))


@fault("IDV-03")
def takes_anything_after_the_hash(gateway: Gateway) -> None:
    """Breaks IDV-03: a hash counts when it begins with the right one, whatever its length."""
    gateway.identity.longest_body = 4 << 20
    _also(gateway, lambda key, uid, given: given.startswith(sign(key, uid)))


@fault("IDV-03")
def compares_as_numbers(gateway: Gateway) -> None:
    """Breaks IDV-03: hashes are compared as whole numbers, which may be spelt with 0x or full-width digits."""

    def equal(key: str, uid: str, given: str) -> bool:
        try:
            return int(given, 16) == int(sign(key, uid), 16)
        except ValueError:
            return False

    _also(gateway, equal)


@fault("IDV-03")
def compares_loosely(gateway: Gateway) -> None:
    """Breaks IDV-03: true, or the number that the right hash begins with, is taken for equal to it."""

    def edit(document: Any) -> None:
        given = document.get("client_hash") if isinstance(document, dict) else None
        uid = _visitor(document).get("email")
        if isinstance(given, bool | int) and isinstance(uid, str):
            right = sign(gateway.identity.organisations["acme"].secret, uid)
            digits = "".join(itertools.takewhile(str.isdigit, right)) or "0"
            document["client_hash"] = right if given is True or given == int(digits) else "wrong"

    _edited(gateway, edit)


@fault("IDV-03")
def joins_an_array_into_a_hash(gateway: Gateway) -> None:
    """Breaks IDV-03: an array is joined into a string, and that is compared."""

    def edit(document: Any) -> None:
        given = document.get("client_hash") if isinstance(document, dict) else None
        if isinstance(given, list):
            document["client_hash"] = "".join(map(str, given))

    _edited(gateway, edit)


@fault("IDV-03")
def obeys_operators(gateway: Gateway) -> None:
    """Breaks IDV-03: {"$ne": ""} in place of the hash goes into the query and matches."""

    def edit(document: Any) -> None:
        given = document.get("client_hash") if isinstance(document, dict) else None
        if isinstance(given, dict) and "$ne" in given:
            document["client_hash"] = sign(gateway.identity.organisations["acme"].secret, _visitor(document)["email"])

    _edited(gateway, edit)


@fault("IDV-03")
def fails_on_other_types(gateway: Gateway) -> None:
    """Breaks IDV-03: a hash that is no string causes a server error."""
    initialise = gateway.identity.initialise

    def fail(request: Request) -> Response:
        try:
            given = json.loads(request.body).get("client_hash", "")
        except (ValueError, AttributeError):
            given = ""
        return initialise(request) if isinstance(given, str) else Response.json({"error": "internal"}, 500)

    gateway.identity.initialise = fail


@fault("IDV-03")
def takes_sha1_too(gateway: Gateway) -> None:
    """Breaks IDV-03: HMAC with SHA-1 counts as well."""
    _also(gateway, lambda key, uid, given: given == _hash("sha1", key, uid))


@fault("IDV-03")
def takes_sha512_cut(gateway: Gateway) -> None:
    """Breaks IDV-03: HMAC with SHA-512, cut to 64 characters, counts as well."""
    _also(gateway, lambda key, uid, given: given == _hash("sha512", key, uid)[:64])


@fault("IDV-03")
def takes_key_and_uid_in_a_row(gateway: Gateway) -> None:
    """Breaks IDV-03: SHA256(secret + uid) counts, bytes taken as Latin-1: it can be extended without the secret."""
    _also(
        gateway, lambda key, uid, given: given == hashlib.sha256((key + uid).encode("latin-1", "replace")).hexdigest()
    )


@fault("IDV-03")
def takes_a_hash_without_key(gateway: Gateway) -> None:
    """Breaks IDV-03: SHA256(uid) counts."""
    _also(gateway, lambda _key, uid, given: given == hashlib.sha256(uid.encode()).hexdigest())


@fault("IDV-03")
def takes_key_and_uid_exchanged(gateway: Gateway) -> None:
    """Breaks IDV-03: HMAC with the uid as key and the secret as message counts."""
    _also(gateway, lambda key, uid, given: given == sign(uid, key))


@fault("IDV-03")
def takes_base64(gateway: Gateway) -> None:
    """Breaks IDV-03: the right hash in base64 counts."""
    _also(
        gateway,
        lambda key, uid, given: given == base64.b64encode(bytes.fromhex(sign(key, uid))).decode(),
    )


@fault("IDV-03")
def takes_any_organisations_key(gateway: Gateway) -> None:
    """Breaks IDV-03: a hash under another organisation's secret counts."""
    organisations = gateway.identity.organisations
    gateway.identity.keys = lambda _: tuple(organisation.secret for organisation in organisations.values())


@fault("IDV-03")
def takes_the_rotated_key(gateway: Gateway) -> None:
    """Breaks IDV-03: the secret before the present one still works."""
    gateway.identity.keys = lambda organisation: (organisation.secret, *organisation.previous)


@fault("IDV-03")
def falls_back_to_the_consumer_token(gateway: Gateway) -> None:
    """Breaks IDV-03: a hash under the widget's public token counts."""
    gateway.identity.keys = lambda organisation: (organisation.secret, organisation.consumer["token"])


@fault("IDV-03")
def falls_back_to_no_key(gateway: Gateway) -> None:
    """Breaks IDV-03: a hash under an empty secret counts."""
    gateway.identity.keys = lambda organisation: (organisation.secret, "")


@fault("IDV-03")
def honours_either_of_two_hashes(gateway: Gateway) -> None:
    """Breaks IDV-03: of a hash that stands twice, either may be right."""

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        signatures = [value for name, value in found if name == "client_hash"]
        return {**dict(found), **({"client_hash": " ".join(signatures)} if len(signatures) > 1 else {})}

    gateway.identity.pairs = pairs
    _also(gateway, lambda key, uid, given: len(given) > 2 * 64 and sign(key, uid) in given.split(" "))


# A right hash, for somebody else.


@fault("IDV-04")
def takes_the_hash_of_any_known_client(gateway: Gateway) -> None:
    """Breaks IDV-04: a hash counts for everybody once its client is known."""
    contacts = gateway.identity.contacts
    _also(gateway, lambda key, _uid, given: any(sign(key, known) == given for known in contacts))


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
        other = uid_of(_visitor(json.loads(body)))
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
        visitor = _visitor(document)
        if isinstance(uids := visitor.get("email"), list):
            visitor["email"] = uids[0]

    _edited(gateway, first)
    _bind_as(gateway, last)


@fault("IDV-04")
def honours_an_empty_uid(gateway: Gateway) -> None:
    """Breaks IDV-04: an empty uid with its right hash is a client."""

    def edit(document: Any) -> None:
        visitor = _visitor(document)
        secret = gateway.identity.organisations["acme"].secret
        if visitor.get("email") == "" and document.get("client_hash") == sign(secret, ""):
            visitor["email"] = "nobody"
            document["client_hash"] = sign(secret, "nobody")

    _edited(gateway, edit)


# The switch.


@fault("IDV-05")
def ignores_the_switch(gateway: Gateway) -> None:
    """Breaks IDV-05: the setting is taken and changes nothing."""
    gateway.identity.set_validation = lambda _: None


@fault("IDV-05")
def verifies_everybody_while_off(gateway: Gateway) -> None:
    """Breaks IDV-05: while validation is off, the unsigned are marked as verified."""
    identity = gateway.identity
    check = identity.check
    identity.check = lambda asked: (None if identity.validation else True) if asked.signature is None else check(asked)


@fault("IDV-05")
def takes_its_time_to_switch_on(gateway: Gateway) -> None:
    """Breaks IDV-05: after validation is turned on, the next two clients are still dealt with as before."""
    identity = gateway.identity
    store, check = identity.set_validation, identity.check
    grace: list[None] = []

    def switch(enabled: bool) -> None:  # noqa: FBT001 - a Callable has no names
        grace[:] = [None] * (2 if enabled and not identity.validation else 0)
        store(enabled)

    def late(asked: Initialisation) -> bool | None:
        if asked.signature is None and grace:
            grace.pop()
            return False
        return check(asked)

    identity.set_validation, identity.check = switch, late


@fault("IDV-10")
def binds_the_forged_while_off(gateway: Gateway) -> None:
    """Breaks IDV-10: while validation is off, a client with a wrong hash is bound as not verified."""
    identity = gateway.identity
    check = identity.check

    def lenient(asked: Initialisation) -> bool | None:
        return check(asked) or (None if identity.validation else False)

    identity.check = lenient


@fault("IDV-10")
def believes_the_forged_while_off(gateway: Gateway) -> None:
    """Breaks IDV-10: while validation is off, a client with any hash is verified."""
    identity = gateway.identity
    check = identity.check
    identity.check = lambda asked: True if asked.signature and not identity.validation else check(asked)


# The secret, and where the hash is made.


@fault("IDV-06")
def secret_in_the_page(gateway: Gateway) -> None:
    """Breaks IDV-06: the settings in the page hold the organisation's secret."""
    settings, secret = gateway.site.settings, gateway.environ["PORTERO_IDENTITY_SECRET"]
    gateway.site.settings = lambda signed_in: {**settings(signed_in), "secret": secret}


@fault("IDV-06")
def secret_in_a_script_as_base64(gateway: Gateway) -> None:
    """Breaks IDV-06: a script holds the secret in base64."""
    coded = base64.b64encode(gateway.environ["PORTERO_IDENTITY_SECRET"].encode()).decode()
    gateway.site.scripts["/assets/widget.js"] = lambda: f"const k = atob('{coded}');"


@fault("IDV-06")
def secret_in_the_answer(gateway: Gateway) -> None:
    """Breaks IDV-06: the widget is answered with the organisation's settings, secret included."""
    bind = gateway.identity.bind

    def told(asked: Initialisation, verified: bool) -> Response:  # noqa: FBT001 - a Callable has no names
        answer = json.loads(bind(asked, verified).body)
        return Response.json({**answer, "organisation": {"secret": asked.organisation.secret}}, 201)

    gateway.identity.bind = told


def _without_hash(gateway: Gateway) -> None:
    settings = gateway.site.settings
    gateway.site.settings = lambda signed_in: {
        key: value for key, value in settings(signed_in).items() if key != "client_hash"
    }


@fault("IDV-06", "IDV-07")
def hash_made_in_the_browser(gateway: Gateway) -> None:
    """Breaks IDV-06 and IDV-07: a script computes the hash with the secret."""
    _without_hash(gateway)
    secret = gateway.environ["PORTERO_IDENTITY_SECRET"]
    gateway.site.scripts["/assets/widget.js"] = lambda: (
        f"settings.client_hash = CryptoJS.HmacSHA256(settings.visitor.email, '{secret}').toString();"
    )


@fault("IDV-07")
def hash_made_in_the_browser_with_a_hidden_key(gateway: Gateway) -> None:
    """Breaks IDV-07: a script puts the key together from pieces and signs with it."""
    _without_hash(gateway)
    secret = gateway.environ["PORTERO_IDENTITY_SECRET"]
    pieces = [secret[start : start + 5] for start in range(0, len(secret), 5)]
    gateway.site.scripts["/assets/widget.js"] = lambda: (
        f"const parts = {json.dumps(pieces)};\nconst material = parts.join('');\n"
        "async function make(uid) {\n  const bytes = new TextEncoder();\n"
        "  const key = await crypto.subtle.importKey('raw', bytes.encode(parts.join('')),\n"
        "    {name: 'HMAC', hash: 'SHA-256'}, false, ['sign']);\n"
        "  return crypto.subtle.sign('HMAC', key, bytes.encode(uid));\n}\n"
    )


@fault("IDV-08")
def secret_in_the_repository(gateway: Gateway) -> None:
    """Breaks IDV-08: a tracked file holds the secret."""
    gateway.site.commits.append({"config.yml": f"secret: {gateway.environ['PORTERO_IDENTITY_SECRET']}\n"})


@fault("IDV-08")
def secret_in_the_history(gateway: Gateway) -> None:
    """Breaks IDV-08: the secret was committed once and taken out again."""
    secret = gateway.environ["PORTERO_IDENTITY_SECRET"]
    gateway.site.commits[:] = [{"config.yml": f"secret: {secret}\n"}, {"config.yml": "secret: <from environment>\n"}]


@fault("IDV-08")
def secret_in_the_history_as_base64(gateway: Gateway) -> None:
    """Breaks IDV-08: an earlier version holds the secret inside a longer text in base64."""
    text = f"user:{gateway.environ['PORTERO_IDENTITY_SECRET']}:x"
    coded = base64.b64encode(text.encode()).decode()
    gateway.site.commits[:] = [{"secret.yaml": f"data: {coded}\n"}, *gateway.site.commits]


# What a refusal tells.


def _refusing(gateway: Gateway, tell: Callable[[str, str], Response]) -> None:
    """Let a forged hash be answered with what `tell(right, given)` returns."""

    def drop(asked: Initialisation | None) -> Response:
        if asked is None or asked.signature is None:
            return Response(403)
        return tell(sign(asked.organisation.secret, asked.uid), asked.signature)

    gateway.identity.drop = drop


def _alike(right: str, given: str) -> int:
    return next((n for n, (a, b) in enumerate(zip(right, given, strict=False)) if a != b), len(right))


@fault("IDV-13")
def tells_the_right_hash(gateway: Gateway) -> None:
    """Breaks IDV-13: the error message names the hash that was expected."""
    _refusing(gateway, lambda right, given: Response.json({"error": f"expected {right}, got {given}"}, 403))


@fault("IDV-13")
def tells_the_right_hash_in_a_header(gateway: Gateway) -> None:
    """Breaks IDV-13: a debug header holds the raw hash that was expected, in base64."""
    _refusing(
        gateway,
        lambda right, _: Response(403, [("X-Debug", base64.b64encode(bytes.fromhex(right)).decode())]),
    )


@fault("IDV-13")
def tells_where_the_hash_is_wrong(gateway: Gateway) -> None:
    """Breaks IDV-13: the error message says whether the beginning was right."""
    _refusing(gateway, lambda right, given: Response.json({"prefix_ok": _alike(right, given) >= 8}, 403))


@fault("IDV-13")
def status_depends_on_where_the_hash_is_wrong(gateway: Gateway) -> None:
    """Breaks IDV-13: a hash whose first half is right is refused with another status."""
    _refusing(gateway, lambda right, given: Response(401 if _alike(right, given) >= 32 else 403))


# The way there.


@fault("IDV-14")
def identity_over_plain_http(gateway: Gateway) -> None:
    """Breaks IDV-14: the service is there over plain HTTP only."""
    gateway.identity.secure = False


@fault("IDV-14")
def identity_certificate_of_an_unknown_authority(gateway: Gateway) -> None:
    """Breaks IDV-14: the certificate is signed by an authority that nobody declared."""
    gateway.identity.issue = Authority("Somebody else").issue


@fault("IDV-14")
def identity_certificate_for_another_name(gateway: Gateway) -> None:
    """Breaks IDV-14: the certificate is for another host."""
    gateway.identity.leaf = LeafSpec(names=("other.example",))


@fault("IDV-14")
def identity_certificate_expired(gateway: Gateway) -> None:
    """Breaks IDV-14: the certificate has expired."""
    gateway.identity.leaf = LeafSpec(starts_in_days=-90, days=60)


class _Clear(socket.socket):
    """A connection in the clear on a port that also speaks TLS."""

    def unwrap(self) -> None:
        """End without a farewell."""


def _both_on_one_port(identity: IdentityService) -> None:
    """Let the service look at the first byte, and speak TLS or not."""
    secured = identity.wrapper

    def wrapper() -> Callable[[socket.socket], Any]:
        wrap = secured()

        def either(sock: socket.socket) -> ssl.SSLSocket | _Clear:
            if sock.recv(1, socket.MSG_PEEK) == b"\x16":
                return wrap(sock)
            clear = _Clear(fileno=sock.detach())
            clear.settimeout(10)
            return clear

        return either

    identity.wrapper = wrapper


@fault("IDV-14")
def takes_initialisations_in_the_clear_too(gateway: Gateway) -> None:
    """Breaks IDV-14: the HTTPS port deals with plain HTTP as well."""
    _both_on_one_port(gateway.identity)


# The other values.


def _storing(gateway: Gateway, change: Callable[[str], str]) -> None:
    """Let names and attributes pass through `change` before they are stored."""
    check = gateway.identity.check

    def changing(asked: Initialisation) -> bool | None:
        asked.name = change(asked.name)
        asked.attrs = {key: change(value) for key, value in asked.attrs.items()}
        return check(asked)

    gateway.identity.check = changing


@fault("IDV-15")
def escapes_values(gateway: Gateway) -> None:
    """Breaks IDV-15: values are stored as HTML."""
    _storing(gateway, html.escape)


@fault("IDV-15")
def garbles_accents(gateway: Gateway) -> None:
    """Breaks IDV-15: UTF-8 is read as Latin-1."""
    _storing(gateway, lambda value: value.encode().decode("latin-1"))


@fault("IDV-15")
def cuts_values(gateway: Gateway) -> None:
    """Breaks IDV-15: values are cut to 10 characters."""
    _storing(gateway, lambda value: value[:10])


# Odd but right.


def _dropping(gateway: Gateway, answer: Callable[[], Response]) -> None:
    gateway.identity.drop = lambda _: answer()


@near_miss()
def drops_with_401(gateway: Gateway) -> None:
    """Refuses with 401, and a different id of the request each time."""
    _dropping(gateway, lambda: Response.json({"error": "invalid", "request_id": secrets.token_hex(8)}, 401))


@near_miss()
def drops_with_400_and_an_echo(gateway: Gateway) -> None:
    """Refuses with 400 and repeats the hash that was sent."""
    _refusing(gateway, lambda _right, given: Response.json({"error": "invalid", "client_hash": given[:100]}, 400))


@near_miss()
def drops_into_an_anonymous_session(gateway: Gateway) -> None:
    """Answers 200 with a session that belongs to nobody."""
    _dropping(
        gateway,
        lambda: Response.json({"session": secrets.token_hex(8), "visitor": {"uid": None, "verified": False}}),
    )


@near_miss()
def drops_by_hanging_up(gateway: Gateway) -> None:
    """Closes the connection without an answer."""

    def hang_up() -> Response:
        raise ConnectionAbortedError

    _dropping(gateway, hang_up)


@near_miss()
def drops_with_a_redirect(gateway: Gateway) -> None:
    """Sends the browser to the login page."""
    _dropping(gateway, lambda: Response(302, [("Location", "https://www.acme.example/login")]))


@near_miss()
def normalises_uids_everywhere(gateway: Gateway) -> None:
    """Brings uids into one form before it checks and before it stores them."""

    def form(uid: str) -> str:
        return unicodedata.normalize("NFC", uid).strip().lower()

    gateway.identity.signed_form = gateway.identity.stored_form = form


@near_miss()
def forgives_case_and_spaces_of_the_hash(gateway: Gateway) -> None:
    """Takes the right hash in upper case, and with white space around."""
    _also(gateway, lambda key, uid, given: given.strip(" \n").lower() == sign(key, uid))


@near_miss()
def counts_the_last_of_two_hashes(gateway: Gateway) -> None:
    """Reads JSON as most parsers do: the last of two members of a name counts."""
    gateway.identity.pairs = dict


@near_miss()
def counts_the_first_of_two_hashes(gateway: Gateway) -> None:
    """Reads JSON so that the first of two members of a name counts."""
    gateway.identity.pairs = lambda found: dict(reversed(found))


@near_miss()
def counts_refusals(gateway: Gateway) -> None:
    """Shows with every contact how many initialisations were dropped, and how many were read."""
    dropped, read = itertools.count(1), itertools.count(1)
    counters = {"dropped": 0, "read": 0}
    drop = gateway.identity.drop

    def counting(asked: Initialisation | None) -> Response:
        counters["dropped"] = next(dropped)
        return drop(asked)

    def shown(contact: Contact) -> dict[str, Any]:
        counters["read"] = next(read)
        return {**contact.shown(), "meta": dict(counters)}

    gateway.identity.drop, gateway.identity.shown = counting, shown


@near_miss()
def other_words_for_the_same(gateway: Gateway) -> None:
    """Uses other field names, other places and another sign of honour; what is gone is 410."""
    identity = gateway.identity
    read, bind = identity.read, identity.bind

    def translated(body: bytes) -> Initialisation:
        document = json.loads(body, object_pairs_hook=identity.pairs)
        if not isinstance(document, dict) or not isinstance(user := document.get("user"), dict):
            raise Unusable("no user")
        visitor = {"email": user.get("identifier"), "name": user.get("name", ""), "attrs": {}}
        acme = identity.organisations["acme"]
        other = {"organization_subdomain": "acme", "consumer": acme.consumer, "visitor": visitor}
        signature = {"client_hash": user["signature"]} if "signature" in user else {}
        return read(json.dumps({**other, **signature}).encode())

    def bound(asked: Initialisation, verified: bool) -> Response:  # noqa: FBT001 - a Callable has no names
        answer = json.loads(bind(asked, verified).body)
        return Response.json({"token": answer["session"], "identity": {"state": "proven" if verified else "claimed"}})

    identity.read, identity.bind = translated, bound
    identity.absent_status = 410
    gateway.declared["identity"] = {
        "uid_pointer": "/user/identifier",
        "hash_pointer": "/user/signature",
        "body": {"user": {"name": "Zoë"}},
        "accepted": {"status": [200], "pointer": "/identity/state", "equals": "proven"},
    }


@near_miss()
def redirects_plain_http(gateway: Gateway) -> None:
    """Answers plain HTTP on the HTTPS port, with a redirect and nothing else."""
    identity = gateway.identity
    _both_on_one_port(identity)
    serve = identity.serve
    identity.serve = lambda request: serve(request) if request.secure else Response(308, [("Location", identity.url)])


@near_miss()
def another_name_for_the_switch(gateway: Gateway) -> None:
    """Calls the setting otherwise, among others."""
    identity = gateway.identity
    identity.setting = lambda: {"identity": {"hmac_enforced": identity.validation}, "language": "es"}
    serve = identity.serve

    def renamed(request: Request) -> Response:
        if request.method != "PUT":
            return serve(request)
        enabled = json.loads(request.body)["identity"]["hmac_enforced"]
        body = json.dumps({"enabled": enabled}).encode()
        return serve(Request(request.method, request.path, request.headers, body, secure=request.secure))

    identity.serve = renamed


@near_miss()
def library_that_can_sign(gateway: Gateway) -> None:
    """Serves a script that defines HMAC and signs nothing with a key of its own."""
    gateway.site.scripts["/assets/widget.js"] = lambda: (
        "CryptoJS.HmacSHA256 = function (message, key) { return hmac(message, key); };"
    )


@near_miss()
def secret_beside_the_repository(gateway: Gateway) -> None:
    """Keeps the secret in a file that git ignores."""
    site = gateway.site
    site.commits.append({".gitignore": ".env\n"})
    site.beside[".env"] = f"IDENTITY_SECRET={gateway.environ['PORTERO_IDENTITY_SECRET']}\n"
