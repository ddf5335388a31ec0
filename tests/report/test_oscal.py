from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conformance.engine.results import Results
from conformance.report import oscal
from tests.report import samples
from tests.webservers import installed


def result(document: Results) -> dict[str, Any]:
    (only,) = json.loads(oscal.draw(document))["assessment-results"]["results"]
    assert isinstance(only, dict)
    return only


def states(document: Results) -> dict[str, tuple[str, str]]:
    targets = [finding["target"] for finding in result(document)["findings"]]
    return {target["target-id"]: (target["status"]["state"], target["status"]["reason"]) for target in targets}


def test_each_requirement_that_was_settled_has_a_finding() -> None:
    assert states(samples.broken()) == {
        "CHN-11": ("satisfied", "pass"),
        "HDR-02": ("not-satisfied", "fail"),
        "HDR-04": ("satisfied", "pass"),
        "TLS-02": ("not-satisfied", "fail"),
        "TLS-04": ("not-satisfied", "other"),
        "TLS-09": ("not-satisfied", "fail"),
    }


def test_what_was_not_tested_is_observed_with_its_reason_and_never_satisfied() -> None:
    found = {one["title"]: one for one in result(samples.broken())["observations"]}
    assert found["CHN-01"]["description"] == "no answer to a fresh message"
    assert "relevant-evidence" not in found["CHN-01"]
    assert not {"CHN-01", "ACC-03"} & states(samples.broken()).keys()


def test_what_does_not_apply_is_left_out_of_the_controls() -> None:
    (selection,) = result(samples.broken())["reviewed-controls"]["control-selections"]
    assert selection["exclude-controls"] == [{"control-id": "TLS-08"}]
    assert {"control-id": "CHN-01"} in selection["include-controls"]


def test_a_waived_violation_is_a_risk_with_its_term() -> None:
    (risk,) = result(samples.broken())["risks"]
    assert risk["status"] == "deviation-approved"
    assert risk["deadline"] == "2026-12-31T23:59:59Z"
    assert risk["statement"] == samples.WAIVER["reason"]


def test_a_run_is_drawn_alike_each_time() -> None:
    assert oscal.draw(samples.broken()) == oscal.draw(samples.broken())


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trestle")
    subprocess.run([installed("trestle"), "init", "--local"], cwd=folder, check=True, capture_output=True, timeout=60)
    return folder


@pytest.mark.parametrize("document", [samples.broken, samples.clean, samples.hostile, lambda: samples.document()])
def test_oscals_own_tool_takes_it(document: Callable[[], Results], workspace: Path, tmp_path: Path) -> None:
    drawn = tmp_path / "results.oscal.json"
    drawn.write_text(oscal.draw(document()), encoding="utf-8")
    command = [installed("trestle"), "import", "-f", str(drawn), "-o", tmp_path.name]
    taken = subprocess.run(command, cwd=workspace, check=False, capture_output=True, text=True, timeout=60)
    assert taken.returncode == 0, taken.stdout + taken.stderr
