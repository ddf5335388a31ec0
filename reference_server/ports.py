"""Ports that are known before somebody listens on them."""

from __future__ import annotations

import socket


def reserve() -> socket.socket:
    """Return a socket that holds a free port of 127.0.0.1 for whoever listens on it with SO_REUSEADDR.

    It is bound and does not listen, so nobody else is given the port; close it when the port is not needed any more.
    """
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind(("127.0.0.1", 0))
    return held
