"""Variables in compose files: `$NAME`, `${NAME}`, and with what to do where there is no value."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from conformance.compose.nodes import UNKNOWN, ComposeTrouble, Node

Lookup = Callable[[str], str | None]
DEEPEST = 20

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OPERATOR = re.compile(r":?[-+?]")


@dataclass(frozen=True, slots=True)
class Reference:
    """A piece of a template: a variable, what stands after its operator, or literal text where `name` is empty."""

    name: str
    operator: str = ""
    rest: str = ""


@dataclass(slots=True)
class Findings:
    """What came up while variables were put in: `blank` were not set, `missing` are demanded and have no value.

    Both are keyed by variable, with a place and a sentence.
    """

    blank: dict[str, str] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Interpolation:
    """Puts variables into texts, and notes those that have no value."""

    lookup: Lookup
    findings: Findings

    def tree(self, node: Node) -> Node:
        """Return a node with every text in it filled in."""
        value = node.value
        if isinstance(value, str):
            return replace(node, value=self.text(value, node.place)) if "$" in value else node
        if isinstance(value, dict):
            return replace(node, value={key: self.tree(child) for key, child in value.items()})
        if isinstance(value, list):
            return replace(node, value=[self.tree(child) for child in value])
        return node

    def text(self, template: str, place: str, depth: int = 0) -> str:
        """Fill in one text; raises ComposeTrouble where `${` begins nothing that compose knows."""
        if depth > DEEPEST:
            raise ComposeTrouble(f"{place}: variables are nested too deeply")
        return "".join(self._filled(piece, place, depth) for piece in pieces(template, place))

    def _filled(self, piece: Reference, place: str, depth: int) -> str:
        if not piece.name:
            return piece.rest
        value = self.lookup(piece.name)
        there = value is not None and not (value == "" and piece.operator.startswith(":"))
        kind = piece.operator[-1:]
        if kind == "+":
            return self.text(piece.rest, place, depth + 1) if there else ""
        if kind == "-" and not there:
            return self.text(piece.rest, place, depth + 1)
        if kind == "?" and not there:
            return self._missing(piece, place, depth)
        if value is None:
            self.findings.blank.setdefault(piece.name, place)
        return value or ""

    def _missing(self, piece: Reference, place: str, depth: int) -> str:
        said = self.text(piece.rest, place, depth + 1).replace(UNKNOWN, "")
        reason = f": {said[:200]}" if said else ""
        self.findings.missing.setdefault(
            piece.name, f"{place}: required variable {piece.name} is missing a value{reason}"
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
            found.append(Reference(name[0]))
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
        f"{place}: invalid interpolation format: ${{ is followed by no variable; where it is meant as such, write $${{"
    )
