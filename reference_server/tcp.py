"""The channel without HTTP: all that a client sends is the message, all that it gets back is the answer."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Callable
from typing import Any

_MOST = 4 << 20
_TIMEOUT = 10.0


class TcpServer:
    """Serves `answer` on a loopback port of its own choosing; an empty answer closes the connection."""

    def __init__(self, answer: Callable[[bytes], bytes]) -> None:
        """Bind at once; serve from `start` on."""
        self._server = _Server(("127.0.0.1", 0), _Connection)
        self._server.answer = answer
        self.port: int = self._server.server_address[1]

    def start(self) -> None:
        """Serve in the background."""
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """Stop and release the port."""
        self._server.shutdown()
        self._server.server_close()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    answer: Callable[[bytes], bytes]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that hangs up in the middle is none of our trouble."""


class _Connection(socketserver.BaseRequestHandler):
    request: socket.socket
    server: _Server

    def handle(self) -> None:
        """Read until the client has sent everything, and answer."""
        self.request.settimeout(_TIMEOUT)
        received = b""
        while len(received) < _MOST and (chunk := self.request.recv(1 << 16)):
            received += chunk
        self.request.sendall(self.server.answer(received))
