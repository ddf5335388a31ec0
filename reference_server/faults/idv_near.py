"""Odd but right identity services and sites."""

from __future__ import annotations

import itertools
import json
import secrets
import unicodedata
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from ..http import Request, Response
from ..identity import Contact, Initialisation, Unusable, sign
from ..identity_edits import also_takes, drops, edits, refuses, speaks_both, visitor_of
from . import near_miss
from .idv_exposure import keep_by_lfs

if TYPE_CHECKING:
    from ..gateway import Gateway


@near_miss()
def drops_with_401(gateway: Gateway) -> None:
    """Refuses with 401, and a different id of the request each time."""
    drops(gateway, lambda: Response.json({"error": "invalid", "request_id": secrets.token_hex(8)}, 401))


@near_miss()
def drops_with_400_and_an_echo(gateway: Gateway) -> None:
    """Refuses with 400 and repeats the hash that was sent."""
    refuses(gateway, lambda _right, given: Response.json({"error": "invalid", "client_hash": given[:100]}, 400))


@near_miss()
def drops_into_an_anonymous_session(gateway: Gateway) -> None:
    """Answers 200 with a session that belongs to nobody."""
    drops(
        gateway,
        lambda: Response.json({"session": secrets.token_hex(8), "visitor": {"uid": None, "verified": False}}),
    )


@near_miss()
def drops_by_hanging_up(gateway: Gateway) -> None:
    """Closes the connection without an answer."""

    def hang_up() -> Response:
        raise ConnectionAbortedError

    drops(gateway, hang_up)


@near_miss()
def drops_with_a_redirect(gateway: Gateway) -> None:
    """Sends the browser to the login page."""
    drops(gateway, lambda: Response(302, [("Location", "https://www.acme.example/login")]))


@near_miss()
def normalises_uids_everywhere(gateway: Gateway) -> None:
    """Brings uids into one form before it checks and before it stores them."""

    def form(uid: str) -> str:
        return unicodedata.normalize("NFC", uid).strip().lower()

    gateway.identity.signed_form = gateway.identity.stored_form = form


@near_miss()
def forgives_case_and_spaces_of_the_hash(gateway: Gateway) -> None:
    """Takes the right hash in upper case, and with white space around."""
    also_takes(gateway, lambda key, uid, given: given.strip(" \n").lower() == sign(key, uid))


@near_miss()
def counts_the_last_of_two_hashes(gateway: Gateway) -> None:
    """Reads JSON as most parsers do: the last of two members of a name counts."""
    gateway.identity.pairs = dict


@near_miss()
def counts_the_first_of_two_hashes(gateway: Gateway) -> None:
    """Reads JSON so that the first of two members of a name counts."""
    gateway.identity.pairs = lambda found: dict(reversed(found))


@near_miss()
def body_that_follows_the_uid(gateway: Gateway) -> None:
    """Asks for the uid in a second place as well, and drops what names two clients."""
    body = {"organization_subdomain": "acme", "consumer": gateway.identity.organisations["acme"].consumer}
    visitor = {"name": "Client {uid}", "user_id": "{uid}", "attrs": {"plan": "gold"}}
    gateway.declared["identity"] = {"body": {**body, "visitor": visitor}}

    def agreed(document: Any) -> None:
        named = visitor_of(document)
        if named.get("user_id") != named.get("email"):
            raise Unusable("two clients")

    edits(gateway, agreed)


def _found_by_any_value(gateway: Gateway, found: Callable[[list[dict[str, Any]]], Response]) -> None:
    """Let contacts be looked up by whatever value they have."""
    identity = gateway.identity
    serve = identity.serve

    def searched(request: Request) -> Response:
        answer = serve(request)
        if request.method != "GET" or "/contacts/" not in request.path or answer.status == 401:
            return answer
        query = unquote(request.path.rpartition("/")[2])
        with identity.lock:
            shown = [contact.shown() for contact in identity.contacts.values()]
        return found([each for each in shown if query in map(str, (*each.values(), *each["attrs"].values()))])

    identity.serve = searched


@near_miss()
def search_that_finds_any_value(gateway: Gateway) -> None:
    """Finds contacts by uid, name and attributes alike, and shows how many there are."""
    _found_by_any_value(gateway, lambda hits: Response.json({"meta": {"count": len(hits)}, "payload": hits}))


@near_miss()
def look_up_by_any_value(gateway: Gateway) -> None:
    """Shows the contact that has the value that was asked for."""
    absent = gateway.identity.absent
    _found_by_any_value(gateway, lambda hits: Response.json(hits[0]) if hits else absent())


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
    read, bind, change = identity.read, identity.bind, identity.change

    def update(request: Request, contact: Contact) -> Response:
        user = json.loads(request.body).get("user", {})
        body = {"name": user.get("name"), "client_hash": user.get("signature")}
        return change(Request(request.method, request.path, request.headers, json.dumps(body).encode()), contact)

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

    identity.read, identity.bind, identity.change = translated, bound, update
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
    speaks_both(identity)
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
def keeps_large_files_apart(gateway: Gateway) -> None:
    """An earlier version of a file is kept by git LFS, here, and holds no secret."""
    keep_by_lfs(gateway, "a picture\n")


@near_miss()
def secret_beside_the_repository(gateway: Gateway) -> None:
    """Keeps the secret in a file that git ignores."""
    site = gateway.site
    site.commits.append({".gitignore": ".env\n"})
    site.beside[".env"] = f"IDENTITY_SECRET={gateway.environ['PORTERO_IDENTITY_SECRET']}\n"
