from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree as ET

from conformance import report
from conformance.engine.results import Results
from conformance.model import Level
from conformance.report import junit
from tests.report import samples


def suite(document: Results) -> ET.Element:
    root = ET.fromstring(junit.draw(document))
    assert root.tag == "testsuites"
    found = root.find("testsuite")
    assert found is not None
    return found


def kind(case: ET.Element) -> str:
    return next((child.tag for child in case if child.tag != "properties"), "passed")


def test_each_verdict_has_its_outcome() -> None:
    found = {case.get("name"): kind(case) for case in suite(samples.broken())}
    assert found == {
        "CHN-01": "error",
        "CHN-11": "passed",
        "HDR-02/get/login": "failure",
        "HDR-02/head/login": "failure",
        "HDR-04/get/login": "passed",
        "TLS-02/tls-1.0": "failure",
        "TLS-02/tls-1.1": "passed",
        "TLS-04/tls-1.3-groups": "skipped",
        "TLS-08/use": "skipped",
        "TLS-09": "skipped",
    }


def test_totals_are_those_of_the_cases() -> None:
    for document in (samples.broken(), samples.clean(), samples.hostile(), samples.large("fail")):
        found = suite(document)
        kinds = Counter(kind(case) for case in found)
        totals = {name: int(found.get(name, "-1")) for name in ("tests", "failures", "errors", "skipped")}
        assert totals == {
            "tests": sum(kinds.values()),
            "failures": kinds["failure"],
            "errors": kinds["error"],
            "skipped": kinds["skipped"],
        }


def test_case_carries_its_properties() -> None:
    case = next(case for case in suite(samples.broken()) if case.get("name") == "TLS-09")
    assert case.get("classname") == "tls"
    assert {p.get("name"): p.get("value") for p in case.iter("property")} == {
        "requirement": "TLS-09",
        "level": "should",
        "verdict": "fail",
        "subject": "gw.example:9090",
    }


def test_messages_say_why() -> None:
    messages = {c.get("name"): c[1].get("message", "") for c in suite(samples.broken()) if len(c) > 1}
    assert messages["TLS-04/tls-1.3-groups"].startswith("waived by WVR-2026-003: ")
    assert messages["TLS-09"].startswith("violation of a SHOULD, below --fail-on: ")
    assert messages["TLS-02/tls-1.0"] == (
        "accepted TLS 1.0 with ECDHE-RSA-AES128-SHA; INTERMEDIATE allows TLS 1.2 and TLS 1.3 only"
    )
    assert messages["CHN-01"] == "no answer to a fresh message"


def test_should_fails_when_the_run_was_asked_to() -> None:
    document = samples.broken()
    document.run.fail_on = Level.SHOULD
    assert {c.get("name"): kind(c) for c in suite(document)}["TLS-09"] == "failure"


def test_stale_waiver_fails_at_every_level() -> None:
    document = samples.broken()
    for case in document.cases:
        case.stale_waiver = case.id == "TLS-09"
    assert {c.get("name"): kind(c) for c in suite(document)}["TLS-09"] == "failure"


def test_names_are_unique_and_hostile_text_is_xml(tmp_path: Path) -> None:
    report.write(samples.hostile(), tmp_path)
    cases = list(ET.parse(tmp_path / "junit.xml").iter("testcase"))
    names = [case.get("name") for case in cases]
    assert len(names) == len(set(names)) == 10
    message = next(case[1].get("message", "") for case in cases if kind(case) == "failure")
    assert "<script>" in message
    assert r"\x1b" in message
    assert json.loads((tmp_path / "results.json").read_text())["run"]["host"].endswith("]]>")
