"""What the reference server reads of a hello, and what it plays in a server's place."""

from __future__ import annotations

import ssl

import pytest
from cryptography.hazmat.primitives.asymmetric.dh import DHParameters
from cryptography.hazmat.primitives.serialization import load_pem_parameters

from reference_server import clienthello
from reference_server.clienthello import ClientHello, parse
from reference_server.dh import modp


def real_hello(maximum: ssl.TLSVersion, name: str | None = "gw.example") -> bytes:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.maximum_version = maximum
    sent = ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        context.wrap_bio(ssl.MemoryBIO(), sent, server_hostname=name).do_handshake()
    return sent.read()


def test_reads_a_hello_of_tls_1_3() -> None:
    hello = parse(real_hello(ssl.TLSVersion.TLSv1_3))
    assert hello.offers_tls13
    assert hello.highest == clienthello.TLS13
    assert hello.names_server
    assert not hello.fallback
    assert {0x1301, 0x1302, 0x1303} <= set(hello.suites)
    assert 0x001D in hello.groups


def test_reads_a_hello_of_tls_1_2() -> None:
    hello = parse(real_hello(ssl.TLSVersion.TLSv1_2, name=None))
    assert not hello.offers_tls13
    assert hello.highest == clienthello.TLS12
    assert not hello.names_server
    assert hello.compression == b"\0"


def test_reads_a_hello_of_ssl_2() -> None:
    assert parse(bytes.fromhex("801c0100020003000000100100800000")).version == clienthello.SSL2


@pytest.mark.parametrize("length", [0, 1, 10, 60, 100])
def test_a_hello_cut_short_is_no_hello(length: int) -> None:
    assert parse(real_hello(ssl.TLSVersion.TLSv1_3)[:length]) == ClientHello()


def test_what_is_not_tls_is_no_hello() -> None:
    assert parse(b"GET / HTTP/1.1\r\nHost: gw.example\r\n\r\n") == ClientHello()


def test_an_extension_is_taken_out_and_the_rest_stays() -> None:
    flight = clienthello.server_hello(ClientHello(), clienthello.TLS12, 0xC02B)
    size = 5 + int.from_bytes(flight[3:5])
    hello, done = flight[:size], flight[size:]
    shorter = clienthello.without_extension(hello, clienthello.RENEGOTIATION_INFO)
    assert len(shorter) == len(hello) - 5
    assert int.from_bytes(shorter[3:5]) == len(shorter) - 5
    assert clienthello.without_extension(shorter, clienthello.RENEGOTIATION_INFO) == shorter
    assert clienthello.without_extension(done, clienthello.RENEGOTIATION_INFO) == done


@pytest.mark.parametrize(
    ("bits", "last_digits"),
    [(1024, 0x49286651ECE65381FFFFFFFFFFFFFFFF), (2048, 0x15728E5A8AACAA68FFFFFFFFFFFFFFFF)],
)
def test_moduli_are_those_of_the_standards(bits: int, last_digits: int) -> None:
    parameters = load_pem_parameters(modp(bits))
    assert isinstance(parameters, DHParameters)
    prime = parameters.parameter_numbers().p
    assert prime.bit_length() == bits
    assert prime & (2**128 - 1) == last_digits
