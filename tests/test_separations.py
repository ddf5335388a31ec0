"""What keeps the suite's parts apart: probes look, judges decide, and the reference server knows neither."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from conformance import catalogue
from conformance.engine import cases
from conformance.engine.assessment import Assessment
from conformance.engine.observatory import Probe, Recorded
from conformance.engine.recording import Observed
from conformance.inputs import target
from conformance.model import Level, violates
from conformance.sentence import say

CHECKOUT = Path(__file__).parents[1]
AREAS = "conformance/areas"
OUTSIDE_WORLD = {"asyncio", "datetime", "http.client", "os", "random", "requests", "secrets", "socket", "ssl"}
OUTSIDE_WORLD |= {"subprocess", "sys", "threading", "time", "urllib.request"}
OF_JUDGES = {"model", "origin", "pointers", "sentence", "engine.policy"}
OF_JUDGES |= {"handshake.record", "inputs.target", "web.exchange"}
OF_VERDICTS = {"catalogue", "engine.assessment", "engine.cases", "engine.ledger", "engine.policy"}


@dataclass(frozen=True, slots=True)
class Nothing:
    """A record of nothing."""


def modules(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((CHECKOUT / folder).rglob("*.py"))]


def place(path: Path) -> str:
    return path.relative_to(CHECKOUT).as_posix()


def imported(path: Path) -> Iterator[str]:
    """Name what a module imports, from anywhere in it; a name out of a package counts as a module of it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from (f"{node.module}.{name.name}" for name in node.names)
            yield str(node.module)


def parts(path: Path) -> set[str]:
    """Name the modules of the suite that a module imports, without their package's name."""
    return {
        name.removeprefix("conformance.")
        for name in imported(path)
        if name.startswith("conformance.") and (CHECKOUT / f"{name.replace('.', '/')}.py").exists()
    }


def file(part: str) -> Path:
    return CHECKOUT / "conformance" / f"{part.replace('.', '/')}.py"


def judging() -> set[Path]:
    """Return what decides: judges and records, and those of an area's own modules that they are made of."""
    found: set[Path] = set()
    waiting = [path for name in ("judge*.py", "record.py") for path in (CHECKOUT / AREAS).glob(f"*/{name}")]
    while waiting:
        path = waiting.pop()
        found.add(path)
        own = {file(part) for part in parts(path) if file(part).parent == path.parent}
        waiting += own - found
    return found


JUDGING = sorted(judging())
LOOKING = [
    path
    for path in modules(AREAS, "conformance/bench", "conformance/handshake", "conformance/web")
    if path not in JUDGING and not path.name.startswith("test_")
]


@pytest.mark.parametrize("path", JUDGING, ids=place)
def test_judges_and_records_touch_neither_network_nor_clock(path: Path) -> None:
    assert not OUTSIDE_WORLD & set(imported(path))
    assert {part for part in parts(path) if file(part) not in JUDGING} <= OF_JUDGES


@pytest.mark.parametrize("path", LOOKING, ids=place)
def test_looks_know_no_requirement_and_do_not_judge(path: Path) -> None:
    assert not parts(path) & OF_VERDICTS
    assert not [part for part in parts(path) if file(part).name.startswith("judge")]
    named = set(re.findall(r"\b[A-Z]+-\d\d\b", path.read_text(encoding="utf-8")))
    assert not named & set(catalogue.load())


@pytest.mark.parametrize("path", modules("reference_server"), ids=place)
def test_the_reference_server_knows_nothing_of_the_suite(path: Path) -> None:
    assert not {name.partition(".")[0] for name in imported(path)} & {"conformance", "reference_server", "tests"}


def test_every_judged_requirement_is_proved_and_nothing_else() -> None:
    assert set(cases.proofs()) == {row.id for row in catalogue.load().values() if row.excluded is None}


def test_a_may_that_would_fail_is_a_defect_of_the_suite(monkeypatch: pytest.MonkeyPatch) -> None:
    core = {"url": "http://core.example/channel", "secret": "env:WA_SECRET"}
    aim = target.parse({"schema": 1, "name": "any", "consent": "destructive", "channel": core})
    assessment = Assessment(aim, Recorded(Observed({"odd/0": {}})))
    case = next(
        case for case in assessment.cases.values() if case.level is Level.MAY and case.requirement.section == "channel"
    )
    odd = cases.Proof(Probe("odd", Nothing, lambda _: Nothing()), lambda *_: violates(say("this"), say("that")))
    monkeypatch.setitem(cases.proofs(), case.requirement.id, odd)
    with pytest.raises(TypeError, match="never fails"):
        assessment.judge(case)
