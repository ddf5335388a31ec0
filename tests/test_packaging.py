"""What is installed away from the checkout is whole, and takes no name but its own."""

from __future__ import annotations

import email
import re
import subprocess
import sys
import zipfile
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from conformance.model import Exit

CHECKOUT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.Path:
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=CHECKOUT, check=True, capture_output=True, timeout=120)
    return zipfile.Path(next(folder.glob("portero-*.whl")))


@pytest.fixture(scope="module")
def installed(wheel: zipfile.Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site-packages")
    wheel.root.extractall(folder)
    return folder


def _portero(installed: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run what was installed, in a folder away from the checkout, which `-P` and PYTHONPATH keep out."""
    program = f"import sys, conformance; assert conformance.__file__.startswith({str(installed)!r})"
    program += "; from conformance.cli import main; sys.exit(main())"
    return subprocess.run(
        [sys.executable, "-P", "-c", program, *words],
        cwd=folder,
        env={"PYTHONPATH": str(installed), "HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_takes_one_name_at_the_top(wheel: zipfile.Path) -> None:
    names = {path.name for path in wheel.iterdir() if not path.name.endswith(".dist-info")}
    assert names == {"conformance"}


def test_everything_in_the_checkout_is_in_the_wheel(wheel: zipfile.Path) -> None:
    packed = set(wheel.root.namelist())
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=CHECKOUT, check=True, capture_output=True, text=True)
    homes = {"conformance": "", "fixtures": "conformance/_bundled/", "reference_server": "conformance/_bundled/"}
    wanted = {
        homes[top] + name
        for name in listed.stdout.split("\0")
        if (top := name.partition("/")[0]) in homes and (CHECKOUT / name).exists()
    }
    assert not wanted - packed
    assert not [name for name in packed if "__pycache__" in name or name.endswith((".pem", ".key"))]


def test_says_its_licence_and_its_command(wheel: zipfile.Path) -> None:
    info = next(path for path in wheel.iterdir() if path.name.endswith(".dist-info"))
    metadata = email.message_from_string((info / "METADATA").read_text(encoding="utf-8"))
    assert metadata["Name"] == "portero"
    assert metadata["License-Expression"] == "AGPL-3.0-or-later"
    assert metadata["Requires-Python"] == ">=3.11"
    assert "portero = conformance.cli:main" in (info / "entry_points.txt").read_text(encoding="utf-8")


def test_runs_away_from_the_checkout(installed: Path, tmp_path: Path) -> None:
    ended = _portero(installed, tmp_path, "run", "--area", "acc", "--reports", "reports")
    assert ended.returncode == Exit.OK, ended.stdout + ended.stderr
    assert (tmp_path / "reports" / "results.json").exists()


def test_every_dependency_is_pinned_and_nothing_else_stands_there() -> None:
    lines = (CHECKOUT / "constraints.txt").read_text(encoding="ascii").splitlines()
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+==[A-Za-z0-9.]+", line) for line in lines)
    pinned = {canonicalize_name(line.partition("==")[0]) for line in lines}
    assert len(pinned) == len(lines)
    assert not _closure("portero", "test") - pinned


def _closure(name: str, extra: str = "") -> set[str]:
    """Name everything that an installed distribution needs here, and what that needs in turn."""
    found: set[str] = set()
    to_do = [(name, extra)]
    while to_do:
        name, extra = to_do.pop()
        for line in requires(name) or ():
            need = Requirement(line)
            known = canonicalize_name(need.name)
            if known not in found and (need.marker is None or need.marker.evaluate({"extra": extra})):
                found.add(known)
                to_do.append((known, ""))
    return found
