"""Real clients at the stub database: libpq, PyMySQL and pg8000, that verify, or do not, or fall back to the clear."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pg8000.native
import pymysql
import pytest

from conformance.areas.dbt.stub_wire import greet_postgresql
from conformance.areas.dbt.wire import Line
from conformance.model import Outcome
from reference_server.pki import Authority
from reference_server.ports import reserve
from reference_server.postgres import programs
from tests.arena import Outcomes, assess
from tests.databases import needs_postgres

Attempt = Callable[[int], object]
"""Connects once to a port; may raise what its library raises."""


@contextmanager
def retrying(attempt: Attempt, port: int) -> Iterator[None]:
    """Connect again and again, as a web app does."""
    over = threading.Event()

    def keep_on() -> None:
        while not over.wait(0.01):
            with contextlib.suppress(OSError, pg8000.native.Error, pymysql.MySQLError):
                attempt(port)

    thread = threading.Thread(target=keep_on, daemon=True)
    thread.start()
    yield
    over.set()
    thread.join()


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    made = Authority()
    (tmp_path / "ca.pem").write_bytes(made.pem)
    return made


def watched(attempt: Attempt, authority: Authority, folder: Path, engine: str = "postgresql", **more: Any) -> Outcomes:
    """Look at a gateway that connects by `attempt`, without verification set; judge its cases."""
    with reserve() as held:
        port: int = held.getsockname()[1]
        stub_table: dict[str, Any] = {"listen": f"127.0.0.1:{port}", "host": "localhost", "seconds": 5}
        stub_table |= {"ca_cert": "ca.pem", "ca_key": "env:CA_KEY"} | more
        table = {"engine": engine, "host": "localhost", "port": 1, "name": "waweb"}
        table["stub"] = {key: value for key, value in stub_table.items() if value is not None}
        reason = "only the gateway is looked at"
        others = ["DBT-01", "DBT-02", "DBT-03", "DBT-04", "DBT-05", "DBT-09"]
        scope = {"exclude": [{"requirement": name, "reason": reason} for name in others]}
        document = {"schema": 1, "name": "test", "database": table, "scope": scope}
        environ = {"CA_KEY": authority.key_pem.decode()}
        with retrying(attempt, port):
            return assess(document, environ, areas=["dbt"], folder=folder)


def of_the_web_app(outcomes: Outcomes) -> dict[str, Outcome]:
    return {
        case: verdict.outcome
        for case, verdict in outcomes.verdicts.items()
        if case.startswith("DBT-06") or case == "DBT-08/unset"
    }


def failed(outcomes: Outcomes) -> set[str]:
    return {case.removeprefix("DBT-06/") for case, found in of_the_web_app(outcomes).items() if found is Outcome.FAIL}


ALL = {"unknown-authority", "other-name", "expired", "not-yet-valid"}


@pytest.mark.parametrize(
    ("mode", "wrong"),
    [
        ("verify-full", set()),
        ("verify-ca", {"other-name"}),
        ("require", {"other-name"}),  # with an authority given, libpq verifies by it
        ("prefer", {"other-name", "not-offered", *ALL, "DBT-08/unset"}),
        ("disable", {"not-offered", *ALL, "DBT-08/unset"}),
    ],
)
def test_libpq(authority: Authority, tmp_path: Path, mode: str, wrong: set[str]) -> None:
    needs_postgres()
    psql = (programs() or Path()) / "psql"

    def attempt(port: int) -> None:
        words = f"host=localhost port={port} user=wa dbname=waweb sslmode={mode} sslrootcert={tmp_path}/ca.pem"
        environ = os.environ | {"PGCONNECT_TIMEOUT": "5"}
        subprocess.run([psql, words, "-c", "SELECT 1"], capture_output=True, check=False, env=environ, timeout=20)

    outcomes = watched(attempt, authority, tmp_path)
    assert failed(outcomes) == wrong, outcomes.by_case()
    assert len(of_the_web_app(outcomes)) == 6


def verifying(folder: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=folder / "ca.pem")


def trusting(folder: Path) -> ssl.SSLContext:
    context = verifying(folder)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@pytest.mark.parametrize(
    ("settings", "wrong"),
    [
        (lambda folder: {"ssl": verifying(folder)}, set()),
        (lambda folder: {"ssl": trusting(folder)}, {*ALL, "DBT-08/unset"}),
        (lambda _: {}, {*ALL, "not-offered", "DBT-08/unset"}),  # takes anything, and falls back to the clear
        (lambda _: {"ssl_disabled": True}, {*ALL, "not-offered", "DBT-08/unset"}),
    ],
    ids=["verifies", "does-not-verify", "as-it-comes", "in-the-clear"],
)
def test_pymysql(authority: Authority, tmp_path: Path, settings: Callable[[Path], Any], wrong: set[str]) -> None:
    def attempt(port: int) -> None:
        given: dict[str, Any] = {
            "host": "localhost",
            "port": port,
            "user": "wa",
            "password": "secret-of-wa",
            "connect_timeout": 5,
        }
        with pymysql.connect(**given, **settings(tmp_path)):
            pass

    outcomes = watched(attempt, authority, tmp_path, "mysql")
    assert failed(outcomes) == wrong, outcomes.by_case()
    assert len(of_the_web_app(outcomes)) == 6


def test_tls_without_a_preamble(authority: Authority, tmp_path: Path) -> None:
    """PostgreSQL 17's clients may start with TLS at once."""

    def attempt(port: int) -> None:
        with socket.create_connection(("localhost", port), 5) as sock:
            sock.settimeout(5)
            with verifying(tmp_path).wrap_socket(sock, server_hostname="localhost") as secured:
                pg8000.native.Connection("wa", password="secret-of-wa", sock=secured, ssl_context=False)

    outcomes = watched(attempt, authority, tmp_path)
    assert not failed(outcomes)
    assert len(of_the_web_app(outcomes)) == 6


def test_a_client_that_compares_the_beginning_of_the_name(authority: Authority, tmp_path: Path) -> None:
    context = verifying(tmp_path)
    context.check_hostname = False

    def attempt(port: int) -> None:
        with socket.create_connection(("localhost", port), 5) as sock, context.wrap_socket(sock) as secured:
            if "'localhost" in str(secured.getpeercert()):
                secured.settimeout(5)
                pg8000.native.Connection("wa", password="secret-of-wa", sock=secured, ssl_context=False)

    assert failed(watched(attempt, authority, tmp_path)) == {"other-name"}


def test_without_the_authority_only_violations_are_told(authority: Authority, tmp_path: Path) -> None:
    def attempt(port: int) -> None:
        pg8000.native.Connection("wa", port=port, password="secret-of-wa", ssl_context=verifying(tmp_path), timeout=5)

    outcomes = watched(attempt, authority, tmp_path, ca_cert=None, ca_key=None)
    assert not outcomes.verdicts
    assert "database.stub.ca_cert and ca_key" in outcomes.inconclusive["DBT-06/expired"]


def test_nobody_comes(authority: Authority, tmp_path: Path) -> None:
    outcomes = watched(lambda _: None, authority, tmp_path, seconds=1)
    assert not outcomes.verdicts
    assert "did not come to the stub database (database.stub.listen)" in outcomes.inconclusive["DBT-06/expired"]
    assert "lacks database.stub.core_listen" in outcomes.inconclusive["DBT-07/new-settings"]


def test_somebody_who_only_looks_whether_it_is_there_is_no_attempt(authority: Authority, tmp_path: Path) -> None:
    def attempt(port: int) -> None:
        socket.create_connection(("localhost", port), 5).close()

    outcomes = watched(attempt, authority, tmp_path, seconds=1)
    assert not outcomes.verdicts


@pytest.mark.parametrize("said", [b"GET / HTTP/1.1\r\n\r\n", b"\x00\x00\x00\x04", b"\xff" * 64])
def test_rubbish_is_no_login(authority: Authority, tmp_path: Path, said: bytes) -> None:
    def attempt(port: int) -> None:
        with socket.create_connection(("localhost", port), 5) as sock:
            sock.settimeout(5)
            sock.sendall(said)
            sock.shutdown(socket.SHUT_WR)
            sock.recv(1)

    outcomes = watched(attempt, authority, tmp_path, seconds=1)
    assert not outcomes.verdicts, outcomes.verdicts


def test_who_names_an_account_and_is_gone_has_logged_in() -> None:
    ours, theirs = socket.socketpair()
    names = b"\0\3\0\0user\0wa\0\0"
    theirs.sendall((len(names) + 4).to_bytes(4) + names)
    theirs.close()
    with ours:
        assert greet_postgresql(Line(ours, time.monotonic() + 5), None).login == "clear"


def test_an_address_that_is_taken_is_told(authority: Authority, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        place = f"127.0.0.1:{taken.getsockname()[1]}"
        outcomes = watched(lambda _: None, authority, tmp_path, listen=place)
    assert (
        f"cannot listen at {place} (database.stub): address already in use" in outcomes.inconclusive["DBT-06/expired"]
    )


def test_an_authority_whose_key_is_anothers_is_told(authority: Authority, tmp_path: Path) -> None:
    outcomes = watched(lambda _: None, Authority(), tmp_path)
    assert "the key does not belong to the certificate" in outcomes.inconclusive["DBT-06/expired"]
