"""One run at a time writes to a folder; the second says so and harms nothing; a killed one stands in nobody's way."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from conformance import report
from conformance.model import Exit, UnusableInput
from conformance.report.folder import claimed
from tests.live import CHECKOUT, portero
from tests.report import samples

HOLD = """
import sys, time
from pathlib import Path
from conformance.report.folder import claimed
with claimed(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_second_run_says_so_and_loses_nothing_and_a_killed_one_is_forgotten(tmp_path: Path) -> None:
    report.write(samples.clean(), tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with subprocess.Popen([sys.executable, "-c", HOLD, tmp_path], cwd=CHECKOUT, stdout=subprocess.PIPE) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == b"held\n"
        ended = portero("run", "--area", "acc", "--reports", tmp_path)
        first.kill()
    assert (ended.code, ended.output) == (Exit.UNUSABLE, "")
    assert ended.errors == (
        f"portero: {tmp_path}: another run is writing its reports here; "
        "wait for it, or choose another folder with --reports\n"
    )
    with claimed(tmp_path):
        assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("name", ["file", "file/below"])
def test_folder_that_is_none(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    with pytest.raises(UnusableInput, match="reports cannot be written here"), claimed(tmp_path / name):
        pass
    assert (tmp_path / "file").read_text(encoding="utf-8") == "mine"
