"""Locks on a gateway's endpoints: alone where settings may change, in company elsewhere, and in nobody's way."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import pytest

from conformance.inputs import target
from conformance.model import UnusableInput
from conformance.run.alone import alone

URL = "https://gw.example:9090"


def aim(consent: str, **tables: Any) -> target.Target:
    return target.parse({"schema": 1, "name": "t", "consent": consent, "webapp": {"url": URL}, **tables})


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("first", "second", "area", "refused"),
    [
        ("read", "write", "acc", False),
        ("destructive", "destructive", "hdr", False),
        ("destructive", "read", "acc", True),
        ("read", "destructive", "acc", True),
        ("destructive", "destructive", "hook", True),
    ],
)
def test_who_may_be_at_one_gateway_together(first: str, second: str, area: str, refused: bool) -> None:
    with alone(aim(first), [area]):
        if refused:
            with pytest.raises(UnusableInput, match=r"another run is at gw\.example:9090"), alone(aim(second), [area]):
                pass
        else:
            with alone(aim(second), [area]):
                pass
    with alone(aim(second), [area]):
        pass


@pytest.mark.parametrize("what", ["file", "link", "dangling"])
def test_a_folder_that_somebody_else_has_taken_ends_no_run(elsewhere: Path, what: str) -> None:
    place = elsewhere / f"portero-{os.getuid()}"
    if what == "file":
        place.write_text("")
    else:
        (elsewhere / "there").mkdir() if what == "link" else None
        place.symlink_to("there")
    with alone(aim("destructive"), ["acc"]):
        pass
    assert {path.name for path in elsewhere.iterdir()} <= {place.name, "there"}
    assert what != "link" or not list((elsewhere / "there").iterdir())
