"""A disk that is full costs no report of before, and leaves none that is cut."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from conformance import report
from tests.report import samples

CHECKOUT = Path(__file__).parents[2]
# A file may grow to so many bytes and no more: what a write to a full disk comes to, without one.
SCRIPT = """
import resource, sys
from pathlib import Path
from conformance import report
from tests.report import samples
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
report.write(samples.large(), Path(sys.argv[1]))
"""


@pytest.mark.parametrize("room", [0, 1000, 200_000])
def test_earlier_reports_stay_whole_where_new_ones_have_no_room(tmp_path: Path, room: int) -> None:
    report.write(samples.clean(), tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    words = [sys.executable, "-c", SCRIPT, str(tmp_path), str(room)]
    ended = subprocess.run(words, cwd=CHECKOUT, capture_output=True, text=True, timeout=60, check=False)
    assert "OSError: [Errno 27] File too large" in ended.stderr
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_what_is_left_of_other_reports_goes(tmp_path: Path) -> None:
    report.write(samples.clean(), tmp_path, also=["sarif"])
    assert (tmp_path / "results.sarif").exists()
    report.write(samples.clean(), tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {*report.NAMES}


def test_results_are_kept_where_a_report_cannot_be_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def draw(*_: object) -> str:
        raise TypeError("a defect of the report")

    report.write(samples.clean(), tmp_path)
    monkeypatch.setattr(report.junit, "draw", draw)
    with pytest.raises(TypeError):
        report.write(samples.broken(), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["results.json"]
    assert (tmp_path / "results.json").read_bytes() == report.encoded(samples.broken())
