"""A real MariaDB, set up right in odd ways and wrong in others."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import ssl
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pymysql
import pytest

from conformance.model import Outcome
from reference_server.pki import Authority, LeafSpec
from tests import null
from tests.arena import Outcomes, assess
from tests.databases import MariaDb

SUITES = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256"
SECRETS = {"WA": "password-of-wa", "MONITOR": "password-of-monitor", "WRONG": "not-the-password"}


@dataclass
class Site:
    """A folder with an authority, what it issued, and the server's files."""

    folder: Path
    authority: Authority
    environ: dict[str, str] = field(default_factory=lambda: dict(SECRETS))

    def issue(self, leaf: LeafSpec, authority: Authority | None = None) -> None:
        """Write the server's certificate and key."""
        issued = (authority or self.authority).issue(leaf)
        for name, content in (("server.pem", issued.chain_pem), ("server-key.pem", issued.key_pem)):
            path = self.folder / name
            path.write_bytes(content)
            if os.geteuid() == 0:
                shutil.chown(path, "mysql")

    def options(self, *more: str) -> list[str]:
        files = {"ssl-cert": "server.pem", "ssl-key": "server-key.pem", "ssl-ca": "ca.pem"}
        return [f"--{name}={self.folder / file}" for name, file in files.items()] + list(more)

    def document(self, port: int, *, scan: bool = False, **declared: Any) -> dict[str, Any]:
        table: dict[str, Any] = {"engine": "mysql", "host": "localhost", "port": port, "name": "waweb"}
        table |= {"ca_file": "ca.pem", "client_cert": "client.pem", "client_key": "env:KEY"}
        table |= {"username": "wa", "password": "env:WA"}
        table |= {"monitor": {"username": "monitor", "password": "env:MONITOR"}} | declared
        left_out = ["DBT-06", "DBT-07", "DBT-08", *([] if scan else ["DBT-05"])]
        left_out += [] if "other_client_cert" in declared else ["DBT-10"]
        return {
            "schema": 1,
            "name": "test",
            "database": {key: value for key, value in table.items() if value is not None},
            "limits": {"connections": 32, "requests_per_second": 2000},
            "scope": {"exclude": [{"requirement": name, "reason": "not here"} for name in left_out]},
        }

    def look(self, port: int, **declared: Any) -> Outcomes:
        return assess(self.document(port, **declared), self.environ, areas=["dbt"], folder=self.folder)

    @contextlib.contextmanager
    def gateway(self, port: int, *, tls: bool = True) -> Iterator[None]:
        """Hold a session of the gateway's."""
        context = ssl.create_default_context(cafile=self.folder / "ca.pem")
        context.load_cert_chain(self.folder / "client-and-key.pem")
        settings: dict[str, Any] = {"ssl": context} if tls else {"ssl_disabled": True}
        with pymysql.connect(host="localhost", port=port, user="wa", password=SECRETS["WA"], **settings):
            yield


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for no session of a gateway: those that are looked for are there already."""
    monkeypatch.setattr("conformance.areas.dbt.sessions.PAUSE", 0.0)


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """Make everything in a folder that the server's own user can enter: pytest's cannot be."""
    with tempfile.TemporaryDirectory(prefix="portero-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield _site(folder)


def _site(folder: Path) -> Site:
    authority = Authority("A company's databases")
    client = authority.issue(LeafSpec(names=("wa",), for_client=True))
    (folder / "ca.pem").write_bytes(authority.pem)
    (folder / "client.pem").write_bytes(client.chain_pem)
    (folder / "client-and-key.pem").write_bytes(client.chain_pem + client.key_pem)
    made = Site(folder, authority)
    made.environ["KEY"] = client.key_pem.decode()
    other = authority.issue(LeafSpec(names=("somebody.example",), for_client=True))
    (folder / "other.pem").write_bytes(other.chain_pem)
    made.environ["OTHER_KEY"] = other.key_pem.decode()
    made.issue(LeafSpec())
    return made


@pytest.fixture(scope="module")
def server(site: Site) -> Iterator[MariaDb]:
    data = site.folder / "server"
    data.mkdir()
    made = MariaDb(data)
    made.run()
    made.ask(
        "CREATE DATABASE waweb",
        f"CREATE USER wa IDENTIFIED BY '{SECRETS['WA']}'",
        "GRANT ALL ON waweb.* TO wa",
        f"CREATE USER monitor IDENTIFIED BY '{SECRETS['MONITOR']}'",
        "GRANT PROCESS ON *.* TO monitor",
        "GRANT SELECT ON performance_schema.* TO monitor",
    )
    yield made
    made.close()


@pytest.fixture
def afresh(server: MariaDb, site: Site) -> MariaDb:
    """Set everything right again, which each test then spoils."""
    site.issue(LeafSpec())
    server.run(*site.options("--performance-schema=ON", "--tls-version=TLSv1.2,TLSv1.3", f"--ssl-cipher={SUITES}"))
    server.ask("SET GLOBAL require_secure_transport = ON", "ALTER USER wa REQUIRE X509", "FLUSH SSL")
    return server


def failures(outcomes: Outcomes) -> set[str]:
    return {case for case, verdict in outcomes.verdicts.items() if verdict.outcome is Outcome.FAIL}


def test_a_right_one_is_right(afresh: MariaDb, site: Site) -> None:
    with site.gateway(afresh.port):
        outcomes = site.look(afresh.port, scan=True)
    assert not failures(outcomes), outcomes.failures()
    assert not outcomes.inconclusive


@pytest.mark.parametrize(
    "needs", ["REQUIRE SSL", "REQUIRE SUBJECT '/CN=wa'", "REQUIRE CIPHER 'TLS_AES_256_GCM_SHA384'"]
)
def test_an_account_that_needs_tls_is_refused_the_clear(afresh: MariaDb, site: Site, needs: str) -> None:
    afresh.ask("SET GLOBAL require_secure_transport = OFF", f"ALTER USER wa {needs}")
    verdict = site.look(afresh.port).verdicts["DBT-02"]
    assert verdict.outcome is Outcome.PASS
    assert "password's proof has crossed" in verdict.notes[0]


@pytest.mark.parametrize(
    ("secure", "needs", "wrong"),
    [
        ("OFF", "NONE", {"DBT-02", "DBT-04/none", "DBT-04/foreign"}),
        ("ON", "NONE", {"DBT-04/none", "DBT-04/foreign"}),
        ("ON", "SSL", {"DBT-04/none", "DBT-04/foreign"}),
    ],
)
def test_what_an_account_lacks_is_told(afresh: MariaDb, site: Site, secure: str, needs: str, wrong: set[str]) -> None:
    afresh.ask(f"SET GLOBAL require_secure_transport = {secure}", f"ALTER USER wa REQUIRE {needs}")
    with site.gateway(afresh.port):
        found = failures(site.look(afresh.port))
    # A certificate that does not verify ends the handshake, whatever the account needs.
    assert wrong - {"DBT-04/foreign"} <= found <= wrong


@pytest.mark.parametrize(
    ("leaf", "issuer", "words"),
    [
        (LeafSpec(starts_in_days=-61), None, "has expired"),
        (LeafSpec(starts_in_days=2), None, "not valid yet"),
        (LeafSpec(names=("db.staging.example",)), None, "for another name"),
        (LeafSpec(), "A company's databases", "is not trusted"),
        (LeafSpec(), "Somebody else", "not trusted"),
        (LeafSpec(self_signed=True), None, "signed by itself"),
    ],
)
def test_a_wrong_certificate_is_told(
    afresh: MariaDb, site: Site, leaf: LeafSpec, issuer: str | None, words: str
) -> None:
    site.issue(leaf, Authority(issuer) if issuer else None)
    afresh.ask("FLUSH SSL")
    outcomes = site.look(afresh.port)
    assert failures(outcomes) == {"DBT-03"}
    assert words in outcomes.failures()["DBT-03"]
    assert "no login was sent" in outcomes.inconclusive["DBT-04/declared"]


@pytest.mark.parametrize(
    ("needs", "wrong"),
    [
        ("IDENTIFIED BY 'password-of-wa' REQUIRE X509", {"DBT-10/other-certificate"}),
        ("IDENTIFIED BY 'password-of-wa' REQUIRE SUBJECT '/CN=wa'", set()),
        ("IDENTIFIED BY '' REQUIRE SUBJECT '/CN=wa'", set()),
        ("IDENTIFIED BY '' REQUIRE X509", {"DBT-10/no-password", "DBT-10/other-certificate"}),
        ("IDENTIFIED BY '' REQUIRE SSL", {"DBT-04/none", "DBT-10/no-password"}),
    ],
)
def test_whose_certificate_opens_the_account(afresh: MariaDb, site: Site, needs: str, wrong: set[str]) -> None:
    bare = {"password": None} if "''" in needs else {}
    afresh.ask(f"ALTER USER wa {needs}")
    try:
        outcomes = site.look(
            afresh.port, other_client_cert="other.pem", other_client_key="env:OTHER_KEY", monitor=None, **bare
        )
    finally:
        afresh.ask(f"ALTER USER wa IDENTIFIED BY '{SECRETS['WA']}' REQUIRE X509")
    assert failures(outcomes) - {"DBT-04/foreign"} == wrong, outcomes.by_case()


def test_a_forged_certificate_is_refused_in_the_words_of_the_alert(afresh: MariaDb, site: Site) -> None:
    told = site.look(afresh.port).verdicts["DBT-04/foreign"]
    assert told.outcome is Outcome.PASS
    assert "(EOF)" not in told.observed.upper(), told.observed


def test_a_session_in_the_clear_is_found(afresh: MariaDb, site: Site) -> None:
    afresh.ask("SET GLOBAL require_secure_transport = OFF", "ALTER USER wa REQUIRE NONE")
    with site.gateway(afresh.port, tls=False), site.gateway(afresh.port):
        afresh.ask("SET GLOBAL require_secure_transport = ON", "ALTER USER wa REQUIRE X509")
        outcomes = site.look(afresh.port)
    assert failures(outcomes) == {"DBT-09/gateway-sessions"}
    assert "1 of 2 is in the clear" in outcomes.failures()["DBT-09/gateway-sessions"]


@pytest.mark.parametrize(
    ("declared", "case", "words"),
    [
        ({"password": "env:WRONG"}, "DBT-02", "Access denied"),
        ({"password": "env:WRONG"}, "DBT-04/none", "Access denied"),
        ({"password": None}, "DBT-02", "needs database.password"),
        ({"monitor": {"username": "monitor", "password": "env:WRONG"}}, "DBT-09/own-session", "Access denied"),
    ],
)
def test_what_is_declared_wrongly_is_told(
    afresh: MariaDb, site: Site, declared: dict[str, Any], case: str, words: str
) -> None:
    outcomes = site.look(afresh.port, **declared)
    assert words in outcomes.inconclusive[case]
    assert not failures(outcomes), outcomes.failures()


def test_a_wrong_password_locks_nobody_out(afresh: MariaDb, site: Site) -> None:
    """MariaDB locks an account after so many wrong passwords; the right one still has to work afterwards."""
    afresh.ask("SET GLOBAL max_password_errors = 2")
    site.look(afresh.port, scan=True, password="env:WRONG")
    with site.gateway(afresh.port):
        pass


@pytest.mark.parametrize(("limit", "password"), [(25, "env:WA"), (100, None)])
def test_a_host_is_not_locked_out(
    afresh: MariaDb, site: Site, monkeypatch: pytest.MonkeyPatch, limit: int, password: str | None
) -> None:
    """MariaDB blocks a host after so many broken handshakes, 127.0.0.1 and ::1 apart, until a login succeeds."""
    monkeypatch.setattr("conformance.areas.dbt.tls._LOOPBACK", ())
    afresh.run(*site.options(f"--ssl-cipher={SUITES}", "--skip-name-resolve=0"))
    afresh.ask(f"SET GLOBAL max_connect_errors = {limit}", "ALTER USER wa REQUIRE NONE")
    with null.listening(lambda client: from_elsewhere(client, afresh.port)) as port:
        outcomes = site.look(port, scan=True, password=password, client_cert=None, client_key=None)
        with site.gateway(port):
            pass
    if password:
        assert outcomes.verdicts["DBT-05/cipher-suites"].outcome is Outcome.PASS
    else:
        assert "max_connect_errors" in outcomes.inconclusive["DBT-05/cipher-suites"]


def from_elsewhere(client: socket.socket, port: int) -> None:
    """Relay a client to the server from an address that it does not take for its own."""
    with (
        contextlib.suppress(OSError),
        client,
        socket.create_connection(("127.0.0.1", port), source_address=("127.0.0.2", 0)) as server,
    ):
        threading.Thread(target=null.copied, args=(server, client), daemon=True).start()
        null.copied(client, server)


def test_as_it_is_installed_with_old_versions(site: Site, server: MariaDb) -> None:
    site.issue(LeafSpec(key="rsa-2048"))
    server.run(*site.options("--tls-version=TLSv1.1,TLSv1.2", "--ssl-cipher=ALL:@SECLEVEL=0"))
    server.ask("ALTER USER wa REQUIRE NONE")
    outcomes = site.look(server.port, scan=True, client_cert=None, client_key=None)
    assert failures(outcomes) == {"DBT-02", "DBT-05/protocol-version", "DBT-05/cipher-suites"}
    assert "performance_schema is off" in outcomes.inconclusive["DBT-09/gateway-sessions"]


def test_without_tls(site: Site, server: MariaDb) -> None:
    server.run("--skip-ssl")
    outcomes = site.look(server.port, scan=True)
    assert failures(outcomes) == {"DBT-01", "DBT-02"}
    assert not [case for case, verdict in outcomes.verdicts.items() if verdict.outcome is Outcome.PASS]


def test_an_account_with_another_method_is_told_in_words(afresh: MariaDb, site: Site) -> None:
    afresh.ask(
        "INSTALL SONAME 'auth_ed25519'",
        "SET GLOBAL require_secure_transport = OFF",
        f"CREATE OR REPLACE USER edward IDENTIFIED VIA ed25519 USING PASSWORD('{SECRETS['WA']}')",
        "GRANT ALL ON waweb.* TO edward",
    )
    try:
        outcomes = site.look(afresh.port, username="edward", client_cert=None, client_key=None)
    finally:
        afresh.ask("DROP USER edward", "UNINSTALL SONAME 'auth_ed25519'")
    assert "by a method that is not spoken here" in outcomes.inconclusive["DBT-02"]
    assert "RuntimeError" not in str(outcomes.inconclusive)


def test_the_rule_names_the_accounts_row(afresh: MariaDb, site: Site) -> None:
    afresh.ask("SET GLOBAL require_secure_transport = OFF", "ALTER USER wa REQUIRE SSL")
    assert "REQUIRE SSL refuses it (wa@%)" in site.look(afresh.port).verdicts["DBT-02"].observed
