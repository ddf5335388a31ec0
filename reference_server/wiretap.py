"""Stands between a client and the real TLS server, and may answer records in its place."""

from __future__ import annotations

import select
import socket
import threading
from typing import Protocol


class Tap(Protocol):
    """Watches the records of one connection."""

    def from_client(self, record: bytes) -> bytes | None:
        """Return what to answer in the server's place; None lets the record through."""
        ...

    def from_server(self, record: bytes) -> bytes:
        """Return what the client gets in place of a record of the server's."""
        ...


def tapped(client: socket.socket, tap: Tap) -> socket.socket:
    """Return a socket that stands for `client`, with `tap` in between. Ends when either side hangs up."""
    near, far = socket.socketpair()
    near.settimeout(client.gettimeout())
    threading.Thread(target=_pump, args=(client, far, tap), daemon=True).start()
    return near


def _pump(client: socket.socket, far: socket.socket, tap: Tap) -> None:
    pending = {client: b"", far: b""}
    try:
        while True:
            for source in select.select(list(pending), [], [], 10)[0]:
                if not (data := source.recv(1 << 16)):
                    return
                records, pending[source] = _split(pending[source] + data)
                for record in records:
                    _pass_on(record, client, far, tap, from_client=source is client)
    except (OSError, ValueError):
        return  # either side went away
    finally:
        far.close()
        _hang_up(client)


def _pass_on(record: bytes, client: socket.socket, far: socket.socket, tap: Tap, *, from_client: bool) -> None:
    if not from_client:
        client.sendall(tap.from_server(record))
    elif (answer := tap.from_client(record)) is None:
        far.sendall(record)
    elif answer:
        client.sendall(answer)


def _split(data: bytes) -> tuple[list[bytes], bytes]:
    records = []
    while len(data) >= 5 and len(data) >= (end := 5 + int.from_bytes(data[3:5])):
        records.append(data[:end])
        data = data[end:]
    return records, data


def _hang_up(client: socket.socket) -> None:
    try:
        client.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
