"""Faults of webhooks: callbacks in the clear or to whoever answers, and an authority that is not what was stored."""

from __future__ import annotations

import ssl
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cryptography import x509

from ..http import Request, Response
from ..webhooks import CA, SETTINGS, TIMEOUT, trusting
from . import fault

if TYPE_CHECKING:
    from ..gateway import Gateway
    from ..webhooks import Webhooks

_NO_CHECK_TIME = 0x200000
"""OpenSSL's X509_V_FLAG_NO_CHECK_TIME, which Python has no name for."""


@fault("HOOK-01")
def calls_back_over_plain_http(gateway: Gateway) -> None:
    """Breaks HOOK-01: an address of plain http is taken, and served."""
    gateway.webhooks.address_fits = lambda _: True


@fault("HOOK-01")
def knows_plain_http_by_small_letters(gateway: Gateway) -> None:
    """Breaks HOOK-01: http:// is refused as it is usually written, and HTTP:// served in the clear."""
    gateway.webhooks.address_fits = lambda url: not url.startswith("http://")


@fault("HOOK-01")
def refuses_plain_http_and_uses_it(gateway: Gateway) -> None:
    """Breaks HOOK-01: the address is refused with 400, after it was stored."""
    hooks = gateway.webhooks
    change = hooks.change

    def stored(request: Request) -> Response:
        answer = change(request)
        if answer.status == HTTPStatus.BAD_REQUEST:
            hooks._change(request)
            hooks.tell({"statuses": [{"id": "changed", "status": "sent"}]})
        return answer

    gateway.web.api.endpoints[SETTINGS]["PATCH"] = stored


@fault("HOOK-01", "HOOK-02")
def speaks_plain_http_to_https_addresses(gateway: Gateway) -> None:
    """Breaks HOOK-01 and HOOK-02: the scheme of the address is not looked at, so that nothing is ever encrypted."""
    hooks = gateway.webhooks
    hooks.post = lambda address, body: hooks.posted(address.replace("https://", "http://"), body)


@fault("HOOK-02")
def never_looks_at_the_uploaded_authority(gateway: Gateway) -> None:
    """Breaks HOOK-02: callbacks are verified against the system's trust store alone."""
    gateway.webhooks.trust = lambda: trusting(None)


@fault("HOOK-03", "HOOK-04")
def verifies_no_callback(gateway: Gateway) -> None:
    """Breaks HOOK-03 and HOOK-04: any certificate will do."""
    gateway.webhooks.trust = lambda: lenient()


@fault("HOOK-03", "HOOK-04")
def tries_again_without_verifying(gateway: Gateway) -> None:
    """Breaks HOOK-03 and HOOK-04: after a failure the callback is sent once more, to whoever answers."""
    hooks = gateway.webhooks
    failed: set[bytes] = set()

    def post(address: str, body: bytes) -> int:
        hooks.trust = (lambda: lenient()) if body in failed else hooks.verifying
        failed.add(body)
        return hooks.posted(address, body)

    hooks.post = post


@fault("HOOK-03")
def leaves_the_name_unchecked(gateway: Gateway) -> None:
    """Breaks HOOK-03: the certificate may name any host."""

    def trust() -> ssl.SSLContext:
        context = own_context(gateway.webhooks)
        context.check_hostname = False
        return context

    gateway.webhooks.trust = trust


@fault("HOOK-03")
def leaves_the_dates_unchecked(gateway: Gateway) -> None:
    """Breaks HOOK-03: certificates that have expired or are not valid yet are taken."""

    def trust() -> ssl.SSLContext:
        context = own_context(gateway.webhooks)
        context.verify_flags |= ssl.VerifyFlags(_NO_CHECK_TIME)
        return context

    gateway.webhooks.trust = trust


@fault("HOOK-03")
def takes_what_signs_itself(gateway: Gateway) -> None:
    """Breaks HOOK-03: a certificate that signs itself is taken for somebody's test set-up."""
    hooks = gateway.webhooks

    def trust() -> ssl.SSLContext:
        if _signs_itself(hooks.address):
            return lenient()
        return hooks.verifying()

    hooks.trust = trust


@fault("HOOK-04")
def keeps_the_replaced_authority(gateway: Gateway) -> None:
    """Breaks HOOK-04: a new authority is trusted beside the old one."""
    hooks = gateway.webhooks

    def add(pem: bytes) -> None:
        hooks.ca = pem + (hooks.ca or b"").replace(pem, b"")

    hooks.store = add


@fault("HOOK-04")
def loads_the_authority_once(gateway: Gateway) -> None:
    """Breaks HOOK-04: what was stored first is trusted until the gateway is started again."""
    hooks = gateway.webhooks
    loaded: list[ssl.SSLContext] = []

    def trust() -> ssl.SSLContext:
        if not loaded:
            loaded.append(hooks.verifying())
        return loaded[0]

    hooks.trust = trust


@fault("HOOK-04")
def trusts_a_deleted_authority(gateway: Gateway) -> None:
    """Breaks HOOK-04: the authority is gone from the API, and trusted all the same."""
    hooks = gateway.webhooks
    last: list[bytes | None] = [None]

    def trust() -> ssl.SSLContext:
        last[0] = hooks.ca or last[0]
        return trusting(last[0])

    hooks.trust = trust


@fault("HOOK-05")
def lets_any_user_store_the_authority(gateway: Gateway) -> None:
    """Breaks HOOK-05: a token is all that storing asks for."""
    gateway.web.api.administration.discard((CA, "POST"))


@fault("HOOK-05")
def lets_any_user_delete_the_authority(gateway: Gateway) -> None:
    """Breaks HOOK-05: a token is all that deleting asks for."""
    gateway.web.api.administration.discard((CA, "DELETE"))


@fault("HOOK-05")
def stores_the_authority_before_it_asks_who_calls(gateway: Gateway) -> None:
    """Breaks HOOK-05: the upload is refused, and kept."""
    api = gateway.web.api
    answer = api.answer

    def hasty(request: Request) -> Response:
        if (request.method, request.path) == ("POST", CA) and b"BEGIN CERTIFICATE" in request.body:
            gateway.webhooks.store(request.body)
        return answer(request)

    api.answer = hasty  # type: ignore[method-assign]


@fault("HOOK-05")
def deletes_the_authority_for_anybody(gateway: Gateway) -> None:
    """Breaks HOOK-05: deleting asks for no token at all."""
    api = gateway.web.api
    answer = api.answer

    def open_door(request: Request) -> Response:
        if (request.method, request.path) == ("DELETE", CA):
            return gateway.webhooks.delete(request)
        return answer(request)

    api.answer = open_door  # type: ignore[method-assign]


def own_context(hooks: Webhooks) -> ssl.SSLContext:
    """Return a context of one's own that trusts what is stored: the usual one is shared."""
    return ssl.create_default_context(cadata=hooks.ca.decode() if hooks.ca else None)


def lenient() -> ssl.SSLContext:
    """Return a context that takes any certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _signs_itself(address: str) -> bool:
    parts = urlsplit(address)
    try:
        pem = ssl.get_server_certificate((parts.hostname or "", parts.port or 443), timeout=TIMEOUT)
    except OSError:
        return False
    shown = x509.load_pem_x509_certificate(pem.encode())
    return shown.issuer == shown.subject
