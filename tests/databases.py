"""Real databases for tests: one PostgreSQL a process, and one MariaDB a module, each set up anew at will."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pymysql
import pytest

from reference_server.ports import reserve
from reference_server.postgres import Postgres, programs
from tests.webservers import REQUIRED, installed

_PATIENCE = 20.0


@cache
def _server(binaries: Path) -> Postgres:
    return Postgres(binaries)


def postgres() -> Postgres | None:
    """Return this process's own PostgreSQL, which ends with the process; None where none is installed."""
    binaries = programs()
    return _server(binaries) if binaries else None


def needs_postgres() -> None:
    """Skip the test where no PostgreSQL is installed, or fail it where servers are required."""
    if programs() is not None:
        return
    missing = "PostgreSQL is not installed"
    if os.environ.get(REQUIRED):
        pytest.fail(f"{missing}, and {REQUIRED} is set")
    pytest.skip(missing)


def required_postgres() -> Postgres:
    """Return this process's own PostgreSQL; without one the test ends as `needs_postgres` says."""
    needs_postgres()
    server = postgres()
    assert server is not None
    return server


@contextmanager
def mariadb(folder: Path, *options: str) -> Iterator[MariaDb]:
    """Run MariaDB on files of its own, with `options` besides."""
    server, install = installed("mariadbd"), installed("mariadb-install-db")
    owner = "mysql" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    data = folder / "data"
    if not data.exists():
        shutil.chown(folder, owner)
        made = [install, "--no-defaults", f"--datadir={data}", f"--user={owner}", "--skip-test-db"]
        made += ["--auth-root-authentication-method=normal", "--skip-name-resolve"]
        subprocess.run(made, check=True, capture_output=True, timeout=60)
    with reserve() as held:
        port: int = held.getsockname()[1]
    command = [server, "--no-defaults", f"--datadir={data}", f"--user={owner}", f"--port={port}"]
    command += ["--bind-address=127.0.0.1", f"--socket={folder}/socket", f"--pid-file={folder}/pid"]
    command += ["--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=8M", "--innodb-log-file-size=4M"]
    with (folder / "log").open("ab") as log, subprocess.Popen([*command, *options], stdout=log, stderr=log) as process:
        try:
            yield MariaDb(folder, port, process)
        finally:
            process.kill()


class MariaDb:
    """A server that runs; `ask` is for its administrator."""

    def __init__(self, folder: Path, port: int, process: subprocess.Popen[bytes]) -> None:
        """Wait until it answers."""
        self.folder, self.port = folder, port
        ends = time.monotonic() + _PATIENCE
        while time.monotonic() < ends and process.poll() is None:
            try:
                self.ask("SELECT 1")
            except pymysql.MySQLError:
                time.sleep(0.01)
            else:
                return
        pytest.fail(f"MariaDB does not answer: {(folder / 'log').read_text(errors='replace')[-2000:]}")

    def ask(self, *statements: str) -> None:
        """Run statements as the administrator, over the server's own socket."""
        session = pymysql.connect(unix_socket=str(self.folder / "socket"), user="root", autocommit=True)
        with session, session.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
