"""The wire formats of the channel, from the core's side: written from the specification, on primitives alone."""

from __future__ import annotations

import base64
import binascii
import hmac
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.padding import PKCS7

_BLOCK = 128


class Refused(Exception):
    """The message is not taken. The cause is for the server's log, never for the answer."""


@dataclass(frozen=True, slots=True)
class Message:
    """An opened message: what it says, and when it says that it was sealed, in Unix seconds."""

    payload: bytes
    stamp: int


class Format(Protocol):
    """Opens requests and seals answers under a 32-byte key."""

    def open(self, key: bytes, sealed: bytes) -> Message:
        """Return the message; raises Refused."""
        ...

    def seal(self, key: bytes, payload: bytes, stamp: int) -> bytes:
        """Return the sealed message."""
        ...


def derive_key(secret: str, direction: str) -> bytes:
    """Return the key for one direction, `web->core` or `core->web`."""
    info = b"portero channel v1 " + direction.encode()
    return HKDF(SHA256(), 32, None, info).derive(secret.encode())


class FernetFormat:
    """Fernet, version 0x80: a MAC over everything before it, checked before anything is decrypted."""

    def __init__(self) -> None:
        """Compare all of the MAC, check before anything else, and draw a new IV for each message."""
        self.compare: Callable[[bytes, bytes], bool] = hmac.compare_digest
        self.parse: Callable[[bytes, bytes], Message] = self.checked
        self.nonce: Callable[[], bytes] = lambda: os.urandom(16)

    def open(self, key: bytes, sealed: bytes) -> Message:
        """Check version, length and MAC, then decrypt."""
        return self.parse(key, self.decode(sealed))

    def decode(self, sealed: bytes) -> bytes:
        """Undo base64url; a token has one spelling, or a replay could be spelt anew."""
        try:
            raw = base64.urlsafe_b64decode(sealed)
        except binascii.Error as error:
            raise Refused("not base64url") from error
        if base64.urlsafe_b64encode(raw) != sealed:
            raise Refused("not base64url")
        return raw

    def checked(self, key: bytes, raw: bytes) -> Message:
        """Return what a token's bytes say, once its MAC holds."""
        if len(raw) < 1 + 8 + 16 + 16 + 32 or raw[0] != 0x80:
            raise Refused("not a token")
        body, mac = raw[:-32], raw[-32:]
        if not self.compare(self.mac(key, body), mac):
            raise Refused("bad MAC")
        return Message(self.decrypt(key, body), int.from_bytes(raw[1:9], "big"))

    def mac(self, key: bytes, body: bytes) -> bytes:
        """Return the MAC of all that stands before it."""
        return hmac.digest(key[:16], body, "sha256")

    def decrypt(self, key: bytes, body: bytes) -> bytes:
        """Decrypt and take the padding off."""
        decryptor = Cipher(AES(key[16:]), CBC(body[9:25])).decryptor()
        unpadder = PKCS7(_BLOCK).unpadder()
        try:
            padded = decryptor.update(body[25:]) + decryptor.finalize()
            return unpadder.update(padded) + unpadder.finalize()
        except ValueError as error:
            raise Refused("bad padding") from error

    def seal(self, key: bytes, payload: bytes, stamp: int) -> bytes:
        """Encrypt, then MAC."""
        iv = self.nonce()
        padder = PKCS7(_BLOCK).padder()
        encryptor = Cipher(AES(key[16:]), CBC(iv)).encryptor()
        ciphertext = encryptor.update(padder.update(payload) + padder.finalize()) + encryptor.finalize()
        body = b"\x80" + stamp.to_bytes(8, "big") + iv + ciphertext
        return base64.urlsafe_b64encode(body + self.mac(key, body))


class GcmFormat:
    """AES-256-GCM; version and timestamp are associated data."""

    def open(self, key: bytes, sealed: bytes) -> Message:
        """Check the tag and decrypt, in one."""
        if len(sealed) < 1 + 8 + 12 + 16 or sealed[0] != 1:
            raise Refused("not a message")
        try:
            payload = AESGCM(key).decrypt(sealed[9:21], sealed[21:], sealed[:9])
        except InvalidTag as error:
            raise Refused("bad tag") from error
        return Message(payload, int.from_bytes(sealed[1:9], "big"))

    def seal(self, key: bytes, payload: bytes, stamp: int) -> bytes:
        """Encrypt under a fresh nonce."""
        header, nonce = b"\x01" + stamp.to_bytes(8, "big"), os.urandom(12)
        return header + nonce + AESGCM(key).encrypt(nonce, payload, header)
