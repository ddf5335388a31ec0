from __future__ import annotations

import pytest

from conformance.areas.dep.compose.dotenv import Entry, parse_env, parse_raw
from conformance.areas.dep.compose.interpolation import Findings
from conformance.areas.dep.compose.nodes import ComposeTrouble


def values(text: str, **outer: str) -> dict[str, str]:
    return {name: entry.value for name, entry in parse_env(text, "db.env", outer.get, Findings()).items()}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A=1", {"A": "1"}),
        ("export A=1\n", {"A": "1"}),
        ("A = 1 \n", {"A": "1"}),
        ("A: 1", {"A": "1"}),
        ("A=\nB=2", {"A": "", "B": "2"}),
        ("# all\n\n  A=1 # rest\n", {"A": "1"}),
        ("A=1#2", {"A": "1#2"}),
        ("A='1 # 2' # rest\nB=3", {"A": "1 # 2", "B": "3"}),
        ("A='$B ${C}'", {"A": "$B ${C}"}),
        ("B=2\nA=$B-${B}", {"B": "2", "A": "2-2"}),
        ('B=2\nA="$B"', {"B": "2", "A": "2"}),
        ('A="one\\ntwo\\t\\"\\$X"', {"A": 'one\ntwo\t"$X'}),
        ('A="one\ntwo"\nB=1', {"A": "one\ntwo", "B": "1"}),
        ("A=one\\ntwo", {"A": "one\\ntwo"}),
        ("A=${NOWHERE:-d}", {"A": "d"}),
        ("A=b=c==", {"A": "b=c=="}),
        ("A=1\r\nB=2\r\n", {"A": "1", "B": "2"}),
        ("A.b-c[0]=1", {"A.b-c[0]": "1"}),
        ("A=1\nA=2", {"A": "2"}),
        ("LEFT_OUT\nA=1", {"A": "1"}),
    ],
)
def test_env_files_are_read_as_compose_does(text: str, expected: dict[str, str]) -> None:
    assert values(text) == expected


def test_what_is_set_outside_goes_before_what_the_file_says() -> None:
    assert values("B=inner\nA=$B\nC", B="outer", C="taken over") == {"B": "inner", "A": "outer", "C": "taken over"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("A=1\nno name=2", "db.env:2: a variable's name cannot contain a space"),
        ("A=1\n\n<html>=2", "db.env:3: unexpected character in a variable's name"),
        ("A=1\nB='open", "db.env:2: a quoted value is not closed"),
    ],
)
def test_a_malformed_line_is_named(text: str, said: str) -> None:
    with pytest.raises(ComposeTrouble) as trouble:
        values(text)
    assert str(trouble.value) == said


def test_entries_know_their_line() -> None:
    assert parse_env("\n#\nA=1\nB='2\n3'\nC=4", "db.env", lambda _: None, Findings())["C"] == Entry("4", 6)


def test_the_raw_format_changes_nothing() -> None:
    text = "# all\nA='1' # rest\nB=$C\nINHERITED\nABSENT\n"
    found = parse_raw(text, "raw.env", {"INHERITED": "x"}.get)
    assert found == {"A": Entry("'1' # rest", 2), "B": Entry("$C", 3), "INHERITED": Entry("x", 4)}


@pytest.mark.parametrize("line", ["=b", "A =b", "export A=b", "A B"])
def test_the_raw_format_takes_no_name_that_docker_refuses(line: str) -> None:
    with pytest.raises(ComposeTrouble, match=r"^raw\.env:2: this is no name of a variable$"):
        parse_raw(f"A=1\n{line}\n", "raw.env", lambda _: None)
