"""What is written as TOML reads the same."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.inputs.toml_text import spell

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
PLAIN = st.one_of(
    st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False, allow_infinity=False), TEXT
)
VALUES = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3), max_leaves=8
)


@given(st.dictionaries(TEXT, VALUES, max_size=4))
def test_reads_the_same(document: dict[str, Any]) -> None:
    assert tomllib.loads(spell(document)) == document


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ({"schema": 1, "name": "x"}, 'schema = 1\nname = "x"\n'),
        (
            {"webapp": {"admin": {"username": "a"}, "url": "u"}},
            '[webapp]\nurl = "u"\n\n[webapp.admin]\nusername = "a"\n',
        ),
        ({"webapp": {"admin": {"username": "a"}}}, '[webapp.admin]\nusername = "a"\n'),
        ({"identity": {"headers": {}}}, "[identity.headers]\n"),
        ({"scope": {"exclude": [{"requirement": "HOOK-*"}]}}, '[scope]\nexclude = [{ requirement = "HOOK-*" }]\n'),
        ({"webapp": {"ca_file": None, "http_ports": [80]}}, "[webapp]\nhttp_ports = [80]\n"),
    ],
)
def test_is_laid_out_for_people(document: dict[str, Any], text: str) -> None:
    assert spell(document) == text
