"""How a run ends when something goes wrong in the middle: a defect of the suite, or an impatient operator."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from conformance.model import Exit
from tests import null
from tests.live import command

CHECKOUT = Path(__file__).parents[1]

DEFECT = """
import sys
from dataclasses import replace
from conformance import cli
from conformance.engine import cases
def look(bench):
    raise TypeError("a defect of the suite")
proof = cases.proofs()["ACC-01"]
cases._PROOFS["ACC-01"] = replace(proof, probe=replace(proof.probe, look=look))
sys.exit(cli.main(sys.argv[1:]))
"""


def test_a_probe_that_crashes_is_an_internal_error_and_no_verdict(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", DEFECT, "run", "--area", "acc", "--reports", tmp_path],
        cwd=CHECKOUT,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == Exit.INTERNAL, ended.stdout
    results = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    verdicts = {case["id"]: case["verdict"] for row in results["requirements"] for case in row["cases"]}
    assert {verdict for case, verdict in verdicts.items() if case.startswith("ACC-01")} == {"not-run"}


IMPATIENT = """
import sys
from conformance import cli
from conformance.run import plugin
def begins(*_):
    raise KeyboardInterrupt
plugin.Session = begins
sys.exit(cli.main(sys.argv[1:]))
"""


def test_an_interrupt_while_a_run_begins_is_told(tmp_path: Path) -> None:
    ended = command("-c", IMPATIENT, "run", "--reports", tmp_path / "reports")
    assert (ended.code, ended.output) == (Exit.INTERRUPTED, "")
    assert ended.errors == "portero: interrupted before anything was probed\n"
    assert not (tmp_path / "reports").exists()


def test_an_interrupt_ends_the_run_at_once_and_leaves_its_reports(tmp_path: Path) -> None:
    looked_at = threading.Event()

    def stays_silent(client: socket.socket) -> None:
        looked_at.set()
        null.stays_silent(client)

    with null.listening(stays_silent) as port:
        aim = tmp_path / "target.toml"
        aim.write_text(
            f'schema = 1\nname = "silent"\n[webapp]\nurl = "https://127.0.0.1:{port}"\napi_paths = ["/v1/health"]\n',
            encoding="utf-8",
        )
        argv: list[str | Path] = [
            sys.executable,
            "-m",
            "conformance",
            "run",
            "--target",
            aim,
            "--reports",
            tmp_path / "reports",
        ]
        with subprocess.Popen(argv, cwd=CHECKOUT, stdout=subprocess.DEVNULL) as run:
            assert looked_at.wait(20)
            began = time.monotonic()
            run.send_signal(signal.SIGINT)
            assert run.wait(20) == Exit.INTERRUPTED
            assert time.monotonic() - began < 10  # one answer may still be waited for, 5 s
    results = json.loads((tmp_path / "reports" / "results.json").read_text(encoding="utf-8"))
    assert results["run"]["interrupted"] is True
    assert results["verdict"] == "incomplete"
