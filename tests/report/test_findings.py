from __future__ import annotations

from pathlib import Path

import pytest

from conformance.engine.results import Results
from conformance.model import Exit
from conformance.report.findings import FEW, lines
from tests.report import samples


def told(document: Results, verbosity: int = 0, language: str = "en") -> list[str]:
    return [line.text for line in lines(document, Path("reports"), language, verbosity=verbosity)]


def test_violations_come_first_and_the_verdict_last() -> None:
    found = told(samples.broken())
    headings = [line for line in found if line and not line.startswith(" ")]
    assert headings == [
        "Violations",
        "Deviations that do not fail this run",
        "Could not be tested",
        f"Reports: {Path('reports').resolve()}",
        found[-2],
        "exit 1: a violation that fails the run",
    ]
    assert found[-2].startswith("Not conformant: staging violates 2 requirements (HDR-02, TLS-02).")
    at = found.index("    TLS-02/tls-1.0  gw.example:9090  accepted TLS 1.0 with ECDHE-RSA-AES128-SHA")
    assert found[at - 1] == "  TLS-02  Protocol versions"
    assert found[at + 1] == "      expected: INTERMEDIATE allows TLS 1.2 and TLS 1.3 only"
    at = found.index("  no answer to a fresh message")
    assert found[at + 1] == "    CHN-01"


@pytest.mark.parametrize(("verbosity", "shown"), [(-1, 0), (0, FEW), (1, 700)])
def test_as_many_as_asked_for(verbosity: int, shown: int) -> None:
    found = told(samples.large("fail"), verbosity)
    assert sum("/get/page-" in line for line in found) == shown
    assert ("  … and 680 more, in compliance.html" in found) == (verbosity == 0)


def test_verdict_has_a_colour_of_its_own() -> None:
    marked = {
        name: list(lines(document, Path()))[-2].markup
        for name, document in {
            "clean": samples.clean(),
            "broken": samples.broken(),
            "untested": samples.document(samples.requirement("CHN-01", samples.case("CHN-01", "inconclusive"))),
        }.items()
    }
    assert marked == {"clean": ("bold", "green"), "broken": ("bold", "red"), "untested": ("bold", "yellow")}


def test_waiver_that_ran_out_is_named() -> None:
    reason = "accepted TLS 1.0; refused (its waiver WVR-2026-003 expired on 2026-01-01)"
    row = samples.requirement("TLS-02", samples.case("TLS-02/tls-1.0", "fail", reason=reason, waiver="WVR-2026-003"))
    assert any(reason in line for line in told(samples.document(row)))


def test_requirements_in_a_row_are_named_by_the_first_and_the_last() -> None:
    rows = [
        samples.requirement(name, samples.case(f"{name}/a", "inconclusive", reason="silent"), *more)
        for name, more in {
            "CHN-01": (),
            "CHN-02": (),
            "CHN-03": (),
            "CHN-05": (samples.case("CHN-05/b"),),
            "TLS-01": (),
            "TLS-02": (),
        }.items()
    ]
    found = told(samples.document(*rows))
    assert found[found.index("  silent") + 1] == "    CHN-01 to CHN-03, CHN-05 (1 case), TLS-01, TLS-02"


@pytest.mark.parametrize(
    ("code", "last"),
    [
        (Exit.INTERNAL, "exit 3: an error of the suite itself, or a secret found in a report"),
        (None, "exit 0: nothing that was selected is violated"),
        (1, "Conformant: "),  # other tests of the same pytest run failed
    ],
)
def test_exit_code_is_the_true_one(code: int | None, last: str) -> None:
    assert list(lines(samples.clean(), Path("r"), code=code))[-1].text.startswith(last)


def test_spanish() -> None:
    assert told(samples.clean(), language="es")[-2].startswith("Conforme: staging cumple")


def test_what_the_target_says_cannot_steer_the_terminal() -> None:
    assert all(line.isprintable() for line in told(samples.hostile(), 1))
