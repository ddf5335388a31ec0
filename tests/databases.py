"""Real databases for tests: one PostgreSQL a process, and one MariaDB a module, each set up anew at will."""

from __future__ import annotations

import atexit
import os
import pwd
import shutil
import socket
import subprocess
import time
from functools import cache
from pathlib import Path

import pymysql
import pytest

from reference_server.ports import reserve
from reference_server.postgres import Postgres, programs
from tests.webservers import installed, lacking

_PATIENCE = 20.0


@cache
def _server(binaries: Path) -> Postgres:
    server = Postgres(binaries)
    atexit.register(server.stop)
    return server


def postgres() -> Postgres | None:
    """Return this process's own PostgreSQL, which ends with the process; None where none is installed."""
    binaries = programs()
    return _server(binaries) if binaries else None


def needs_postgres() -> None:
    """Skip the test where no PostgreSQL is installed, or fail it where servers are required."""
    if programs() is not None:
        return
    lacking("PostgreSQL is not installed")


def required_postgres() -> Postgres:
    """Return this process's own PostgreSQL; without one the test ends as `needs_postgres` says."""
    needs_postgres()
    server = postgres()
    assert server is not None
    return server


class MariaDb:
    """A server on files of its own. `ask` is for its administrator."""

    def __init__(self, folder: Path) -> None:
        """Make its files; a folder that its own user can enter. Nothing runs yet."""
        self._server, install = installed("mariadbd"), installed("mariadb-install-db")
        self.folder = folder
        self._owner = "mysql" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        self._process: subprocess.Popen[bytes] | None = None
        self._options: tuple[str, ...] = ()
        shutil.chown(folder, self._owner)
        made = [install, "--no-defaults", f"--datadir={folder}/data", f"--user={self._owner}", "--skip-test-db"]
        made += ["--auth-root-authentication-method=normal", "--skip-name-resolve"]
        subprocess.run(made, check=True, capture_output=True, timeout=60)
        self._held = reserve()
        self.port: int = self._held.getsockname()[1]

    def run(self, *options: str) -> None:
        """Run with `options`, which begins it anew where it runs with others."""
        if self._process is not None and options == self._options:
            return
        self.stop()
        self._options = options
        command = [self._server, "--no-defaults", f"--datadir={self.folder}/data", f"--user={self._owner}"]
        command += [f"--port={self.port}", "--bind-address=127.0.0.1", f"--socket={self.folder}/socket"]
        command += [f"--pid-file={self.folder}/pid", "--innodb-flush-log-at-trx-commit=0", "--skip-name-resolve"]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen([*command, *options], stdout=log, stderr=log)
        self._wait(self._process)

    def stop(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def close(self) -> None:
        """End it, and let go of its port."""
        self.stop()
        self._held.close()

    def ask(self, *statements: str) -> None:
        """Run statements as the administrator, over the server's own socket."""
        session = pymysql.connect(unix_socket=str(self.folder / "socket"), user="root", autocommit=True)
        with session, session.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        ends = time.monotonic() + _PATIENCE
        while time.monotonic() < ends and process.poll() is None:
            with socket.socket(socket.AF_UNIX) as own:
                if own.connect_ex(str(self.folder / "socket")) == 0:
                    return
            time.sleep(0.01)
        pytest.fail(f"MariaDB does not answer: {(self.folder / 'log').read_text(errors='replace')[-2000:]}")
