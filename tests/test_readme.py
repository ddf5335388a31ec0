"""What README says is so: commands, options, exit codes, the target file, links."""

from __future__ import annotations

import argparse
import re
import shlex
import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest

from conformance import cli, ledger, target
from conformance.model import Exit

CHECKOUT = Path(__file__).parents[1]
README = (CHECKOUT / "README.md").read_text(encoding="utf-8")
MAIN = "python3 -m venv .venv && .venv/bin/pip install -q -c constraints.txt -e . && .venv/bin/portero"
TEST = "python3 -m venv .venv && .venv/bin/pip install -q -c constraints.txt -e '.[test]' && .venv/bin/pytest"

BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
PROSE = re.sub(r"^```.*?^```", "", README, flags=re.MULTILINE | re.DOTALL)
SPANS = re.findall(r"`([^`]+)`", PROSE)
COMMANDS = [line for kind, text in BLOCKS if kind == "sh" for line in text.splitlines()]
USES = sorted({m[1] for text in (*COMMANDS, *SPANS) if (m := re.search(r"(?:^|\s|/)portero(| .*)$", text))})


class Parsed(Exception):
    """The command line was understood."""


@pytest.fixture
def only_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    understand = argparse.ArgumentParser.parse_args

    def parse(self: argparse.ArgumentParser, words: Sequence[str]) -> None:
        understand(self, words)
        raise Parsed

    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", parse)


@pytest.mark.usefixtures("only_parsed")
@pytest.mark.parametrize("use", USES, ids=[use.strip() or "no words" for use in USES])
def test_every_use_of_the_command_is_understood(use: str) -> None:
    with pytest.raises(Parsed):
        cli.main(shlex.split(use))


@pytest.mark.usefixtures("only_parsed")
def test_a_use_that_is_wrong_would_be_noticed() -> None:
    with pytest.raises(SystemExit):
        cli.main(["run", "--no-such-option"])


def test_every_option_in_the_text_exists(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("run", "init"):
        with pytest.raises(SystemExit):
            cli.main([command, "--help"])
    known = set(re.findall(r"--[a-z-]+", capsys.readouterr().out))
    named = {option for span in SPANS for option in re.findall(r"(?<!\S)--[a-z-]+", span)}
    assert named
    assert named - {"--faults", "--json"} <= known


def test_the_two_commands_stand_there_and_ci_runs_the_second() -> None:
    assert COMMANDS[:2] == [MAIN, TEST]
    assert TEST in (CHECKOUT / ".ci" / "run").read_text(encoding="utf-8")


def test_every_exit_code_is_explained() -> None:
    rows = re.findall(r"^\| (\d+) \|", README, re.MULTILINE)
    assert [int(code) for code in rows] == sorted(Exit)


def test_every_verdict_of_a_run_is_named() -> None:
    source = Path(ledger.__file__).read_text(encoding="utf-8")
    body = source[source.index("def verdict(") :]
    for word in re.findall(r'"((?:not-)?conformant(?:-with-waivers)?|incomplete|partial)"', body):
        assert word in README


def test_the_target_file_is_one() -> None:
    (text,) = (text for kind, text in BLOCKS if kind == "toml")
    aim = target.parse(tomllib.loads(text))
    assert aim.sections == ("webapp", "channel", "identity")
    assert aim.excluded("IDV-05")


def test_every_file_it_names_is_there() -> None:
    links = [link for link in re.findall(r"\]\(([^)]+)\)", README) if "://" not in link]
    files = [span for span in SPANS if span.startswith(("conformance/", "tests/", "fixtures/"))]
    assert links
    assert not [name for name in (*links, *files) if not (CHECKOUT / name).exists()]
