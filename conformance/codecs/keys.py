"""Keys of the channel: one for each direction, derived from the shared secret."""

from __future__ import annotations

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

REQUEST = "web->core"
ANSWER = "core->web"


def derive(secret: str, direction: str) -> bytes:
    """Return the 32-byte key for messages that travel in `direction`: HKDF-SHA256 without salt; the secret as UTF-8."""
    info = f"portero channel v1 {direction}".encode()
    return HKDF(SHA256(), length=32, salt=None, info=info).derive(secret.encode("utf-8", "surrogateescape"))


def pair(secret: str, *, core: bool) -> tuple[bytes, bytes]:
    """Return the key that a side seals with and the key that it opens with."""
    request, answer = derive(secret, REQUEST), derive(secret, ANSWER)
    return (answer, request) if core else (request, answer)
