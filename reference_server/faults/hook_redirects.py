"""Faults, and near misses, of webhooks whose receiver redirects: clients that go where they are sent."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from . import fault, near_miss
from .hook import lenient, own_context

if TYPE_CHECKING:
    from ..gateway import Gateway
    from ..webhooks import Webhooks

_MOST = 5
_MAKE_A_GET, _KEEP_THE_POST = (301, 302, 303), (307, 308)

Follows = Callable[[int, str, int], bool]
"""Tells of a status, an address and the number of the hop whether to go there."""


def _led(hooks: Webhooks, follows: Follows, trust: Callable[[], ssl.SSLContext] | None = None) -> None:
    """Let callbacks follow redirects as curl does; `trust` verifies all hops but the first request's."""

    def post(address: str, body: bytes) -> int:
        method, verify = "POST", hooks.trust
        for hop in range(_MOST):
            status, location = hooks.sent(method, address, body if method == "POST" else b"", verify)
            address = urljoin(address, location)
            if not location or not follows(status, address, hop):
                return status
            method, verify = "GET" if status in _MAKE_A_GET else method, trust or hooks.trust
        return 0

    hooks.post = post


def _https(address: str) -> bool:
    return address.startswith("https://")


@fault("HOOK-06")
def callbacks_follow_every_redirect(gateway: Gateway) -> None:
    """Breaks HOOK-06: a redirect is followed wherever it leads, to plain http as well (curl -L)."""
    _led(gateway.webhooks, lambda *_: True)


@fault("HOOK-06")
def callbacks_follow_redirects_by_get(gateway: Gateway) -> None:
    """Breaks HOOK-06: the redirects that make a GET of a POST are followed anywhere, and no other."""
    _led(gateway.webhooks, lambda status, *_: status in _MAKE_A_GET)


@fault("HOOK-06")
def callbacks_follow_redirects_that_keep_the_post(gateway: Gateway) -> None:
    """Breaks HOOK-06: 307 and 308 are followed anywhere, with the content, and no other redirect is."""
    _led(gateway.webhooks, lambda status, *_: status in _KEEP_THE_POST)


@fault("HOOK-06")
def first_redirect_alone_is_looked_at(gateway: Gateway) -> None:
    """Breaks HOOK-06: the first redirect has to lead to https, and the one after it may lead anywhere."""
    _led(gateway.webhooks, lambda _, address, hop: hop > 0 or _https(address))


@fault("HOOK-06")
def redirects_to_plain_http_are_known_by_small_letters(gateway: Gateway) -> None:
    """Breaks HOOK-06: a redirect to http:// is followed where it is written HTTP://."""
    _led(gateway.webhooks, lambda _, address, __: not address.startswith("http://"))


@fault("HOOK-06")
def redirected_callbacks_are_not_verified(gateway: Gateway) -> None:
    """Breaks HOOK-06: redirects are followed to https alone, and whoever answers there is believed."""
    _led(gateway.webhooks, lambda _, address, __: _https(address), lenient)


@fault("HOOK-06")
def redirected_callbacks_go_to_any_name(gateway: Gateway) -> None:
    """Breaks HOOK-06: the chain is verified where a redirect leads, and the name is not."""

    def trust() -> ssl.SSLContext:
        context = own_context(gateway.webhooks)
        context.check_hostname = False
        return context

    _led(gateway.webhooks, lambda _, address, __: _https(address), trust)


@near_miss()
def follows_redirects_to_https_that_verifies(gateway: Gateway) -> None:
    """Is right: redirects are followed to https alone, and each hop is verified as the first."""
    _led(gateway.webhooks, lambda _, address, __: _https(address))


@near_miss()
def follows_redirects_on_the_same_host_and_port(gateway: Gateway) -> None:
    """Is right: a redirect is followed to another path of the same receiver."""
    hooks = gateway.webhooks
    _led(hooks, lambda _, address, __: address.startswith(hooks.address.split("/portero/")[0] + "/"))
