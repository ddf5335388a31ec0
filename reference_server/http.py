"""HTTP/1.1 over plain or TLS sockets: a request in, a response out, one thread a connection."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from typing import Any

MAX_BODY = 4 << 20
TIMEOUT = 10.0


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asked. `path` is raw, with its query; header names are as sent."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""
    secure: bool = False

    def header(self, name: str) -> str:
        """Return the first header called `name`, or an empty string."""
        return next((v for k, v in self.headers if k.lower() == name.lower()), "")


@dataclass(slots=True)
class Response:
    """What the server answers. Headers go out as listed, repeats included; Date and Content-Length are added."""

    status: int = 200
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    @classmethod
    def json(cls, value: Any, status: int = 200) -> Response:
        """Answer with a JSON document."""
        return cls(status, [("Content-Type", "application/json")], json.dumps(value).encode())

    @classmethod
    def html(cls, text: str, status: int = 200) -> Response:
        """Answer with a page."""
        return cls(status, [("Content-Type", "text/html; charset=utf-8")], text.encode())


Handler = Callable[[Request], Response]


class HttpServer:
    """Serves `handler` on loopback.

    `wrap` turns an accepted connection into a TLS one; it runs in the connection's own thread, so that a
    client that stays silent holds up nobody.
    """

    def __init__(
        self,
        handler: Handler,
        wrap: Callable[[socket.socket], ssl.SSLSocket] | None = None,
        host: str = "127.0.0.1",
        clock: Callable[[], float] = time.time,
        port: int = 0,
        listener: socket.socket | None = None,
    ) -> None:
        """Bind at once; serve from `start` on. `clock` returns the Unix seconds that the Date header shows.

        Port 0 is any free one. A `listener` is a socket that listens already, wherever that is.
        """
        self._server = _Server((host, port), handler, wrap, clock, listener)
        self.host = host
        self.port: int = self._server.server_address[1]

    def start(self) -> None:
        """Serve in the background."""
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def one_at_a_time(self, patience: float) -> None:
        """Serve no two clients at once, and wait `patience` seconds for whatever the present one has to say."""
        self._server.patience = patience
        self._server.process_request = partial(HTTPServer.process_request, self._server)  # type: ignore[method-assign]

    def stop(self) -> None:
        """Stop and release the port."""
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    patience = TIMEOUT

    def __init__(
        self,
        address: tuple[str, int],
        handler: Handler,
        wrap: Callable[[socket.socket], ssl.SSLSocket] | None,
        clock: Callable[[], float],
        listener: socket.socket | None = None,
    ) -> None:
        self.answer = handler
        self.clock = clock
        self.wrap = wrap
        super().__init__(address, _Connection, bind_and_activate=listener is None)
        if listener is not None:
            self.socket.close()
            self.socket = listener

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Do the TLS handshake here, in the connection's own thread."""
        request.settimeout(self.patience)
        request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.wrap is None:
            super().finish_request(request, client_address)
            return
        try:
            with self.wrap(request) as secured:
                super().finish_request(secured, client_address)
                _say_goodbye(secured)
        except OSError:
            return  # a handshake that failed is the client's affair

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that hangs up in the middle is none of our trouble."""


def _say_goodbye(secured: ssl.SSLSocket) -> None:
    try:
        secured.unwrap()
    except (OSError, ValueError):
        return


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def _serve(self) -> None:
        length = min(int(self.headers.get("Content-Length") or 0), MAX_BODY)
        body = self.rfile.read(length) if length else b""
        request = Request(
            self.command,
            self.path,
            tuple(self.headers.items()),
            body,
            secure=isinstance(self.connection, ssl.SSLSocket),
        )
        response = self.server.answer(request)
        self.send_response_only(response.status, _phrase(response.status))
        names = {name.lower() for name, _ in response.headers}
        if "date" not in names:
            self.send_header("Date", self.date_time_string(int(self.server.clock())))
        for name, value in response.headers:
            self.send_header(name, value)
        if "content-length" not in names and response.status not in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED):
            self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)

    def __getattr__(self, name: str) -> Any:
        """Serve every method alike; which ones are allowed is the application's affair."""
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Keep quiet."""


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
