"""What a compose file holds: values that know the file and line in which they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from conformance.sentence import Own, Sentence, say

UNKNOWN = "\ue000"
"""Stands in a text for a variable that compose demands and nobody has given. Of Unicode's private use area."""

Scalar = str | bool | int | float | None

_SHORT_WORD, _LONGEST_WORD, _MOST_DIGITS, _SHORTEST_HUMP = 4, 16, 2, 2.5


class ComposeTrouble(Exception):
    """The files cannot be read as compose reads them: a sentence with file and line."""

    def __init__(self, words: Sentence) -> None:
        """Hold the sentence."""
        super().__init__(words)
        self.words = words


@dataclass(frozen=True, slots=True)
class Source:
    """A file: `name` as messages show it, `base` is the folder that relative paths in it start from."""

    name: str
    base: Path


@dataclass(frozen=True, slots=True)
class Node:
    """A value with its place. `template` is a text as it was written, before variables were put in.

    `unset` are its variables that nothing sets; `cut` says that something of the text is lost by such a one, here or in
    the value of a variable that was put in.
    """

    value: Scalar | dict[str, Node] | list[Node]
    source: Source
    line: int
    tag: str = ""
    template: str = ""
    unset: frozenset[str] = frozenset()
    cut: bool = False

    @property
    def place(self) -> str:
        """Return `file:line`."""
        return f"{self.source.name}:{self.line}"

    @property
    def empty(self) -> bool:
        """Tell whether the value is null."""
        return self.value is None

    @property
    def text(self) -> str:
        """Return a plain value as compose spells it, null as nothing; raises ComposeTrouble for a list or mapping."""
        if isinstance(self.value, dict | list):
            raise ComposeTrouble(say("{place}: a plain value is expected here", place=Own(self.place)))
        return spelt(self.value)

    @property
    def true(self) -> bool:
        """Tell whether a plain value says yes."""
        return self.text.lower() in ("true", "1", "t", "yes", "y", "on")

    def get(self, key: str) -> Node | None:
        """Return what stands under `key`; None where nothing does, or null."""
        found = self.value.get(key) if isinstance(self.value, dict) else None
        return None if found is None or found.empty else found

    def path(self) -> Path:
        """Return the file that a text names, as compose resolves it."""
        return self.source.base / Path(self.text).expanduser()

    def content(self) -> dict[str, Node]:
        """Return a mapping's content, nothing for anything else."""
        return self.value if isinstance(self.value, dict) else {}

    def items(self, key: str) -> list[tuple[str, Node]]:
        """Return a mapping's content, nothing for null; raises ComposeTrouble where it is no mapping.

        `key` is what the value stands under.
        """
        if not self.empty and not isinstance(self.value, dict):
            raise ComposeTrouble(say("{place}: {key} must be a mapping", place=Own(self.place), key=Own(key)))
        return list(self.content().items())

    def entries(self, key: str) -> list[Node]:
        """Return a list's content, a plain value as the only one; raises ComposeTrouble where it is a mapping."""
        if self.empty:
            return []
        if isinstance(self.value, dict):
            raise ComposeTrouble(say("{place}: {key} must be a list", place=Own(self.place), key=Own(key)))
        return self.value if isinstance(self.value, list) else [self]

    def pairs(self, key: str) -> dict[str, Node]:
        """Return names and values written as a mapping, or as a list of NAME=VALUE; a name alone has null."""
        if isinstance(self.value, dict):
            return dict(self.value)
        return dict(_pair(entry, key) for entry in self.entries(key))

    def with_value(self, value: dict[str, Node] | list[Node]) -> Node:
        """Return the same place with another content."""
        return replace(self, value=value, tag="")

    def leaves(self) -> Iterator[Node]:
        """Go through every plain value below."""
        if isinstance(self.value, dict | list):
            for child in self.value.values() if isinstance(self.value, dict) else self.value:
                yield from child.leaves()
        else:
            yield self


def _pair(entry: Node, key: str) -> tuple[str, Node]:
    if isinstance(entry.value, dict | list):
        raise ComposeTrouble(say("{place}: an entry of {key} must be NAME=VALUE", place=Own(entry.place), key=Own(key)))
    name, equals, value = entry.text.partition("=")
    template = entry.template.partition("=")[2]
    return name, replace(entry, value=value if equals else None, template=template)


def ordinary(name: str) -> bool:
    """Tell whether a name is made of words, so that it may be repeated: what stands for one can be a piece of a secret.

    Words have one letter case, or capitals inside as in `dbPassword`, and two digits at most, in their end: a short one
    has them anywhere, as `K8S` does.
    """
    return re.fullmatch(r"[\w.-]{1,100}", name) is not None and all(map(_word, re.split(r"[\W_]+", name)))


def _word(text: str) -> bool:
    letters = text.rstrip("0123456789") if len(text) > _SHORT_WORD else re.sub("[0-9]", "", text)
    humps = re.findall(r"[A-Z]?[a-z]+|[A-Z]+", letters)
    return (
        len(text) <= _LONGEST_WORD
        and len(text) - len(letters) <= _MOST_DIGITS
        and "".join(humps) == letters
        and (len(humps) < 2 or len(letters) >= _SHORTEST_HUMP * len(humps))
    )


def called(name: str) -> str:
    """Return a name as messages repeat it: in full where it is ordinary."""
    return name if ordinary(name) else "…"


def spelt(value: Scalar) -> str:
    """Spell a plain value as compose does: true and false in lower case, whole numbers without a point."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    return str(value)
