"""What a TLS 1.3 server shows is read to its certificate; whatever else answers is told in words, and soon."""

from __future__ import annotations

import contextlib
import io
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.handshake.first_flight import Flight, first_flight
from conformance.handshake.reply import NotTls
from reference_server.pki import Authority, LeafSpec

ECDSA, RSA = (0x0403,), (0x0804,)


class Server:
    """A server in memory, by OpenSSL, that answers what is sent to it."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_side=True)

    def send(self, content: bytes) -> None:
        self._in.write(content)
        with contextlib.suppress(ssl.SSLError):
            self._tls.do_handshake()

    def read(self, length: int) -> bytes:
        found = self._out.read(length)
        if len(found) < length:
            raise EOFError
        return found


def context(folder: Path, *specs: LeafSpec, group: str = "prime256v1") -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.set_ecdh_curve(group)
    for spec in specs:
        leaf = Authority().issue(spec)
        (folder / "leaf.pem").write_bytes(leaf.chain_pem + leaf.key_pem)
        made.load_cert_chain(folder / "leaf.pem")
    return made


def flight(made: ssl.SSLContext, signatures: tuple[int, ...], host: str = "localhost") -> Flight:
    server = Server(made)
    return first_flight(server.send, server.read, host, signatures)


@pytest.mark.parametrize("group", ["X25519", "prime256v1", "secp384r1", "secp521r1", "X448"])
def test_the_certificate_that_fits_the_signature_is_read(tmp_path: Path, group: str) -> None:
    made = context(tmp_path, LeafSpec(), LeafSpec(key="rsa-2048"), group=group)
    ecdsa, rsa = flight(made, ECDSA), flight(made, RSA)
    assert (len(ecdsa.chain), len(rsa.chain)) == (1, 1)
    assert ecdsa.chain != rsa.chain
    assert flight(made, ECDSA, "127.0.0.1").chain == ecdsa.chain


def test_a_refusal_is_told_by_its_alert(tmp_path: Path) -> None:
    refused = flight(context(tmp_path, LeafSpec()), RSA)
    assert (refused.chain, refused.refusal) == ((), "handshake_failure")


def test_an_older_server_refuses_by_version(tmp_path: Path) -> None:
    made = context(tmp_path, LeafSpec())
    made.maximum_version = ssl.TLSVersion.TLSv1_2
    assert flight(made, ECDSA).refusal == "protocol_version"


HELLO = b"\x03\x03" + bytes(32) + b"\0\x13\x01\0"
RETRY = HELLO.replace(bytes(32), bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c"))
VERSION = b"\0\x2b\0\x02\x03\x04"
SHARE = b"\0\x33\0\x24\0\x1d\0\x20" + b"\x09" * 32


def message(kind: int, body: bytes) -> bytes:
    return b"\x16\x03\x03" + (len(body) + 4).to_bytes(2) + bytes([kind]) + len(body).to_bytes(3) + body


def extended(hello: bytes, *extensions: bytes) -> bytes:
    joined = b"".join(extensions)
    return message(2, hello + len(joined).to_bytes(2) + joined)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"HTTP/1.1 400 Bad", "something that is not TLS"),
        (message(2, HELLO[:20]), "cut short"),
        (message(11, b""), "another message than theirs"),
        (extended(HELLO), "an older version"),
        (extended(HELLO.replace(b"\x13\x01", b"\x13\x05"), VERSION), "a cipher suite that was not offered"),
        (extended(HELLO, VERSION), "a group that was not offered"),
        (extended(HELLO, VERSION, b"\0\x33\0\x06\x02\x01\0\x02xx"), "a group that was not offered"),
        (extended(HELLO, VERSION, b"\0\x33\0\x06\0\x1d\0\x02xx"), "cannot be followed"),
        (extended(RETRY, VERSION, b"\0\x33\0\x02\x02\x01"), "asks for the group 0x0201"),
        (extended(RETRY, VERSION, b"\0\x33\0\x02\0\x19") * 2, "asks for the group 0x0019"),
        (
            extended(HELLO, VERSION, b"\0\x33\0\x24\0\x1d\0\x20" + b"\x09" * 32) + b"\x17\x03\x03\0\x14" + bytes(20),
            "followed",
        ),
        ((message(2, bytes(0x3FFF - 4))[:5] + b"\x02\xff\xff\xff" + bytes(0x3FFB)) * 20, "an endless handshake"),
        (b"\x15\x03\x03\0\x01\x02", "cannot be followed"),
    ],
)
def test_hostile_answers_are_told_in_words(answer: bytes, words: str) -> None:
    with pytest.raises(NotTls) as what:
        first_flight(lambda _: None, reading(answer), "localhost", ECDSA)
    assert words in what.value.looks


def reading(answer: bytes) -> Callable[[int], bytes]:
    stream = io.BytesIO(answer)

    def read(length: int) -> bytes:
        found = stream.read(length)
        if len(found) < length:
            raise EOFError
        return found

    return read
