"""Ports that a service publishes, in short and in long form."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from conformance.areas.dep.compose.nodes import UNKNOWN, ComposeTrouble, Node
from conformance.sentence import Own, say

_PROTOCOLS = ("tcp", "udp", "sctp")
_RANGE = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")


@dataclass(frozen=True, slots=True)
class Port:
    """A port, or a range of them, that is published on the host.

    `published` is empty where the host's port is left to chance, `host_ip` where every interface has it.
    """

    target: str
    published: str
    host_ip: str
    protocol: str
    place: str


def ports(node: Node | None) -> list[Port]:
    """Return what a service publishes, each once; raises ComposeTrouble for what compose would refuse."""
    found = [_port(entry) for entry in node.entries("ports")] if node is not None else []
    unique = {(p.target, p.published, p.host_ip, p.protocol): p for p in found}
    return list(unique.values())


def _port(entry: Node) -> Port:
    if isinstance(entry.value, dict):
        return _long(entry)
    written, _, protocol = entry.text.partition("/")
    rest, _, target = written.rpartition(":")
    address, _, published = rest.rpartition(":")
    address = address.removeprefix("[").removesuffix("]")
    return _checked(entry, Port(target, published, address, protocol.lower() or "tcp", entry.place))


def _long(entry: Node) -> Port:
    def text(key: str) -> str:
        found = entry.get(key)
        return found.text if found is not None else ""

    target, address = text("target"), text("host_ip").removeprefix("[").removesuffix("]")
    return _checked(entry, Port(target, text("published"), address, text("protocol").lower() or "tcp", entry.place))


def _checked(entry: Node, port: Port) -> Port:
    if not _could_be(port):
        raise _no_port(entry)
    sizes = []
    for number in (port.target, port.published):
        if UNKNOWN in number:
            return port
        sizes.append(_size(number))
    target, published = sizes
    if target == 0 or (published == 0 and port.published) or (published and published != target and target > 1):
        raise _no_port(entry)
    return port


def _no_port(entry: Node) -> ComposeTrouble:
    return ComposeTrouble(say("{place}: this is no port that compose could publish", place=Own(entry.place)))


def _could_be(port: Port) -> bool:
    if port.host_ip and UNKNOWN not in port.host_ip:
        try:
            ipaddress.ip_address(port.host_ip)
        except ValueError:
            return False
    return port.target != "0" and (port.protocol in _PROTOCOLS or UNKNOWN in port.protocol)


def _size(number: str) -> int:
    """Return how many ports are meant, 0 where none are."""
    match = _RANGE.fullmatch(number)
    if match is None:
        return 0
    first, last = int(match[1]), int(match[2] or match[1])
    return last - first + 1 if 0 <= first <= last <= 65535 else 0
