"""Faults and near misses of the customer's site: whose hash it hands to whom, and how."""

from __future__ import annotations

import hashlib
import html
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..http import Request, Response
from ..identity import UIDS, sign
from . import fault, near_miss

if TYPE_CHECKING:
    from ..gateway import Gateway

SIGNED_IN = True


def _settings(gateway: Gateway, edit: Callable[[dict[str, Any]], object]) -> None:
    """Let the settings of a client who is signed in pass through `edit`."""
    usual = gateway.site.settings

    def edited(signed_in: bool) -> dict[str, Any]:  # noqa: FBT001 - a Callable has no names
        settings = usual(signed_in)
        if signed_in:
            edit(settings)
        return settings

    gateway.site.settings = edited


def _signs(gateway: Gateway, signature: Callable[[str], str]) -> None:
    """Let the site hand over `signature(secret)`."""
    secret = gateway.environ["PORTERO_IDENTITY_SECRET"]
    _settings(gateway, lambda settings: settings.update(client_hash=signature(secret)))


@fault("IDV-09")
def page_with_the_hash_of_another_client(gateway: Gateway) -> None:
    """Breaks IDV-09: the page names the client who is signed in and carries the hash of another."""
    _signs(gateway, lambda secret: sign(secret, UIDS[1]))


@fault("IDV-09")
def page_with_a_plain_digest(gateway: Gateway) -> None:
    """Breaks IDV-09: the hash is SHA-256 of secret and uid, and no HMAC."""
    _signs(gateway, lambda secret: hashlib.sha256(f"{secret}{UIDS[0]}".encode()).hexdigest())


@fault("IDV-09")
def page_signed_under_the_previous_secret(gateway: Gateway) -> None:
    """Breaks IDV-09: the site still signs under the secret of before the last change."""
    _settings(
        gateway,
        lambda settings: settings.update(client_hash=sign(gateway.environ["PORTERO_IDENTITY_PREVIOUS"], UIDS[0])),
    )


@fault("IDV-09")
def page_without_a_hash(gateway: Gateway) -> None:
    """Breaks IDV-09: the page names the client to the widget and carries no hash."""
    _settings(gateway, lambda settings: settings.pop("client_hash"))


@fault("IDV-09")
def page_with_the_hashes_of_all_clients(gateway: Gateway) -> None:
    """Breaks IDV-09: the page carries every client's hash, to choose from in the browser."""
    secret = gateway.environ["PORTERO_IDENTITY_SECRET"]
    _settings(gateway, lambda settings: settings.update(hashes={uid: sign(secret, uid) for uid in UIDS}))


@fault("IDV-09")
def hash_for_every_visitor(gateway: Gateway) -> None:
    """Breaks IDV-09: pages for nobody carry a client's hash."""
    usual = gateway.site.settings
    gateway.site.settings = lambda _: usual(SIGNED_IN)


@fault("IDV-09")
def client_page_without_a_session(gateway: Gateway) -> None:
    """Breaks IDV-09: the client's page is served whoever asks for it."""
    serve, cookie = gateway.site.serve, ("Cookie", gateway.environ["PORTERO_SITE_COOKIE"])

    def answer(request: Request) -> Response:
        headers = (cookie,) if request.path == "/account" else request.headers
        return serve(Request(request.method, request.path, headers, request.body, secure=request.secure))

    gateway.site.serve = answer


@fault("IDV-09")
def client_page_in_a_shared_cache(gateway: Gateway) -> None:
    """Breaks IDV-09: a cache in front of the site keeps the client's page and serves it to everybody."""
    serve, kept = gateway.site.serve, {}

    def answer(request: Request) -> Response:
        if request.path not in kept:
            response = serve(request)
            if response.status != 200:
                return response
            kept[request.path] = response
        return kept[request.path]

    gateway.site.serve = answer


@fault("IDV-09")
def client_page_in_the_body_of_a_redirect(gateway: Gateway) -> None:
    """Breaks IDV-09: a visitor is sent to the start page, with the client's page in the answer."""
    serve, cookie = gateway.site.serve, gateway.environ["PORTERO_SITE_COOKIE"]

    def answer(request: Request) -> Response:
        response = serve(request)
        if response.status == 302:
            response.body = serve(Request("GET", request.path, (("Cookie", cookie),))).body
        return response

    gateway.site.serve = answer


def _renders(gateway: Gateway, page: Callable[[dict[str, Any]], str]) -> None:
    """Let the site show the client's page as `page` makes it of the settings."""
    serve, cookie = gateway.site.serve, gateway.environ["PORTERO_SITE_COOKIE"]

    def answer(request: Request) -> Response:
        if request.path == "/account" and request.header("Cookie") == cookie:
            return Response.html(page(gateway.site.settings(SIGNED_IN)))
        return serve(request)

    gateway.site.serve = answer


@near_miss()
def settings_in_a_data_attribute(gateway: Gateway) -> None:
    """Is right: the settings stand as JSON in an attribute, other keys first."""
    _renders(
        gateway,
        lambda settings: f'<div id="chat" data-settings="{html.escape(json.dumps(settings, sort_keys=True))}"></div>',
    )


@near_miss()
def settings_with_escaped_characters(gateway: Gateway) -> None:
    """Is right: everything but letters and digits is escaped, as careful templates do."""

    def page(settings: dict[str, Any]) -> str:
        text = "".join(c if c.isalnum() else f"\\u{ord(c):04x}" for c in json.dumps(settings))
        return f"<script>start(JSON.parse('{text}'))</script>"

    _renders(gateway, page)


@near_miss()
def hash_fetched_from_the_own_server(gateway: Gateway) -> None:
    """Is right: the page asks its own server for the settings once it is there; nobody is answered 401."""
    _renders(gateway, lambda _: "<script>fetch('/api/chat', {credentials: 'same-origin'}).then(r => r.json())</script>")
    serve, cookie = gateway.site.serve, gateway.environ["PORTERO_SITE_COOKIE"]

    def answer(request: Request) -> Response:
        if request.path == "/api/chat":
            return (
                Response.json(gateway.site.settings(SIGNED_IN)) if request.header("Cookie") == cookie else Response(401)
            )
        return serve(request)

    gateway.site.serve = answer


@near_miss()
def visitors_are_sent_to_another_origin(gateway: Gateway) -> None:
    """Is right: the client's page leads on within the site, and visitors to a login elsewhere."""
    serve, cookie = gateway.site.serve, gateway.environ["PORTERO_SITE_COOKIE"]

    def answer(request: Request) -> Response:
        if request.path != "/account":
            path = "/account" if request.path == "/account/home" else request.path
            return serve(Request(request.method, path, request.headers, request.body, secure=request.secure))
        signed_in = request.header("Cookie") == cookie
        return Response(302, [("Location", "/account/home" if signed_in else "https://login.example/")])

    gateway.site.serve = answer
