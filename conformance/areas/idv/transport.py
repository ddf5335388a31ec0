"""Looks at the way to the identity service; nothing that is worth stealing is sent."""

from __future__ import annotations

import ssl
import time
from urllib.parse import urlsplit

from conformance.areas.idv.client import IdentityClient
from conformance.areas.idv.record import Answer, Transport
from conformance.model import Inconclusive
from conformance.origin import Origin
from conformance.sentence import NOTHING, Own, Sentence, say
from conformance.web.http import TIMEOUT, connect, exchange, plain_words, server_name
from conformance.web.preflight import reach

FORGED = "0" * 64  # of an HMAC-SHA256's shape, and nobody's


def look_at_transport(client: IdentityClient) -> Transport:
    """Shake hands with verification, then send a forged initialisation in the clear, and over TLS for comparison."""
    origin = Origin.of(client.identity.url)
    try:
        reach(client.bench, client.identity.url)
    except Inconclusive as reason:
        return Transport(origin.scheme, detail=reason.reason)
    if client.context is None:
        return Transport("http")
    verifies, detail = _handshake(client, origin.host, origin.port)
    if not verifies or not client.bench.target.permits("write"):
        return Transport("https", verifies, detail)
    body = client.document("portero-nobody", FORGED)
    ports = (443, 80) if origin.port == 443 else (origin.port,)
    plain = {str(port): _plainly(client, port, body) for port in ports}
    return Transport("https", verifies, NOTHING, plain, client.answer(body))


def _handshake(client: IdentityClient, host: str, port: int) -> tuple[bool | None, Sentence]:
    assert client.context is not None  # noqa: S101 - the caller looks at https only
    client.bench.budget.request(host)
    with client.bench.budget.connection(host):
        try:
            with (
                connect(host, port, time.monotonic() + TIMEOUT) as sock,
                client.context.wrap_socket(sock, server_hostname=server_name(host)),
            ):
                return True, NOTHING
        except ssl.SSLCertVerificationError as error:
            return False, plain_words(error)
        except OSError as error:
            place = Own(f"{host}:{port}")
            return None, say("{place} could not be reached over TLS: {why}", place=place, why=plain_words(error))


def _plainly(client: IdentityClient, port: int, body: bytes) -> Answer:
    parts = urlsplit(client.identity.url)
    host = Origin.of(client.identity.url).bracketed
    query = f"?{parts.query}" if parts.query else ""
    seen = exchange(
        client.bench,
        client.identity.method,
        f"http://{host}:{port}{parts.path or '/'}{query}",
        headers={"Content-Type": "application/json"},
        body=body,
    )
    return client.noted(seen)
