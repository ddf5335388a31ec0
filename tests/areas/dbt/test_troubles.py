"""What is no sound database: a sentence each, and never a pass."""

from __future__ import annotations

import contextlib
import socket
import struct
from typing import Any

import pytest

from conformance.areas.dbt.wire import SSL_REQUEST
from conformance.locale import tongue
from conformance.model import Outcome
from tests import null
from tests.arena import Outcomes, assess

GREETING = b"\x0a8.0.36\0" + bytes(4) + b"12345678\0" + struct.pack("<HBHHB10x", 0xFFFF, 33, 2, 0xFFFF, 21)
GREETING += b"123456789012\0mysql_native_password\0"
ENVIRON = {"WA": "password-of-wa", "MONITOR": "password-of-monitor"}


def packet(payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "little") + b"\0" + payload


def error(code: str, words: str) -> bytes:
    fields = f"SFATAL\0C{code}\0M{words}\0\0".encode()
    return b"E" + struct.pack("!I", len(fields) + 4) + fields


def says(*answers: bytes, silent: bool = True, first: bytes = b"") -> null.Serve:
    """Speak `first`, then one answer for each piece that comes; then stay silent, or hang up."""

    def serve(client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            if first:
                client.sendall(first)
            for answer in answers:
                if not client.recv(1 << 16):
                    return
                client.sendall(answer)
            if silent:
                null.stays_silent(client)
            else:
                client.close()

    return serve


POSTGRESQL: dict[str, tuple[null.Serve, str]] = {
    "silent": (null.stays_silent, "no answer within"),
    "resets": (null.resets, "connection reset"),
    "hangs-after-the-preamble": (says(b"S"), "no answer within"),
    "closes-after-the-preamble": (says(b"S", silent=False), "cannot be looked at"),
    "rubbish-after-the-preamble": (says(b"Srubbish that is no TLS at all", b""), "TLS failed"),
    "http": (says(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "that is no PostgreSQL"),
    "mysql": (says(first=packet(GREETING)), "that is no PostgreSQL"),
    "an-error": (says(error("53300", "too many")), "answers SSLRequest with an error: too many"),
    "an-endless-error": (says(b"E\x7f\xff\xff\xff"), "announces a message of 2147483647 bytes"),
}
MYSQL: dict[str, tuple[null.Serve, str]] = {
    "silent": (null.stays_silent, "no answer within"),
    "hangs-after-the-preamble": (says(first=packet(GREETING)), "no answer within"),
    "rubbish-after-the-preamble": (says(b"no TLS at all", b"", first=packet(GREETING)), "TLS failed"),
    "blocked": (says(first=packet(b"\xff\x69\x04Host is blocked")), "greets with error 1129: Host is blocked"),
    "mail": (null.greets, "no MySQL"),
    "a-short-greeting": (says(first=packet(b"\x0a8.0\0")), "no MySQL greeting"),
    "closes": (says(first=b"\x05"), "no answer within"),
}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("areas.dbt.door", "areas.dbt.login", "areas.dbt.tls", "handshake.caller"):
        monkeypatch.setattr(f"conformance.{module}.PATIENCE", 0.3)


def look(engine: str, port: int) -> Outcomes:
    table: dict[str, Any] = {"engine": engine, "host": "127.0.0.1", "port": port, "name": "waweb", "username": "wa"}
    table |= {"password": "env:WA", "monitor": {"username": "monitor", "password": "env:MONITOR"}}
    reason = "no gateway is here"
    exclude = [{"requirement": f"DBT-0{n}", "reason": reason} for n in (6, 7, 8)]
    document = {"schema": 1, "name": "test", "database": table, "scope": {"exclude": exclude}}
    return assess(document, ENVIRON, areas=["dbt"])


@pytest.mark.parametrize(
    ("engine", "name"),
    [*(("postgresql", name) for name in POSTGRESQL), *(("mysql", name) for name in MYSQL)],
)
def test_no_sound_database_passes_nothing_and_fails_nothing(engine: str, name: str) -> None:
    serve, words = (POSTGRESQL if engine == "postgresql" else MYSQL)[name]
    with null.listening(serve) as port:
        outcomes = look(engine, port)
    assert not outcomes.verdicts, outcomes.verdicts
    assert words in outcomes.inconclusive["DBT-01"]
    assert {case.partition("/")[0] for case in outcomes.inconclusive} >= {"DBT-01", "DBT-02", "DBT-03", "DBT-05"}


def test_nobody_listens() -> None:
    with null.closed() as port:
        outcomes = look("postgresql", port)
    assert not outcomes.verdicts
    assert "connection refused" in outcomes.inconclusive["DBT-01"]


@pytest.mark.parametrize(
    ("answer", "outcome", "words"),
    [
        (b"R\0\0\0\x08\0\0\0\x03", Outcome.FAIL, "asks for the password in the clear"),
        (b"R\0\0\0\x08\0\0\0\x00", Outcome.FAIL, "without asking for anything"),
        (error("28000", "no TLS"), None, "no TLS to compare with"),
        (error("53300", "too many"), None, "for another reason"),
        (b"nonsense", None, "no PostgreSQL"),
        (b"", None, "no TLS to compare with"),
    ],
)
def test_a_database_that_declines_tls(answer: bytes, outcome: Outcome | None, words: str) -> None:
    def serve(client: socket.socket) -> None:
        with contextlib.suppress(OSError), client:
            client.sendall(b"N" if client.recv(1 << 16) == SSL_REQUEST else answer)

    with null.listening(serve) as port:
        outcomes = look("postgresql", port)
    failed = {case for case, verdict in outcomes.verdicts.items() if verdict.outcome is Outcome.FAIL}
    assert failed == {"DBT-01"} | ({"DBT-02"} if outcome else set())
    told = outcomes.failures().get("DBT-02", "") + outcomes.inconclusive.get("DBT-02", "")
    assert words in told


@pytest.mark.parametrize("words", ["does nothing", "it asks for {method}", "an error without words"])
def test_what_a_database_says_is_its_own_in_every_language(words: str) -> None:
    def serve(client: socket.socket) -> None:
        with contextlib.suppress(OSError), client:
            client.sendall(b"N" if client.recv(1 << 16) == SSL_REQUEST else error("28000", words))

    with null.listening(serve) as port:
        reason = look("postgresql", port).inconclusive["DBT-02"]
    assert reason.speaks(tongue("es"))
    assert (
        reason.within(tongue("es")) == f"rechaza el inicio de sesión ({words} [28000]), y no hay TLS con que comparar"
    )
