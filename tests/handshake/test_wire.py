"""Hellos are laid out as a TLS library reads them, and whatever comes back is read without harm."""

from __future__ import annotations

import contextlib
import io
import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.handshake import registry
from conformance.handshake.registry import Family
from conformance.handshake.reply import NotTls, Reply, read_reply
from conformance.handshake.wire import Hello
from conformance.sentence import say
from reference_server.clienthello import parse
from reference_server.pki import Authority, LeafSpec

VERSIONS = ("ssl-3.0", "tls-1.0", "tls-1.1", "tls-1.2", "tls-1.3")


def hello(version: str, server_name: str = "") -> Hello:
    family = Family.TLS13 if version == "tls-1.3" else Family.RSA
    return Hello(version, registry.members(family), registry.groups(version), server_name=server_name)


def read(content: bytes, asked: Hello) -> Reply:
    stream = io.BytesIO(content)

    def exactly(length: int) -> bytes:
        part = stream.read(length)
        if len(part) < length:
            raise EOFError
        return part

    return read_reply(exactly, asked, asked.encode())


@pytest.mark.parametrize("version", VERSIONS)
def test_a_hello_says_what_it_offers(version: str) -> None:
    asked = hello(version, "gateway.example")
    seen = parse(asked.encode())
    scsv = () if version == "tls-1.3" else (registry.RENEGOTIATION_SCSV,)
    assert seen.suites == asked.suites + scsv
    assert seen.highest == registry.WIRE_VERSIONS[version]
    if version == "ssl-3.0":
        assert seen.extensions == {}
    else:
        assert seen.groups == asked.groups
        assert seen.names_server


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "2001:db8::1"])
def test_an_address_is_no_server_name(address: str) -> None:
    assert not parse(hello("tls-1.2", address).encode()).names_server


def test_a_short_hello_is_padded_past_the_lengths_that_hang_old_boxes() -> None:
    encoded = Hello("tls-1.2", (0xC02F,), (23,)).encode()
    assert len(encoded) - 9 >= 512


@pytest.mark.parametrize("version", ["tls-1.2", "tls-1.3"])
def test_openssl_goes_along_with_a_hello(version: str) -> None:
    context = Authority().issue(LeafSpec(key="rsa-2048")).context()
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    incoming.write(hello(version, "gateway.example").encode())
    with pytest.raises(ssl.SSLWantReadError):
        context.wrap_bio(incoming, outgoing, server_side=True).do_handshake()
    seen = read(outgoing.read(), hello(version))
    assert (seen.outcome, seen.version) == ("offered", version)
    assert seen.group in registry.groups(version)


def record(kind: int, content: bytes) -> bytes:
    return bytes((kind, 3, 3)) + len(content).to_bytes(2) + content


def server_hello(
    suite: int = 0xC02F, version: int = 0x0303, random: bytes = bytes(32), extensions: bytes = b""
) -> bytes:
    body = version.to_bytes(2) + random + b"\0" + suite.to_bytes(2) + b"\0" + len(extensions).to_bytes(2) + extensions
    return b"\x02" + len(body).to_bytes(3) + body


DONE = b"\x0e\0\0\0"


def test_a_flight_in_pieces() -> None:
    key = b"\x0c" + (8).to_bytes(3) + b"\x03\x00\x1d\x04abcd"
    flight = server_hello() + key + DONE
    whole = read(record(22, flight), hello("tls-1.2"))
    pieces = read(b"".join(record(22, flight[i : i + 7]) for i in range(0, len(flight), 7)), hello("tls-1.2"))
    assert whole == pieces
    assert (whole.outcome, whole.suite, whole.group) == ("offered", 0xC02F, 29)


@pytest.mark.parametrize(("level", "number"), [(2, 40), (2, 112), (1, 0), (1, 40)])
def test_an_alert_that_ends_it(level: int, number: int) -> None:
    assert read(record(21, bytes((level, number))), hello("tls-1.2")) == Reply("alert", say(registry.ALERTS[number]))


def test_a_warning_does_not_end_it() -> None:
    content = record(21, b"\x01\x70") + record(22, server_hello() + DONE)
    assert read(content, hello("tls-1.2")).offered


def test_an_alert_after_the_server_hello_is_a_refusal() -> None:
    assert read(record(22, server_hello()) + record(21, b"\x02\x50"), hello("tls-1.2")) == Reply(
        "alert", say("internal_error")
    )


def test_another_version_than_asked_for() -> None:
    seen = read(record(22, server_hello(version=0x0301)), hello("tls-1.2"))
    assert (seen.outcome, seen.detail) == ("other-version", "tls-1.0")


def test_a_flight_that_breaks_off_is_no_offer() -> None:
    with pytest.raises(EOFError):
        read(record(22, server_hello()), hello("tls-1.2"))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n", "plain HTTP"),
        (b"220 mail.example ESMTP\r\n", "not TLS"),
        (b"\x16\x03\x03\xff\xff", "impossible size"),
        (record(22, b"\x02\x00\x00\x04abcd"), "cut short"),
    ],
)
def test_what_is_not_tls_is_told_in_words(content: bytes, words: str) -> None:
    with pytest.raises(NotTls, match=words):
        read(content, hello("tls-1.2"))


def test_an_endless_handshake_is_not_read_for_ever() -> None:
    with pytest.raises(NotTls, match="endless"):
        read(record(22, b"\x02\xff\xff\xff" + bytes(0x4000)) + record(22, bytes(0x4800)) * 20, hello("tls-1.2"))


@given(
    st.binary(max_size=200),
    st.sampled_from([*VERSIONS, "ssl-2.0"]),
    st.sampled_from([b"", b"\x16\x03\x03", b"\x15\x03\x01"]),
)
def test_noise_is_read_without_harm(noise: bytes, version: str, start: bytes) -> None:
    with contextlib.suppress(NotTls, EOFError):
        read(start + noise, Hello(version, (0xC02F,)))


@given(st.binary(max_size=120))
def test_a_noisy_server_hello_is_read_without_harm(noise: bytes) -> None:
    message = b"\x02" + len(noise).to_bytes(3) + noise
    with contextlib.suppress(NotTls, EOFError):
        read(record(22, message), hello("tls-1.3"))


def test_every_name_in_the_registry_belongs_to_a_family() -> None:
    assert {registry.family(number) for number in registry.suites()} == set(Family)
    assert registry.family(0xC02B) is Family.ECDSA
    assert registry.family(0xC02F) is registry.family(0x000A) is Family.RSA
    assert registry.family(0x0034) is Family.OTHER
    assert registry.members(Family.TLS13)[:3] == (0x00C6, 0x00C7, 0x1301)
    assert registry.is_chacha(registry.members(Family.RSA)[-1])
