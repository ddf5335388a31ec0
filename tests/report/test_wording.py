from __future__ import annotations

from conformance.catalogue import AREAS
from conformance.model import Exit, Level, Outcome
from conformance.report.wording import Wording, messages


def test_every_word_of_the_contract_has_a_text() -> None:
    found = messages()
    assert found["areas"].keys() == set(AREAS)
    assert found["verdict"].keys() == set(Outcome) | {"deviation"}
    assert found["level"].keys() == set(Level)
    assert {int(code) for code in found["exit"]} == set(Exit)


def test_numbers_dates_and_plurals() -> None:
    english, spanish = Wording("en"), Wording("es")
    assert english.number(12345.67) == "12,345.7"
    assert spanish.number(12345.67) == "12.345,7"
    assert english.instant("2026-11-21T22:30:05.123Z") == "21 November 2026, 22:30:05 UTC"
    assert spanish.instant("2026-11-21T22:30:05Z") == "21 de noviembre de 2026, 22:30:05 UTC"
    assert english("untested.cases", n=1) == "1 case"
    assert english("untested.cases", n=0) == "0 cases"
    assert spanish("untested.cases", n=2) == "2 casos"


def test_text_put_in_is_not_a_format_itself() -> None:
    assert Wording("en")("terminal.reports", folder="{n}{0.__class__}") == "Reports: {n}{0.__class__}"
