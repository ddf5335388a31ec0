"""YAML as compose takes it: the 1.2 core with few relics, merge keys, no duplicate keys, nothing without bounds."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path

import yaml

from conformance.areas.dep.compose.nodes import ComposeTrouble, Node, Scalar, Source
from conformance.regular import read_regular, why_unread
from conformance.sentence import Own, Sentence, say

LARGEST = 1 << 19
MOST_NODES = 100_000
"""Aliases counted as often as they are used; compose has the same bound."""

DEEPEST = 100  # far above any file, far below where the parser's recursion ends

# libyaml, like compose's parser, takes tabs between tokens, which the parser written in Python refuses.
_LOADER = yaml.CBaseLoader if yaml.__with_libyaml__ else yaml.BaseLoader
_INTEGER = re.compile(r"[-+]?(?:0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|0|[1-9][0-9_]*)")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_WORDS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_MERGE = "<<"
_QUOTED = re.compile(r" (['\"])(?!<).{2,}\1")
"""A name out of the file, which may be a secret. Kinds of tokens stand in angle brackets: '<scalar>'."""


def read_text(path: Path, name: str) -> str:
    """Read a file of at most 512 KiB as text; raises ComposeTrouble in a sentence."""
    try:
        raw = read_regular(path, LARGEST)
    except FileNotFoundError as error:
        raise ComposeTrouble(say("{file}: there is no such file", file=Own(name))) from error
    except (OSError, ValueError) as error:
        trouble = say("{file}: cannot be read: {error}", file=Own(name), error=why_unread(error))
        raise ComposeTrouble(trouble) from error
    if len(raw) > LARGEST:
        raise ComposeTrouble(
            say("{file}: is larger than 512 KiB, so it cannot be the file that was meant", file=Own(name))
        )
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ComposeTrouble(say("{place}: is not UTF-8 text", place=Own(f"{name}:{line}"))) from error


def read_yaml(path: Path, source: Source) -> list[Node]:
    """Read a file's documents; raises ComposeTrouble with file, line and column."""
    text = read_text(path, source.name)
    try:
        if _depth(text) > DEEPEST:
            raise _too_deep(source)
        composed = list(yaml.compose_all(text, Loader=_LOADER))
        return [_Reading(source).node(document) for document in composed if document is not None]
    except yaml.MarkedYAMLError as error:
        raise ComposeTrouble(_malformed(source, error)) from error
    except yaml.YAMLError as error:  # a character that YAML does not allow
        at = int(getattr(error, "position", 0))
        line = text.count("\n", 0, at) + 1
        column = at - text.rfind("\n", 0, at)
        place = Own(f"{source.name}:{line}:{column}")
        raise ComposeTrouble(say("{place}: not valid YAML: a character that is not allowed", place=place)) from error
    except RecursionError as error:
        raise _too_deep(source) from error


def _too_deep(source: Source) -> ComposeTrouble:
    return ComposeTrouble(say("{file}: is nested too deeply", file=Own(source.name)))


def _depth(text: str) -> int:
    """Return how deeply a text is nested: nodes are composed by recursion, which in C nothing bounds."""
    deepest = depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        deepest = max(deepest, depth)
    return deepest


def _malformed(source: Source, error: yaml.MarkedYAMLError) -> Sentence:
    mark = error.problem_mark or error.context_mark
    place = f"{source.name}:{mark.line + 1}:{mark.column + 1}" if mark else source.name
    said = _QUOTED.sub("", re.sub(r"\s+", " ", ", ".join(filter(None, (error.context, error.problem)))))
    return say("{place}: not valid YAML: {error}", place=Own(place), error=Own(said[:160]))


class _Reading:
    """Turns one document's graph into a tree, in which every alias is written out."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.above: list[yaml.Node] = []
        self.seen = 0

    def node(self, node: yaml.Node) -> Node:
        line = node.start_mark.line + 1
        self.seen += 1
        if self.seen > MOST_NODES:
            raise ComposeTrouble(
                say("{place}: its aliases make more than {limit} values", place=self._place(node), limit=MOST_NODES)
            )
        if any(node is each for each in self.above):
            raise ComposeTrouble(say("{place}: an anchor holds an alias of itself", place=self._place(node)))
        tag = node.tag if node.tag in ("!reset", "!override") else ""
        if isinstance(node, yaml.ScalarNode):
            return Node(_scalar(node), self.source, line, tag, node.value)
        self.above.append(node)
        value = self._mapping(node) if isinstance(node, yaml.MappingNode) else [self.node(n) for n in node.value]
        self.above.pop()
        return Node(value, self.source, line, tag)

    def _place(self, node: yaml.Node) -> Own:
        return Own(f"{self.source.name}:{node.start_mark.line + 1}")

    def _mapping(self, node: yaml.MappingNode) -> dict[str, Node]:
        merged: dict[str, Node] = {}
        own: dict[str, Node] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node)
            if key == _MERGE and not key_node.style:
                for name, value in self._merged(value_node):
                    merged.setdefault(name, value)
                continue
            if key in own:
                place, line = self._place(key_node), own[key].line
                raise ComposeTrouble(say("{place}: this key is there already, in line {line}", place=place, line=line))
            value = self.node(value_node)
            own[key] = value if isinstance(value.value, str) else _at(value, key_node.start_mark.line + 1)
        return {**{key: value for key, value in merged.items() if key not in own}, **own}

    def _merged(self, node: yaml.Node) -> Iterator[tuple[str, Node]]:
        parts = node.value if isinstance(node, yaml.SequenceNode) else [node]
        for part in parts:
            if not isinstance(part, yaml.MappingNode):
                raise ComposeTrouble(
                    say("{place}: a merge key takes a mapping, or a list of them", place=self._place(part))
                )
            yield from self.node(part).content().items()

    def _key(self, node: yaml.Node) -> str:
        if not isinstance(node, yaml.ScalarNode) or not isinstance(_scalar(node), str):
            raise ComposeTrouble(say("{place}: a key must be text: put it in quotes", place=self._place(node)))
        return str(node.value)


def _at(node: Node, line: int) -> Node:
    return Node(node.value, node.source, line, node.tag, node.template)


def _scalar(node: yaml.ScalarNode) -> Scalar:
    """Return a plain value by the rules of YAML 1.2's core; `yes`, `on` and `22:22` are text."""
    text = str(node.value)
    if node.style:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return _integer(text)
    if _FLOAT.fullmatch(text):
        number = float(text)
        return number if math.isfinite(number) else text
    return text


def _integer(text: str) -> int | str:
    digits = text.replace("_", "")
    if len(digits) > 40:
        return text
    if re.match(r"[-+]?0[0-7]", digits):  # as YAML 1.1 wrote octal
        return int(digits, 8)
    return int(digits, 0)
