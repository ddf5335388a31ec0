"""Completion: what may follow, and that the shells' scripts ask for it and hand it on."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from conformance import catalogue
from conformance.commands.completion import SCRIPTS, candidates
from conformance.model import Exit
from tests.test_cli import call
from tests.webservers import installed


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["re"], ["render", "restore", "rejudge"]),
        (["--lang", "e"], ["en", "es"]),
        (["--lang", "es", "re"], ["render", "restore", "rejudge"]),
        (["--lang=es", "check", "--sch"], ["--schema"]),
        (["run", "--area", "t"], ["tls"]),
        (["run", "--fault", "offers-http-on"], []),
        (["run", "--target", "t.toml", "--ve"], ["--verbose"]),
        (["explain", "ACC-0"], [name for name in catalogue.load() if name.startswith("ACC-0")]),
        (["explain", "ACC-01", "--la"], ["--lang"]),
        (["explain", "ACC-01", ""], ["-h", "--help", "--lang"]),
        (["check", "--schema", ""], ["target", "waivers"]),
        (["completion", ""], ["bash", "zsh", "fish"]),
        (["run", "--target", ""], []),
        (["diff", ""], []),
        (["no-such-command", ""], []),
    ],
)
def test_what_may_follow(words: list[str], found: list[str]) -> None:
    assert candidates(words) == found


def test_faults_complete() -> None:
    from reference_server.faults import faults

    name = next(iter(faults().values())).short
    assert name in candidates(["run", "--quiet", "--fault", name[:4]])


def test_every_command_may_come_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert {"run", "serve", "init", "check", "list", "explain", "diff", "completion"} <= set(candidates([""]))
    assert call("completion", "words", "comp") == Exit.OK
    assert capsys.readouterr().out == "completion\n"


def asked(shell: str, folder: Path, *program: str) -> str:
    """Run a shell that knows a command `portero`, and return what it says."""
    command = folder / "portero"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m conformance "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    (folder / "script").write_text(SCRIPTS[shell], encoding="utf-8")
    environ = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", "HOME": str(folder)}
    checkout = Path(__file__).parents[1]
    done = subprocess.run(
        [installed(shell), *program], cwd=checkout, env=environ, capture_output=True, text=True, timeout=30, check=False
    )
    return done.stdout + done.stderr


def test_bash_completes(tmp_path: Path) -> None:
    program = f"""
    source {tmp_path}/script
    COMP_WORDS=(portero run --area t) COMP_CWORD=3
    _portero portero; echo "${{COMPREPLY[@]}}"
    COMP_WORDS=(portero explain ACC-01 "") COMP_CWORD=3
    _portero portero; echo "${{COMPREPLY[@]}}"
    complete -p portero
    """
    assert asked("bash", tmp_path, "--norc", "-c", program).splitlines() == [
        "tls",
        "-h --help --lang",
        "complete -o default -F _portero portero",
    ]


def test_zsh_completes(tmp_path: Path) -> None:
    program = f"""
    compdef() {{ print registered $@ }}
    compadd() {{ print ${{(P)2}} }}
    _files() {{ print files }}
    source {tmp_path}/script
    words=(portero run --area t) CURRENT=4; _portero
    words=(portero diff "") CURRENT=3; _portero
    """
    assert asked("zsh", tmp_path, "-f", "-c", program).splitlines() == ["registered _portero portero", "tls", "files"]


def test_fish_completes(tmp_path: Path) -> None:
    asking = "".join(f"complete -C 'portero {words}'; " for words in ("comp", "run --area t", "check --schema "))
    told = asked("fish", tmp_path, "--no-config", "-c", f"source {tmp_path}/script; {asking}")
    assert told.splitlines() == ["completion", "tls", "target", "waivers"]
