"""docs/matrix.md says what the faults say, and no requirement stands on one fault alone."""

from __future__ import annotations

from benchmarks import matrix


def test_the_page_is_what_the_command_writes() -> None:
    assert matrix.PAGE.read_text(encoding="utf-8") == matrix.text(), "run `python -m benchmarks.matrix`"


def test_every_requirement_that_can_fail_is_broken_by_two_faults() -> None:
    assert {name: len(by) for name, by in matrix.breakable().items() if len(by) < 2} == {}
