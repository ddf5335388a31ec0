"""Runs of the whole suite in a process of their own, and target files for a gateway that runs in this one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.inputs.toml_text import spell
from reference_server import Gateway

CHECKOUT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command came out."""

    code: int
    output: str
    errors: str


@contextmanager
def at_default(number: signal.Signals) -> Iterator[None]:
    """Let what is started inside the block be ended by a signal, also where the tests were begun by nohup."""
    before = signal.signal(number, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(number, before)


def portero(*words: str | Path, cwd: Path = CHECKOUT, environ: dict[str, str] | None = None) -> Ended:
    """Run a command of `portero` to its end."""
    return command("-m", "conformance", *words, cwd=cwd, environ=environ)


def command(*words: str | Path, cwd: Path = CHECKOUT, environ: dict[str, str] | None = None) -> Ended:
    """Run Python to its end, with the checkout on its path."""
    done = subprocess.run(
        [sys.executable, *words],
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": str(CHECKOUT)} | (environ or {}),
        capture_output=True,
        timeout=120,
        check=False,
    )
    return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())


def describe(gateway: Gateway, folder: Path, sections: Iterable[str] = ("webapp",), **head: Any) -> Path:
    """Write a target file for some sections of a gateway that runs."""
    whole = gateway.document()
    kept = {key: value for key, value in whole.items() if key in {"schema", "name", "consent", "limits", *sections}}
    path = folder / "target.toml"
    path.write_text(spell({**head, **kept}), encoding="utf-8")
    return path


def results(folder: Path) -> dict[str, Any]:
    """Read the results of a run."""
    found: dict[str, Any] = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    return found
