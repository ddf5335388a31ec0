"""How web app and core app open their database: what the WA_DB_SSL settings, and the retired option, mean."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pg8000.native

Context = ssl.SSLContext | None | bool
"""pg8000's: None prefers TLS without verification and falls back to the clear, False asks for none."""

Environ = dict[str, str]

_RETRY = 0.05
_TIMEOUT = 5.0


def web_context(environ: Environ) -> Context:
    """Verify the database unless WA_DB_SSL_VERIFY is 0; without an authority the system's trust decides."""
    context = _new_settings(environ)
    if environ.get("WA_DB_SSL_VERIFY") == "0":
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def core_context(environ: Environ) -> Context:
    """Take the new settings; without them WA_DB_CONNECTION_OPTION, which is in words of libpq."""
    if "WA_DB_SSL_CA" in environ:
        return _new_settings(environ)
    option = dict(word.split("=", 1) for word in environ.get("WA_DB_CONNECTION_OPTION", "").split())
    mode = option.get("sslmode", "prefer")
    if mode in ("disable", "allow", "prefer"):
        return None
    context = _trusting(option.get("sslrootcert"))
    if "sslcert" in option:
        context.load_cert_chain(option["sslcert"], option["sslkey"])
    context.check_hostname = mode == "verify-full"
    if mode == "require":
        context.verify_mode = ssl.CERT_NONE
    return context


def _new_settings(environ: Environ) -> ssl.SSLContext:
    context = _trusting(environ.get("WA_DB_SSL_CA"))
    if "WA_DB_SSL_CERT" in environ:
        context.load_cert_chain(environ["WA_DB_SSL_CERT"], environ["WA_DB_SSL_KEY"])
    return context


def _trusting(authority: str | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=authority)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


@dataclass(slots=True)
class Session:
    """A session that is begun again whenever it breaks, against whatever it is pointed at.

    One that `falls_back` tries again in the clear at once.
    """

    username: str
    password: str
    port: int
    environ: Environ
    make_context: Callable[[Environ], Context]
    host: str = "localhost"
    database: str = "waweb"
    falls_back: bool = False
    tried: threading.Event = field(default_factory=threading.Event)
    _over: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        """Begin in the background."""
        threading.Thread(target=self._hold, name="database-session", daemon=True).start()

    def stop(self) -> None:
        """End the session, and begin none any more."""
        self._over.set()

    def _hold(self) -> None:
        context = self.make_context(self.environ)
        while not self._over.is_set():
            try:
                with self._opened(context):
                    self.tried.set()
                    self._over.wait()
            except (pg8000.native.Error, OSError, ValueError):
                if self.falls_back:
                    with contextlib.suppress(pg8000.native.Error, OSError, ValueError), self._opened(context=False):
                        pass
                self.tried.set()
                self._over.wait(_RETRY)

    @contextmanager
    def _opened(self, context: Context) -> Iterator[None]:
        # pg8000 does not close a socket of its own whose TLS handshake fails.
        with (
            socket.create_connection((self.host, self.port), _TIMEOUT) as sock,
            pg8000.native.Connection(
                self.username,
                host=self.host,
                database=self.database,
                password=self.password,
                sock=sock,
                ssl_context=context,
                application_name="gateway",
            ),
        ):
            yield


def settings(folder: Path, **more: str) -> Environ:
    """Return the WA_DB_SSL settings whose files stand in `folder`, and `more` of them."""
    names = {"WA_DB_SSL_CA": "db-ca.pem", "WA_DB_SSL_CERT": "db-client.pem", "WA_DB_SSL_KEY": "db-client-key.pem"}
    return {name: str(folder / file) for name, file in names.items()} | more


def retired_option(folder: Path) -> Environ:
    """Return the retired option with the same files."""
    ca, certificate, key = settings(folder).values()
    words = f"sslmode=verify-full sslrootcert={ca} sslcert={certificate} sslkey={key}"
    return {"WA_DB_CONNECTION_OPTION": words}
