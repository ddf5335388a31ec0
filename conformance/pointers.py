"""JSON Pointers (RFC 6901): read, write, and list what a document holds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

MISSING: Any = object()


def tokens(pointer: str) -> list[str]:
    """Split a pointer into its unescaped parts."""
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def build(*parts: object) -> str:
    """Join parts, a key or a number each, to a pointer."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in parts)


def get(document: Any, pointer: str) -> Any:
    """Return the value that `pointer` leads to, or MISSING."""
    for token in tokens(pointer):
        if isinstance(document, dict):
            document = document.get(token, MISSING)
        elif isinstance(document, list):
            within = token.isdecimal() and len(token) < 10 and int(token) < len(document)  # int() refuses 5,000 digits
            document = document[int(token)] if within else MISSING
        else:
            return MISSING
    return document


def put(document: dict[str, Any], pointer: str, value: Any) -> None:
    """Set the value that `pointer` leads to; objects on the way are made. MISSING removes it."""
    *way, last = tokens(pointer)
    table = document
    for token in way:
        table = table.setdefault(token, {})
    if value is MISSING:
        table.pop(last, None)
    else:
        table[last] = value


def unescaped(text: str) -> str:
    """Return PEM as it was before JSON strings were made of it: line ends and slashes, which base64 has both of."""
    return text.replace("\\r", "").replace("\\n", "\n").replace("\\/", "/")


def leaves(document: Any, pointer: str = "") -> Iterator[tuple[str, Any]]:
    """List every value that is neither object nor array, with its pointer."""
    if isinstance(document, dict):
        for key, value in document.items():
            yield from leaves(value, pointer + build(key))
    elif isinstance(document, list):
        for number, value in enumerate(document):
            yield from leaves(value, f"{pointer}/{number}")
    else:
        yield pointer, document


def empty_objects(document: Any, pointer: str = "") -> Iterator[str]:
    """List the pointers of objects that hold nothing."""
    if document == {}:
        yield pointer
    elif isinstance(document, dict | list):
        for key, value in document.items() if isinstance(document, dict) else enumerate(document):
            yield from empty_objects(value, pointer + build(key))


def parse(text: str) -> Any:
    """Return the JSON value of `text`, or MISSING where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return MISSING


def leaves_of(text: str) -> list[tuple[str, Any]]:
    """List the leaves of a JSON text; none where it is no JSON, or is nested deeper than anything that is meant."""
    document = parse(text)
    try:
        return [] if document is MISSING else list(leaves(document))
    except RecursionError:
        return []


def same(one: Any, other: Any) -> bool:
    """Tell whether two JSON scalars are equal; true is not 1."""
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)
