"""One renegotiation that a client starts and a server takes is taken, however soon the server has had enough."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from reference_server.pki import Authority, LeafSpec
from tests.areas.tls import eyes
from tests.webservers import node, s_server

Start = Callable[[Path], AbstractContextManager[int]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("renegotiation")
    leaf = Authority().issue(LeafSpec(key="rsa-2048"))
    (found / "chain.pem").write_bytes(leaf.chain_pem)
    (found / "key.pem").write_bytes(leaf.key_pem)
    return found


def nodes(settings: str) -> Start:
    return lambda folder: node(folder, f"cert: read('{folder}/chain.pem'), key: read('{folder}/key.pem'), {settings}")


def openssls(*arguments: str) -> Start:
    return lambda folder: s_server(
        folder, "-cert", str(folder / "chain.pem"), "-key", str(folder / "key.pem"), *arguments
    )


TAKEN: dict[str, Start] = {
    "node, which takes three in ten minutes": nodes("minVersion: 'TLSv1.2'"),
    "node without TLS 1.3": nodes("maxVersion: 'TLSv1.2'"),
    "node, which knows X25519 alone": nodes("ecdhCurve: 'X25519', ciphers: 'ECDHE-RSA-AES128-GCM-SHA256'"),
    "openssl that allows it": openssls("-client_renegotiation"),
    "openssl that speaks TLS 1.0 alone": openssls("-client_renegotiation", "-tls1", "-cipher", "ALL:@SECLEVEL=0"),
}
REFUSED: dict[str, Start] = {
    "openssl as it comes": openssls(),
    "openssl that speaks TLS 1.1 alone": openssls("-tls1_1", "-cipher", "ALL:@SECLEVEL=0"),
    "TLS 1.3 alone": openssls("-client_renegotiation", "-tls1_3"),
}


@pytest.mark.parametrize("name", TAKEN)
def test_one_that_is_taken_is_taken(folder: Path, name: str) -> None:
    with TAKEN[name](folder) as port:
        assert eyes.observe(port).client_renegotiation is True


@pytest.mark.parametrize("name", REFUSED)
def test_one_that_is_refused_is_refused(folder: Path, name: str) -> None:
    with REFUSED[name](folder) as port:
        assert eyes.observe(port).client_renegotiation is False
