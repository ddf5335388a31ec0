"""Control looks say in plain words what is wrong with an endpoint, and are shared."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from conformance.bench import Bench
from conformance.bench.budget import Budget
from conformance.inputs import target
from conformance.model import Inconclusive
from conformance.secrecy.redact import Redactor
from conformance.secrecy.secret import open_vault
from conformance.web import preflight
from conformance.web.preflight import reach
from reference_server.pki import Authority, LeafSpec
from tests import null


def bench(**webapp: Any) -> Bench:
    aim = target.parse({"schema": 1, "name": "t", "webapp": {"url": "https://localhost", **webapp}})
    vault = open_vault(aim.secret_refs(), {}, Path())
    return Bench(aim, vault, Budget(aim.limits), Redactor())


@pytest.fixture
def leaf(tmp_path: Path) -> Path:
    issued = Authority().issue(LeafSpec())
    (tmp_path / "leaf.pem").write_bytes(issued.chain_pem + issued.key_pem)
    return tmp_path / "leaf.pem"


@pytest.fixture
def https(leaf: Path) -> Iterator[int]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(leaf)
    with null.speaking_http(null.same_page, lambda sock: context.wrap_socket(sock, server_side=True)) as port:
        yield port


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "PATIENCE", 0.3)


def test_a_gateway_is_reached(https: int) -> None:
    looking = bench()
    reach(looking, f"https://localhost:{https}/")
    assert looking.budget.connections_opened == 1


@pytest.mark.parametrize(
    ("server", "words"),
    [
        pytest.param(null.closed(), "connection refused", id="closed"),
        pytest.param(null.listening(null.resets), "connection reset", id="resets"),
        pytest.param(null.speaking_http(null.same_page), "speaks plain HTTP, not TLS", id="plain-http"),
        pytest.param(null.listening(null.greets), "does not speak TLS", id="greets"),
        pytest.param(null.listening(socket.socket.close), "connection", id="hangs-up"),
    ],
)
def test_trouble_is_told_in_plain_words(server: AbstractContextManager[int], words: str) -> None:
    with server as port, pytest.raises(Inconclusive, match=rf"^127\.0\.0\.1:{port} .*{words}"):
        reach(bench(), f"https://127.0.0.1:{port}")


@pytest.mark.usefixtures("impatient")
def test_a_silent_port_is_given_up() -> None:
    with null.listening(null.stays_silent) as port, pytest.raises(Inconclusive, match="no answer within"):
        reach(bench(), f"https://127.0.0.1:{port}")


@pytest.mark.parametrize("host", ["nowhere.invalid", "a..b", "x" * 70 + ".example"])
def test_a_name_that_does_not_resolve(host: str) -> None:
    with pytest.raises(Inconclusive, match="the name does not resolve"):
        reach(bench(), f"https://{host}:443/")


@pytest.mark.usefixtures("impatient")
def test_a_resolver_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    never = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: never.wait(10) and [])
    with pytest.raises(Inconclusive, match="the name was not resolved in time"):
        reach(bench(), "https://gateway.example/")
    never.set()


def test_an_endpoint_is_looked_at_once_a_run(https: int) -> None:
    looking = bench()
    for path in ("/", "/login", "/v1/health"):
        reach(looking, f"https://localhost:{https}{path}")
    assert looking.budget.connections_opened == 1


def test_trouble_is_remembered_for_the_whole_run() -> None:
    looking = bench()
    with null.closed() as port:
        for _ in range(3):
            with pytest.raises(Inconclusive, match="refused"):
                reach(looking, f"https://127.0.0.1:{port}")
    assert looking.budget.connections_opened == 1


def test_a_plain_endpoint_needs_no_handshake() -> None:
    with null.listening(null.stays_silent) as port:
        for scheme in ("http", "tcp"):
            looking = bench()
            reach(looking, f"{scheme}://127.0.0.1:{port}")
            assert looking.budget.connections_opened == 1


def test_a_declared_client_certificate_is_shown(leaf: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(leaf)
    authority = Authority("clients")
    client = authority.issue(LeafSpec(extensions=False))
    folder = leaf.parent
    (folder / "client.pem").write_bytes(client.chain_pem)
    (folder / "client-key.pem").write_bytes(client.key_pem)
    context.load_verify_locations(cadata=authority.pem.decode())
    context.verify_mode = ssl.CERT_REQUIRED
    with null.speaking_http(null.same_page, lambda sock: context.wrap_socket(sock, server_side=True)) as port:
        url = f"https://localhost:{port}"
        with pytest.raises(Inconclusive, match="could not be reached"):
            reach(bench(url=url), url)
        declared = {"client_cert": f"{folder}/client.pem", "client_key": f"file:{folder}/client-key.pem"}
        reach(bench(url=url, **declared), url)


def test_a_client_certificate_that_cannot_be_used_is_said(https: int, tmp_path: Path) -> None:
    (tmp_path / "broken.pem").write_text("not a certificate")
    url = f"https://localhost:{https}"
    declared = {"client_cert": f"{tmp_path}/broken.pem", "client_key": f"file:{tmp_path}/broken.pem"}
    with pytest.raises(Inconclusive, match="client_cert and client_key cannot be used"):
        reach(bench(url=url, **declared), url)
