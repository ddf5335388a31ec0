"""The networks of the reference: gone in every outcome, and left out in one line where the machine has none."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from conformance.model import Level
from conformance.run.session import Session
from reference_server import Gateway
from tests import layouts
from tests.live import CHECKOUT

PATIENCE = 10.0
HOLDS = "import reference_server, time\nwith reference_server.Gateway(costly=['net']) as gateway:\n"
HOLDS += "    print(gateway.networks.built['pid'], flush=True)\n    time.sleep(600)\n"


def gone(process: int) -> bool:
    """Wait until a process is gone, or waits to be buried."""
    stat = Path(f"/proc/{process}/stat")
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        try:
            if stat.read_text(encoding="ascii").rpartition(")")[2].split()[0] == "Z":
                return True
        except FileNotFoundError:
            return True
        os.sched_yield()
    return False


def test_networks_go_with_the_gateway() -> None:
    with layouts.layout() as gateway:
        assert gateway.networks.built is not None
        process = gateway.networks.built["pid"]
        assert Path(f"/proc/{process}").exists()
    assert gone(process)


def test_networks_go_when_the_gateway_is_killed() -> None:
    layouts.needed()
    with subprocess.Popen([sys.executable, "-c", HOLDS], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        process = int(holder.stdout.readline())
        holder.send_signal(signal.SIGKILL)
    assert gone(process)


def test_a_machine_without_the_programs_has_no_networks_and_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    session = Session(None, tmp_path / "reports", fail_on=Level.MUST)
    try:
        assert "network" not in session.target.sections
        line = "[network] is not declared by the reference server: the program nsenter is not installed"
        assert line in session.opening_lines()
    finally:
        session.close()


def test_networks_are_built_only_where_they_are_wanted() -> None:
    with Gateway(faults=["debug-port-on-the-core-node"]) as concerned, Gateway() as other:
        assert "network" not in other.document()
        assert other.networks.built is None
        assert "net" in concerned.costly
