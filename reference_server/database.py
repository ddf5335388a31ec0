"""The database and the gateway's sessions: a real PostgreSQL, both apps logged in, and others pointed at the stub."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .database_client import Context, Environ, Session, core_context, retired_option, settings, web_context
from .pki import Authority, LeafSpec
from .ports import reserve
from .postgres import ACCOUNT, DATABASE, MONITOR, PASSWORDS, Postgres, programs

if TYPE_CHECKING:
    from .shared import Shared

AREA = "dbt"
NOT_HERE = "no PostgreSQL is installed here"

# The stub's listeners, by their keys in the target file, and how the gateway at each is set up.
STUBS = ("listen", "verify_other_listen", "verify_off_listen", "core_listen", "core_retired_listen")

_SUITES = (
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
)


class Database:
    """A database that takes the gateway's account over TLS with its certificate only, and a gateway that verifies it.

    What a fault may replace: any attribute set in `__init__`. `settings`, `access` and `files` are postgresql.conf,
    pg_hba.conf and the data folder's files; `web` and `core` make the apps' TLS contexts of their settings. With
    `left_over`, lines that pg_hba.conf had before, a session in the clear is there from that time. `front` opens a
    listener before the server's port, at which everybody finds the database then. `opened_in_the_clear` are further
    databases of the server that the core app opens without TLS.
    """

    def __init__(self, shared: Shared, server: Postgres | None) -> None:
        """Let the server start, if the area is wanted and none was given."""
        self.shared = shared
        self._own: Postgres | None = None
        if server is None and AREA in shared.costly:
            if (binaries := programs()) is None:
                shared.without["database"] = NOT_HERE
            else:
                self._own = server = Postgres(binaries)
        self.server = server if AREA in shared.costly else None
        if self.server is not None:
            shared.environ |= self.server.environ
        self.authority = Authority("Portero database authority")
        self.issuer = self.authority
        self.client_issuer = self.authority
        self.leaf = LeafSpec()
        self.settings = {
            "ssl": "on",
            "ssl_cert_file": "server.pem",
            "ssl_key_file": "server-key.pem",
            "ssl_ca_file": "clients.pem",
            "ssl_min_protocol_version": "TLSv1.3",
            "ssl_ciphers": _SUITES,
        }
        self.access = [
            f"hostssl {DATABASE} {ACCOUNT} all scram-sha-256 clientcert=verify-full",
            f"hostssl {DATABASE} {MONITOR} all scram-sha-256",
        ]
        self.files: dict[str, bytes] = {}
        self.web: Callable[[Environ], Context] = web_context
        self.core: Callable[[Environ], Context] = core_context
        self.web_falls_back = False
        self.shows_client_certificate = True
        self.left_over: list[str] = []
        self.opened_in_the_clear: list[str] = []
        self.front: Callable[[int], socket.socket] | None = None
        self.port = 0
        self.sessions: list[Session] = []
        self._held: dict[str, socket.socket] = {}
        self._door: socket.socket | None = None

    def start(self) -> None:
        """Set the server up, and log in; nothing where there is no server."""
        if self.server is None:
            return
        self._write_files()
        files = self._issued() | self.files
        try:
            self.sessions = [self._from_before(self.server, files)] if self.left_over else []
            self.server.set_up(self.settings, self.access, files)
        except RuntimeError as trouble:
            self.shared.without["database"] = str(trouble)
            return
        self._door = self.front(self.server.port) if self.front is not None else None
        self.port = self._door.getsockname()[1] if self._door is not None else self.server.port
        self._held = {key: reserve() for key in STUBS}
        living = [self._session(self.port, self.web), self._session(self.port, self.core)]
        for name in self.opened_in_the_clear:
            living.append(self._session(self.port, lambda _: False))
            living[-1].database = name
        at_stub = [self._at_stub(key, held.getsockname()[1]) for key, held in self._held.items()]
        self.sessions += living + at_stub
        for session in living + at_stub:
            session.start()
        for session in living:
            session.tried.wait(5)

    def stop(self) -> None:
        """Log out, and end the server, unless it is somebody else's."""
        for session in self.sessions:
            session.stop()
        for held in self._held.values():
            held.close()
        if self._door is not None:
            with contextlib.suppress(OSError):  # not every system lets a listener be shut down
                self._door.shutdown(socket.SHUT_RDWR)
            self._door.close()
        if self._own is not None:
            self._own.stop()

    def document(self) -> dict[str, Any]:
        """Return this part's tables of a fitting target file."""
        if self.server is None or not self._held:
            return {}
        folder = self.shared.folder
        stub: dict[str, Any] = {key: f"127.0.0.1:{held.getsockname()[1]}" for key, held in self._held.items()}
        stub |= {"host": "localhost", "ca_cert": str(folder / "db-ca.pem"), "ca_key": "env:PORTERO_STUB_CA_KEY"}
        table: dict[str, Any] = {
            "engine": "postgresql",
            "host": "localhost",
            "port": self.port,
            "name": DATABASE,
            "ca_file": str(folder / "db-ca.pem"),
            "username": ACCOUNT,
            "password": f"env:{PASSWORDS[ACCOUNT]}",
            "monitor": {"username": MONITOR, "password": f"env:{PASSWORDS[MONITOR]}"},
            "stub": stub,
        }
        if self.shows_client_certificate:
            table |= {"client_cert": str(folder / "db-client.pem"), "client_key": "env:PORTERO_DB_CLIENT_KEY"}
            table |= {"other_client_cert": str(folder / "db-other.pem"), "other_client_key": "env:PORTERO_DB_OTHER_KEY"}
        return {"database": table}

    def _from_before(self, server: Postgres, files: dict[str, bytes]) -> Session:
        server.set_up(self.settings, self.left_over, files)
        session = self._session(server.port, lambda _: False)
        session.start()
        session.tried.wait(5)
        return session

    def _session(
        self, port: int, make_context: Callable[[Environ], Context], environ: Environ | None = None
    ) -> Session:
        folder, password = self.shared.folder, self.shared.environ[PASSWORDS[ACCOUNT]]
        return Session(ACCOUNT, password, port, environ or settings(folder), make_context)

    def _at_stub(self, key: str, port: int) -> Session:
        """Return a session that is pointed at the suite's stub database, set up as that listener is for."""
        folder = self.shared.folder
        if key.startswith("core"):
            environ = retired_option(folder) if key == "core_retired_listen" else settings(folder)
            return self._session(port, self.core, environ)
        values = {"verify_off_listen": {"WA_DB_SSL_VERIFY": "0"}, "verify_other_listen": {"WA_DB_SSL_VERIFY": "1"}}
        session = self._session(port, self.web, settings(folder, **values.get(key, {})))
        session.falls_back = self.web_falls_back
        return session

    def _write_files(self) -> None:
        """Write what the gateway is given: the authority, its certificate and key."""
        folder, environ = self.shared.folder, self.shared.environ
        client = self.authority.issue(LeafSpec(names=(ACCOUNT,), for_client=True))
        (folder / "db-ca.pem").write_bytes(self.authority.pem)
        other = self.authority.issue(LeafSpec(names=("somebody.example",), for_client=True))
        (folder / "db-other.pem").write_bytes(other.chain_pem)
        environ["PORTERO_DB_OTHER_KEY"] = other.key_pem.decode()
        (folder / "db-client.pem").write_bytes(client.chain_pem)
        (folder / "db-client-key.pem").write_bytes(client.key_pem)
        environ["PORTERO_DB_CLIENT_KEY"] = client.key_pem.decode()
        environ["PORTERO_STUB_CA_KEY"] = self.authority.key_pem.decode()

    def _issued(self) -> dict[str, bytes]:
        """Return what the server is given."""
        leaf = self.issuer.issue(self.leaf)
        return {"server.pem": leaf.chain_pem, "server-key.pem": leaf.key_pem, "clients.pem": self.client_issuer.pem}
