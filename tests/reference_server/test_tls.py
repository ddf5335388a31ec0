"""The reference server runs the level that it is told to."""

from __future__ import annotations

import pytest

from conformance.areas.tls import judge_level
from tests.arena import reference


@pytest.mark.parametrize("level", ["modern", "intermediate", "old"])
def test_each_level_is_really_served(level: str) -> None:
    seen = reference(level=level, areas=["tls"]).observations["tls/0"]
    assert judge_level.recorded(seen)["5.8"] == level
    assert judge_level.recorded(seen)["5.7"] == level
