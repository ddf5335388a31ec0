"""`portero serve`: the reference server, until it is interrupted, and a target file that fits it."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from conformance import catalogue, locate
from conformance.inputs.complaints import unwritable
from conformance.inputs.toml_text import spell
from conformance.locale import tongue
from conformance.model import Exit, UnusableInput
from conformance.run.endings import POLITE
from conformance.run.session import refuse_unknown_faults
from conformance.sentence import By, Own, Sentence, own_list, say

MARK = "# Written by `portero serve`, which removes it when it ends.\n"


def run(options: argparse.Namespace) -> int:
    """Serve until a signal that ends politely; then stop, and remove what was written."""
    refuse_unknown_faults(options.fault)
    ended = threading.Event()
    for number in POLITE:
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup
            signal.signal(number, lambda *_: ended.set())
    gateway = locate.module("reference_server").Gateway(options.security_level, options.fault, costly=catalogue.AREAS)
    with gateway, _described(gateway, options.write_target):
        words = tongue(options.lang)
        told = _ready(gateway.document(), options.write_target)
        sys.stdout.write("".join(f"{line.within(words)}\n" for line in told))
        sys.stdout.flush()
        ended.wait()
    return Exit.OK


def _ready(document: dict[str, Any], target: Path | None) -> Iterator[Sentence]:
    urls = [f"{name} {table['url']}" for name, table in document.items() if isinstance(table, dict) and "url" in table]
    if target:
        yield say("target file: {file} (portero run --target {file})", file=Own(target))
    yield say("ready: {urls}; Ctrl-C ends it", urls=own_list(urls, By.COMMA))


@contextmanager
def _described(gateway: Any, target: Path | None) -> Iterator[None]:
    if target is None:
        yield
        return
    secrets = {f"env:{name}": (f"{target.stem}.{name}.secret", text) for name, text in gateway.environ.items()}
    document = _by_file(gateway.document(), {reference: f"file:{name}" for reference, (name, _) in secrets.items()})
    _refuse_foreign(target)
    written = [target, *(target.with_name(name) for name, _ in secrets.values())]
    try:
        _write(target, MARK + spell(document))
        for name, text in secrets.values():
            _write(target.with_name(name), text + "\n")
        yield
    except OSError as error:
        raise UnusableInput(unwritable(target, error)) from error
    finally:
        for path in written:
            path.unlink(missing_ok=True)


def _refuse_foreign(target: Path) -> None:
    if target.exists() and (not target.is_file() or not target.read_bytes().startswith(MARK.encode())):
        raise UnusableInput(
            say(
                "{file}: is there already, and was not written by portero serve: choose another name",
                file=Own(target),
            )
        )


def _write(path: Path, text: str) -> None:
    """Write a file that only its owner can read, from its first moment."""
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)


def _by_file(value: Any, files: dict[str, str]) -> Any:
    """Return `value` with references to the environment replaced by references to files."""
    if isinstance(value, dict):
        return {key: _by_file(inner, files) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_by_file(inner, files) for inner in value]
    return files.get(value, value) if isinstance(value, str) else value
