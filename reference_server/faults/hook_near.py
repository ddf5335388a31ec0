"""Near misses of webhooks: gateways that keep the promises in ways of their own."""

from __future__ import annotations

import http.client
import ssl
import threading
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ..answers import document, refusal
from ..http import Request, Response
from ..webhooks import CA, SETTINGS, TIMEOUT
from . import near_miss

if TYPE_CHECKING:
    from ..gateway import Gateway


@near_miss()
def takes_plain_http_and_serves_nobody_there(gateway: Gateway) -> None:
    """An address of plain http is stored without a word, and nothing is ever sent to it."""
    hooks = gateway.webhooks
    hooks.address_fits = lambda _: True
    hooks.post = lambda address, body: hooks.posted(address, body) if address.startswith("https://") else 0


@near_miss()
def tries_the_address_when_it_is_set(gateway: Gateway) -> None:
    """An address whose certificate does not verify is refused when it is set, so that nothing is ever tried there."""
    hooks = gateway.webhooks
    endpoint = gateway.web.api.endpoints[SETTINGS]
    change = endpoint["PATCH"]

    def careful(request: Request) -> Response:
        url = urlsplit(str(document(request).get("webhooks", {}).get("url") or ""))
        if url.scheme != "https":
            return change(request)
        connection = http.client.HTTPSConnection(
            url.hostname or "", url.port, timeout=TIMEOUT, context=hooks.verifying()
        )
        try:
            connection.connect()
        except OSError:
            return refusal(HTTPStatus.UNPROCESSABLE_ENTITY, 1009, "Parameter value is not valid", "cannot be verified")
        finally:
            connection.close()
        return change(request)

    endpoint["PATCH"] = careful


@near_miss()
def tries_again_where_it_first_meant_to(gateway: Gateway) -> None:
    """A callback goes to the address that was set when it was made, however often it takes."""
    gateway.webhooks.aim = lambda address: address


@near_miss()
def one_callback_at_a_time(gateway: Gateway) -> None:
    """A callback that fails holds up those after it."""
    hooks, turn = gateway.webhooks, threading.Lock()
    deliver = hooks._deliver

    def in_turn(address: str, body: bytes) -> None:
        with turn:
            deliver(hooks.aim(address), body)

    hooks._deliver = in_turn  # type: ignore[method-assign]


@near_miss()
def asks_for_options_before_it_posts(gateway: Gateway) -> None:
    """Each callback is announced by an OPTIONS request without content, over TLS that verifies."""
    hooks = gateway.webhooks

    def post(address: str, body: bytes) -> int:
        url = urlsplit(address)
        connection = http.client.HTTPSConnection(
            url.hostname or "", url.port, timeout=TIMEOUT, context=hooks.verifying()
        )
        try:
            connection.request("OPTIONS", "/")
            connection.getresponse()
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()
        return hooks.posted(address, body)

    hooks.post = post


@near_miss()
def calls_back_with_tls_1_2(gateway: Gateway) -> None:
    """The client that calls back knows nothing newer than TLS 1.2."""

    def trust() -> ssl.SSLContext:
        ca = gateway.webhooks.ca
        context = ssl.create_default_context(cadata=ca.decode() if ca else None)
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        return context

    gateway.webhooks.trust = trust


@near_miss()
def takes_no_second_authority_before_the_first_is_deleted(gateway: Gateway) -> None:
    """Storing over what is there is refused with 409; answers have no body, and are 201, 204, and a bare 404."""
    hooks = gateway.webhooks
    endpoints = gateway.web.api.endpoints[CA]
    show, upload, delete = hooks.show, hooks.upload, hooks.delete

    def store(request: Request) -> Response:
        if hooks.ca is not None:
            return Response(HTTPStatus.CONFLICT)
        return _bare(upload(request), HTTPStatus.CREATED)

    endpoints["POST"] = store
    endpoints["DELETE"] = lambda request: _bare(delete(request), HTTPStatus.NO_CONTENT)
    endpoints["GET"] = lambda request: show(request) if hooks.ca else Response(HTTPStatus.NOT_FOUND)


def _bare(answer: Response, status: int) -> Response:
    return Response(status if answer.status == HTTPStatus.OK else answer.status)
