"""Faults of network segregation: what the rules between the networks let through, and what listens besides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..http import HttpServer, Response
from ..network import COMMUNICATION, CONTROL, DATABASE, DEBUG, WEB, Listener, SpokenTo, address, address6, endpoint
from . import fault

if TYPE_CHECKING:
    from ..gateway import Gateway

UNUSED = 7
ALERT = bytes.fromhex("15030300020274")  # fatal, certificate required


@fault("NET-01")
def administration_from_anywhere(gateway: Gateway) -> None:
    """Breaks NET-01: the web node's HTTPS port is passed from every network."""
    gateway.networks.passes["administration"] = f'oifname "web" tcp dport {WEB} accept'


@fault("NET-01")
def administration_for_one_stranger(gateway: Gateway) -> None:
    """Breaks NET-01: a core node's network may reach the administration, perhaps from the days of its set-up."""
    gateway.networks.passes["leftover"] = f'iifname "peer" ip daddr {address("web")} tcp dport {WEB} accept'


@fault("NET-01")
def administration_that_alerts_strangers(gateway: Gateway) -> None:
    """Breaks NET-01: every network reaches the web node, which asks for a client certificate and ends in an alert."""
    gateway.networks.listeners["administration"] = Listener("web", WEB, lambda sock: SpokenTo(sock, lambda _: ALERT))
    administration_from_anywhere(gateway)


@fault("NET-02")
def communication_from_clients(gateway: Gateway) -> None:
    """Breaks NET-02: clients reach the communication service."""
    gateway.networks.passes["communication"] = (
        f'iifname {{ "client", "web" }} oifname "core" tcp dport {COMMUNICATION} accept'
    )


@fault("NET-02")
def communication_over_ipv6(gateway: Gateway) -> None:
    """Breaks NET-02: the rules stand for IPv4, and IPv6 is passed as it comes."""
    networks = gateway.networks
    networks.ipv6 = True
    networks.passes["ipv6"] = "meta nfproto ipv6 accept"
    inner = f"[{address6('core')}]:{COMMUNICATION}"
    networks.more_reach += [
        {"from": "web", "to": inner, "service": "communication", "allowed": True},
        {"from": "client", "to": inner, "service": "communication", "allowed": False},
    ]
    networks.ports = [DEBUG]


@fault("NET-02")
def communication_through_a_mute_proxy(gateway: Gateway) -> None:
    """Breaks NET-02: a proxy for the communication service takes clients' connections, and hangs up on each."""
    networks = gateway.networks
    networks.listeners["proxy"] = Listener("core", UNUSED, lambda sock: SpokenTo(sock, lambda _: b""))
    networks.passes["proxy"] = f'iifname "client" oifname "core" tcp dport {UNUSED} accept'
    networks.more_rules = redirected("client", endpoint("core", COMMUNICATION), endpoint("core", UNUSED))


def redirected(origin: str, asked: str, given: str) -> str:
    """Return the rules that send what one network says to an address somewhere else."""
    host, _, port = asked.partition(":")
    rule = f'iifname "{origin}" ip daddr {host} tcp dport {port} dnat to {given}'
    return f"table ip detour {{\nchain prerouting {{\ntype nat hook prerouting priority -100;\n{rule}\n}}\n}}\n"


@fault("NET-03")
def control_from_web_nodes(gateway: Gateway) -> None:
    """Breaks NET-03: web nodes reach every port of the core nodes, the control service with them."""
    gateway.networks.passes["communication"] = 'iifname "web" oifname { "core", "peer" } accept'


@fault("NET-03")
def control_for_web_nodes_by_its_port(gateway: Gateway) -> None:
    """Breaks NET-03: the web nodes' network stands in the rule for the control service, as in the one beside it."""
    rule = f'iifname {{ "web", "core", "peer" }} oifname {{ "core", "peer" }} tcp dport {CONTROL} accept'
    gateway.networks.passes["control"] = rule


@fault("NET-04")
def database_from_anywhere(gateway: Gateway) -> None:
    """Breaks NET-04: the database's port is passed from every network."""
    gateway.networks.passes["database"] = f'oifname "database" tcp dport {DATABASE} accept'


@fault("NET-04")
def database_that_greets_strangers(gateway: Gateway) -> None:
    """Breaks NET-04: a MySQL server is reached from every network, and sends strangers away in its first words."""
    gateway.networks.listeners["database"] = Listener(
        "database", DATABASE, lambda sock: SpokenTo(sock, lambda _: b"", b"\x17\0\0\0\xff\x6a\x04Host is not allowed")
    )
    database_from_anywhere(gateway)


@fault("NET-05")
def debug_port_beside_the_administration(gateway: Gateway) -> None:
    """Breaks NET-05: whoever may reach the web node's HTTPS reaches a second listener there, which hangs up."""
    networks = gateway.networks
    networks.listeners["debug"] = Listener("web", DEBUG, lambda sock: SpokenTo(sock, lambda _: b""))
    networks.passes["debug"] = f'iifname "client" oifname "web" tcp dport {DEBUG} accept'


@fault("NET-05")
def debug_port_on_the_core_node(gateway: Gateway) -> None:
    """Breaks NET-05: a core node serves its inner state on another port, and web nodes reach it."""
    networks = gateway.networks
    networks.listeners["debug"] = Listener(
        "core", DEBUG, lambda sock: HttpServer(lambda _: Response(200), listener=sock)
    )
    networks.passes["debug"] = f'iifname "web" oifname "core" tcp dport {DEBUG} accept'
