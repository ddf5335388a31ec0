"""The reference server runs the level that it is told to."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter

from conformance.areas.tls import judge_level
from conformance.handshake.record import TlsObservation
from tests.arena import reference


@pytest.mark.parametrize("level", ["modern", "intermediate", "old"])
def test_each_level_is_really_served(level: str) -> None:
    seen = TypeAdapter(TlsObservation).validate_python(reference(level=level, areas=["tls"]).observations["tls/0"])
    levels = judge_level.levels(seen)
    assert (levels["5.8"], levels["5.7"]) == (level, level)
