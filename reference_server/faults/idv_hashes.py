"""Faults of the identity service: forged hashes that are taken for right."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import json
from typing import TYPE_CHECKING, Any

from ..http import Request, Response
from ..identity import Initialisation, sign
from ..identity_edits import also_takes, edits, visitor_of
from . import fault

if TYPE_CHECKING:
    from ..gateway import Gateway


def _hash(algorithm: str, key: str, message: str) -> str:
    return hmac.new(key.encode(), message.encode(), algorithm).hexdigest()


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
    also_takes(gateway, lambda _key, _uid, given: not given.strip())


@fault("IDV-03")
def takes_null_for_none_needed(gateway: Gateway) -> None:
    """Breaks IDV-03: null in place of the hash skips the check."""

    def edit(document: Any) -> None:
        if isinstance(document, dict) and document.get("client_hash", "") is None:
            document["client_hash"] = sign(gateway.identity.organisations["acme"].secret, visitor_of(document)["email"])

    edits(gateway, edit)


@fault("IDV-03")
def compares_the_first_half(gateway: Gateway) -> None:
    """Breaks IDV-03: only the first 32 characters of a hash are compared."""
    also_takes(gateway, lambda key, uid, given: given[:32] == sign(key, uid)[:32])


@fault("IDV-03", "IDV-10")
def compares_the_last_half(gateway: Gateway) -> None:
    """Breaks IDV-03 and IDV-10: only the last 128 bits of a hash are compared."""
    also_takes(gateway, lambda key, uid, given: len(given) == 64 and given[32:] == sign(key, uid)[32:])


@fault("IDV-03")
def compares_as_long_as_given(gateway: Gateway) -> None:
    """Breaks IDV-03: a hash counts when the right one begins with it."""
    also_takes(gateway, lambda key, uid, given: given != "" and sign(key, uid).startswith(given))


@fault("IDV-03")
def compares_up_to_a_nul(gateway: Gateway) -> None:
    """Breaks IDV-03: what follows a NUL is not compared."""
    also_takes(gateway, lambda key, uid, given: given.partition("\0")[0] == sign(key, uid))


@fault("IDV-03")
def takes_anything_after_the_hash(gateway: Gateway) -> None:
    """Breaks IDV-03: a hash counts when it begins with the right one, whatever its length."""
    gateway.identity.longest_body = 4 << 20
    also_takes(gateway, lambda key, uid, given: given.startswith(sign(key, uid)))


@fault("IDV-03")
def compares_as_numbers(gateway: Gateway) -> None:
    """Breaks IDV-03: hashes are compared as whole numbers, which may be spelt with 0x or full-width digits."""

    def equal(key: str, uid: str, given: str) -> bool:
        try:
            return int(given, 16) == int(sign(key, uid), 16)
        except ValueError:
            return False

    also_takes(gateway, equal)


@fault("IDV-03")
def compares_loosely(gateway: Gateway) -> None:
    """Breaks IDV-03: true, or the number that the right hash begins with, is taken for equal to it."""

    def edit(document: Any) -> None:
        given = document.get("client_hash") if isinstance(document, dict) else None
        uid = visitor_of(document).get("email")
        if isinstance(given, bool | int) and isinstance(uid, str):
            right = sign(gateway.identity.organisations["acme"].secret, uid)
            digits = "".join(itertools.takewhile(str.isdigit, right)) or "0"
            document["client_hash"] = right if given is True or given == int(digits) else "wrong"

    edits(gateway, edit)


@fault("IDV-03")
def joins_an_array_into_a_hash(gateway: Gateway) -> None:
    """Breaks IDV-03: an array is joined into a string, and that is compared."""

    def edit(document: Any) -> None:
        given = document.get("client_hash") if isinstance(document, dict) else None
        if isinstance(given, list):
            document["client_hash"] = "".join(map(str, given))

    edits(gateway, edit)


@fault("IDV-03")
def obeys_operators(gateway: Gateway) -> None:
    """Breaks IDV-03: {"$ne": ""} in place of the hash goes into the query and matches."""

    def edit(document: Any) -> None:
        given = document.get("client_hash") if isinstance(document, dict) else None
        if isinstance(given, dict) and "$ne" in given:
            document["client_hash"] = sign(gateway.identity.organisations["acme"].secret, visitor_of(document)["email"])

    edits(gateway, edit)


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
    also_takes(gateway, lambda key, uid, given: given == _hash("sha1", key, uid))


@fault("IDV-03")
def takes_sha512_cut(gateway: Gateway) -> None:
    """Breaks IDV-03: HMAC with SHA-512, cut to 64 characters, counts as well."""
    also_takes(gateway, lambda key, uid, given: given == _hash("sha512", key, uid)[:64])


@fault("IDV-03")
def takes_key_and_uid_in_a_row(gateway: Gateway) -> None:
    """Breaks IDV-03: SHA256(secret + uid) counts, bytes taken as Latin-1: it can be extended without the secret."""
    also_takes(
        gateway, lambda key, uid, given: given == hashlib.sha256((key + uid).encode("latin-1", "replace")).hexdigest()
    )


@fault("IDV-03")
def takes_a_hash_without_key(gateway: Gateway) -> None:
    """Breaks IDV-03: SHA256(uid) counts."""
    also_takes(gateway, lambda _key, uid, given: given == hashlib.sha256(uid.encode()).hexdigest())


@fault("IDV-03")
def takes_key_and_uid_exchanged(gateway: Gateway) -> None:
    """Breaks IDV-03: HMAC with the uid as key and the secret as message counts."""
    also_takes(gateway, lambda key, uid, given: given == sign(uid, key))


@fault("IDV-03")
def takes_base64(gateway: Gateway) -> None:
    """Breaks IDV-03: the right hash in base64 counts."""
    also_takes(
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
    also_takes(gateway, lambda key, uid, given: len(given) > 2 * 64 and sign(key, uid) in given.split(" "))
