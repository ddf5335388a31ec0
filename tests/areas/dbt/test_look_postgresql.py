"""A real PostgreSQL, set up right in odd ways and wrong in others."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pg8000.native
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from conformance.areas.dbt import door, sessions
from conformance.areas.dbt.wire import SSL_REQUEST
from conformance.model import Outcome
from conformance.web import resolve
from reference_server.pki import Authority, LeafSpec
from reference_server.postgres import ACCOUNT, DATABASE, MONITOR, PASSWORDS, Postgres
from tests import null
from tests.arena import Outcomes, assess
from tests.databases import required_postgres
from tests.webservers import free_port, haproxy_sections, installed, running

MONITORED = "hostssl waweb monitor all scram-sha-256"
SSL_ONLY = "hostssl waweb wa all scram-sha-256"
WITH_CERTIFICATE = f"{SSL_ONLY} clientcert=verify-full"
SUITES = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256"


@dataclass
class Setting:
    """How the server is set up, and what is declared of it."""

    settings: dict[str, str] = field(default_factory=dict)
    access: list[str] = field(default_factory=lambda: [WITH_CERTIFICATE])
    declared: dict[str, Any] = field(default_factory=dict)
    leaf: LeafSpec = field(default_factory=LeafSpec)
    scan: bool = False


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for no session of a gateway: those that are looked for are there already."""
    monkeypatch.setattr("conformance.areas.dbt.sessions.PAUSE", 0.0)


@pytest.fixture(scope="module")
def server() -> Postgres:
    return required_postgres()


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority("A company's databases")


class Looker:
    """Sets the server up and looks at it."""

    def __init__(self, server: Postgres, authority: Authority, folder: Path) -> None:
        self.server, self.authority, self.folder = server, authority, folder
        self.environ = dict(server.environ)
        client = authority.issue(LeafSpec(names=(ACCOUNT,), for_client=True))
        (folder / "ca.pem").write_bytes(authority.pem)
        (folder / "client.pem").write_bytes(client.chain_pem)
        self.environ["KEY"] = client.key_pem.decode()
        other = authority.issue(LeafSpec(names=("somebody.example",), for_client=True))
        (folder / "other.pem").write_bytes(other.chain_pem)
        self.environ["OTHER_KEY"] = other.key_pem.decode()

    def set_up(self, how: Setting, **files: bytes) -> None:
        leaf = self.authority.issue(how.leaf)
        issued = {"server.pem": leaf.chain_pem, "server-key.pem": leaf.key_pem, "clients.pem": self.authority.pem}
        base = {"ssl": "on", "ssl_cert_file": "server.pem", "ssl_key_file": "server-key.pem"}
        base |= {"ssl_ca_file": "clients.pem", "ssl_min_protocol_version": "TLSv1.2", "ssl_ciphers": SUITES}
        given = {name.replace("_", "-") + ".pem": content for name, content in files.items()}
        self.server.set_up(base | how.settings, [*how.access, MONITORED], issued | given)

    def document(self, how: Setting) -> dict[str, Any]:
        table: dict[str, Any] = {"engine": "postgresql", "host": "localhost", "port": self.server.port}
        table |= {"name": DATABASE, "ca_file": "ca.pem", "client_cert": "client.pem", "client_key": "env:KEY"}
        table |= {"username": ACCOUNT, "password": f"env:{PASSWORDS[ACCOUNT]}"}
        table |= {"other_client_cert": "other.pem", "other_client_key": "env:OTHER_KEY"}
        table |= {"monitor": {"username": MONITOR, "password": f"env:{PASSWORDS[MONITOR]}"}}
        table = {key: value for key, value in (table | how.declared).items() if value is not None}
        document: dict[str, Any] = {"schema": 1, "name": "test", "database": table}
        document["limits"] = {"connections": 32, "requests_per_second": 2000}
        left_out = ["DBT-06", "DBT-07", "DBT-08", *([] if how.scan else ["DBT-05"])]
        document["scope"] = {"exclude": [{"requirement": name, "reason": "not here"} for name in left_out]}
        return document

    def look(self, how: Setting, **files: bytes) -> Outcomes:
        self.set_up(how, **files)
        with self.gateway(self.environ):
            return assess(self.document(how), self.environ, areas=["dbt"], folder=self.folder)

    @contextmanager
    def gateway(self, environ: dict[str, str]) -> Iterator[None]:
        """Hold a session of the gateway's account, over the server's own socket: it is on no network."""
        password, path = environ[PASSWORDS[ACCOUNT]], str(self.server.folder / f".s.PGSQL.{self.server.port}")
        with pg8000.native.Connection(ACCOUNT, unix_sock=path, database=DATABASE, password=password):
            yield


@pytest.fixture
def looker(server: Postgres, authority: Authority, tmp_path: Path) -> Looker:
    return Looker(server, authority, tmp_path)


LOCAL = "local waweb wa scram-sha-256"
RIGHT: dict[str, Setting] = {
    "host-lines-behind-a-reject": Setting(
        access=["hostnossl all all 0.0.0.0/0 reject", "host waweb wa all scram-sha-256"],
        declared={"client_cert": None, "client_key": None},
    ),
    "every-database-by-hostssl": Setting(access=["hostssl all wa all scram-sha-256 clientcert=verify-full"]),
    "its-own-certificate-is-trusted": Setting(access=["hostssl waweb wa all trust clientcert=verify-full"]),
    "the-clear-for-others": Setting(access=[WITH_CERTIFICATE, "hostnossl waweb somebody all trust"]),
    "the-clear-for-another-network": Setting(access=[WITH_CERTIFICATE, "hostnossl all all 192.0.2.0/24 trust"]),
    "the-clear-for-another-database": Setting(access=[WITH_CERTIFICATE, "hostnossl template1 wa all trust"]),
    "an-address-for-a-name": Setting(declared={"host": "127.0.0.1"}),
    "certificate-instead-of-a-password": Setting(
        access=["hostssl waweb wa all cert"], declared={"password": None, "client_key": "env:KEY"}
    ),
    "tls-1.3-alone-with-rsa": Setting(settings={"ssl_min_protocol_version": "TLSv1.3"}, leaf=LeafSpec(key="rsa-2048")),
    "tls-1.2-alone-with-one-suite": Setting(
        settings={"ssl_max_protocol_version": "TLSv1.2", "ssl_ciphers": "ECDHE-RSA-CHACHA20-POLY1305"},
        leaf=LeafSpec(key="rsa-2048"),
        scan=True,
    ),
    "anonymous-suites-first": Setting(
        settings={"ssl_max_protocol_version": "TLSv1.2", "ssl_ciphers": f"AECDH-AES128-SHA:{SUITES}:@SECLEVEL=0"}
    ),
    "a-tall-certificate": Setting(leaf=LeafSpec(key="secp384r1", hash="sha384", days=3650)),
}

WRONG: dict[str, tuple[Setting, set[str]]] = {
    "a-host-line-further-down": (
        Setting(access=[WITH_CERTIFICATE, "host all all 0.0.0.0/0 scram-sha-256"]),
        {"DBT-02"},
    ),
    "an-md5-line-without-tls": (Setting(access=[WITH_CERTIFICATE, "host all all samehost md5"]), {"DBT-02"}),
    "a-line-without-tls-that-asks-somebody-else": (
        Setting(access=[WITH_CERTIFICATE, "host all all all ident"]),
        {"DBT-02"},
    ),
    "certificate-for-another-account-alone": (
        Setting(access=["hostssl waweb somebody all scram-sha-256 clientcert=verify-full", SSL_ONLY]),
        {"DBT-04/none"},
    ),
    "nobody-needs-anything": (
        Setting(access=["host all all all trust"]),
        {"DBT-02", "DBT-04/none", "DBT-10/no-password"},
    ),
    "tls-is-all-it-needs": (
        Setting(access=["hostssl all all all trust"], declared={"client_cert": None, "client_key": None}),
        {"DBT-10/no-password"},
    ),
    "any-certificate-of-that-authority": (
        Setting(access=["hostssl all all all scram-sha-256 clientcert=verify-ca"]),
        {"DBT-10/other-certificate"},
    ),
    "any-certificate-of-that-authority-for-a-password": (
        Setting(access=["hostssl all all all trust clientcert=verify-ca"]),
        {"DBT-10/no-password", "DBT-10/other-certificate"},
    ),
    "no-authority-for-clients": (
        Setting(access=[SSL_ONLY], settings={"ssl_ca_file": ""}),
        {"DBT-04/none", "DBT-04/foreign"},
    ),
    "suites-without-forward-secrecy": (
        Setting(
            settings={"ssl_ciphers": "AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256"},
            leaf=LeafSpec(key="rsa-2048"),
            scan=True,
        ),
        {"DBT-05/cipher-suites"},
    ),
    "tls-1.0": (
        Setting(
            settings={
                "ssl_min_protocol_version": "TLSv1",
                "ssl_ciphers": f"{SUITES}:ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0",
            },
            scan=True,
        ),
        {"DBT-05/protocol-version"},
    ),
    "certificate-for-localhost-asked-by-another-name": (
        Setting(leaf=LeafSpec(names=("db.staging.example",))),
        {"DBT-03"},
    ),
}


def failures(outcomes: Outcomes) -> set[str]:
    return {case for case, verdict in outcomes.verdicts.items() if verdict.outcome is Outcome.FAIL}


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_right_in_an_odd_way_is_right(name: str, looker: Looker) -> None:
    how = RIGHT[name]
    how.access = [LOCAL, *how.access]
    outcomes = looker.look(how)
    assert not failures(outcomes), outcomes.failures()
    assert not outcomes.inconclusive


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_told(name: str, looker: Looker) -> None:
    how, wrong = WRONG[name]
    how.access = [LOCAL, *how.access]
    outcomes = looker.look(how)
    assert wrong <= failures(outcomes), outcomes.by_case()
    assert {case.partition("/")[0] for case in failures(outcomes)} == {case.partition("/")[0] for case in wrong}


def named_in_its_subject_alone(authority: Authority, host: str, *, expired: bool = False) -> tuple[bytes, bytes]:
    """Return a certificate as PostgreSQL's manual makes it, and its key: no alternative names."""
    leaf = authority.issue(LeafSpec(names=(host,), starts_in_days=-90 if expired else -1))
    builder = x509.CertificateBuilder(
        leaf.certificate.issuer,
        leaf.certificate.subject,
        leaf.key.public_key(),
        leaf.certificate.serial_number,
        leaf.certificate.not_valid_before_utc,
        leaf.certificate.not_valid_after_utc,
    )
    signed = builder.sign(authority.key, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM), leaf.key_pem


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_host_that_stands_in_the_subject_alone_is_taken_with_a_note(looker: Looker, host: str) -> None:
    certificate, key = named_in_its_subject_alone(looker.authority, host)
    outcomes = looker.look(
        Setting(access=[LOCAL, SSL_ONLY], declared={"host": host}), server=certificate, server_key=key
    )
    verdict = outcomes.verdicts["DBT-03"]
    assert verdict.outcome is Outcome.PASS
    assert any("subject alone" in note for note in verdict.notes)


def test_a_host_that_stands_in_the_subject_alone_does_not_excuse_an_expired_certificate(looker: Looker) -> None:
    certificate, key = named_in_its_subject_alone(looker.authority, "127.0.0.1", expired=True)
    how = Setting(access=[LOCAL, SSL_ONLY], declared={"host": "127.0.0.1"})
    outcomes = looker.look(how, server=certificate, server_key=key)
    assert "expired" in outcomes.failures()["DBT-03"]


def test_a_certificate_that_is_its_own_authority_is_right(looker: Looker) -> None:
    own = looker.authority.issue(LeafSpec(self_signed=True))
    (looker.folder / "ca.pem").write_bytes(own.chain_pem)
    outcomes = looker.look(Setting(access=[LOCAL, WITH_CERTIFICATE]), server=own.chain_pem, server_key=own.key_pem)
    assert not failures(outcomes), outcomes.failures()


@pytest.mark.parametrize(
    ("declared", "case", "words"),
    [
        ({"username": "nobody_here"}, "DBT-02", "database.username and name right"),
        ({"name": "elsewhere"}, "DBT-02", "database.username and name right"),
        ({"password": "env:WRONG"}, "DBT-04/none", "password authentication failed"),
        ({"password": None}, "DBT-04/none", "declares none"),
        ({"monitor": {"username": MONITOR, "password": "env:WRONG"}}, "DBT-09/own-session", "password authentication"),
        ({"monitor": None}, "DBT-09/own-session", "lacks database.monitor"),
        ({"username": None}, "DBT-02", "lacks database.username"),
    ],
)
def test_what_is_declared_wrongly_is_told_and_passes_nothing(
    looker: Looker, declared: dict[str, Any], case: str, words: str
) -> None:
    looker.environ["WRONG"] = "not-the-password"
    outcomes = looker.look(Setting(access=[LOCAL, WITH_CERTIFICATE], declared=declared))
    assert words in outcomes.inconclusive[case]
    assert not failures(outcomes), outcomes.failures()


@pytest.mark.parametrize(
    ("spec", "issuer", "said"),
    [
        (None, None, "lacks database.other_client_cert"),
        (LeafSpec(names=(ACCOUNT,), for_client=True), None, "has the subject of database.client_cert"),
        (LeafSpec(names=("somebody.example",), for_client=True), "Somebody else's", "issued by another authority"),
    ],
)
def test_another_certificate_that_proves_nothing_is_told(
    looker: Looker, spec: LeafSpec | None, issuer: str | None, said: str
) -> None:
    declared: dict[str, Any] = {}
    if spec is None:
        declared = {"other_client_cert": None, "other_client_key": None}
    else:
        issued = (Authority(issuer) if issuer else looker.authority).issue(spec)
        (looker.folder / "other.pem").write_bytes(issued.chain_pem)
        looker.environ["OTHER_KEY"] = issued.key_pem.decode()
    outcomes = looker.look(Setting(access=[LOCAL, WITH_CERTIFICATE], declared=declared))
    assert said in outcomes.inconclusive["DBT-10/other-certificate"]
    assert outcomes.verdicts["DBT-10/no-password"].outcome is Outcome.PASS


def test_a_forged_certificate_is_refused_in_the_words_of_the_alert(looker: Looker) -> None:
    told = looker.look(Setting(access=[LOCAL, WITH_CERTIFICATE])).verdicts["DBT-04/foreign"]
    assert told.outcome is Outcome.PASS
    # Where the server's reset comes before its alert is read, on a loaded machine, nothing else is left to say.
    assert "alert unknown ca" in told.observed or "closed the connection" in told.observed


def test_a_wrong_password_is_sent_once(looker: Looker) -> None:
    looker.environ["WRONG"] = "not-the-password"
    outcomes = looker.look(Setting(access=[LOCAL, WITH_CERTIFICATE], declared={"password": "env:WRONG"}))
    clients, accounts = (outcomes.observations[f"database-{name}/0"]["addresses"] for name in ("client", "account"))
    tried = [login for each in clients.values() for login in each["logins"]]
    tried += [login for each in accounts.values() for login in each["tries"]]
    assert [login["code"] for login in tried if login["code"]] == ["28P01"]  # whichever look was first


def test_without_any_certificate_nothing_passes_and_no_login_is_sent(looker: Looker) -> None:
    anonymous = {"ssl_max_protocol_version": "TLSv1.2", "ssl_ciphers": "AECDH-AES128-SHA:@SECLEVEL=0"}
    outcomes = looker.look(Setting(access=[LOCAL, "hostssl all all all trust"], settings=anonymous))
    assert not outcomes.verdicts, outcomes.verdicts
    assert "handshake failure" in outcomes.inconclusive["DBT-03"]


def test_an_authority_that_cannot_be_read_is_told(looker: Looker) -> None:
    looker.set_up(Setting())
    document = looker.document(Setting(declared={"ca_file": "missing.pem"}))
    outcomes = assess(document, looker.environ, areas=["dbt"], folder=looker.folder)
    assert "database.ca_file (missing.pem) cannot be used" in outcomes.inconclusive["DBT-03"]
    assert not outcomes.verdicts


def test_a_session_in_the_clear_is_found(looker: Looker) -> None:
    how = Setting(access=[WITH_CERTIFICATE, "hostnossl waweb wa all scram-sha-256"])
    looker.set_up(how)
    password = looker.environ[PASSWORDS[ACCOUNT]]
    with pg8000.native.Connection(
        ACCOUNT, host="127.0.0.1", port=looker.server.port, database=DATABASE, password=password, ssl_context=False
    ):
        outcomes = assess(looker.document(how), looker.environ, areas=["dbt"], folder=looker.folder)
    assert "1 of 1 is in the clear, from 127.0.0.1" in outcomes.failures()["DBT-09/gateway-sessions"]
    assert outcomes.verdicts["DBT-09/own-session"].outcome is Outcome.PASS


def test_no_session_of_the_gateways_passes_nothing(looker: Looker) -> None:
    how = Setting()
    looker.set_up(how)
    outcomes = assess(looker.document(how), looker.environ, areas=["dbt"], folder=looker.folder)
    assert "no session of wa was open" in outcomes.inconclusive["DBT-09/gateway-sessions"]


def test_a_monitor_that_may_not_see_others_is_told(looker: Looker) -> None:
    how = Setting(access=[LOCAL, WITH_CERTIFICATE])
    looker.server.ask(f"REVOKE pg_read_all_stats FROM {MONITOR}")
    try:
        outcomes = looker.look(how)
    finally:
        looker.server.ask(f"GRANT pg_read_all_stats TO {MONITOR}")
    assert "pg_read_all_stats" in outcomes.inconclusive["DBT-09/gateway-sessions"]


@pytest.mark.parametrize("tls", ["on", "off"])
def test_nothing_but_the_accounts_name_is_sent_in_the_clear(looker: Looker, tls: str) -> None:
    how = Setting(access=["host all all all password"], settings={"ssl": tls})
    looker.set_up(how)
    said: list[bytearray] = []
    with null.listening(lambda client: recorded(client, looker.server.port, said)) as port:
        document = looker.document(Setting(declared={"port": port}))
        outcomes = assess(document, looker.environ, areas=["dbt"], folder=looker.folder)
    assert "DBT-02" in failures(outcomes)
    startups = [words for words in said if words and words != SSL_REQUEST]
    assert startups
    assert all(len(words) == int.from_bytes(words[:4]) and words[8:12] == b"user" for words in startups)


def recorded(client: socket.socket, port: int, said: list[bytearray]) -> None:
    """Relay a client to the server, and note what it says before TLS begins: before the server has heard it."""
    clear = bytearray()
    said.append(clear)
    with contextlib.suppress(OSError), client, socket.create_connection(("127.0.0.1", port)) as server:
        threading.Thread(target=null.copied, args=(server, client), daemon=True).start()
        while chunk := client.recv(1 << 16):
            if clear == SSL_REQUEST and chunk[:1] == b"\x16":
                server.sendall(chunk)
                null.copied(client, server)
                return
            clear += chunk
            server.sendall(chunk)


@contextmanager
def relayed(family: socket.AddressFamily, address: str, port: int, source: str) -> Iterator[None]:
    """Listen at `address` and `port`, and relay everything to the server at that port, from `source`."""
    over = threading.Event()
    with socket.create_server((address, port), family=family) as door:

        def serve() -> None:
            while not over.is_set():
                try:
                    guest, _ = door.accept()
                except OSError:
                    return
                threading.Thread(target=relay, args=(guest,), daemon=True).start()

        def relay(guest: socket.socket) -> None:
            here = (source, 0)
            with (
                contextlib.suppress(OSError),
                guest,
                socket.create_connection(("127.0.0.1", port), source_address=here) as server,
            ):
                threading.Thread(target=null.copied, args=(server, guest), daemon=True).start()
                null.copied(guest, server)

        threading.Thread(target=serve, daemon=True).start()
        try:
            yield
        finally:
            over.set()
            door.shutdown(socket.SHUT_RDWR)


BOTH = [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")]


def has_both(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    found = [(family, (address, port)) for family, address in BOTH]
    usual = resolve.resolve
    monkeypatch.setattr(
        door, "resolve", lambda host, at, seconds: found if host == "localhost" else usual(host, at, seconds)
    )


def test_the_clear_at_the_second_address_is_found(looker: Looker, monkeypatch: pytest.MonkeyPatch) -> None:
    how = Setting(access=[WITH_CERTIFICATE, "hostnossl waweb wa 127.0.0.2/32 scram-sha-256"])
    looker.set_up(how)
    has_both(monkeypatch, looker.server.port)
    with relayed(socket.AF_INET6, "::1", looker.server.port, "127.0.0.2"):
        outcomes = assess(looker.document(how), looker.environ, areas=["dbt"], folder=looker.folder)
    assert failures(outcomes) == {"DBT-02"}
    assert "at ::1: in the clear, it asks for a SASL exchange" in outcomes.failures()["DBT-02"]
    seen = outcomes.observations["database/0"]["addresses"]
    assert list(seen) == ["127.0.0.1", "::1"]


def test_a_second_address_where_nobody_listens_is_left_out(looker: Looker, monkeypatch: pytest.MonkeyPatch) -> None:
    has_both(monkeypatch, looker.server.port)
    outcomes = looker.look(Setting(access=[LOCAL, WITH_CERTIFICATE]))
    assert not outcomes.failures()
    assert list(outcomes.observations["database/0"]["left_out"]) == ["::1"]
    assert outcomes.verdicts["DBT-02"].outcome is Outcome.PASS


IN_THE_CLEAR = ["hostnossl waweb all all scram-sha-256"]
NO_CERTIFICATE = {"client_cert": None, "client_key": None}


def test_tls_that_begins_at_once_in_front_of_the_database(looker: Looker, tmp_path: Path) -> None:
    port = free_port()
    how = Setting(access=IN_THE_CLEAR, declared={"port": port, **NO_CERTIFICATE})
    looker.set_up(how)
    issued = looker.authority.issue(LeafSpec())
    (tmp_path / "front.pem").write_bytes(issued.chain_pem + issued.key_pem)
    sections = (
        f"listen front\n  mode tcp\n  bind 127.0.0.1:{port} ssl crt {tmp_path}/front.pem alpn postgresql\n"
        f"  server db 127.0.0.1:{looker.server.port}\n"
    )
    with haproxy_sections(tmp_path, port, sections):
        outcomes = assess(looker.document(how), looker.environ, areas=["dbt"], folder=looker.folder)
    assert not outcomes.failures()
    passed = {case for case, verdict in outcomes.verdicts.items() if verdict.outcome is Outcome.PASS}
    assert passed >= {"DBT-01", "DBT-02", "DBT-03", "DBT-09/own-session"}
    assert "speaks TLS at once" in outcomes.verdicts["DBT-01"].observed


@contextmanager
def pgbouncer(looker: Looker, folder: Path) -> Iterator[int]:
    """Run PgBouncer, which takes TLS and the accounts' passwords, in front of the server; yields its port."""
    port, issued = free_port(), looker.authority.issue(LeafSpec())
    (folder / "b.pem").write_bytes(issued.chain_pem)
    (folder / "b-key.pem").write_bytes(issued.key_pem)
    accounts = "".join(f'"{name}" "{looker.environ[key]}"\n' for name, key in PASSWORDS.items())
    (folder / "users.txt").write_text(accounts)
    (folder / "pgbouncer.ini").write_text(
        f"[databases]\n{DATABASE} = host=127.0.0.1 port={looker.server.port}\n[pgbouncer]\n"
        f"listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
        f"auth_type = scram-sha-256\nauth_file = {folder}/users.txt\n"
        f"client_tls_sslmode = require\nclient_tls_cert_file = {folder}/b.pem\n"
        f"client_tls_key_file = {folder}/b-key.pem\n"
    )
    command = [installed("pgbouncer"), str(folder / "pgbouncer.ini")]
    if os.geteuid() == 0:  # it refuses to run as root
        for path in (folder, *folder.iterdir(), *folder.parents[:3]):
            shutil.chown(path, "nobody") if path.is_relative_to(folder) else path.chmod(path.stat().st_mode | 0o011)
        command += ["-u", "nobody"]
    with running(command, port, folder):
        yield port


def test_a_poolers_session_of_our_own_login_is_not_the_gateways(
    looker: Looker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    how = Setting(access=IN_THE_CLEAR)
    looker.set_up(how)
    (tmp_path / "pool").mkdir()
    with pgbouncer(looker, tmp_path / "pool") as port:
        trust = ssl.create_default_context(cafile=str(looker.folder / "ca.pem"))
        usual = sessions._watch

        def after_a_login(*what: Any) -> Any:
            password = looker.environ[PASSWORDS[ACCOUNT]]
            with pg8000.native.Connection(ACCOUNT, "localhost", DATABASE, port, password, ssl_context=trust):
                pass
            return usual(*what)

        monkeypatch.setattr(sessions, "_watch", after_a_login)
        document = looker.document(Setting(declared={"port": port, **NO_CERTIFICATE}))
        outcomes = assess(document, looker.environ, areas=["dbt"], folder=looker.folder)
    assert not outcomes.failures()
    assert outcomes.verdicts["DBT-09/own-session"].outcome is Outcome.PASS
    assert "may be of the suite's own logins" in outcomes.inconclusive["DBT-09/gateway-sessions"]


def test_a_gateway_behind_a_pooler_that_was_there_before_is_seen(looker: Looker, tmp_path: Path) -> None:
    how = Setting(access=IN_THE_CLEAR)
    looker.set_up(how)
    (tmp_path / "pool").mkdir()
    with pgbouncer(looker, tmp_path / "pool") as port:
        trust = ssl.create_default_context(cafile=str(looker.folder / "ca.pem"))
        password = looker.environ[PASSWORDS[ACCOUNT]]
        with pg8000.native.Connection(ACCOUNT, "localhost", DATABASE, port, password, ssl_context=trust) as gateway:
            gateway.run("SELECT 1")
            document = looker.document(Setting(declared={"port": port, **NO_CERTIFICATE}))
            outcomes = assess(document, looker.environ, areas=["dbt"], folder=looker.folder)
    assert not outcomes.failures()
    told = outcomes.verdicts["DBT-09/gateway-sessions"]
    assert told.outcome is Outcome.PASS
    assert any("goes on from there over loopback" in note for note in told.notes)


@contextmanager
def pgpool(looker: Looker, folder: Path) -> Iterator[int]:
    """Run Pgpool, whose own access file takes TLS alone, in front of the server; yields its port."""
    port, issued = free_port(), looker.authority.issue(LeafSpec())
    (folder / "p.pem").write_bytes(issued.chain_pem)
    (folder / "p-key.pem").write_bytes(issued.key_pem)
    (folder / "p-key.pem").chmod(0o600)
    (folder / "pool_hba.conf").write_text("hostssl all all 127.0.0.1/32 scram-sha-256\n")
    (folder / "passwords").write_text("".join(f"{name}:TEXT{looker.environ[PASSWORDS[name]]}\n" for name in PASSWORDS))
    (folder / "key").write_text("k\n")
    (folder / "key").chmod(0o600)
    (folder / "pgpool.conf").write_text(
        f"listen_addresses = '127.0.0.1'\nport = {port}\npcp_port = {free_port()}\npid_file_name = '{folder}/pid'\n"
        f"socket_dir = '{folder}'\npcp_socket_dir = '{folder}'\nwork_dir = '{folder}'\nlogdir = '{folder}'\n"
        f"backend_clustering_mode = 'raw'\nbackend_hostname0 = '127.0.0.1'\nbackend_port0 = {looker.server.port}\n"
        f"enable_pool_hba = on\npool_passwd = '{folder}/passwords'\nnum_init_children = 4\nuse_watchdog = off\n"
        f"ssl = on\nssl_cert = '{folder}/p.pem'\nssl_key = '{folder}/p-key.pem'\nconnection_cache = off\n"
    )
    command = [installed("pgpool"), "-n", "-f", str(folder / "pgpool.conf"), "-a", str(folder / "pool_hba.conf")]
    with running([*command, "-k", str(folder / "key")], port, folder):
        yield port


def test_pgpool_refuses_the_clear_in_words_of_its_own(looker: Looker, tmp_path: Path) -> None:
    how = Setting(access=IN_THE_CLEAR)
    looker.set_up(how)
    (tmp_path / "pool").mkdir()
    with pgpool(looker, tmp_path / "pool") as port:
        document = looker.document(Setting(declared={"port": port, **NO_CERTIFICATE}))
        outcomes = assess(document, looker.environ, areas=["dbt"], folder=looker.folder)
    assert not outcomes.failures()
    told = outcomes.verdicts["DBT-02"]
    assert told.outcome is Outcome.PASS
    assert "pool_hba.conf" in told.observed
