"""A server that does not answer, or stops answering, earns no observation that could be taken for a refusal."""

from __future__ import annotations

import contextlib
import itertools
import socket
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest

from conformance.areas.tls import look as tls
from conformance.handshake import caller as hello_caller
from conformance.handshake import sslyze_child, sslyze_scan
from conformance.model import Inconclusive
from reference_server.pki import Authority, Leaf, LeafSpec
from tests import null
from tests.areas.tls import eyes


@pytest.fixture(scope="module")
def leaf() -> Leaf:
    return Authority().issue(LeafSpec())


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let silence be told from slowness within a second, so that the tests take none of the operator's patience."""
    monkeypatch.setattr(hello_caller, "PATIENCE", 0.7)
    monkeypatch.setattr(sslyze_scan, "_LOOK_AGAIN", 0.5)


def hangs_up(client: socket.socket) -> None:
    client.close()


def says_http(client: socket.socket) -> None:
    with contextlib.suppress(OSError), client:
        client.recv(1 << 16)
        client.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


@contextmanager
def giving_up_after(served: int, how: null.Serve, leaf: Leaf) -> Iterator[int]:
    """Serve TLS to the first connections, and treat every later one as `how` does."""
    numbers = itertools.count()
    context = leaf.context()

    def serve(client: socket.socket) -> None:
        if next(numbers) >= served:
            how(client)
            return
        with contextlib.suppress(OSError), client, context.wrap_socket(client, server_side=True) as secure:
            secure.recv(1)

    with null.listening(serve) as port:
        yield port


@pytest.mark.parametrize(
    ("server", "words"),
    [
        (null.closed(), "connection refused"),
        (null.listening(null.stays_silent), "never answers a TLS hello"),
        (null.listening(null.resets), "connection reset|took no connection|drops connections"),
        (null.listening(hangs_up), "drops connections at a TLS hello"),
        (null.listening(says_http), "plain HTTP"),
        (null.listening(null.greets), "not TLS"),
    ],
    ids=["closed", "silent", "resets", "hangs-up", "http", "greets"],
)
@pytest.mark.usefixtures("impatient")
def test_what_is_no_tls_server_is_told_so_at_once(server: AbstractContextManager[int], words: str) -> None:
    started = time.monotonic()
    with server as port, pytest.raises(Inconclusive, match=words):
        eyes.observe(port)
    assert time.monotonic() - started < 3 * hello_caller.PATIENCE + 1


@pytest.mark.parametrize("how", [null.stays_silent, null.resets, hangs_up], ids=lambda how: how.__name__)
@pytest.mark.parametrize("served", [1, 3, 12, 25])
@pytest.mark.usefixtures("impatient")
def test_a_server_that_gives_up_on_hellos_is_inconclusive(served: int, how: null.Serve, leaf: Leaf) -> None:
    with giving_up_after(served, how, leaf) as port, pytest.raises(Inconclusive):
        eyes.observe(port)


@pytest.mark.parametrize("how", [null.stays_silent, null.resets, hangs_up], ids=lambda how: how.__name__)
@pytest.mark.usefixtures("impatient")
def test_a_server_that_gives_up_on_sslyze_leaves_no_clean_bill(how: null.Serve, leaf: Leaf) -> None:
    with giving_up_after(80, how, leaf) as port:
        seen = eyes.observe(port)
    assert seen.canaries[-1] is False
    assert seen.weaknesses["heartbleed"].vulnerable is None
    assert seen.weaknesses["ccs-injection"].vulnerable is None
    assert seen.early_data is None
    assert seen.client_renegotiation is None
    assert "did not answer the control hello" in seen.troubles[0]


def test_a_drop_that_the_control_survives_is_a_refusal(leaf: Leaf) -> None:
    """Some servers close without an alert what they do not take."""
    context = leaf.context()

    def serve(client: socket.socket) -> None:
        first = client.recv(1 << 16, socket.MSG_PEEK)
        if first[0] != 0x16 or (b"\x03\x04" not in first and first[9:11] != b"\x03\x03"):
            client.close()
            return
        with contextlib.suppress(OSError), client, context.wrap_socket(client, server_side=True) as secure:
            secure.recv(1)

    with null.listening(serve) as port:
        versions, _ = eyes.ask(port)
    assert eyes.offered(versions) == ["tls-1.2", "tls-1.3"]
    assert {versions[version].outcome for version in ("ssl-2.0", "ssl-3.0", "tls-1.0", "tls-1.1")} == {"closed"}


def test_sslyze_is_killed_when_its_time_is_up(leaf: Leaf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tls, "_SPARE", tls.DEADLINE)
    with giving_up_after(10_000, hangs_up, leaf) as port:
        seen = eyes.observe(port)
    assert all(seen.canaries)
    assert seen.troubles[0].startswith("sslyze did not finish in time")
    assert seen.weaknesses["heartbleed"].vulnerable is None
    assert seen.suites["tls-1.3"].by_sslyze == ()
    assert "TLS_AES_128_GCM_SHA256" in seen.suites["tls-1.3"].accepted


def test_what_the_child_says_becomes_sentences() -> None:
    told: dict[str, Any] = {"unfinished": {"heartbleed": "it broke", "tls_compression": None}, "suites": {}}
    told["unfinished"]["robot"] = "179 is not a valid TlsHandshakeTypeByte"
    for kind in sslyze_child._ROBOT_UNTOLD.values():
        found = sslyze_scan._understood({**told, "robot": kind})
        assert found.unfinished["robot"].template is not None
    assert found.unfinished["heartbleed"] == "it broke"
    assert found.unfinished["tls_compression"] == "not scheduled"
    long = sslyze_scan._understood({**told, "robot": None}).unfinished["robot"]
    assert "the chain of certificates is too long" in long
    assert "robot" not in sslyze_scan._understood({**told, "robot": None, "unfinished": {}}).unfinished
    assert sslyze_scan._understood({"refused": "it hung up"}).trouble == "sslyze could not shake hands: it hung up"


def test_every_connection_is_counted_whoever_opens_it(leaf: Leaf) -> None:
    accepted: list[None] = []
    context = leaf.context()

    def serve(client: socket.socket) -> None:
        accepted.append(None)
        with contextlib.suppress(OSError), client, context.wrap_socket(client, server_side=True) as secure:
            secure.recv(1)

    with null.listening(serve) as port:
        bench = eyes.bench(port)
        seen = eyes.observe(port, bench)
    reached = 1
    assert len(accepted) == bench.budget.connections_opened == seen.connections + reached
    assert seen.suites["tls-1.2"].by_sslyze


@pytest.mark.parametrize("requests", [15, 70], ids=["by-hellos", "by-sslyze"])
def test_spent_limits_are_no_refusals(leaf: Leaf, requests: int) -> None:
    with giving_up_after(10_000, hangs_up, leaf) as port, pytest.raises(Inconclusive, match=r"limits\.requests"):
        eyes.observe(port, eyes.bench(port, limits={**eyes.LIMITS, "requests": requests}))
