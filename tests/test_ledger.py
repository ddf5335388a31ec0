from __future__ import annotations

from typing import Any

import pytest

from conformance import ledger


@pytest.mark.parametrize(
    ("observations", "offset"),
    [
        ({}, None),
        ({"channel/0": {"inconclusive": "silent"}}, None),
        ({"channel/0": {"core_clock": {"source": ""}, "core_clock_offset": 0.0}}, None),
        ({"channel/0": {"core_clock": {"source": "date"}, "core_clock_offset": -0.5}}, -0.5),
    ],
)
def test_a_clock_that_was_not_read_is_not_said_to_be_right(observations: dict[str, Any], offset: float | None) -> None:
    assert ledger.clock_offset(observations) == offset
