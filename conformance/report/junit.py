"""Draws junit.xml: one testcase a case, for the CI's own view. What was not run is absent."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from conformance.engine.ledger import turns_red
from conformance.engine.results import Entry, Requirement, Results
from conformance.hostile import shown
from conformance.model import Level, Outcome

LONGEST = 2000
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def draw(results: Results) -> str:
    """Return the run as JUnit's XML (family xunit2)."""
    run = results.run
    suite = ET.Element("testsuite", name="portero", timestamp=run.started.removesuffix("Z"), hostname=_text(run.host))
    ran = [(row, case) for row in results.requirements for case in row.cases if case.verdict is not Outcome.NOT_RUN]
    for row, case in ran:
        suite.append(_testcase(row, case, run.fail_on))
    seconds = sum(case.seconds for _, case in ran)
    suite.attrib |= {"tests": str(len(ran)), **_totals(suite), "time": f"{seconds:.3f}"}
    root = ET.Element("testsuites", name="portero")
    root.append(suite)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _totals(suite: ET.Element) -> dict[str, str]:
    kinds = {"failures": "failure", "errors": "error", "skipped": "skipped"}
    return {total: str(len(suite.findall(f"testcase/{kind}"))) for total, kind in kinds.items()}


def _testcase(row: Requirement, case: Entry, fail_on: Level) -> ET.Element:
    element = ET.Element("testcase", classname=row.area, name=_text(case.id), time=f"{case.seconds:.3f}")
    properties = ET.SubElement(element, "properties")
    for name, value in {
        "requirement": row.id,
        "level": case.level,
        "verdict": case.verdict,
        "subject": case.subject,
    }.items():
        ET.SubElement(properties, "property", name=name, value=_text(value))
    if found := _outcome(case, fail_on):
        kind, message = found
        ET.SubElement(element, kind, message=message).text = _detail(row, case) if kind == "failure" else message
    return element


def _outcome(case: Entry, fail_on: Level) -> tuple[str, str] | None:
    """Return the element that says what became of a case, and its message; None for a pass."""
    reason = _text(case.why)
    if case.verdict is Outcome.FAIL:
        if turns_red(case, fail_on):
            return "failure", reason
        return "skipped", f"violation of a {case.level.upper()}, below --fail-on: {reason}"
    if case.verdict is Outcome.INCONCLUSIVE:
        return "error", reason
    if case.verdict is Outcome.WAIVED:
        return "skipped", f"waived by {_text(case.waiver or 'a waiver')}: {reason}"
    return ("skipped", reason) if case.verdict is Outcome.NOT_APPLICABLE else None


def _detail(row: Requirement, case: Entry) -> str:
    lines = {
        "requirement": f"{row.id} {row.title}",
        "subject": case.subject,
        "expected": case.expected,
        "observed": case.observed,
        "evidence": ", ".join(case.exhibits or case.evidence),
        "source": row.source,
    }
    return "\n".join(f"{name}: {_text(value)}" for name, value in lines.items())


def _text(text: str) -> str:
    """Return `text` as XML 1.0 can hold it: visible, on one line, bounded."""
    return _NOT_XML.sub("?", shown(text, LONGEST))
