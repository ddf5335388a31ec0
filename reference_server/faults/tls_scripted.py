"""TLS faults that Python's `ssl` cannot commit: they are played, by scripts and wiretaps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.x509 import ocsp

from ..clienthello import (
    HELLO_DONE,
    RENEGOTIATION_INFO,
    SSL2,
    SSL3,
    TLS11,
    TLS12,
    ClientHello,
    fatal,
    record,
    retry,
    server_hello,
    server_hello_ssl2,
    server_hello_tls13,
    without_extension,
)
from ..stapling import Stapler, answer
from ..tls import TLS12 as UP_TO_TLS12
from . import fault
from .tls import lets_clients_renegotiate, under

if TYPE_CHECKING:
    from ..gateway import Gateway

DHE_RSA_AES128_SHA, ECDHE_RSA_RC4_SHA, ECDHE_ECDSA_AES128_GCM, AES128_CCM = 0x0033, 0xC011, 0xC02B, 0x1304
# What OLD accepts with an RSA certificate.
OLD_RSA = {0x2F, 0x35, 0x3C, 0x3D, 0x9C, 0x9D, 0xC013, 0xC014, 0xC027, 0xC028, 0xC02F, 0xC030, 0xCCA8}
AEAD_OF_TLS13 = {0x1301, 0x1302, 0x1303}
SECP256R1, SECP256R1MLKEM768 = 0x0017, 0x11EB
BAD_RECORD_MAC, HANDSHAKE_FAILURE, INAPPROPRIATE_FALLBACK = 20, 40, 86

_HANDSHAKE, _CHANGE_CIPHER_SPEC, _APPLICATION, _HEARTBEAT = 22, 20, 23, 24
_CLIENT_KEY_EXCHANGE = 16
DEFLATE = 1


@fault("TLS-02")
def answers_ssl_2(gateway: Gateway) -> None:
    """Breaks TLS-02: an SSL 2.0 hello is answered in SSL 2.0."""
    gateway.web.tls.scripts.append(lambda hello: server_hello_ssl2() if hello.version == SSL2 else None)


@fault("TLS-02")
def answers_ssl_3(gateway: Gateway) -> None:
    """Breaks TLS-02: an SSL 3.0 hello is answered in SSL 3.0."""

    def script(hello: ClientHello) -> bytes | None:
        if hello.version != SSL3:
            return None
        if hello.fallback:
            return fatal(INAPPROPRIATE_FALLBACK, SSL3)
        agreed = DHE_RSA_AES128_SHA in hello.suites
        return server_hello(hello, SSL3, DHE_RSA_AES128_SHA) if agreed else fatal(HANDSHAKE_FAILURE, SSL3)

    gateway.web.tls.scripts.append(script)


@fault("TLS-03")
def accepts_ccm(gateway: Gateway) -> None:
    """Breaks TLS-03: a TLS 1.3 suite is accepted that no level lists."""

    def script(hello: ClientHello) -> bytes | None:
        alone = AES128_CCM in hello.suites and not AEAD_OF_TLS13 & set(hello.suites)
        return server_hello_tls13(hello, AES128_CCM) if hello.offers_tls13 and alone else None

    gateway.web.tls.scripts.append(script)


@fault("TLS-03", level="old")
def accepts_rc4(gateway: Gateway) -> None:
    """Breaks TLS-03: RC4 is accepted from clients that offer nothing better."""

    def script(hello: ClientHello) -> bytes | None:
        last_resort = ECDHE_RSA_RC4_SHA in hello.suites and not OLD_RSA & set(hello.suites)
        return server_hello(hello, TLS12, ECDHE_RSA_RC4_SHA) if hello.highest == TLS12 and last_resort else None

    gateway.web.tls.scripts.append(script)


@fault("TLS-04")
def offers_another_hybrid(gateway: Gateway) -> None:
    """Breaks TLS-04: a hybrid group is offered that no level lists, to clients that ask for it alone."""

    def script(hello: ClientHello) -> bytes | None:
        wanted = SECP256R1MLKEM768 in hello.groups and SECP256R1 not in hello.groups
        return retry(hello, SECP256R1MLKEM768) if hello.offers_tls13 and wanted else None

    gateway.web.tls.scripts.append(script)


class _Quiet:
    """A tap that lets everything through, and knows when the server's first flight is over."""

    def __init__(self) -> None:
        self.hello_done = False

    def from_client(self, record: bytes) -> bytes | None:  # noqa: ARG002
        """Let the record through."""
        return None

    def from_server(self, record: bytes) -> bytes:
        """Let the record through."""
        self.hello_done = self.hello_done or (record[0] == _HANDSHAKE and record.endswith(HELLO_DONE))
        return record


class _Bleeding(_Quiet):
    """Answers a heartbeat that says it is longer than it is."""

    def __init__(self) -> None:
        super().__init__()
        self.owed = b""

    def from_client(self, record: bytes) -> bytes | None:
        """Keep heartbeats from the real server, which would hang up on them."""
        if record[0] != _HEARTBEAT:
            return None
        self.owed = _heartbeat()
        return self._pay() if self.hello_done else b""

    def from_server(self, record: bytes) -> bytes:
        """Let the record through, and what is owed after the server's first flight."""
        passed = super().from_server(record)
        return passed + self._pay() if self.hello_done else passed

    def _pay(self) -> bytes:
        owed, self.owed = self.owed, b""
        return owed


def _heartbeat() -> bytes:
    return record(_HEARTBEAT, b"\x02" + (16000).to_bytes(2) + b"\x01" * 16000)


class _Injectable(_Quiet):
    """Takes a ChangeCipherSpec before the keys are agreed, and then fails to decrypt with keys of nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.injected = self.keys_agreed = False

    def from_client(self, record: bytes) -> bytes | None:
        """Swallow an early ChangeCipherSpec, and answer what follows it as an old OpenSSL did."""
        if record[0] == _HANDSHAKE and self.hello_done:
            self.keys_agreed = True
        if record[0] == _CHANGE_CIPHER_SPEC and not self.keys_agreed:
            self.injected = True
            return b""
        return fatal(BAD_RECORD_MAC) if self.injected and record[0] == _APPLICATION else None


class _Once(_Quiet):
    """Lets a client start one renegotiation, and hangs up at the next."""

    def __init__(self) -> None:
        super().__init__()
        self.finished = 0
        self.finishes = False

    def from_client(self, record: bytes) -> bytes | None:
        """Let two handshakes through: the first, and one more."""
        if record[0] == _HANDSHAKE and self.finished == 2 and not self.finishes:
            return fatal(HANDSHAKE_FAILURE)
        self.finished += record[0] == _HANDSHAKE and self.finishes
        self.finishes = record[0] == _CHANGE_CIPHER_SPEC
        return None


class _Silenced(_Quiet):
    """Takes the answer to secure renegotiation out of the ServerHello."""

    def from_server(self, record: bytes) -> bytes:
        """Let the rest through; with TLS 1.2 nobody can finish a handshake, but every hello is answered."""
        return without_extension(super().from_server(record), RENEGOTIATION_INFO)


class _Oracle(_Quiet):
    """Tells whether an RSA-encrypted secret is padded as it should be."""

    def __init__(self, key: RSAPrivateKey) -> None:
        super().__init__()
        numbers = key.private_numbers()
        self.modulus, self.exponent = numbers.public_numbers.n, numbers.d
        self.size = key.key_size // 8
        self.refused = False

    def from_client(self, record: bytes) -> bytes | None:
        """Answer bad padding with an alert of its own, and listen no more."""
        sent = record[11:]
        if self.refused:
            return b""
        if record[0] != _HANDSHAKE or record[5] != _CLIENT_KEY_EXCHANGE or len(sent) != self.size:
            return None
        plain = pow(int.from_bytes(sent), self.exponent, self.modulus).to_bytes(self.size)
        self.refused = plain[:2] != b"\x00\x02" or plain[-49] != 0
        return fatal(HANDSHAKE_FAILURE) if self.refused else None


def _tls_1_2_only(gateway: Gateway) -> None:
    """Run MODERN as guideline 4.0 has it: the weaknesses below are of servers that have no TLS 1.3."""
    under(gateway, "4.0")
    gateway.web.tls.settings.minimum = gateway.web.tls.settings.maximum = UP_TO_TLS12


@fault("TLS-07")
def bleeds(gateway: Gateway) -> None:
    """Breaks TLS-07: Heartbleed, on a server of guideline 4.0."""
    _tls_1_2_only(gateway)
    gateway.web.tls.tap = _Bleeding


@fault("TLS-07")
def takes_an_early_change_cipher_spec(gateway: Gateway) -> None:
    """Breaks TLS-07: CCS injection, on a server of guideline 4.0."""
    _tls_1_2_only(gateway)
    gateway.web.tls.tap = _Injectable


@fault("TLS-07", level="intermediate")
def compresses(gateway: Gateway) -> None:
    """Breaks TLS-07: with TLS 1.2 a client that offers compression gets it."""

    def script(hello: ClientHello) -> bytes | None:
        if hello.highest != TLS12 or DEFLATE not in hello.compression or ECDHE_ECDSA_AES128_GCM not in hello.suites:
            return None
        return server_hello(hello, TLS12, ECDHE_ECDSA_AES128_GCM, compression=DEFLATE)

    gateway.web.tls.scripts.append(script)


@fault("TLS-07", level="intermediate")
def renegotiates_insecurely(gateway: Gateway) -> None:
    """Breaks TLS-07: with TLS 1.2 the server says nothing of secure renegotiation (RFC 5746)."""
    gateway.web.tls.tap = _Silenced


@fault("TLS-07", level="old")
def tells_bad_padding(gateway: Gateway) -> None:
    """Breaks TLS-07: ROBOT, the padding of an RSA key exchange can be guessed from the alert."""

    def tap() -> _Oracle:
        key = gateway.web.tls.keys[0]
        assert isinstance(key, RSAPrivateKey)  # noqa: S101 - OLD has an RSA certificate
        return _Oracle(key)

    gateway.web.tls.tap = tap


@fault("TLS-13", level="intermediate")
def lets_clients_renegotiate_once(gateway: Gateway) -> None:
    """Breaks TLS-13: with TLS 1.2 one renegotiation is taken from a client, and no second."""
    lets_clients_renegotiate(gateway)
    gateway.web.tls.tap = _Once


def staple(gateway: Gateway, status: ocsp.OCSPCertStatus = ocsp.OCSPCertStatus.GOOD, *, age_in_days: float = 0) -> None:
    """Staple the authority's answer to clients of TLS 1.2."""

    def told() -> bytes:
        leaf = x509.load_pem_x509_certificate(gateway.web.tls.served()[0])
        return answer(gateway.authority, leaf, status, age_in_days=age_in_days)

    gateway.web.tls.tap = lambda: Stapler(told)


@fault("TLS-10", "ACC-02", level="intermediate")
def staples_that_it_is_revoked(gateway: Gateway) -> None:
    """Breaks TLS-10 and ACC-02: the OCSP answer that is stapled, as demanded, says that the certificate was revoked."""
    gateway.web.tls.leaf.must_staple = True
    staple(gateway, ocsp.OCSPCertStatus.REVOKED)


@fault("TLS-10", level="intermediate")
def staples_an_old_answer(gateway: Gateway) -> None:
    """Breaks TLS-10: the OCSP answer that is stapled, undemanded, is out of date since twenty days."""
    staple(gateway, age_in_days=27)


@fault("TLS-13", level="old")
def warns_of_a_fallback_between_old_versions(gateway: Gateway) -> None:
    """Breaks TLS-13: a marked fallback from TLS 1.2 is served, with the warning that only clients of TLS 1.3 heed."""
    warns_of_a_fallback(gateway, TLS11, b"DOWNGRD\0")


def warns_of_a_fallback(gateway: Gateway, version: int, sentinel: bytes) -> None:
    """Serve hellos of `version` that are marked as a fallback, with RFC 8446's warning."""

    def script(hello: ClientHello) -> bytes | None:
        if not hello.fallback or hello.highest != version:
            return None
        return server_hello(hello, version, hello.suites[0], last_words=sentinel)

    gateway.web.tls.scripts.append(script)
