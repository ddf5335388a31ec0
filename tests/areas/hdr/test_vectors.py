"""Every recorded set of header lines is judged as recorded, and has the recorded effect."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conformance.areas.hdr import judge, values
from conformance.locate import data
from conformance.model import NotApplicable, Outcome
from tests.areas.hdr.pages import URL, case, observed, page, path, policy

VECTORS: list[dict[str, Any]] = json.loads((data("fixtures") / "headers" / "vectors.json").read_text())["vectors"]

JUDGES = {
    "HDR-01": judge.script_policy,
    "HDR-02": judge.frames,
    "HDR-03": judge.xss_protection,
    "HDR-04": judge.sniffing,
    "HDR-05": judge.transport,
    "HDR-08": judge.standard_policy,
    "HDR-09": judge.transport_life,
    "HDR-10": judge.inline_scripts,
    "HDR-11": judge.no_conflict,
}
BESIDE = {"HDR-01": ("HDR-10",), "HDR-08": ("HDR-10",), "HDR-05": ("HDR-09", "HDR-11")}
EFFECTS = {
    "HDR-01": values.script_effect,
    "HDR-08": values.script_effect,
    "HDR-02": values.framing,
    "HDR-04": lambda seen: "nosniff" if values.stops_sniffing(seen) else "none",
    "HDR-05": values.transport_effect,
}


@pytest.mark.parametrize("vector", VECTORS, ids=[f"{v['judged']}-{n}" for n, v in enumerate(VECTORS)])
def test_vector(vector: dict[str, Any]) -> None:
    lines = [(name, value.strip(" \t")) for name, value in vector["lines"]]
    answer = page(*lines, url=vector.get("url", URL))
    seen = observed(path(answer))
    failed = []
    for requirement in (vector["judged"], *BESIDE.get(vector["judged"], ("HDR-11",))):
        try:
            verdict = JUDGES[requirement](seen, policy(), case(requirement))
        except NotApplicable:
            continue
        assert verdict.exhibits == ("/admin/~1/get/0",)
        if verdict.outcome is Outcome.FAIL:
            failed.append(requirement)
    assert failed == vector["fails"]
    if vector["judged"] != "HDR-03":  # current browsers know nothing of X-XSS-Protection
        assert EFFECTS[vector["judged"]](answer) == vector["effect"]


def test_vectors_reach_every_judge_both_ways() -> None:
    judged = {vector["judged"] for vector in VECTORS}
    assert judged == {"HDR-03", *EFFECTS}
    for requirement in judged:
        assert {requirement in vector["fails"] for vector in VECTORS if vector["judged"] == requirement} == {
            True,
            False,
        }
