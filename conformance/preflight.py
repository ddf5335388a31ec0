"""Control looks: is the endpoint there at all, before a probe asks it anything and after."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from conformance.model import Inconclusive
from conformance.observatory import Bench
from conformance.probes.http import lenient_context, plain_words

PATIENCE = 5.0


def reach(bench: Bench, url: str) -> None:
    """Resolve, connect and, for https, shake hands, with at most 5 s for each.

    Raises Inconclusive that says in plain words what did not work.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or {"https": 443, "http": 80}.get(parts.scheme, 0)
    with bench.budget.connection(host):
        try:
            with socket.create_connection((host, port), PATIENCE) as sock:
                if parts.scheme == "https":
                    _shake_hands(sock, host)
        except OSError as error:
            raise Inconclusive(f"{host}:{port} could not be reached: {plain_words(error)}") from error


@contextmanager
def bracketed(bench: Bench, url: str) -> Iterator[None]:
    """Hold that the endpoint answers before and after what is done inside; raises Inconclusive."""
    reach(bench, url)
    yield
    try:
        reach(bench, url)
    except Inconclusive as reason:
        raise Inconclusive(f"stopped answering while it was being probed: {reason}") from reason


def _shake_hands(sock: socket.socket, host: str) -> None:
    context: ssl.SSLContext = lenient_context()
    with context.wrap_socket(sock, server_hostname=host):
        pass
