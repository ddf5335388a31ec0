"""What no current OpenSSL serves any more is seen of tlslite-ng, and odd settings of Python's own ssl."""

from __future__ import annotations

import contextlib
import socket
import ssl
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from conformance.handshake import registry
from reference_server.pki import Authority, Leaf, LeafSpec
from tests import null
from tests.areas.tls import eyes

# tlslite-ng imports asyncore, which Python 3.12 has removed, for a part that is not used here.
sys.modules.setdefault("asyncore", ModuleType("asyncore"))
from tlslite.api import (  # type: ignore[import-untyped]  # noqa: E402
    HandshakeSettings,
    TLSConnection,
    X509CertChain,
    parsePEMKey,
)

Prepare = Callable[[ssl.SSLContext], object]


@pytest.fixture(scope="module")
def rsa() -> Leaf:
    return Authority().issue(LeafSpec(key="rsa-2048"))


@pytest.fixture(scope="module")
def pem(rsa: Leaf, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pem") / "rsa.pem"
    path.write_bytes(rsa.chain_pem + rsa.key_pem)
    return path


@contextmanager
def tlslite(leaf: Leaf, **settings: Any) -> Iterator[int]:
    chain = X509CertChain()
    chain.parsePemList(leaf.chain_pem.decode())
    key = parsePEMKey(leaf.key_pem.decode(), private=True)
    chosen = HandshakeSettings()
    for name, value in settings.items():
        setattr(chosen, name, value)

    def serve(client: socket.socket) -> None:
        # tlslite-ng raises whatever comes to its mind when a client leaves.
        with contextlib.suppress(Exception), client:
            TLSConnection(client).handshakeServer(certChain=chain, privateKey=key, settings=chosen)

    with null.listening(serve) as port:
        yield port


@contextmanager
def python(pem: Path, prepare: Prepare) -> Iterator[int]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    prepare(context)

    def serve(client: socket.socket) -> None:
        with contextlib.suppress(OSError), client, context.wrap_socket(client, server_side=True) as tls:
            tls.recv(1)

    with null.listening(serve) as port:
        yield port


def test_ssl_3_with_triple_des_and_no_extended_master_secret(rsa: Leaf) -> None:
    with tlslite(
        rsa,
        minVersion=(3, 0),
        maxVersion=(3, 1),
        cipherNames=["3des", "rc4"],
        macNames=["sha", "md5"],
        keyExchangeNames=["rsa"],
        useExtendedMasterSecret=False,
    ) as port:
        versions, seen = eyes.ask(port)
    assert eyes.offered(versions) == ["ssl-3.0", "tls-1.0"]
    assert {versions[version].outcome for version in ("tls-1.1", "tls-1.2")} == {"other-version"}
    for version in ("ssl-3.0", "tls-1.0"):
        assert set(seen.suites[version].accepted) == {
            "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
            "TLS_RSA_WITH_RC4_128_SHA",
            "TLS_RSA_WITH_RC4_128_MD5",
        }
    assert seen.extensions is not None
    assert not seen.extensions.master_secret
    assert seen.accepts_rsa_exchange
    assert seen.groups_below.names == ()


@pytest.mark.parametrize("bits", [1024, 2048])
def test_the_size_of_a_dh_modulus(rsa: Leaf, bits: int) -> None:
    prime = (1 << bits) - 105
    with tlslite(rsa, maxVersion=(3, 3), keyExchangeNames=["dhe_rsa"], dhParams=(2, prime), dhGroups=[]) as port:
        _, seen = eyes.ask(port)
    assert {prime.bit_length() for prime in seen.dh_primes} == {bits}
    assert seen.groups_below.names == ()
    assert {suite for suite in seen.suites["tls-1.2"].accepted if not suite.startswith("TLS_DHE_RSA_")} == set()


def test_a_server_that_names_finite_field_groups_in_tls_1_3(rsa: Leaf) -> None:
    with tlslite(
        rsa, minVersion=(3, 4), eccCurves=["secp256r1"], keyShares=["secp256r1"], dhGroups=["ffdhe2048", "ffdhe3072"]
    ) as port:
        _, seen = eyes.ask(port)
    assert set(seen.groups_tls13.names or ()) == {"secp256r1", "ffdhe2048", "ffdhe3072"}


@pytest.mark.parametrize("group", ["X448", "secp521r1", "brainpoolP256r1"])
def test_a_single_odd_group(pem: Path, group: str) -> None:
    def prepare(context: ssl.SSLContext) -> None:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ecdh_curve(group)

    with python(pem, prepare) as port:
        assert eyes.ask(port)[1].groups_below.names == (group.lower(),)


def test_null_and_anonymous_suites(pem: Path) -> None:
    def prepare(context: ssl.SSLContext) -> None:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers("AECDH-AES128-SHA:ECDHE-RSA-NULL-SHA:ADH-AES256-SHA:AES128-GCM-SHA256:@SECLEVEL=0")

    with python(pem, prepare) as port:
        assert set(eyes.ask(port)[1].suites["tls-1.2"].accepted) == {
            "TLS_ECDH_anon_WITH_AES_128_CBC_SHA",
            "TLS_ECDHE_RSA_WITH_NULL_SHA",
            "TLS_RSA_WITH_AES_128_GCM_SHA256",
        }


def test_versions_with_a_hole_between(pem: Path) -> None:
    def prepare(context: ssl.SSLContext) -> None:
        with pytest.deprecated_call():
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.options |= ssl.OP_NO_TLSv1_1 | ssl.OP_NO_TLSv1_2
        context.set_ciphers("DEFAULT:@SECLEVEL=0")

    with python(pem, prepare) as port:
        versions, _ = eyes.ask(port)
    assert eyes.offered(versions) == ["tls-1.0", "tls-1.3"]


@pytest.mark.parametrize("servers", [True, False])
def test_whose_order_counts(pem: Path, servers: bool) -> None:
    suites = ["ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-CHACHA20-POLY1305", "ECDHE-RSA-AES128-GCM-SHA256"]

    def prepare(context: ssl.SSLContext) -> None:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(":".join(suites))
        if not servers:
            context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE

    with python(pem, prepare) as port:
        seen = eyes.ask(port)[1].suites["tls-1.2"]
    assert (seen.server_order, seen.prioritises_chacha) == (servers, False)
    if servers:
        assert [eyes.openssl_name(registry.suite_numbers()[suite]) for suite in seen.in_order] == suites
