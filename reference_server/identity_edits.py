"""Ways to change an identity service that has not been started, for faults and near misses."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .http import Response
from .identity import IdentityService, Initialisation, sign

if TYPE_CHECKING:
    from .gateway import Gateway


def also_takes(gateway: Gateway, takes: Callable[[str, str, str], bool]) -> None:
    """Let the service honour whatever `takes(key, uid, signature)`, beside the right hash."""
    right = gateway.identity.matches
    gateway.identity.matches = lambda key, uid, given: right(key, uid, given) or takes(key, uid, given)


def edits(gateway: Gateway, edit: Callable[[dict[str, Any]], object]) -> None:
    """Let the service change the document that it was sent before it reads it; no object may have a name twice."""
    read = gateway.identity.read

    def edited(body: bytes) -> Initialisation:
        document = json.loads(body, object_pairs_hook=gateway.identity.pairs)
        edit(document)
        return read(json.dumps(document).encode())

    gateway.identity.read = edited


def visitor_of(document: Any) -> dict[str, Any]:
    """Return the visitor of an initialisation, or an empty object."""
    visitor = document.get("visitor") if isinstance(document, dict) else None
    return visitor if isinstance(visitor, dict) else {}


def refuses(gateway: Gateway, tell: Callable[[str, str], Response]) -> None:
    """Let a forged hash be answered with what `tell(right, given)` returns."""

    def drop(asked: Initialisation | None) -> Response:
        if asked is None or asked.signature is None:
            return Response(403)
        return tell(sign(asked.organisation.secret, asked.uid), asked.signature)

    gateway.identity.drop = drop


def drops(gateway: Gateway, answer: Callable[[], Response]) -> None:
    """Let whatever is dropped be answered so."""
    gateway.identity.drop = lambda _: answer()


class _Clear(socket.socket):
    """A connection in the clear on a port that also speaks TLS."""

    def unwrap(self) -> None:
        """End without a farewell."""


def speaks_both(identity: IdentityService) -> None:
    """Let the service look at the first byte, and speak TLS or not."""
    secured = identity.wrapper

    def wrapper() -> Callable[[socket.socket], Any]:
        wrap = secured()

        def either(sock: socket.socket) -> ssl.SSLSocket | _Clear:
            if sock.recv(1, socket.MSG_PEEK) == b"\x16":
                return wrap(sock)
            clear = _Clear(fileno=sock.detach())
            clear.settimeout(10)
            return clear

        return either

    identity.wrapper = wrapper
