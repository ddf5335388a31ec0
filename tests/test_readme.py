"""What README says is so, in both languages: commands, numbers, exit codes, the target file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from conformance import catalogue
from conformance.engine import ledger
from conformance.inputs import target
from conformance.model import Exit
from tests.pages import CHECKOUT, PAGES, Page

MAIN = "python3 -m venv .venv && .venv/bin/pip install -q -c constraints.txt -e . && .venv/bin/portero"
TEST = "python3 -m venv .venv && .venv/bin/pip install -q -c constraints.txt -e '.[test]' && .venv/bin/pytest"

ENGLISH, SPANISH = PAGES["README.md"], PAGES["README.es.md"]
IN_BOTH = pytest.mark.parametrize("readme", [ENGLISH, SPANISH], ids=lambda readme: readme.name)


def test_the_two_commands_stand_there_and_ci_runs_the_second() -> None:
    assert ENGLISH.commands[:2] == [MAIN, TEST]
    assert TEST in (CHECKOUT / ".ci" / "run").read_text(encoding="utf-8")


@IN_BOTH
def test_every_exit_code_is_explained(readme: Page) -> None:
    rows = re.findall(r"^\| (\d+) \|", readme.text, re.MULTILINE)
    assert [int(code) for code in rows] == sorted(Exit)


@IN_BOTH
def test_every_verdict_of_a_run_is_named(readme: Page) -> None:
    source = Path(ledger.__file__).read_text(encoding="utf-8")
    body = source[source.index("def verdict(") :]
    for word in re.findall(r'"((?:not-)?conformant(?:-with-waivers)?|incomplete|partial)"', body):
        assert word in readme.text


@IN_BOTH
def test_it_counts_the_areas_and_nothing_that_grows(readme: Page) -> None:
    judged = [row for row in catalogue.load().values() if row.excluded is None]
    assert {row.area for row in judged} == set(catalogue.AREAS)
    assert str(len(judged)) not in readme.text
    assert {"README.md": "ten areas", "README.es.md": "diez áreas"}[readme.name] in " ".join(readme.text.split())


@IN_BOTH
def test_the_target_file_is_one(readme: Page) -> None:
    (example,) = readme.tables()
    assert target.parse(example).sections == ("webapp", "channel")


def test_spanish_has_the_same_commands_files_and_options() -> None:
    assert SPANISH.commands == ENGLISH.commands
    assert SPANISH.tables() == ENGLISH.tables()
    ours, theirs = ([link for link in page.links if not link.startswith("README")] for page in (ENGLISH, SPANISH))
    assert ours == theirs
    assert sorted(SPANISH.spans) == sorted(ENGLISH.spans)
    assert SPANISH.text.count("\n|") == ENGLISH.text.count("\n|")
