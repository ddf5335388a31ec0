"""How a client hello is laid out in bytes: RFC 8446 and 5246, and SSL 2.0's own."""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass

from conformance.handshake import registry
from conformance.handshake.key_share import KeyShare

NULL, DEFLATE = b"\0", b"\1\0"
_SHORTEST = 512  # some servers hang at hellos of 256 to 511 octets (RFC 7685)


@dataclass(frozen=True, slots=True)
class Hello:
    """What one hello offers. `groups` None leaves the extension out.

    A TLS 1.3 hello without a `share` makes the server name its suite and group in a HelloRetryRequest; with one it
    goes on to its certificate, under encryption. `staple` asks for an OCSP answer.
    """

    version: str
    suites: tuple[int, ...]
    groups: tuple[int, ...] | None = None
    signatures: tuple[int, ...] = registry.SIGNATURES
    server_name: str = ""
    compression: bytes = NULL
    master_secret: bool = True
    share: KeyShare | None = None
    staple: bool = True

    def encode(self) -> bytes:
        """Return the record, ready to be sent."""
        if self.version == "ssl-2.0":
            return _ssl2()
        wire = registry.WIRE_VERSIONS[self.version]
        numbers = self.suites if self.version == "tls-1.3" else (*self.suites, registry.RENEGOTIATION_SCSV)
        body = min(wire, 0x0303).to_bytes(2) + os.urandom(32) + _vector(1, b"")
        body += _vector(2, _numbers(numbers)) + _vector(1, self.compression)
        if self.version != "ssl-3.0":
            body = _padded(body, b"".join(self._extensions()))
        message = b"\x01" + _vector(3, body)
        return b"\x16" + min(wire, 0x0301).to_bytes(2) + _vector(2, message)

    def _extensions(self) -> list[bytes]:
        found = []
        if self.server_name and not is_address(self.server_name):
            name = b"\0" + _vector(2, self.server_name.removesuffix(".").encode("idna"))
            found.append(_extension(0, _vector(2, name)))
        if self.groups is not None:
            found.append(_extension(10, _vector(2, _numbers(self.groups))))
        if self.version == "tls-1.3":
            found.append(_extension(43, _vector(1, b"\x03\x04")))
            own = self.share
            shared = own.group.to_bytes(2) + _vector(2, own.public) if own else b""
            found.append(_extension(51, _vector(2, shared)))
            if own:
                # Of the certificates above the leaf: without it some servers hold these against them as well.
                found.append(_extension(50, _vector(2, _numbers(registry.SIGNATURES))))
        else:
            found.append(_extension(11, _vector(1, b"\0")))
            if self.master_secret:
                found.append(_extension(23, b""))
        if self.version in ("tls-1.2", "tls-1.3"):
            found.append(_extension(13, _vector(2, _numbers(self.signatures))))
        if self.staple:
            found.append(_extension(5, b"\x01" + _vector(2, b"") + _vector(2, b"")))
        return found


def _padded(body: bytes, extensions: bytes) -> bytes:
    """Append extensions, long enough: some middle boxes hang on hellos of 256 to 511 bytes (RFC 7685)."""
    missing = _SHORTEST - len(body) - len(extensions) - 6
    return body + _vector(2, extensions + _extension(21, bytes(max(missing, 1))))


def _ssl2() -> bytes:
    kinds = b"".join(number.to_bytes(3) for number in registry.SSL2_SUITES)
    challenge = os.urandom(16)
    body = b"\x01\x00\x02" + len(kinds).to_bytes(2) + b"\0\0" + len(challenge).to_bytes(2) + kinds + challenge
    return (0x8000 | len(body)).to_bytes(2) + body


def _extension(number: int, content: bytes) -> bytes:
    return number.to_bytes(2) + _vector(2, content)


def _vector(width: int, content: bytes) -> bytes:
    return len(content).to_bytes(width) + content


def _numbers(numbers: tuple[int, ...]) -> bytes:
    return b"".join(number.to_bytes(2) for number in numbers)


def is_address(name: str) -> bool:
    """Tell whether `name` is an IP address, which RFC 6066 forbids as a server name."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
