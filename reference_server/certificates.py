"""The web server's certificate as the API hands it out and takes it."""

from __future__ import annotations

import re
from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from .answers import refusal
from .http import Request, Response
from .pki import Key

if TYPE_CHECKING:
    from .shared import Shared
    from .web import WebApp

EXTERNAL = "/v1/certificates/external"
CA = f"{EXTERNAL}/ca"
FILE = "present.pem"
LONGEST = 64 << 10

_KEY = re.compile(rb"-----BEGIN ([A-Z ]*)PRIVATE KEY-----.+?-----END \1PRIVATE KEY-----", re.DOTALL)


class Certificates:
    """Upload and download of the web server's certificate; a good one is served from the next handshake on.

    `check` says what is wrong with an upload, `serve` takes it, `shown` is the CA certificate that is handed out.
    """

    def __init__(self, shared: Shared, web: WebApp) -> None:
        """Add the endpoints to the API."""
        self.shared = shared
        self.web = web
        api = web.api
        api.endpoints[EXTERNAL] = {"POST": self.upload}
        api.endpoints[CA] = {"GET": lambda _: self.shown()}
        api.administration.add((EXTERNAL, "POST"))
        self.check: Callable[[bytes], str] = wrong_with
        self.serve: Callable[[bytes], None] = self.serve_and_keep
        self.shown: Callable[[], Response] = self.stored_authority
        self.authority = b""

    def start(self) -> None:
        """Write down what is served, for the operator who has to put it back."""
        tls = self.web.tls
        chain, key = tls.served()
        self.authority = chain if tls.leaf.self_signed else (tls.authority or self.shared.authority).pem
        others = b"" if self.authority in chain and not tls.leaf.self_signed else self.authority
        (self.shared.folder / FILE).write_bytes(key + chain + others)

    def stop(self) -> None:
        """Hold nothing."""

    def document(self) -> dict[str, dict[str, object]]:
        """Return this part's tables of a fitting target file."""
        return {"webapp": {"certificate": {"restore": f"file:{self.shared.folder / FILE}"}}}

    def stored_authority(self) -> Response:
        """Return the CA certificate that verifies this endpoint."""
        return Response(HTTPStatus.OK, [("Content-Type", "text/plain")], self.authority)

    def upload(self, request: Request) -> Response:
        """Take key, certificate and authorities, all PEM, if they fit."""
        if wrong := self.check(request.body):
            return refusal(HTTPStatus.BAD_REQUEST, 1009, "Parameter value is not valid", wrong)
        self.serve(request.body)
        return Response.json({})

    def serve_and_keep(self, body: bytes) -> None:
        """Serve what was uploaded, and hand out its last certificate as the authority."""
        leaf, *others = x509.load_pem_x509_certificates(body)
        sent = [other for other in others if other.issuer != other.subject]
        chain = b"".join(each.public_bytes(Encoding.PEM) for each in (leaf, *sent))
        self.authority = others[-1].public_bytes(Encoding.PEM) if others else self.authority
        key = key_in(body)
        self.web.tls.replace(chain, key_pem(key), rsa=isinstance(key, RSAPrivateKey))


def key_in(body: bytes) -> Key:
    """Return the private key in an upload; raises ValueError where there is none."""
    block = _KEY.search(body)
    if block is None:
        raise ValueError("there is no private key")
    key = load_pem_private_key(block[0], None)
    if not isinstance(key, Key):
        raise ValueError("the private key is of another kind")  # noqa: TRY004 - what was sent is wrong
    return key


def wrong_with(body: bytes) -> str:
    """Say why an upload is not taken, or nothing."""
    if len(body) > LONGEST:
        return "the file is too long"
    try:
        key, chain = key_in(body), x509.load_pem_x509_certificates(body)
    except (TypeError, ValueError) as error:
        return str(error)[:200] or "the file cannot be read"
    if len(chain) < 2:
        return "the certificate of at least one authority has to follow"
    spki = Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    if key.public_key().public_bytes(*spki) != chain[0].public_key().public_bytes(*spki):
        return "the key does not belong to the certificate"
    return ""


def key_pem(key: Key) -> bytes:
    """Return a private key, PKCS #8, not encrypted."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
