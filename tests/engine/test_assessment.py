"""What the target file alone settles, before anything is looked at."""

from __future__ import annotations

import pytest

from conformance.engine.assessment import Assessment
from conformance.engine.observatory import Recorded
from conformance.engine.recording import Observed
from conformance.engine.results import excluded
from conformance.inputs import target
from conformance.model import NotApplicable


@pytest.mark.parametrize(
    ("requirement", "told"),
    [
        ("HOOK-01", excluded("another team's")),  # [webhook] is not declared either: the reason says more
        ("NET-01", r"[network] is not declared in the target file"),
        ("TLS-01", excluded("behind a proxy")),
    ],
)
def test_what_is_left_out_says_why(requirement: str, told: str) -> None:
    aim = target.parse(
        {
            "schema": 1,
            "name": "staging",
            "consent": "read",
            "scope": {
                "exclude": [
                    {"requirement": "HOOK-*", "reason": "another team's"},
                    {"requirement": "TLS-01", "reason": "behind a proxy"},
                ]
            },
            "webapp": {"url": "https://gw.example"},
        }
    )
    assessment = Assessment(aim, Recorded(Observed()))
    case = next(case for case in assessment.cases.values() if case.requirement.id == requirement)
    with pytest.raises(NotApplicable) as caught:
        assessment.admit(case)
    assert str(caught.value) == told
