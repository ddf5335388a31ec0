"""Finds the sentences of judges and probes in their source: templates with a numbered place for each expression."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Mapping
from itertools import count
from typing import IO, Any

from conformance.locale.extract import Found

_WORD = re.compile(r"(?<![\w<&'/.:-])[A-Za-z]?[a-z]+(?![\w=/(>-])")
_PLACE = re.compile(r"(\{\w*(?::\w+)?\})")
_NO_SENTENCE = re.compile(r"[\n\r\\<>]|\A[\[{]{2}|\A\[|\( ssl|://|\A(?:SELECT|SHOW) ")
_OF_OTHERS = {
    "compile",
    "encode",
    "execute",
    "findall",
    "finditer",
    "fullmatch",
    "match",
    "search",
    "split",
    "startswith",
}


def extract_python(
    fileobj: IO[bytes], keywords: Mapping[str, Any], comment_tags: Collection[str], options: Mapping[str, Any]
) -> Iterator[Found]:
    """Yield a module's sentences, and the phrases that are put into them; single words if `options` has `words`."""
    finder = _Finder(words="words" in options)
    finder.visit(ast.parse(fileobj.read()))
    yield from ((0, "gettext", (text,), []) for text in finder.found)


class _Finder(ast.NodeVisitor):
    def __init__(self, *, words: bool) -> None:
        self.found: list[str] = []
        self._words = words

    def visit_Expr(self, node: ast.Expr) -> None:
        """Pass over docstrings."""
        if not isinstance(node.value, ast.Constant):
            self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        """Pass over the arguments of what works on other texts than sentences."""
        if not (isinstance(node.func, ast.Attribute) and node.func.attr in _OF_OTHERS):
            self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        """Take a constant of several words."""
        if isinstance(node.value, str):
            numbers = count()
            parts = _PLACE.split(node.value + "{}" * node.value.endswith(": "))
            self._take("".join(f"{{{next(numbers)}}}" if _PLACE.fullmatch(part) else _escaped(part) for part in parts))

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """Take an f-string, and what stands in its expressions."""
        self._whole(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        """Take texts that are added up as one."""
        if isinstance(node.op, ast.Add) and any(map(_is_text, _summands(node))):
            self._whole(node)
        else:
            self.generic_visit(node)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        """Take single words that a condition chooses between."""
        self.visit(node.test)
        self._choice(node.body, node.orelse)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        """Take the word that stands for nothing."""
        self._choice(*node.values)

    def visit_For(self, node: ast.For) -> None:
        """Take single words that a loop goes through."""
        for each in ast.walk(node.iter):
            if isinstance(each, ast.Tuple):
                self._choice(*(one for one in each.elts if isinstance(one, ast.Constant)))
        self.generic_visit(node)

    def _choice(self, *nodes: ast.expr) -> None:
        for node in nodes:
            match node:
                case ast.Constant(value=str(word)) if self._words and re.fullmatch("[a-z]+", word):
                    self._note(word)
                case _:
                    self.visit(node)

    def _whole(self, node: ast.expr) -> None:
        parts: list[str] = []
        holes: list[ast.expr] = []
        for piece in _pieces(node):
            if isinstance(piece, str):
                parts.append(_escaped(piece))
            else:
                parts.append(f"{{{len(holes)}}}")
                holes.append(piece)
        self._take("".join(parts))
        for hole in holes:
            self.visit(hole)

    def _take(self, text: str) -> None:
        if _is_sentence(text):
            self._note(text)

    def _note(self, text: str) -> None:
        if text not in self.found:
            self.found.append(text)


def _escaped(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _summands(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        yield from _summands(node.left)
        yield from _summands(node.right)
    else:
        yield node


def _pieces(node: ast.expr) -> Iterator[str | ast.expr]:
    """Take a text apart: what it says itself, and the expressions in it."""
    for part in _summands(node):
        match part:
            case ast.Constant(value=str(text)):
                yield text
            case ast.JoinedStr(values=values):
                for value in values:
                    yield from _pieces(value.value if isinstance(value, ast.FormattedValue) else value)
            case _:
                yield part


def _is_sentence(text: str) -> bool:
    words = _WORD.findall(text)
    return bool(words) and " " in text.strip() and not _NO_SENTENCE.search(text)
