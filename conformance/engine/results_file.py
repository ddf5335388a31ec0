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
from conformance.regular import why_unread
from conformance.sentence import Language, Own, Sentence, say

LARGEST = 32 << 20  # bytes; a run of the whole catalogue writes about half a MiB


def read(path: Path) -> Results:
    """Read a results file of at most 32 MiB, checked.

    Raises UnusableInput in one sentence for a file that is absent, too large, cut short, of another schema, or no
    results file.
    """
    document = _parsed(path, _content(path))
    schema = document.get("schema") if isinstance(document, dict) else None
    if type(schema) is int and schema != SCHEMA:
        newer = say(
            "{file}: written in results schema {schema} by a newer Portero; this one reads {number}",
            file=Own(path),
            schema=schema,
            number=SCHEMA,
        )
        never = say(
            "{file}: written in results schema {schema}, which never was one; this Portero reads {number}",
            file=Own(path),
            schema=schema,
            number=SCHEMA,
        )
        raise UnusableInput(newer if schema > SCHEMA else never)
    try:
        found = Results.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where, what = _spelt(document, first["loc"]), first["msg"]
        trouble = say(
            "{file}: not a results file: {place}: {trouble}; was it edited by hand?",
            file=Own(path),
            place=Own(where),
            trouble=Own(what),
        )
        raise UnusableInput(trouble) from None
    if found.run.finished is None:  # it never came to its end
        found.run.interrupted = True
        found.verdict = "not-conformant" if found.verdict == "not-conformant" else "incomplete"
    return found


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        why = why_unread(error)
        raise UnusableInput(say("{file}: cannot be read: {error}", file=Own(path), error=why)) from error
    if len(content) > LARGEST:
        raise UnusableInput(
            say(
                "{file}: is larger than {size} MiB, which no results file is: name the results.json of a run",
                file=Own(path),
                size=LARGEST >> 20,
            )
        )
    return content


def _parsed(path: Path, content: bytes) -> Any:
    try:
        return json.loads(content.decode("utf-8-sig"), parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        trouble = say("{file}: cannot be read: is not UTF-8 text at byte {n}", file=Own(path), n=error.start)
        raise UnusableInput(trouble) from error
    except json.JSONDecodeError as error:
        trouble = say("{file}: not whole JSON, cut short perhaps: {error}", file=Own(path), error=Own(error))
        raise UnusableInput(trouble) from error
    except RecursionError as error:
        raise UnusableInput(say("{file}: not a results file: it is nested too deeply", file=Own(path))) from error
    except ValueError as error:
        trouble = say("{file}: not a results file: {error}", file=Own(path), error=Own(error))
        raise UnusableInput(trouble) from error


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


def warn_of_contradictions(path: Path, found: Results, language: Language | None = None) -> None:
    """Say on stderr where results disagree with themselves; they can be read all the same."""
    for words in contradictions(found):
        told = say("{file}: {trouble}: it was changed after it was written", file=Own(path), trouble=words)
        sys.stderr.write(f"portero: {told.within(language)}\n")


def contradictions(results: Results) -> list[Sentence]:
    """Say where results disagree with themselves: what they count and conclude is not what their cases say."""
    found: list[Sentence] = []
    counts = Counter(case.verdict for case in results.cases)
    twice = [name for name in Counter(case.id for case in results.cases).items() if name[1] > 1]
    found += [say("{case} is there {n} times", case=Own(shown(name)), n=n) for name, n in twice]
    found += [
        say("it counts {n} {verdict}, and {number} cases say so", n=n, verdict=Own(outcome), number=counts[outcome])
        for outcome, n in results.counts.items()
        if n != counts[outcome]
    ]
    for row in results.requirements:
        own = worst(case.verdict for case in row.cases)
        if row.verdict is not own:
            told = say(
                "{requirement} is {verdict}, and its cases make it {other}",
                requirement=Own(row.id),
                verdict=Own(row.verdict),
                other=Own(own),
            )
            found.append(told)
    concluded = verdict(results)
    if results.run.finished and concluded != results.verdict:
        told = say(
            "its verdict is {verdict}, and its cases make it {other}",
            verdict=Own(results.verdict),
            other=Own(concluded),
        )
        found.append(told)
    return found
