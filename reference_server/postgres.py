"""A PostgreSQL of the machine's own programs, in a folder and at a loopback port of its own, set up anew at will."""

from __future__ import annotations

import contextlib
import os
import pwd
import re
import secrets
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import pg8000.native

from .ports import reserve

ADMINISTRATOR = "postgres"
DATABASE, ACCOUNT, MONITOR = "waweb", "wa", "monitor"
PASSWORDS = {ACCOUNT: "PORTERO_DB_PASSWORD", MONITOR: "PORTERO_DB_MONITOR_PASSWORD"}

_PLACES: tuple[str, ...] = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/usr/local/pgsql/bin",
    "/usr/local/lib/postgresql/*/bin",
)
_PLACES += ("/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin", "/usr/libexec/postgresql*")
_PATIENCE = 20.0
_PAUSE = 0.005

_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "shared_buffers": "4MB",
    "max_connections": "60",
    "max_wal_senders": "0",
    "wal_level": "minimal",
    "logging_collector": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}

# Ends the server and removes the folder as soon as whoever started it is gone, killed or not: its input is at an end.
_GUARDIAN = 'folder=$1; shift; "$@" </dev/null & read -r _; kill -QUIT $! 2>/dev/null; wait; rm -rf "$folder"'


def programs() -> Path | None:
    """Return the folder of the newest server that is installed, on PATH or where distributions keep it."""
    on_path = shutil.which("postgres")
    if on_path and (home := Path(on_path).resolve().parent).joinpath("initdb").exists():
        return home
    found = [path for place in _PLACES for path in Path("/").glob(place[1:]) if (path / "initdb").exists()]
    return max((path for path in found if (path / "postgres").exists()), key=_version, default=None)


def _version(path: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", str(path))]


class Postgres:
    """One server. It starts in the background at once; `set_up` waits for it."""

    def __init__(self, binaries: Path) -> None:
        """Make its folder, and let it start."""
        self.folder = Path(tempfile.mkdtemp(prefix="portero-pg-"))
        self.environ = {variable: secrets.token_urlsafe(24) for variable in PASSWORDS.values()}
        self._binaries = binaries
        self._owner = _unprivileged()
        if self._owner is not None:
            os.chown(self.folder, self._owner.pw_uid, self._owner.pw_gid)
        self._reserved = reserve()
        self.port: int = self._reserved.getsockname()[1]
        self._generation = 0
        self._trouble: Exception | None = None
        self._guardian: subprocess.Popen[bytes] | None = None
        self._starting = threading.Thread(target=self._start, name="postgres", daemon=True)
        self._starting.start()

    def set_up(self, settings: dict[str, str], access: list[str], files: dict[str, bytes]) -> None:
        """Let new connections meet these settings, lines of pg_hba.conf and files of the data folder.

        Waits until the server does so; raises RuntimeError where it does not start.
        """
        self._starting.join(_PATIENCE)
        if self._trouble is not None:
            raise RuntimeError(f"PostgreSQL does not start: {self._trouble}") from self._trouble
        for name, content in files.items():
            self._write(name, content)
        self._configure(settings, access)
        pid = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGHUP)
        ends = time.monotonic() + _PATIENCE
        while self.ask("SHOW portero.generation") != [[str(self._generation)]]:
            if time.monotonic() > ends:
                raise RuntimeError("PostgreSQL does not take its new settings")
            time.sleep(_PAUSE)
        # That a line is without effect, because TLS is off, is told there as well.
        if wrong := self.ask("SELECT error FROM pg_hba_file_rules WHERE error NOT LIKE '%SSL is disabled%'"):
            raise RuntimeError(f"PostgreSQL does not take its pg_hba.conf: {wrong[0][0]}")

    def stop(self) -> None:
        """End the server, and remove all that it wrote."""
        self._starting.join(_PATIENCE)
        self._reserved.close()
        if self._guardian is None:
            shutil.rmtree(self.folder, ignore_errors=True)
            return
        assert self._guardian.stdin is not None  # noqa: S101 - as started
        self._guardian.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._guardian.wait(_PATIENCE)

    def ask(self, statement: str, database: str = DATABASE) -> list[list[object]]:
        """Run a statement as the administrator, over the server's own socket."""
        path = str(self.folder / f".s.PGSQL.{self.port}")
        with pg8000.native.Connection(ADMINISTRATOR, unix_sock=path, database=database, timeout=_PATIENCE) as session:
            return list(session.run(statement) or [])

    def _start(self) -> None:
        try:
            self._initialise()
            self._run()
            self._make_accounts()
        except (OSError, subprocess.SubprocessError, RuntimeError, pg8000.native.Error) as error:
            self._trouble = error

    def _initialise(self) -> None:
        command = [str(self._binaries / "initdb"), "-D", str(self.folder / "data"), "-U", ADMINISTRATOR, "-A", "trust"]
        command += ["--no-sync", "--no-instructions", "--locale=C", "-E", "UTF8"]
        done = self._as_owner(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        _, errors = done.communicate(timeout=_PATIENCE)
        if done.returncode:
            raise RuntimeError((errors.decode(errors="replace").strip().splitlines() or ["initdb failed"])[-1])
        self._configure({}, [])

    def _run(self) -> None:
        command = ["/bin/sh", "-c", _GUARDIAN, "sh", str(self.folder)]
        command += [str(self._binaries / "postgres"), "-D", str(self.folder / "data")]
        with (self.folder / "log").open("wb") as log:
            self._guardian = self._as_owner(command, stdin=subprocess.PIPE, stdout=log, stderr=log)

        ends = time.monotonic() + _PATIENCE
        while True:
            try:
                self.ask("SELECT 1", "template1")
            except pg8000.native.Error:
                if time.monotonic() > ends:
                    raise RuntimeError((self.folder / "log").read_text(errors="replace").strip()[-500:]) from None
                time.sleep(_PAUSE)
            else:
                return

    def _make_accounts(self) -> None:
        self.ask(f"ALTER DATABASE postgres RENAME TO {DATABASE}", "template1")
        for account, variable in PASSWORDS.items():
            self.ask(f"CREATE ROLE {account} LOGIN PASSWORD '{self.environ[variable]}'")
        self.ask(f"GRANT pg_read_all_stats TO {MONITOR}")

    def _configure(self, settings: dict[str, str], access: list[str]) -> None:
        self._generation += 1
        own = {"port": str(self.port), "unix_socket_directories": str(self.folder)}
        own |= {"portero.generation": str(self._generation)}
        lines = [f"{name} = '{value}'" for name, value in (_SETTINGS | own | settings).items()]
        self._write("postgresql.conf", "\n".join([*lines, ""]).encode())
        self._write("pg_hba.conf", "\n".join([f"local all {ADMINISTRATOR} trust", *access, ""]).encode())

    def _write(self, name: str, content: bytes) -> None:
        """Write a file of the data folder, which the server takes only if nobody else may read it."""
        path = self.folder / "data" / name
        fresh = path.with_name(name + ".new")
        fresh.touch(mode=0o600)
        fresh.write_bytes(content)
        if self._owner is not None:
            os.chown(fresh, self._owner.pw_uid, self._owner.pw_gid)
        fresh.replace(path)

    def _as_owner(self, command: list[str], **streams: Any) -> subprocess.Popen[bytes]:
        who: dict[str, Any] = {}
        if self._owner is not None:
            who = {"user": self._owner.pw_uid, "group": self._owner.pw_gid, "extra_groups": []}
        environ = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"}
        return subprocess.Popen(  # noqa: S603 - the machine's own programs
            command, cwd=self.folder, env=environ, start_new_session=True, **streams, **who
        )


def _unprivileged() -> pwd.struct_passwd | None:
    """Return whom to run as: PostgreSQL refuses to be root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    return known.get("postgres") or known["nobody"]
