from __future__ import annotations

import pytest

from conformance.bench.undo import Undo


def test_a_promise_is_open_inside_its_block_only() -> None:
    undo, put_back = Undo(), []

    def restore() -> bool:
        put_back.append("setting")
        return True

    with undo.promised("a setting", restore):
        assert undo.settle() == []
        assert put_back == ["setting"]
        assert undo.settle() == []
    assert undo.settle() == []
    assert put_back == ["setting"]


def test_a_probe_that_breaks_off_has_kept_its_promise_itself() -> None:
    undo = Undo()
    with pytest.raises(ValueError, match="broke off"), undo.promised("a setting", lambda: False):
        raise ValueError("broke off")
    assert undo.settle() == []


def test_what_cannot_be_put_back_is_named() -> None:
    undo = Undo()
    with undo.promised("a setting", lambda: False), undo.promised("another", lambda: True):
        assert undo.settle() == ["a setting"]
