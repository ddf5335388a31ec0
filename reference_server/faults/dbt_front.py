"""A near miss that stands in front of the database: something that ends TLS there, and goes on in the clear."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
from typing import TYPE_CHECKING

from ..pki import LeafSpec
from . import near_miss

if TYPE_CHECKING:
    from ..gateway import Gateway

_SSL_REQUEST = struct.pack("!II", 8, 80877103)
_REFUSAL = b"SFATAL\0C28000\0Mthis front wants TLS\0\0"


@near_miss()
def tls_ends_beside_the_database(gateway: Gateway) -> None:
    """Is right: a front on the database's own host takes TLS off, and goes on from there over loopback."""
    database = gateway.database
    database.access = ["hostnossl waweb all all scram-sha-256"]
    database.shows_client_certificate = False
    database.front = lambda port: _front(port, database.authority.issue(LeafSpec()).context())


def _front(port: int, context: ssl.SSLContext) -> socket.socket:
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    door = socket.create_server(("127.0.0.1", 0), backlog=128)

    def serve() -> None:
        while True:
            try:
                guest, _ = door.accept()
            except OSError:
                return
            threading.Thread(target=_forward, args=(guest, context, port), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    return door


def _forward(guest: socket.socket, context: ssl.SSLContext, port: int) -> None:
    with contextlib.suppress(OSError), guest:
        guest.settimeout(10)
        if guest.recv(8) != _SSL_REQUEST:
            guest.sendall(b"E" + struct.pack("!I", len(_REFUSAL) + 4) + _REFUSAL)
            guest.shutdown(socket.SHUT_WR)
            guest.recv(1 << 16)
            return
        guest.sendall(b"S")
        with (
            context.wrap_socket(guest, server_side=True) as secured,
            socket.create_connection(("127.0.0.1", port)) as server,
        ):
            secured.settimeout(None)
            threading.Thread(target=_copy, args=(server, secured), daemon=True).start()
            _copy(secured, server)


def _copy(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while chunk := source.recv(1 << 16):
            sink.sendall(chunk)
        sink.shutdown(socket.SHUT_RDWR)
