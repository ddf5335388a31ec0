"""What a whole run leaves behind and shows, with a judge whose every word is hostile."""

from __future__ import annotations

import html
import json
import os
import pty
import re
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pytest

from conformance import report
from conformance.engine import results, results_file
from conformance.engine.results import Results
from conformance.model import Exit
from tests.chromium import dump
from tests.report import samples
from tests.report.samples import HOSTILE

CHECKOUT = Path(__file__).parents[2]
WORDS = HOSTILE.replace("\ud800", "")  # pytest's writer escapes a whole line that it cannot encode
RUN = f"""
import sys
from dataclasses import replace
from conformance import cli
from conformance.engine import cases
from conformance.model import violates
from conformance.sentence import Own, say
from pathlib import Path
def judge(seen, policy, case):
    words = Own({WORDS!r})
    notes = (say("{{words}}", words=words),)
    return violates(say("expected {{words}}", words=words), say("observed {{words}}", words=words), notes=notes)
proof = cases.proofs()["ACC-01"]
cases._PROOFS["ACC-01"] = replace(proof, judge=judge)
sys.exit(cli.main(sys.argv[1:]))
"""


@dataclass(frozen=True, slots=True)
class Ended:
    """A run that is over."""

    code: int
    said: str
    folder: Path

    @property
    def document(self) -> Results:
        return results_file.read(self.folder / "results.json")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    folder = tmp_path_factory.mktemp("reports")
    environ = {**os.environ, "JENKINS_URL": "https://ci.example", "BUILD_TAG": "build-of-somebody"}
    earlier = tmp_path_factory.mktemp("earlier") / "results.json"
    earlier.write_bytes(report.encoded(samples.clean()))
    argv = [sys.executable, "-c", RUN, "run", "--area", "acc", "--reports", str(folder), "--compare", str(earlier)]
    ended = subprocess.run(argv, cwd=CHECKOUT, env=environ, capture_output=True, text=True, timeout=60, check=False)
    return Ended(ended.returncode, ended.stdout + ended.stderr, folder)


def test_every_report_is_there(run: Ended) -> None:
    assert {path.name for path in run.folder.iterdir()} == {*report.NAMES, "tests.html"}


def test_results_are_valid_against_the_shipped_schema(run: Ended) -> None:
    document = json.loads((run.folder / "results.json").read_text())
    jsonschema.validate(document, json.loads(results.SCHEMA_FILE.read_text()))
    assert document["run"]["probe_seconds"].keys() == {key.partition("/")[0] for key in document["observations"]}
    ids = [row["id"] for row in document["requirements"]]
    assert ids == sorted(ids)


def test_junit_holds_the_conformance_cases_and_no_other(run: Ended) -> None:
    verdicts = {case.id: case.verdict for case in run.document.cases}
    cases = {c.get("name"): c for c in ET.parse(run.folder / "junit.xml").iter("testcase")}
    assert cases.keys() == {name for name, verdict in verdicts.items() if verdict != "not-run"}
    failures = {name for name, case in cases.items() if case.find("failure") is not None}
    assert failures == {name for name, verdict in verdicts.items() if verdict == "fail"}
    assert {name for name in failures if name} == {name for name in verdicts if name.startswith("ACC-01/")}


def test_terminal_tells_violations_verdict_and_exit_code(run: Ended) -> None:
    lines = run.said.splitlines()
    assert run.code == Exit.VIOLATION
    assert lines[0].startswith("Probing reference (consent: destructive): ")
    assert "Violations" in lines
    assert any(re.match(r"    ACC-01/https-port  localhost:\d+  observed <script>", line) for line in lines)
    assert any(line.startswith("      expected: expected <script>") for line in lines)
    assert not [line for line in lines if "html report" in line or line.startswith(("=", "-", "!"))]
    assert lines[-3] == f"Reports: {run.folder.resolve()}"
    assert lines[-2].startswith("Not conformant: reference violates 1 requirement (ACC-01).")
    assert lines[-1] == "exit 1: a violation that fails the run"
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", run.said)
    assert r"\x1b[31m\u202e" in run.said


def test_difference_from_an_earlier_run_is_in_every_report_and_settles_no_exit_code(run: Ended) -> None:
    told = "Compared with run 0123456789abcdef on staging of 21 November 2026, 22:30:00 UTC: Changed, without"
    lines = run.said.splitlines()
    assert lines[-4].startswith(told)
    assert "  The runs probed two targets, staging and reference: a difference may be one between the two." in lines
    assert told in (run.folder / "summary.md").read_text()
    assert told in (run.folder / "compliance.html").read_text()
    assert run.document.comparison is not None
    new = {one.requirement: one.kind for one in run.document.comparison.changes}
    assert new["ACC-01"] == "new"
    assert "TLS-02" not in new


def test_engineers_page_escapes_every_cell(run: Ended) -> None:
    blob = re.search(r'data-jsonblob="([^"]*)"', (run.folder / "tests.html").read_text())
    assert blob
    page = json.loads(html.unescape(blob[1]))
    rows = [test["resultsTableRow"] for tests in page["tests"].values() for test in tests]
    assert Counter(len(row) for row in rows) == {9: len(rows)}
    assert all(len(re.findall("<", cell)) == 2 for row in rows for cell in row), rows
    assert any("&lt;script&gt;" in cell for row in rows for cell in row)
    assert page["environment"].keys() <= {"Python", "Platform", "Packages", "Plugins"}
    assert "build-of-somebody" not in json.dumps(page)
    assert all(name.isascii() for name in page["tests"])


def test_engineers_page_runs_no_script_of_the_target(run: Ended, tmp_path: Path) -> None:
    dom = dump((run.folder / "tests.html").as_uri(), tmp_path)
    assert re.findall(r"<title[^>]*>([^<]*)</title>", dom) == ["Portero: tests"]
    assert "observed &lt;script&gt;" in dom
    assert 'onerror="' not in dom


def test_person_at_a_terminal_sees_progress(tmp_path: Path) -> None:
    mine, theirs = pty.openpty()
    argv = [sys.executable, "-m", "conformance", "run", "--area", "hdr", "--reports", str(tmp_path), "--lang", "es"]
    environ = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    with subprocess.Popen(argv, cwd=CHECKOUT, env=environ, stdout=theirs, stderr=theirs):
        os.close(theirs)
        said = _everything(mine)
    assert re.search(r"hdr \d+/\d+\r\n(observando: headers|juzgando)", said)
    assert "Encabezados HTTP: " in said


def _everything(terminal: int) -> str:
    """Read a pseudo-terminal until its other side is closed, which Linux tells as an error."""
    said = b""
    while True:
        try:
            said += os.read(terminal, 65536)
        except OSError:
            os.close(terminal)
            return said.decode("utf-8", "replace")


def test_quiet_tells_the_verdict_alone(tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "conformance", "run", "-q", "--area", "acc", "--reports", str(tmp_path)]
    ended = subprocess.run(argv, cwd=CHECKOUT, capture_output=True, text=True, timeout=60, check=False)
    assert [line.split(":")[0] for line in ended.stdout.splitlines()] == ["Reports", "Partial", "exit 0"]
