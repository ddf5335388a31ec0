from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conformance.engine.results import Results
from conformance.report import sarif
from tests.report import samples
from tests.webservers import installed

CHECKOUT = Path(__file__).parents[2]


def run(document: Results) -> dict[str, Any]:
    (only,) = json.loads(sarif.draw(document))["runs"]
    assert isinstance(only, dict)
    return only


def test_violations_are_results_and_waived_ones_are_suppressed() -> None:
    found = {
        result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"]: (result["level"], "suppressions" in result)
        for result in run(samples.broken())["results"]
    }
    assert found == {
        "HDR-02/get/login": ("error", False),
        "HDR-02/head/login": ("error", False),
        "TLS-02/tls-1.0": ("error", False),
        "TLS-04/tls-1.3-groups": ("error", True),
        "TLS-09": ("warning", False),
    }


def test_what_could_not_be_tested_is_a_notification() -> None:
    (told,) = run(samples.broken())["invocations"][0]["toolExecutionNotifications"]
    assert told["associatedRule"] == {"id": "CHN-01"}
    assert "no answer to a fresh message" in told["message"]["text"]


def test_every_result_stands_at_its_requirement_in_the_catalogue() -> None:
    for result in run(samples.broken())["results"]:
        place = result["locations"][0]["physicalLocation"]
        lines = (CHECKOUT / place["artifactLocation"]["uri"]).read_text().splitlines()
        assert lines[place["region"]["startLine"] - 1] == f'id = "{result["ruleId"]}"'


def test_a_result_keeps_its_fingerprint_from_run_to_run_and_no_two_share_one() -> None:
    once, again = samples.broken(), samples.broken()
    once.run.id, again.run.id = "a", "b"
    first, second = run(once), run(again)
    prints = [result["partialFingerprints"]["caseAndSubject/v1"] for result in first["results"]]
    assert len(set(prints)) == len(prints)
    assert prints == [result["partialFingerprints"]["caseAndSubject/v1"] for result in second["results"]]


def test_a_requirement_that_this_edition_lacks_still_has_a_line() -> None:
    (result,) = run(samples.document(samples.requirement("ZZZ-99", samples.case("ZZZ-99", "fail"))))["results"]
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 1}


@pytest.mark.parametrize("document", [samples.broken, samples.clean, samples.hostile, lambda: samples.large("fail")])
def test_code_scanning_takes_it(document: Callable[[], Results], tmp_path: Path) -> None:
    """The validator holds the schema, the specification's rules, and those of GitHub's code scanning."""
    drawn = tmp_path / "results.sarif"
    drawn.write_text(sarif.draw(document()), encoding="utf-8")
    subprocess.run(
        # The npm package's wrapper hands its words to a shell.
        [installed("sarif-multitool"), "validate", "results.sarif", "--rule-kind", "'Gh;Sarif'", "-o", "found.sarif"],
        cwd=tmp_path,
        env=os.environ | {"DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"},
        check=False,
        timeout=60,
        stdout=subprocess.DEVNULL,
    )
    (validated,) = json.loads((tmp_path / "found.sarif").read_text(encoding="utf-8-sig"))["runs"]
    assert not [(r["ruleId"], r["message"]) for r in validated["results"] if r.get("level", "warning") == "error"]
    assert drawn.stat().st_size < 10_000_000
