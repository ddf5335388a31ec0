"""Recorded runs are judged again, and what is said otherwise is told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from benchmarks.recorded import differences, kept
from tests.arena import reference


@pytest.fixture(scope="module")
def run() -> Any:
    return json.loads(json.dumps(kept(reference("no-frame-options", areas=["hdr"]))))


def test_today_s_judges_say_what_they_say(run: Any) -> None:
    assert {outcome for outcome, *_ in run["cases"].values()} == {"pass", "fail", "NotApplicable"}
    assert list(differences(run)) == []


def test_another_sentence_another_verdict_and_a_crash_are_told(run: Any) -> None:
    cases = run["cases"]
    name = next(name for name, (outcome, *_) in cases.items() if outcome == "fail")
    changed = run | {"cases": cases | {name: ["fail", "something else", *cases[name][2:]]}}
    assert [one.case for one in differences(changed)] == [name]
    blind = run | {"observations": {}}
    assert {one.now[0] for one in differences(blind)} == {"Inconclusive"}
    gone = run | {"cases": {"HDR-99/x": ["pass"]}}
    assert [one.now for one in differences(gone)] == ["no such case"]
