"""Servers on loopback that are no gateway at all: what they may earn is in test_null_targets.py."""

from __future__ import annotations

import contextlib
import itertools
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from reference_server.http import Handler, HttpServer, Request, Response

HOST = "127.0.0.1"

Serve = Callable[[socket.socket], None]


@contextmanager
def closed() -> Iterator[int]:
    """Hold a port that nobody listens on."""
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        yield taken.getsockname()[1]


@contextmanager
def listening(serve: Serve) -> Iterator[int]:
    """Hand every connection to `serve`, in a thread of its own; what it leaves open is closed in the end."""
    stack = ExitStack()
    listener = stack.enter_context(socket.create_server((HOST, 0), backlog=128))

    def accept() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            stack.callback(client.close)
            threading.Thread(target=serve, args=(client,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    with stack:
        yield listener.getsockname()[1]
        with contextlib.suppress(OSError):  # not every system lets a listener be shut down
            listener.shutdown(socket.SHUT_RDWR)


def stays_silent(client: socket.socket) -> None:
    """Take whatever comes and say nothing."""
    with contextlib.suppress(OSError):
        while client.recv(1 << 16):
            pass


def resets(client: socket.socket) -> None:
    """Hang up with a reset at once."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def greets(client: socket.socket) -> None:
    """Speak first, and neither TLS nor HTTP."""
    with contextlib.suppress(OSError):
        client.sendall(b"220 mail.example ESMTP\r\n")
        stays_silent(client)


@contextmanager
def speaking_http(answer: Handler, wrap: Callable[[socket.socket], object] | None = None) -> Iterator[int]:
    """Answer HTTP, over TLS where `wrap` says how."""
    server = HttpServer(answer, wrap)  # type: ignore[arg-type]
    server.start()
    try:
        yield server.port
    finally:
        server.stop()


def same_page(request: Request) -> Response:
    """Answer 200 with the same page, whatever was asked."""
    return Response.html("<!DOCTYPE html><title>Welcome</title><p>It works!")


def never_answers(request: Request) -> Response:
    """Take the request and let the client wait."""
    threading.Event().wait(120)
    return Response(503)


def redirects_for_ever() -> Handler:
    """Send the client somewhere else each time."""
    numbers = itertools.count()
    return lambda _request: Response(302, [("Location", f"/elsewhere/{next(numbers)}")])


@contextmanager
def dropping_after(served: int, port: int) -> Iterator[int]:
    """Relay the first `served` connections to `port`, and close every later one unheard."""
    numbers = itertools.count(1)

    def relay(client: socket.socket) -> None:
        with contextlib.suppress(OSError), client:
            if next(numbers) > served:
                return
            with socket.create_connection((HOST, port)) as server:
                back = threading.Thread(target=copied, args=(server, client), daemon=True)
                back.start()
                copied(client, server)
                back.join()

    with listening(relay) as front:
        yield front


def copied(source: socket.socket, sink: socket.socket) -> None:
    """Pass on what comes from one side, and that it is at an end."""
    with contextlib.suppress(OSError):
        while chunk := source.recv(1 << 16):
            sink.sendall(chunk)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
