"""Near misses of network segregation: other ways to keep out, other ways to answer, other ways to get there."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from ..http import HttpServer, Request, Response
from ..network import COMMUNICATION, DATABASE, DEBUG, WEB, Listener, SpokenTo, address6, endpoint
from . import near_miss
from .net import ALERT, redirected

if TYPE_CHECKING:
    from ..gateway import Gateway

GREETING = b"\x4a\0\0\0\x0a8.0.36\0"
_SLOW = 0.4


@near_miss()
def keeps_out_by_icmp(gateway: Gateway) -> None:
    """Is right: who is kept out gets ICMP's word that it is prohibited."""
    gateway.networks.otherwise = "reject with icmpx type admin-prohibited"


@near_miss()
def keeps_out_in_silence(gateway: Gateway) -> None:
    """Is right: what is not allowed is dropped."""
    gateway.networks.otherwise = "drop"
    gateway.networks.ports = [DEBUG]


@near_miss()
def networks_with_ipv6(gateway: Gateway) -> None:
    """Is right: the nodes have IPv6 addresses too, and the rules stand for both."""
    networks = gateway.networks
    networks.ipv6 = True
    networks.ports = [DEBUG]
    inner = f"[{address6('core')}]:{COMMUNICATION}"
    networks.more_reach += [
        {"from": "web", "to": inner, "service": "communication", "allowed": True},
        {"from": "client", "to": inner, "service": "communication", "allowed": False},
    ]


@near_miss()
def administration_behind_a_client_certificate(gateway: Gateway) -> None:
    """Is right: the web node ends every handshake without a client certificate in an alert, which is an answer."""
    gateway.networks.listeners["administration"] = Listener("web", WEB, lambda sock: SpokenTo(sock, lambda _: ALERT))


@near_miss()
def administration_behind_address_translation(gateway: Gateway) -> None:
    """Is right: clients reach the web node under an address of the router's, and no other way is needed."""
    outer = "10.213.1.1:8443"
    gateway.networks.more_rules = redirected("client", outer, endpoint("web", WEB))
    gateway.networks.more_reach.append({"from": "client", "to": outer, "service": "api", "allowed": True})


@near_miss()
def database_that_speaks_first(gateway: Gateway) -> None:
    """Is right: a MySQL server greets whoever is let in."""
    gateway.networks.listeners["database"] = Listener(
        "database", DATABASE, lambda sock: SpokenTo(sock, lambda _: b"", GREETING)
    )


@near_miss()
def slow_communication(gateway: Gateway) -> None:
    """Is right: the communication service takes its time to answer."""

    def answer(_: Request) -> Response:
        threading.Event().wait(_SLOW)
        return Response(401)

    gateway.networks.listeners["communication"] = Listener(
        "core", COMMUNICATION, lambda sock: HttpServer(answer, listener=sock)
    )


@near_miss()
def vantage_point_with_banners(gateway: Gateway) -> None:
    """Is right: the way to a vantage point greets and says goodbye, in something like JSON too."""
    words = 'echo "Welcome. All is logged."; echo "{\\"host\\": 1}"; echo "{"; "$@"; echo; printf "{} bye"'
    gateway.networks.commands["client"] = lambda command: ["sh", "-c", words, "banner", *command]
