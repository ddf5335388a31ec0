from __future__ import annotations

import pytest

from conformance.areas.dep.compose.interpolation import Findings, Interpolation
from conformance.areas.dep.compose.nodes import UNKNOWN, ComposeTrouble

VALUES = {"SET": "value", "EMPTY": "", "OTHER": "else"}


def filled(template: str) -> tuple[str, Findings]:
    findings = Findings()
    return Interpolation(VALUES.get, findings).text(template, "compose.yml:7"), findings


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("$SET", "value"),
        ("${SET}", "value"),
        ("a${SET}b$OTHER.c", "avaluebelse.c"),
        ("$$SET", "$SET"),
        ("$${SET}", "${SET}"),
        ("$$$SET", "$value"),
        ("${SET:-d}", "value"),
        ("${EMPTY:-d}", "d"),
        ("${EMPTY-d}", ""),
        ("${UNSET-d}", "d"),
        ("${UNSET:-d}", "d"),
        ("${UNSET:-}", ""),
        ("${UNSET:-${SET}}", "value"),
        ("${UNSET:-${ALSO_UNSET:-${OTHER}}}!", "else!"),
        ("${UNSET:-$OTHER}", "else"),
        ("${SET:+r}", "r"),
        ("${SET+r}", "r"),
        ("${EMPTY:+r}", ""),
        ("${EMPTY+r}", "r"),
        ("${UNSET+r}", ""),
        ("${SET:+${OTHER}}", "else"),
        ("${SET:?must be set}", "value"),
        ("${EMPTY?must be set}", ""),
        ("${UNSET:-a:b}", "a:b"),
        ("${UNSET:-{}}", "{}"),
        ("${UNSET-a:?b}", "a:?b"),
        ("$(date)", "$(date)"),
        ("costs $5", "costs $5"),
        ("end of a regular expression$", "end of a regular expression$"),
    ],
)
def test_variables_are_put_in_as_compose_does(template: str, expected: str) -> None:
    assert filled(template)[0] == expected


@pytest.mark.parametrize("template", ["${}", "${SET", "${SET!}", "${1}", "${ SET }", "${SET:x}"])
def test_what_compose_refuses_is_refused_with_its_place(template: str) -> None:
    with pytest.raises(ComposeTrouble, match=r"^compose\.yml:7: invalid interpolation format"):
        filled(template)


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("${UNSET:?set it, please}", "required variable UNSET is missing a value"),
        ("${EMPTY:?}", "required variable EMPTY is missing a value"),
        ("${UNSET?${SET} is not enough}", "required variable UNSET is missing a value"),
        ("${Zq9vLm2Rt8:?}", "a required variable is missing a value"),
        ("${VKRVUUZQ:?}", "a required variable is missing a value"),
        ("${A_B_VERSION:?}", "required variable A_B_VERSION is missing a value"),
    ],
)
def test_a_demanded_variable_without_value_is_told_without_its_message(template: str, said: str) -> None:
    text, findings = filled(f"a{template}b")
    assert text == f"a{UNKNOWN}b"
    assert list(findings.missing.values()) == [f"compose.yml:7: {said}"]


def test_a_variable_that_is_not_set_is_blank_and_noted() -> None:
    text, findings = filled("<$UNSET>")
    assert text == "<>"
    assert findings.blank == {"UNSET": "compose.yml:7"}


def test_nesting_without_end_is_refused() -> None:
    with pytest.raises(ComposeTrouble, match="nested too deeply"):
        filled("${A:-" * 50 + "x" + "}" * 50)
