"""Preflight: is the endpoint there at all, before a probe asks it anything?"""

from __future__ import annotations

import socket
import ssl
import time

from conformance.bench import Bench
from conformance.model import Inconclusive
from conformance.origin import Origin
from conformance.sentence import Own, Sentence, say
from conformance.web.http import client_context, connect, plain_words, server_name
from conformance.web.resolve import ResolverSilent

PATIENCE = 5.0  # seconds

_ALERT, _HANDSHAKE = 21, 22  # what may come first from a server of TLS (RFC 8446, 5.1)


def reach(bench: Bench, url: str) -> None:
    """Hold that the endpoint is there: connect to its name and, for https, shake hands, with at most 5 s for each.

    Asked once a run for each endpoint, however many probes need it. Raises Inconclusive that says in plain words
    what did not work.
    """
    origin = Origin.of(url)
    host, port, secure = origin.host, origin.port, origin.scheme == "https"
    bench.once.make_sure(("reach", host, port, secure), lambda: _look(bench, host, port, secure=secure))


def _look(bench: Bench, host: str, port: int, *, secure: bool) -> None:
    endpoint = Own(f"{host}:{port}")
    try:
        with bench.budget.connection(host), connect(host, port, time.monotonic() + PATIENCE) as sock:
            if not secure or _shakes_hands(sock, client_context(bench, host, port), host):
                return
        with bench.budget.connection(host), connect(host, port, time.monotonic() + PATIENCE) as sock:
            http = _speaks_http(sock, host)
    except (OSError, UnicodeError) as error:
        raise Inconclusive(
            say("{endpoint} could not be reached: {trouble}", endpoint=endpoint, trouble=_in_words(error))
        ) from error
    plain = say("{endpoint} speaks plain HTTP, not TLS", endpoint=endpoint)
    raise Inconclusive(plain if http else say("{endpoint} does not speak TLS", endpoint=endpoint))


def _in_words(error: Exception) -> Sentence:
    if isinstance(error, TimeoutError) and not isinstance(error, ResolverSilent):
        return say("no answer within {seconds:.0f} s", seconds=PATIENCE)
    return plain_words(error)


def _shakes_hands(sock: socket.socket, context: ssl.SSLContext, host: str) -> bool:
    """Shake hands, and tell whether the other side speaks TLS; raises OSError when it does and the handshake fails."""
    ends = time.monotonic() + PATIENCE
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing, server_hostname=server_name(host))
    heard = False
    while True:
        try:
            tls.do_handshake()
        except ssl.SSLWantReadError:
            sock.settimeout(_left(ends))
            sock.sendall(outgoing.read())
            chunk = sock.recv(1 << 14)
            if not chunk:
                raise ssl.SSLEOFError from None
            if not heard and chunk[0] not in (_ALERT, _HANDSHAKE):
                return False
            heard = True
            incoming.write(chunk)
        else:
            sock.sendall(outgoing.read())
            return True


def _speaks_http(sock: socket.socket, host: str) -> bool:
    sock.settimeout(PATIENCE)
    try:
        sock.sendall(f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode("ascii", "replace"))
        return sock.recv(1 << 10).startswith(b"HTTP/")
    except OSError:
        return False


def _left(ends: float) -> float:
    left = ends - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
