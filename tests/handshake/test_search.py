"""Servers made of paper: what no server at hand does, and what the search makes of it."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from conformance.handshake import caller as hello_caller
from conformance.handshake import registry
from conformance.handshake.extras import Fallback
from conformance.handshake.groups import Groups
from reference_server.clienthello import ClientHello, fatal, parse, record, retry, server_hello, server_hello_ssl2
from tests import null
from tests.areas.tls import eyes

AES_128, AES_256, CHACHA = 0xC02F, 0xC030, 0xCCA8
REFUSAL = fatal(40)
Answer = Callable[[ClientHello], bytes | None]


@contextmanager
def paper(answer: Answer) -> Iterator[int]:
    """Answer each hello with ready-made bytes: None keeps silent, none at all hangs up."""

    def serve(client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            words = answer(parse(client.recv(1 << 16)))
            if words is None:
                null.stays_silent(client)
            else:
                client.sendall(words)
            client.close()

    with null.listening(serve) as port:
        yield port


@dataclass(frozen=True)
class UpToTls12:
    """Speaks TLS 1.2 with `suites`; `otherwise` is what it does with hellos that offer none of them."""

    suites: tuple[int, ...]
    otherwise: bytes | None = REFUSAL
    servers_order: bool = True

    def __call__(self, hello: ClientHello) -> bytes | None:
        if hello.version != 0x0303 or hello.offers_tls13:
            return fatal(70)
        shared = [suite for suite in self.suites if suite in hello.suites]
        if not self.servers_order:
            shared.sort(key=hello.suites.index)
        return server_hello(hello, 0x0303, shared[0]) if shared else self.otherwise


def tls13(hello: ClientHello, *groups: int) -> bytes:
    """Answer for a TLS 1.3 server that takes the first of `groups` and OpenSSL's suites."""
    shared = [group for group in groups if group in hello.groups]
    return retry(hello, shared[0]) if shared and any(suite >> 8 == 0x13 for suite in hello.suites) else REFUSAL


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hello_caller, "PATIENCE", 0.3)


@pytest.mark.parametrize("servers", [True, False])
def test_the_order_of_suites(servers: bool) -> None:
    with paper(UpToTls12((AES_256, CHACHA, AES_128), servers_order=servers)) as port:
        found = eyes.ask(port)[1].suites["tls-1.2"]
    assert set(found.accepted) == {registry.suite_name(number) for number in (AES_128, AES_256, CHACHA)}
    assert (found.server_order, found.prioritises_chacha, found.complete) == (servers, False, True)
    if servers:
        assert found.in_order[1] == registry.suite_name(CHACHA)


def test_one_suite_tells_no_order() -> None:
    with paper(UpToTls12((AES_128,))) as port:
        assert eyes.ask(port)[1].suites["tls-1.2"].server_order is None


def test_hanging_up_on_the_rest_is_a_refusal() -> None:
    with paper(UpToTls12((AES_128, AES_256), otherwise=b"")) as port:
        found = eyes.ask(port)[1].suites["tls-1.2"]
    assert (len(found.accepted), found.complete, found.trouble) == (2, True, "")


@pytest.mark.usefixtures("impatient")
def test_silence_about_the_rest_is_not() -> None:
    with paper(UpToTls12((AES_128, AES_256), otherwise=None)) as port:
        found = eyes.ask(port)[1].suites["tls-1.2"]
    assert len(found.accepted) == 2
    assert not found.complete
    assert "not refused" in found.trouble


def test_a_suite_that_was_not_offered_is_told() -> None:
    def stubborn(hello: ClientHello) -> bytes:
        return server_hello(hello, 0x0303, AES_128) if hello.highest == 0x0303 else fatal(70)

    with paper(stubborn) as port:
        found = eyes.ask(port)[1].suites["tls-1.2"]
    assert found.accepted == (registry.suite_name(AES_128),)
    assert "not offered" in found.trouble


def test_groups_that_no_library_here_has() -> None:
    def hybrid(hello: ClientHello) -> bytes:
        return tls13(hello, 4588, 29, 23, 4587) if hello.offers_tls13 else fatal(70)

    with paper(hybrid) as port:
        versions, seen = eyes.ask(port)
    assert eyes.offered(versions) == ["tls-1.3"]
    assert seen.groups_tls13.names == ("x25519mlkem768", "x25519", "secp256r1", "secp256r1mlkem768")


@pytest.mark.usefixtures("impatient")
def test_silence_about_groups_leaves_them_untold() -> None:
    def shy(hello: ClientHello) -> bytes | None:
        if not hello.offers_tls13:
            return fatal(70)
        return tls13(hello, 29) if 29 in hello.groups else None

    with paper(shy) as port:
        assert eyes.ask(port)[1].groups_tls13 == Groups((29,), complete=False)


def test_extensions_and_compression_are_read_off_the_server_hello() -> None:
    def old(hello: ClientHello) -> bytes:
        if hello.version != 0x0301:
            return fatal(70)
        body = b"\x03\x01" + bytes(32) + b"\0\x00\x2f" + bytes([1 in hello.compression])
        return record(22, b"\x02" + len(body).to_bytes(3) + body + b"\x0e\0\0\0", 0x0301)

    with paper(old) as port:
        _, seen = eyes.ask(port)
    assert seen.extensions is not None
    assert seen.extensions.compression
    assert not seen.extensions.secure_renegotiation
    assert not seen.extensions.master_secret
    assert seen.accepts_rsa_exchange


@pytest.mark.parametrize("cookie", [True, False])
def test_a_retry_that_names_no_group_takes_back_none_that_was_named(cookie: bool) -> None:
    """Without a cookie it would change nothing, so that no client can go on; with one the server may have more."""

    def vague(hello: ClientHello) -> bytes:
        if not hello.offers_tls13:
            return fatal(70)
        if {23, 29} & set(hello.groups):
            return tls13(hello, 29, 23)
        return retry(hello, None, {44: b"\0\1!"} if cookie else {})

    with paper(vague) as port:
        assert eyes.ask(port)[1].groups_tls13 == Groups((29, 23), complete=not cookie)


@pytest.mark.parametrize("otherwise", [b"", REFUSAL, None])
@pytest.mark.usefixtures("impatient")
def test_a_hello_that_asks_for_a_staple_and_is_turned_away_is_tried_without(otherwise: bytes | None) -> None:
    modern = UpToTls12((AES_128, AES_256))

    def narrow(hello: ClientHello) -> bytes | None:
        return otherwise if 5 in hello.extensions else modern(hello)

    with paper(narrow) as port:
        versions, seen = eyes.ask(port)
    assert eyes.offered(versions) == ["tls-1.2"]
    assert len(seen.suites["tls-1.2"].accepted) == 2


@pytest.mark.parametrize(
    ("lower", "sentinel", "fallback"),
    [
        ((0x0303,), b"DOWNGRD\1", Fallback(refused=False, warned=True)),
        ((0x0302,), b"DOWNGRD\0", Fallback(refused=False, warned=True)),
        ((0x0303,), b"DOWNGRD!", Fallback(refused=False, warned=False)),
        ((0x0303, 0x0302), b"DOWNGRD\1", Fallback(refused=False, warned=False)),
    ],
)
def test_a_fallback_that_is_served_with_a_warning(lower: tuple[int, ...], sentinel: bytes, fallback: Fallback) -> None:
    """Between versions before TLS 1.3 the warning binds nobody, so that one lower pair stays open."""

    def warns(hello: ClientHello) -> bytes:
        if hello.offers_tls13:
            return tls13(hello, 29)
        agreed = hello.version in lower and 0xC013 in hello.suites
        return server_hello(hello, hello.version, 0xC013, last_words=sentinel) if agreed else fatal(70)

    with paper(warns) as port:
        assert eyes.ask(port)[1].fallback == fallback


@pytest.mark.parametrize("refuses", [True, False])
def test_a_fallback_that_is_refused(refuses: bool) -> None:
    def two_versions(hello: ClientHello) -> bytes:
        if hello.offers_tls13:
            return tls13(hello, 29)
        if hello.fallback and refuses:
            return fatal(86)
        return UpToTls12((AES_128,))(hello) or b""

    with paper(two_versions) as port:
        assert eyes.ask(port)[1].fallback == Fallback(refuses, warned=refuses)


def test_ssl_2_is_seen_beside_tls() -> None:
    modern = UpToTls12((AES_128,))

    def ancient(hello: ClientHello) -> bytes | None:
        return server_hello_ssl2() if hello.version == 2 else modern(hello)

    with paper(ancient) as port:
        versions, seen = eyes.ask(port)
    assert eyes.offered(versions) == ["ssl-2.0", "tls-1.2"]
    assert seen.suites["ssl-2.0"].accepted == ("SSL_CK_RC4_128_WITH_MD5",)


def test_a_server_that_looks_at_the_kind_of_certificate_first() -> None:
    """With any suite of ECDSA in a hello it looks at those alone, as HAProxy does."""

    def picky(hello: ClientHello) -> bytes:
        kinds = {registry.family(suite) for suite in hello.suites}
        if hello.highest != 0x0303:
            return fatal(70)
        if registry.Family.ECDSA in kinds or AES_128 not in hello.suites:
            return REFUSAL
        return server_hello(hello, 0x0303, AES_128)

    with paper(picky) as port:
        versions, seen = eyes.ask(port)
    assert eyes.offered(versions) == ["tls-1.2"]
    assert seen.suites["tls-1.2"].accepted == (registry.suite_name(AES_128),)
