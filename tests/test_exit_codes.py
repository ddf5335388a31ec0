"""A run says with its exit code what it found, and a defect of the suite never looks like a finding, or like none."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from conformance.inputs.waivers import today
from conformance.model import Exit
from reference_server import Gateway
from reference_server.faults import faults
from tests import null
from tests.live import CHECKOUT, Ended, command, describe, portero, results

CLOSED = 'schema = 1\nname = "closed"\n[webapp]\nurl = "https://127.0.0.1:{port}"\n'

WAIVER = """
schema = 1
[[waiver]]
id = "W-1"
requirement = "ACC-01"
cases = ["*"]
subjects = ["*"]
reason = "port 80 goes in spring"
approved_by = "a"
approved_on = {start}
expires = {end}
"""


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    with Gateway() as running:
        yield running


def an_acc_01_fault() -> str:
    return next(name for name, fault in faults().items() if fault.breaks == ("ACC-01",))


@pytest.fixture(scope="module")
def violation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the reports of a run that found a violation."""
    folder = tmp_path_factory.mktemp("violation")
    ended = portero("run", "--area", "acc", "--fault", an_acc_01_fault(), "--reports", folder)
    assert ended.code == Exit.VIOLATION, ended.output
    return folder


def test_0_where_all_that_was_selected_holds(tmp_path: Path) -> None:
    ended = portero("run", "--area", "acc", "--reports", tmp_path)
    assert ended.code == Exit.OK, ended.output
    assert results(tmp_path)["verdict"] == "partial"


def test_1_for_a_violation_and_0_once_it_is_waived(violation: Path, tmp_path: Path) -> None:
    assert results(violation)["verdict"] == "not-conformant"
    fault = ["--area", "acc", "--fault", an_acc_01_fault()]
    day = today()
    (tmp_path / "w.toml").write_text(WAIVER.format(start=day, end=day), encoding="utf-8")
    ended = portero("run", *fault, "--reports", tmp_path, "--waivers", tmp_path / "w.toml")
    assert ended.code == Exit.OK, ended.output
    assert f"waived until {day}: every case of ACC-01 (W-1, approved by a: port 80 goes in spring)" in ended.output
    found = results(tmp_path)
    waived = [c for row in found["requirements"] for c in row["cases"] if c["verdict"] == "waived"]
    assert {c["waiver"] for c in waived} == {"W-1"}
    assert found["waivers"][0]["id"] == "W-1"
    assert "skipped" in (tmp_path / "junit.xml").read_text(encoding="utf-8")

    ended = portero("run", "--area", "acc", "--reports", tmp_path, "--waivers", tmp_path / "w.toml")
    assert ended.code == Exit.VIOLATION
    assert "excuses a violation that is not there any more" in ended.output


_CLASHING = ("--fault", "publishes-the-web-app-everywhere", "--fault", "gives-compose-another-env-file")
UNUSABLE = [
    (["rnu"], "did you mean run?"),
    (["run", "--area", "dtb"], "did you mean dbt?"),
    (["run", "--no-such"], "unrecognized arguments: --no-such"),
    (["run", "--fault", "no-such-fault"], 'there is no fault called "no-such-fault"'),
    (["run", *_CLASHING], '"gives-compose-another-env-file" changes what another of these faults has changed'),
    (["run", "--target", "no.toml"], "no.toml: cannot be read: No such file or directory"),
    (["run", "--compare", "no.json"], "no.json: cannot be read: No such file or directory"),
    (["run", "--lang", "fr"], "invalid choice: 'fr' (choose from"),
    (["explain", "ACC-01", "--lang", "e"], "did you mean e"),
    (["run", "--waivers", "no.toml"], "no.toml: cannot be read: No such file or directory"),
    (["run", "--reports", "/dev/null/x"], "reports cannot be written here"),
    (["serve", "--fault", "x"], 'there is no fault called "x"'),
    (["check", "no.toml"], "no.toml: cannot be read"),
    (["explain", "ACC_02"], 'did you mean "ACC-02"?'),
    (["rejudge", "no.json"], "no.json: cannot be read"),
]


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> list[Ended]:
    """Run every command line that cannot be used, side by side, each in a folder of its own: a run locks its own."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(lambda row: portero(*row[0], cwd=tmp_path_factory.mktemp("refused")), UNUSABLE))


@pytest.mark.parametrize("number", range(len(UNUSABLE)), ids=[" ".join(words) for words, _ in UNUSABLE])
def test_4_for_a_command_line_that_cannot_be_used(number: int, refused: list[Ended]) -> None:
    ended, said = refused[number], UNUSABLE[number][1]
    assert ended.code == Exit.UNUSABLE
    assert said in ended.errors + ended.output
    assert "Traceback" not in ended.errors + ended.output


def test_4_for_a_secret_that_is_missing_and_a_fault_beside_a_target(tmp_path: Path, gateway: Gateway) -> None:
    target = describe(gateway, tmp_path, ("webapp", "channel"))
    environ = dict.fromkeys(gateway.environ, "")
    ended = portero("run", "--target", target, "--reports", tmp_path / "r", environ=environ)
    assert ended.code == Exit.UNUSABLE
    assert "environment variable" in ended.errors
    ended = portero("run", "--target", target, "--fault", "x", "--reports", tmp_path / "r", environ=gateway.environ)
    assert ended.code == Exit.UNUSABLE
    assert "--fault breaks the bundled reference server" in ended.errors
    assert not (tmp_path / "r" / "results.json").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_4_for_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert portero("run", "--reports", tmp_path / "r").code == Exit.UNUSABLE


def test_5_where_nothing_is_selected(tmp_path: Path) -> None:
    ended = command("-m", "pytest", "conformance", "-k", "no_such_case", "--reports", tmp_path)
    assert ended.code == Exit.NOTHING_SELECTED, ended.output


def test_5_where_everything_is_not_applicable(tmp_path: Path) -> None:
    (tmp_path / "target.toml").write_text('schema = 1\nname = "x"\n[deployment]\nhosts = "one"\n', encoding="utf-8")
    ended = portero("run", "--target", tmp_path / "target.toml", "--area", "net", "--reports", tmp_path)
    assert ended.code == Exit.NOTHING_SELECTED, ended.output
    assert "exit 5" in ended.output
    assert results(tmp_path)["verdict"] == "incomplete"


def test_10_where_something_could_not_be_tested(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (tmp_path / "target.toml").write_text(CLOSED.format(port=port), encoding="utf-8")
    ended = portero("run", "--target", tmp_path / "target.toml", "--area", "acc", "--reports", tmp_path)
    assert ended.code == Exit.INCOMPLETE, ended.output
    assert results(tmp_path)["verdict"] == "incomplete"


def test_pytest_is_the_same_as_portero(tmp_path: Path, gateway: Gateway) -> None:
    target = describe(gateway, tmp_path)
    words: list[str | Path] = ["--target", target, "--area", "acc"]
    secrets = gateway.environ
    by_name = portero("run", *words, "--reports", tmp_path / "a", environ=secrets)
    by_pytest = command("-m", "pytest", "conformance", *words, "--reports", tmp_path / "b", environ=secrets)
    assert by_name.code == by_pytest.code == Exit.OK, by_pytest.output
    ours, theirs = results(tmp_path / "a"), results(tmp_path / "b")
    verdicts = [[(c["id"], c["verdict"]) for r in d["requirements"] for c in r["cases"]] for d in (ours, theirs)]
    assert verdicts[0] == verdicts[1]
    names = [{path.name for path in (tmp_path / folder).iterdir()} for folder in "ab"]
    assert names[0] - {"tests.html"} == names[1]


def test_pytest_refuses_what_portero_refuses(tmp_path: Path) -> None:
    (tmp_path / "target.toml").write_text("schema = 2\n", encoding="utf-8")
    ended = command("-m", "pytest", "conformance", "--target", tmp_path / "target.toml", "--reports", tmp_path)
    assert ended.code == Exit.UNUSABLE
    assert "target.toml:1:1: schema 2 is newer than this Portero" in ended.errors


def test_rejudge_repeats_the_verdicts(violation: Path, tmp_path: Path) -> None:
    ended = portero("rejudge", violation / "results.json", "--reports", tmp_path / "anew")
    assert ended.code == Exit.VIOLATION, ended.errors
    assert ended.output == "verdict: not-conformant\n"
    before, after = results(violation), results(tmp_path / "anew")
    assert [(r["id"], r["verdict"]) for r in before["requirements"]] == [
        (r["id"], r["verdict"]) for r in after["requirements"]
    ]
    assert after["counts"] == before["counts"]
    assert after["run"]["rejudged"] == before["run"]["id"]

    failed = next(case for row in before["requirements"] for case in row["cases"] if case["verdict"] == "fail")
    failed["verdict"] = "pass"
    (tmp_path / "results.json").write_text(json.dumps(before), encoding="utf-8")
    changed = portero("rejudge", tmp_path / "results.json")
    assert f"{failed['id']}: pass -> fail: " in changed.output


def test_2_for_a_polite_kill_with_reports_that_say_so(tmp_path: Path) -> None:
    looked_at = threading.Event()

    def stays_silent(client: socket.socket) -> None:
        looked_at.set()
        null.stays_silent(client)

    with null.listening(stays_silent) as port:
        (tmp_path / "target.toml").write_text(CLOSED.format(port=port), encoding="utf-8")
        words = ["-m", "conformance", "run", "--target", str(tmp_path / "target.toml"), "--reports", str(tmp_path)]
        with subprocess.Popen([sys.executable, *words], cwd=CHECKOUT, stdout=subprocess.DEVNULL) as run:
            assert looked_at.wait(20)
            run.terminate()
            assert run.wait(20) == Exit.INTERRUPTED
    found = results(tmp_path)
    assert found["run"]["interrupted"]
    assert found["verdict"] == "incomplete"
