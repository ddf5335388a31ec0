"""The reference's database: real where a PostgreSQL is installed, and gone with whoever started it."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from reference_server import Gateway
from tests.databases import needs_postgres, required_postgres

CHECKOUT = Path(__file__).parents[2]

STARTS_AND_WAITS = """
import sys
from reference_server.postgres import Postgres, programs
server = Postgres(programs())
server.set_up({}, [], {})
print(server.folder, flush=True)
sys.stdin.read()
"""


def test_without_a_postgresql_the_section_is_not_declared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reference_server.database.programs", lambda: None)
    with Gateway(costly=["dbt"]) as gateway:
        assert "database" not in gateway.document()
        assert gateway.without["database"] == "no PostgreSQL is installed here"


def test_where_nobody_asks_for_it_there_is_none() -> None:
    with Gateway() as gateway:
        assert gateway.database.server is None
        assert "database" not in gateway.document()
        assert not gateway.without


def test_a_server_that_is_somebody_elses_goes_on() -> None:
    server = required_postgres()
    with Gateway(costly=["dbt"], postgres=server) as gateway:
        assert gateway.document()["database"]["port"] == server.port
    assert server.ask("SELECT 1") == [[1]]


def test_a_server_ends_with_whoever_started_it() -> None:
    needs_postgres()
    with subprocess.Popen(
        [sys.executable, "-c", STARTS_AND_WAITS], cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        folder = Path(process.stdout.readline().decode().strip())
        assert (folder / "data" / "postmaster.pid").exists()
        process.kill()
    ends = time.monotonic() + 20
    while folder.exists() and time.monotonic() < ends:
        time.sleep(0.02)
    assert not folder.exists()
