"""Stands between a client and the real TLS server, and may answer records in its place."""

from __future__ import annotations

import select
import socket
import threading
from typing import Protocol

_KINDS = range(20, 25)


class Tap(Protocol):
    """Watches the records of one connection."""

    def from_client(self, record: bytes) -> bytes | None:
        """Return what to answer in the server's place; None lets the record through."""
        ...

    def from_server(self, record: bytes) -> bytes:
        """Return what the client gets in place of a record of the server's."""
        ...


def tapped(client: socket.socket, tap: Tap) -> socket.socket:
    """Return a socket that stands for `client`, with `tap` in between. Takes `client` over, and closes it in time."""
    near, far = socket.socketpair()
    near.settimeout(client.gettimeout())
    outside = socket.socket(fileno=client.detach())
    outside.settimeout(near.gettimeout())
    threading.Thread(target=_pump, args=(outside, far, tap), daemon=True).start()
    return near


def _pump(client: socket.socket, far: socket.socket, tap: Tap) -> None:
    pending = {client: b"", far: b""}
    with client, far:
        try:
            while ready := select.select(list(pending), [], [], client.gettimeout())[0]:
                for source in ready:
                    if not (data := source.recv(1 << 16)):
                        _last_words(client)
                        return
                    records, pending[source] = _split(pending[source] + data)
                    for record in records:
                        _pass_on(record, client, far, tap, from_client=source is client)
        except OSError:
            return  # either side went away


def _last_words(client: socket.socket) -> None:
    """Close our half and hear the client out: a close on unread bytes is a reset, which overtakes an alert."""
    client.shutdown(socket.SHUT_WR)
    client.settimeout(1)
    while client.recv(1 << 16):
        pass


def _pass_on(record: bytes, client: socket.socket, far: socket.socket, tap: Tap, *, from_client: bool) -> None:
    if not from_client:
        client.sendall(tap.from_server(record))
    elif (answer := tap.from_client(record)) is None:
        far.sendall(record)
    elif answer:
        client.sendall(answer)


def _split(data: bytes) -> tuple[list[bytes], bytes]:
    """Return the whole records in `data`, and what is left; what is no TLS (SSL 2.0, say) is passed on as it comes."""
    if data[0] not in _KINDS:
        return [data], b""
    records = []
    while len(data) >= 5 and len(data) >= (end := 5 + int.from_bytes(data[3:5])):
        records.append(data[:end])
        data = data[end:]
    return records, data
