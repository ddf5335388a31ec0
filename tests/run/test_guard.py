from __future__ import annotations

import sys
import types

import pytest

from conformance.run.guard import Guard

NOWHERE = 100_000  # an offset beyond a function's instructions: it belongs to no line


def test_interrupt_between_two_lines_can_be_shown() -> None:
    with pytest.raises(KeyboardInterrupt) as caught:
        raise KeyboardInterrupt
    between = types.TracebackType(None, sys._getframe(), NOWHERE, -1)
    assert between.tb_lineno is None
    caught.traceback = type(caught.traceback)([*caught.traceback, *type(caught.traceback)(between)])
    with pytest.raises(TypeError):
        caught.getrepr()
    Guard.pytest_keyboard_interrupt(object.__new__(Guard), caught)
    assert "KeyboardInterrupt" in str(caught.getrepr())
