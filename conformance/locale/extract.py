"""Finds what is to be translated: the rows of the catalogue and the words of the reports.

Each function is a Babel extraction method. Lines are not told: every edit above a text would change the catalogues.
"""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Collection, Iterator, Mapping
from typing import IO, Any

from conformance.catalogue import TEXTS
from conformance.inputs import toml_comments

# What says something: as which function of gettext, and how many texts it takes.
SPEAKERS = {"say": ("gettext", 1), "counted": ("ngettext", 2), "say_of": ("pgettext", 2)}

# Line, function, message, comments: what Babel asks of an extraction method.
Found = tuple[int, str, tuple[str, ...], list[str]]


def extract_toml(
    fileobj: IO[bytes], keywords: Mapping[str, Any], comment_tags: Collection[str], options: Mapping[str, Any]
) -> Iterator[Found]:
    """Yield the texts of rows, each in a context of id and name; words, in that of their key; others in none."""
    document = tomllib.loads(fileobj.read().decode())
    if not document.keys() & {"requirement", "forgery"}:
        yield from words(document)
    for row in document.get("requirement", ()):
        yield from ((0, "pgettext", (f"{row['id']} {name}", row[name]), []) for name in TEXTS)
        if "excluded" in row:
            yield 0, "gettext", (row["excluded"].replace("{", "{{").replace("}", "}}"),), []
    for row in document.get("forgery", ()):
        yield 0, "gettext", (row["text"].replace("{", "{{").replace("}", "}}"),), []


def extract_said(
    fileobj: IO[bytes], keywords: Mapping[str, Any], comment_tags: Collection[str], options: Mapping[str, Any]
) -> Iterator[Found]:
    """Yield the templates of a module's sentences. Babel's own extraction loses those said inside one another."""
    for node in ast.walk(ast.parse(fileobj.read())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SPEAKERS:
            function, count = SPEAKERS[node.func.id]
            texts = [argument.value for argument in node.args[:count] if isinstance(argument, ast.Constant)]
            if len(texts) == count:
                yield node.lineno, function, tuple(map(str, texts)), []


def extract_comments(
    fileobj: IO[bytes], keywords: Mapping[str, Any], comment_tags: Collection[str], options: Mapping[str, Any]
) -> Iterator[Found]:
    """Yield the comments of the file that `portero init` writes."""
    for said in toml_comments.comments(fileobj.read().decode()):
        yield 0, "gettext", (str(said.template),), []


def words(messages: Mapping[str, Any], path: str = "") -> Iterator[Found]:
    """Yield what stands below a key of the words; a table of `one` and `many` is a plural."""
    for name, value in messages.items():
        key = f"{path}.{name}" if path else name
        match value:
            case {"one": str(one), "many": str(many)}:
                yield 0, "npgettext", (key, one, many), []
            case Mapping():
                yield from words(value, key)
            case _:
                yield 0, "pgettext", (key, value), []
