"""Reads a results file, which may come from anywhere: another edition, a cut download, somebody's editor."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any, Never

from pydantic import ValidationError

from conformance.engine.ledger import verdict, worst
from conformance.engine.results import SCHEMA, Results
from conformance.hostile import shown
from conformance.model import UnusableInput
from conformance.sentence import Sentence

LARGEST = 32 << 20  # bytes; a run of the whole catalogue writes about half a MiB


def read(path: Path) -> Results:
    """Read a results file of at most 32 MiB, checked.

    Raises UnusableInput in one sentence for a file that is absent, too large, cut short, of another schema, or no
    results file.
    """
    document = _parsed(path, _content(path))
    schema = document.get("schema") if isinstance(document, dict) else None
    if type(schema) is int and schema != SCHEMA:
        writer = "by a newer Portero; this one" if schema > SCHEMA else "which never was one; this Portero"
        raise UnusableInput(Sentence(f"{path}: written in results schema {schema} {writer} reads {SCHEMA}"))
    try:
        found = Results.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where, what = _spelt(document, first["loc"]), first["msg"]
        raise UnusableInput(Sentence(f"{path}: not a results file: {where}: {what}; was it edited by hand?")) from None
    if found.run.finished is None:  # it never came to its end
        found.run.interrupted = True
        found.verdict = "not-conformant" if found.verdict == "not-conformant" else "incomplete"
    return found


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        raise UnusableInput(Sentence(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}")) from error
    if len(content) > LARGEST:
        raise UnusableInput(
            Sentence(
                f"{path}: is larger than {LARGEST >> 20} MiB, which no results file is: name the results.json of a run"
            )
        )
    return content


def _parsed(path: Path, content: bytes) -> Any:
    try:
        return json.loads(content.decode("utf-8-sig"), parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise UnusableInput(Sentence(f"{path}: cannot be read: is not UTF-8 text at byte {error.start}")) from error
    except json.JSONDecodeError as error:
        raise UnusableInput(Sentence(f"{path}: not whole JSON, cut short perhaps: {error}")) from error
    except RecursionError as error:
        raise UnusableInput(Sentence(f"{path}: not a results file: it is nested too deeply")) from error
    except ValueError as error:
        raise UnusableInput(Sentence(f"{path}: not a results file: {error}")) from error


def _refuse_constant(name: str) -> Never:
    raise ValueError(f"{name} stands in it, which is no JSON")


def _spelt(document: Any, loc: tuple[int | str, ...]) -> str:
    """Name a place as a JSON Pointer, and the requirement or case that it is in."""
    named, inside = "", document
    for part in loc:
        try:
            inside = inside[part]
        except (LookupError, TypeError):
            break
        if isinstance(inside, dict) and isinstance(inside.get("id"), str):
            named = f" (in {shown(inside['id'], 80)})"
    return "".join(f"/{shown(str(part), 80)}" for part in loc) + named if loc else "its top"


def warn_of_contradictions(path: Path, found: Results) -> None:
    """Say on stderr where results disagree with themselves; they can be read all the same."""
    for words in contradictions(found):
        sys.stderr.write(f"portero: {path}: {words}: it was changed after it was written\n")


def contradictions(results: Results) -> list[str]:
    """Say where results disagree with themselves: what they count and conclude is not what their cases say."""
    found = []
    counts = Counter(case.verdict for case in results.cases)
    twice = [name for name in Counter(case.id for case in results.cases).items() if name[1] > 1]
    found += [f"{shown(name)} is there {n} times" for name, n in twice]
    found += [
        f"counts {n} {outcome}, and {counts[outcome]} cases say so"
        for outcome, n in results.counts.items()
        if n != counts[outcome]
    ]
    for row in results.requirements:
        own = worst(case.verdict for case in row.cases)
        if row.verdict is not own:
            found.append(f"{row.id} is {row.verdict}, and its cases make it {own}")
    concluded = verdict(results)
    if results.run.finished and concluded != results.verdict:
        found.append(f"its verdict is {results.verdict}, and its cases make it {concluded}")
    return found
