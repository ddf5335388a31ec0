"""Exhibits: what a verdict points at, found in the observations and shown bounded."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from conformance.engine.results import Entry
from conformance.hostile import bounded, shown, shown_block

MAX_STRING = 400
MAX_ITEMS = 24
MAX_SHOWN = 3
MAX_EXHIBIT = 2400
MAX_PAGE = 160_000  # characters of all exhibits of a page: the rest stands in results.json
_LINE = 80


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One thing that was seen, preformatted.

    `left_out` says that the page had no room for it, `repeats` that it has been shown under the same number.
    """

    pointer: str
    number: int = 0
    text: str = ""
    left_out: bool = False
    repeats: bool = False


class Exhibits:
    """The exhibits of one page, which has room for so many characters of them in all."""

    def __init__(self, observations: Mapping[str, Any]) -> None:
        """Show from `observations`, keyed as in results.json."""
        self._observations = observations
        self._room = MAX_PAGE
        self._numbers: dict[str, int] = {}

    def of(self, case: Entry) -> list[Exhibit]:
        """Return the first of what `case` rests on: its exhibits, else the observations as a whole."""
        pointers = case.exhibits or [f"{key}#" for key in case.evidence]
        return [self._exhibit(pointer) for pointer in pointers[:MAX_SHOWN]]

    def count(self, case: Entry) -> int:
        """Return how much `case` rests on in all; the page shows the first of it."""
        return len(case.exhibits or case.evidence)

    def _exhibit(self, pointer: str) -> Exhibit:
        name = shown(pointer, MAX_STRING)
        if pointer in self._numbers:
            return Exhibit(name, self._numbers[pointer], repeats=True)
        if self._room <= 0:
            return Exhibit(name, left_out=True)
        number = self._numbers[pointer] = len(self._numbers) + 1
        text = self._text(pointer)
        self._room -= len(text)
        return Exhibit(name, number, text)

    def _text(self, pointer: str) -> str:
        try:
            return shown_block(as_text(resolve(self._observations, pointer)), MAX_EXHIBIT)
        except LookupError:
            return "(not in the results file)"


def resolve(observations: Mapping[str, Any], pointer: str) -> Any:
    """Return what `key#/json/pointer` points at (RFC 6901); LookupError when there is nothing."""
    key, _, path = pointer.partition("#")
    found: Any = observations[key]
    for part in path.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(found, Mapping):
            found = found[name]
        elif isinstance(found, list) and name.isdecimal():
            found = found[int(name)]
        else:
            raise LookupError(pointer)
    return found


def as_text(value: Any) -> str:
    """Return a value as an auditor reads it: an HTTP exchange as on the wire, anything else as JSON."""
    if isinstance(value, Mapping) and {"method", "url", "status", "headers"} <= value.keys():
        return _exchange(value)
    if isinstance(value, list) and value and all(isinstance(v, Mapping) and "method" in v for v in value):
        return "\n\n".join(as_text(v) for v in value[:MAX_ITEMS])
    return _json(_pruned(value))


def _json(value: Any, indent: str = "") -> str:
    """Return JSON with a line for each key, and short lists on one line."""
    flat = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, list | dict) or len(indent) + len(flat) <= _LINE:
        return flat
    inner = indent + "  "
    if isinstance(value, dict):
        rows = [f"{inner}{json.dumps(k, ensure_ascii=False)}: {_json(v, inner)}" for k, v in value.items()]
        return "{\n" + ",\n".join(rows) + f"\n{indent}}}"
    return "[\n" + ",\n".join(inner + _json(v, inner) for v in value) + f"\n{indent}]"


def _exchange(seen: Mapping[str, Any]) -> str:
    lines = [f"{seen['method']} {bounded(str(seen['url']), MAX_STRING)}"]
    if seen.get("trouble"):
        return "\n".join([*lines, f"no answer: {seen['trouble']}"])
    lines.append(f"answer: status {seen['status']}, {seen.get('body_bytes', 0)} bytes of content")
    lines += [f"{shown(str(name), 80)}: {shown(str(value), MAX_STRING)}" for name, value in seen["headers"][:40]]
    if seen.get("body"):
        lines += ["", bounded(str(seen["body"]), MAX_STRING)]
    return "\n".join(lines)


def _pruned(value: Any, depth: int = 8) -> Any:
    """Return a value with long strings cut, empty ones left out, long lists shortened, and deep ones ended."""
    if isinstance(value, str):
        return bounded(value, MAX_STRING)
    if depth == 0 and isinstance(value, list | Mapping):
        return "…"
    if isinstance(value, list):
        kept = [_pruned(v, depth - 1) for v in value[:MAX_ITEMS]]
        return [*kept, f"… ({len(value) - MAX_ITEMS} more)"] if len(value) > MAX_ITEMS else kept
    if isinstance(value, Mapping):
        told = [(k, v) for k, v in value.items() if v != ""]
        kept_keys = {bounded(str(k), 80): _pruned(v, depth - 1) for k, v in told[:MAX_ITEMS]}
        return kept_keys | ({"…": f"{len(told) - MAX_ITEMS} more"} if len(told) > MAX_ITEMS else {})
    return value
