"""Variables in compose files: `$NAME`, `${NAME}`, and with what to do where there is no value."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from conformance.areas.dep.compose.nodes import UNKNOWN, ComposeTrouble, Node, ordinary
from conformance.sentence import Own, Sentence, say

Lookup = Callable[[str], str | None]
DEEPEST = 20  # defaults within defaults: far above any file, far below Python's own limit

_TELLS_NOTHING = 5
"""Characters of a name that may be repeated even if they are some of a secret's."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OPERATOR = re.compile(r":?[-+?]")


@dataclass(frozen=True, slots=True)
class Reference:
    """A piece of a template: a variable, what stands after its operator, or literal text where `name` is empty.

    `bare` is one without braces: a `$` in a secret makes one of whatever follows.
    """

    name: str
    operator: str = ""
    rest: str = ""
    bare: bool = False


@dataclass(slots=True)
class Findings:
    """What came up while variables were put in: `blank` were not set, `missing` are demanded and have no value.

    Both are keyed by variable, with a place and a sentence. What compose takes for a variable's name may be a piece of
    a secret, and so may what stands after `:?`: sentences have none of it. `cut` are variables whose own value, in an
    env file, lost what compose took for variables.
    """

    blank: dict[str, str] = field(default_factory=dict)
    missing: dict[str, Sentence] = field(default_factory=dict)
    cut: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Interpolation:
    """Puts variables into texts, and notes those that have no value."""

    lookup: Lookup
    findings: Findings

    def tree(self, node: Node) -> Node:
        """Return a node with every text in it filled in."""
        value = node.value
        if isinstance(value, str):
            return self._leaf(node, value) if "$" in value else node
        if isinstance(value, dict):
            return replace(node, value={key: self.tree(child) for key, child in value.items()})
        if isinstance(value, list):
            return replace(node, value=[self.tree(child) for child in value])
        return node

    def _leaf(self, node: Node, template: str) -> Node:
        text = self.text(template, node.place)
        return replace(node, value=text, unset=self.unset(template), cut=self.cuts(template))

    def unset(self, template: str) -> frozenset[str]:
        """Return the variables of a template that were put in as nothing, as nothing sets them."""
        return frozenset(each.name for each in self._taken(template) if self._lost(each))

    def cuts(self, template: str) -> bool:
        """Tell whether something of a text is lost where a variable was put in: here, or in that variable's value."""
        return any(self._lost(each) or each.name in self.findings.cut for each in self._taken(template))

    def _lost(self, piece: Reference) -> bool:
        return not piece.operator and self.lookup(piece.name) is None

    def _taken(self, template: str) -> Iterator[Reference]:
        """Go through the variables that take part in a text, those of its defaults too where they are used."""
        for piece in pieces(template):
            if piece.name:
                yield piece
                if piece.operator[-1:] == ("+" if self._there(piece) else "-"):
                    yield from self._taken(piece.rest)

    def _there(self, piece: Reference) -> bool:
        value = self.lookup(piece.name)
        return value is not None and not (value == "" and piece.operator.startswith(":"))

    def text(self, template: str, place: str, depth: int = 0) -> str:
        """Fill in one text; raises ComposeTrouble where `${` begins nothing that compose knows."""
        if depth > DEEPEST:
            raise ComposeTrouble(say("{place}: variables are nested too deeply", place=Own(place)))
        return "".join(self._filled(piece, place, depth) for piece in pieces(template, place))

    def _filled(self, piece: Reference, place: str, depth: int) -> str:
        if not piece.name:
            return piece.rest
        value = self.lookup(piece.name)
        there = self._there(piece)
        kind = piece.operator[-1:]
        if kind == "+":
            return self.text(piece.rest, place, depth + 1) if there else ""
        if kind == "-" and not there:
            return self.text(piece.rest, place, depth + 1)
        if kind == "?" and not there:
            return self._missing(piece, place)
        if value is None:
            self.findings.blank.setdefault(piece.name, place)
        return value or ""

    def _missing(self, piece: Reference, place: str) -> str:
        name = piece.name
        named = name.isupper() and ordinary(name) and ("_" in name or len(name) <= _TELLS_NOTHING)
        self.findings.missing.setdefault(
            name,
            say("{place}: required variable {name} is missing a value", place=Own(place), name=Own(name))
            if named
            else say("{place}: a required variable is missing a value", place=Own(place)),
        )
        return UNKNOWN


def pieces(template: str, place: str = "") -> list[Reference]:
    """Take a template apart; raises ComposeTrouble where compose would."""
    found: list[Reference] = []
    at = 0
    while (dollar := template.find("$", at)) >= 0:
        found.append(Reference("", rest=template[at:dollar]))
        after = template[dollar + 1 : dollar + 2]
        if after == "$":
            found.append(Reference("", rest="$"))
            at = dollar + 2
        elif after == "{":
            end = _closing(template, dollar + 1)
            found.append(_braced(template[dollar + 2 : end] if end else "", place))
            at = end + 1
        elif name := _NAME.match(template, dollar + 1):
            found.append(Reference(name[0], bare=True))
            at = name.end()
        else:  # `$(date)`, `$1`, or the end of a regular expression: compose leaves it as it stands
            found.append(Reference("", rest="$"))
            at = dollar + 1
    found.append(Reference("", rest=template[at:]))
    return [piece for piece in found if piece.name or piece.rest]


def _closing(template: str, brace: int) -> int:
    """Return where the brace that opens at `brace` is closed, or 0."""
    depth = 0
    for at in range(brace, len(template)):
        depth += {"{": 1, "}": -1}.get(template[at], 0)
        if depth == 0:
            return at
    return 0


def _braced(inner: str, place: str) -> Reference:
    name = _NAME.match(inner)
    if name is None:
        raise _invalid(place)
    rest = inner[name.end() :]
    if not rest:
        return Reference(name[0])
    operator = _OPERATOR.match(rest)
    if operator is None:
        raise _invalid(place)
    return Reference(name[0], operator[0], rest[operator.end() :])


def _invalid(place: str) -> ComposeTrouble:  # the text may hold a secret: it is not repeated
    return ComposeTrouble(
        say(
            "{place}: invalid interpolation format: ${{ is followed by no variable; "
            "where it is meant as such, write $${{",
            place=Own(place),
        )
    )
