"""The networks that a gateway's nodes stand in: clients, management, web, core and database, and rules between them.

Real ones, of namespaces, veth pairs and nftables, which only the process that built them holds: see `network_child`.
"""

from __future__ import annotations

import json
import socket
import socketserver
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from .http import HttpServer, Response

if TYPE_CHECKING:
    from .core import Core
    from .shared import Shared
    from .web import WebApp

AREA = "net"
NODES = ("client", "management", "web", "core", "peer", "database")
"""Where something can be looked at from; `peer` is another core node."""

WEB, COMMUNICATION, CONTROL, DATABASE, DEBUG = 443, 6250, 6252, 5432, 8080
LOOKED_AT = [80, 443, 3306, 5432, 6250, 6251, 6252, 6253, 8080]

_PATIENCE = 30.0
_MOST = 1 << 16
_CHILD = Path(__file__).with_name("network_child.py")


class _Server(Protocol):
    def start(self) -> None: ...

    def stop(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Listener:
    """Something that listens on a node; `serve` makes a server of the listening socket."""

    node: str
    port: int
    serve: Callable[[socket.socket], _Server]


class Networks:
    """The right layout. What a fault may replace: any attribute set in `__init__`.

    `passes` are the rules, by service, of what the router lets through, and `otherwise` is what becomes of the rest.
    """

    def __init__(self, shared: Shared, web: WebApp, core: Core) -> None:
        """Build nothing yet."""
        self.shared = shared
        self.web, self.core = web, core
        self.passes = {
            "administration": f'iifname {{ "client", "management" }} oifname "web" tcp dport {WEB} accept',
            "communication": f'iifname "web" oifname {{ "core", "peer" }} tcp dport {COMMUNICATION} accept',
            "control": f'iifname {{ "core", "peer" }} oifname {{ "core", "peer" }} tcp dport {CONTROL} accept',
            "database": f'iifname {{ "web", "core", "peer" }} oifname "database" tcp dport {DATABASE} accept',
        }
        self.otherwise = "meta l4proto tcp reject with tcp reset\nreject"
        self.more_rules = ""
        self.ipv6 = False
        self.listeners = {
            "administration": Listener("web", WEB, self.administration),
            "communication": Listener("core", COMMUNICATION, self.communication),
            "control": Listener("core", CONTROL, lambda sock: HttpServer(lambda _: Response(401), listener=sock)),
            "database": Listener("database", DATABASE, lambda sock: SpokenTo(sock, lambda said: b"N" if said else b"")),
        }
        self.ports = list(LOOKED_AT)
        self.more_reach: list[dict[str, Any]] = []
        self.commands: dict[str, Callable[[list[str]], list[str]]] = {}
        self.built: dict[str, Any] | None = None

    def administration(self, sock: socket.socket) -> _Server:
        """Serve what the web app serves."""
        web = self.web
        return HttpServer(lambda request: web.answer(request), lambda plain: web.accept(plain), listener=sock)

    def communication(self, sock: socket.socket) -> _Server:
        """Serve the channel."""
        return HttpServer(lambda request: self.core.answer(request), listener=sock)

    def start(self) -> None:
        """Build everything where it is wanted; where this machine does not allow it the gateway says why."""
        self.servers: list[_Server] = []
        if AREA not in self.shared.costly:
            return
        self._line, theirs = socket.socketpair()
        with theirs:
            self._child = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [sys.executable, "-I", str(_CHILD), str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # an interrupt at the terminal is the run's affair
            )
        self._line.settimeout(_PATIENCE)
        try:
            self._line.sendall(json.dumps(self._plan()).encode() + b"\n")
            said, handles, *_ = socket.recv_fds(self._line, _MOST, len(self.listeners))
            answer = json.loads(said or b'{"trouble": "what builds the networks ended without a word"}')
        except OSError as error:
            answer, handles = {"trouble": f"what builds the networks does not answer ({error})"}, []
        if "trouble" in answer:
            self.shared.without["network"] = answer["trouble"]
            return
        self.built = answer
        for listener, handle in zip(self.listeners.values(), handles, strict=True):
            self.servers.append(listener.serve(socket.socket(fileno=handle)))
        for server in self.servers:
            server.start()

    def _plan(self) -> dict[str, Any]:
        return {
            "nodes": {name: _links(number, ipv6=self.ipv6) for number, name in enumerate(NODES, 1)},
            "elsewhere": ["10.213.1.2", *(["fd21:3:1::2"] if self.ipv6 else [])],
            "rules": self._rules(),
            "ipv6": self.ipv6,
            "listeners": [(listener.node, listener.port) for listener in self.listeners.values()],
        }

    def _rules(self) -> str:
        passes = "\n".join(["ct state established,related accept", *self.passes.values(), self.otherwise])
        chain = f"chain forward {{\ntype filter hook forward priority 0; policy drop;\n{passes}\n}}"
        return f"table inet segregation {{\n{chain}\n}}\n{self.more_rules}\n"

    def stop(self) -> None:
        """Take everything down."""
        for server in self.servers:
            server.stop()
        if AREA in self.shared.costly:
            self._line.close()
            self._child.wait(_PATIENCE)

    def document(self) -> dict[str, Any]:
        """Return this part's tables of a fitting target file."""
        if self.built is None:
            return {}
        vantages = [
            ("client", "web", WEB),
            ("management", "web", WEB),
            ("web", "core", COMMUNICATION),
            ("peer", "core", CONTROL),
        ]
        expected = [
            ("client", "admin", True),
            ("management", "api", True),
            ("peer", "admin", False),
            ("client", "communication", False),
            ("peer", "communication", False),
            ("web", "communication", True),
            ("web", "control", False),
            ("management", "control", False),
            ("peer", "control", True),
            ("client", "database", False),
            ("web", "database", True),
            ("peer", "database", True),
        ]
        table = {
            "ports": self.ports,
            "vantage": [
                {"name": name, "command": self._command(name), "reachable": endpoint(node, port)}
                for name, node, port in vantages
            ],
            "reach": [
                {"from": origin, "to": SERVICES[service], "service": service, "allowed": allowed}
                for origin, service, allowed in expected
            ]
            + self.more_reach,
        }
        return {"network": table}

    def _command(self, name: str) -> list[str]:
        """Return what runs a program on a node."""
        assert self.built is not None  # noqa: S101
        process = f"/proc/{self.built['pid']}"
        user = [f"--user={process}/ns/user", "--preserve-credentials"] if self.built["user"] else []
        command = [self.built["enter"], *user, f"--net={process}/fd/{self.built['nodes'][name]}"]
        return self.commands.get(name, list)(command)


def address(node: str) -> str:
    """Return a node's IPv4 address."""
    return f"10.213.{NODES.index(node) + 1}.2"


def address6(node: str) -> str:
    """Return a node's IPv6 address."""
    return f"fd21:3:{NODES.index(node) + 1}::2"


def endpoint(node: str, port: int) -> str:
    """Return where a node's port is, as a target file spells it."""
    return f"{address(node)}:{port}"


SERVICES = {
    "api": endpoint("web", WEB),
    "admin": endpoint("web", WEB),
    "communication": endpoint("core", COMMUNICATION),
    "control": endpoint("core", CONTROL),
    "database": endpoint("database", DATABASE),
}


def _links(number: int, *, ipv6: bool) -> dict[str, Any]:
    """Return both ends of a node's link to the router, and its way out; as `network_child` takes them."""
    four, six = f"10.213.{number}", f"fd21:3:{number}:"
    return {
        "router": [(f"{four}.1/24", ""), *([(f"{six}:1/64", "nodad")] if ipv6 else [])],
        "own": [(f"{four}.2/24", ""), *([(f"{six}:2/64", "nodad")] if ipv6 else [])],
        "gateways": [f"{four}.1", *([f"{six}:1"] if ipv6 else [])],
    }


class SpokenTo:
    """Answers what is said first on a connection, and closes; with `greeting`, it speaks first."""

    def __init__(self, sock: socket.socket, answer: Callable[[bytes], bytes], greeting: bytes = b"") -> None:
        """Serve from `start` on."""

        class Connection(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                self.request.settimeout(_PATIENCE)
                self.request.sendall(greeting)
                self.request.sendall(answer(self.request.recv(_MOST)))

        self._server = _Quiet(("", 0), Connection, bind_and_activate=False)
        self._server.socket.close()
        self._server.socket = sock

    def start(self) -> None:
        """Serve in the background."""
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """Stop and release the port."""
        self._server.shutdown()
        self._server.server_close()


class _Quiet(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that hangs up in the middle is none of our trouble."""
