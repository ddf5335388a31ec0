"""Records as results.json holds them: plain JSON with English texts, and beside it which texts are sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter

from conformance import pointers
from conformance.sentence import Sentence

Said = dict[str, Sentence]
"""The sentences of an observation, by JSON Pointer."""


@dataclass(frozen=True, slots=True)
class Observed:
    """What a run saw: each observation as JSON, and the sentences in it."""

    seen: dict[str, Any] = field(default_factory=dict)
    said: dict[str, Said] = field(default_factory=dict)

    def spoken(self, key: str) -> Any:
        """Return an observation with its sentences in their places."""
        return put_together(self.seen[key], self.said.get(key, {}))


def taken_apart(adapter: TypeAdapter[Any], record: Any) -> tuple[dict[str, Any], Said]:
    """Return a record as JSON, and the sentences that stand in it."""
    seen: dict[str, Any] = adapter.dump_python(record, mode="json")
    return seen, dict(_sentences(adapter.dump_python(record, mode="python")))


def put_together(seen: Any, said: Mapping[str, Sentence]) -> Any:
    """Return an observation as JSON, but for the sentences in it; `seen` stays as it is.

    A place that is not there, or holds another text than the sentence has, was edited: the text stands.
    """
    if not said:
        return seen
    whole = _copied(seen)
    for pointer, spoken in said.items():
        if pointers.get(whole, pointer) == spoken:
            *way, last = pointers.tokens(pointer)
            parent = pointers.get(whole, pointers.build(*way))
            parent[int(last) if isinstance(parent, list) else last] = spoken
    return whole


def _sentences(value: Any, pointer: str = "") -> Iterator[tuple[str, Sentence]]:
    if isinstance(value, Sentence):
        if value.template is not None:
            yield pointer, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _sentences(inner, pointer + pointers.build(key))
    elif isinstance(value, list | tuple):
        for n, inner in enumerate(value):
            yield from _sentences(inner, f"{pointer}/{n}")


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(inner) for key, inner in value.items()}
    return [_copied(inner) for inner in value] if isinstance(value, list) else value
