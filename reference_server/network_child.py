"""Builds namespaces, wires them to a router with nftables rules, and opens listening sockets in them.

A process of its own: what it builds belongs to it, has no name on the machine, touches nothing that was there, and is
gone when it ends, which it does when whoever started it closes the line between them or dies.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

NEW_USER, NEW_NETWORK = 0x10000000, 0x40000000
FORWARDING = {"/proc/sys/net/ipv4/ip_forward": "1", "/proc/sys/net/ipv6/conf/all/forwarding": "1"}
# A kernel is sparing with ICMP, and whoever is not told waits.
UNSPARING = {"/proc/sys/net/ipv4/icmp_ratelimit": "0", "/proc/sys/net/ipv6/icmp/ratelimit": "0"}

_libc = ctypes.CDLL(None, use_errno=True)


class Trouble(Exception):
    """What the machine does not allow, in words."""


def _unshare(what: int) -> None:
    if _libc.unshare(what):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _enter(namespace: int) -> None:
    if _libc.setns(namespace, NEW_NETWORK):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _own_namespace() -> int:
    return os.open("/proc/self/ns/net", os.O_RDONLY)


def _leave_the_machine() -> bool:
    """Move to a network namespace of our own; tell whether that took a user namespace, where we are root."""
    try:
        _unshare(NEW_NETWORK)
    except PermissionError:
        user, group = os.getuid(), os.getgid()
        try:
            _unshare(NEW_USER | NEW_NETWORK)
            Path("/proc/self/uid_map").write_text(f"0 {user} 1", encoding="ascii")
            Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
            Path("/proc/self/gid_map").write_text(f"0 {group} 1", encoding="ascii")
        except OSError as error:
            raise Trouble(f"this machine does not let us make network namespaces ({error.strerror})") from error
        return True
    except OSError as error:
        raise Trouble(f"this machine has no network namespaces ({error.strerror})") from error
    return False


def _program(name: str) -> str:
    """Return where a program is; those of administrators are not on everybody's path."""
    found = shutil.which(name, path=os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin")
    if found is None:
        raise Trouble(f"the program {name} is not installed")
    return found


def _tool(*words: str, text: str) -> None:
    command = [_program(words[0]), *words[1:]]
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=20, check=False)  # noqa: S603
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["it said nothing"]
        raise Trouble(f"{words[0]} could not set the networks up: {said[0]}")


def _wire(router: int, nodes: dict[str, int], plan: dict[str, Any]) -> None:
    """Give every node one link to the router, and the router its rules."""
    here = f"/proc/{os.getpid()}/fd"
    _enter(router)
    lines = ["link set lo up"]
    for name, node in plan["nodes"].items():
        lines.append(f"link add {name} type veth peer name eth0 netns {here}/{nodes[name]}")
        lines += [f"addr add {address} dev {name} {flags}" for address, flags in node["router"]]
        lines.append(f"link set {name} up")
    # What is nobody's goes to the rules as well: a router without a way answers by ICMP, and seldom.
    lines += [f"route add default via {gateway}" for gateway in plan["elsewhere"]]
    _tool("ip", "-batch", "-", text="\n".join(lines) + "\n")
    for switch, value in (FORWARDING | UNSPARING).items():
        if "ipv4" in switch or plan["ipv6"]:
            _set(switch, value)
    _tool("nft", "-f", "-", text=plan["rules"])
    for name, node in plan["nodes"].items():
        _enter(nodes[name])
        own = [f"addr add {address} dev eth0 {flags}" for address, flags in node["own"]]
        routes = [f"route add default via {gateway}" for gateway in node["gateways"]]
        _tool("ip", "-batch", "-", text="\n".join(["link set lo up", *own, "link set eth0 up", *routes]) + "\n")


def _set(switch: str, value: str) -> None:
    try:
        Path(switch).write_text(value, encoding="ascii")
    except OSError as error:
        raise Trouble(f"{switch} cannot be set ({error.strerror})") from error


def _listen(nodes: dict[str, int], listeners: list[tuple[str, int]], *, ipv6: bool) -> list[socket.socket]:
    """Open a socket on every node and port that `listeners` name; it stays in the namespace it was made in."""
    found = []
    for node, port in listeners:
        _enter(nodes[node])
        if ipv6:
            found.append(socket.create_server(("::", port), family=socket.AF_INET6, backlog=128, dualstack_ipv6=True))
        else:
            found.append(socket.create_server(("0.0.0.0", port), backlog=128))  # noqa: S104 - in a world of its own
    return found


def _build(plan: dict[str, Any]) -> tuple[dict[str, Any], list[socket.socket]]:
    enter = _program("nsenter")
    user = _leave_the_machine()
    router = _own_namespace()
    nodes = {}
    for name in plan["nodes"]:
        _unshare(NEW_NETWORK)
        nodes[name] = _own_namespace()
    _wire(router, nodes, plan)
    sockets = _listen(nodes, plan["listeners"], ipv6=plan["ipv6"])
    return {"pid": os.getpid(), "user": user, "nodes": nodes, "enter": enter}, sockets


def main(line: socket.socket) -> None:
    """Read a plan from `line`, answer with what was built and its sockets, and keep it until the line is closed."""
    plan = json.loads(line.makefile().readline())
    try:
        built, sockets = _build(plan)
    except (Trouble, OSError, subprocess.TimeoutExpired) as error:
        line.sendall(json.dumps({"trouble": str(error)}).encode())
        return
    socket.send_fds(line, [json.dumps(built).encode()], [sock.fileno() for sock in sockets])
    for sock in sockets:
        sock.close()
    line.recv(1)


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))
