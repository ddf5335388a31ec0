from __future__ import annotations

from collections.abc import Iterator
from string import Formatter
from typing import Any

import pytest

from conformance.catalogue import AREAS
from conformance.catalogue import LANGUAGES as CATALOGUE_LANGUAGES
from conformance.model import Exit, Level, Outcome
from conformance.report.wording import LANGUAGES, Wording, messages


def leaves(tree: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from leaves(value, f"{path}.{key}")
    elif isinstance(tree, list):
        for n, value in enumerate(tree):
            yield from leaves(value, f"{path}.{n}")
    else:
        yield path, str(tree)


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_languages_say_the_same() -> None:
    english, spanish = dict(leaves(messages("en"))), dict(leaves(messages("es")))
    assert english.keys() == spanish.keys()
    different = [key for key in english if places(english[key]) != places(spanish[key])]
    assert not different
    assert all(english.values())
    assert all(spanish.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_of_the_contract_has_a_text(language: str) -> None:
    found = messages(language)
    assert found["areas"].keys() == set(AREAS)
    assert found["verdict"].keys() == set(Outcome) | {"deviation"}
    assert found["level"].keys() == set(Level)
    assert {int(code) for code in found["exit"]} == set(Exit)
    assert set(LANGUAGES) == set(CATALOGUE_LANGUAGES)


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
