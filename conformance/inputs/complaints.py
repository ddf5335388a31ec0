"""Reads an operator's TOML file, and says what is wrong with it in sentences that have a place and a remedy."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from conformance.inputs.toml_lines import place_of
from conformance.model import UnusableInput

LARGEST = 1 << 20
Loc = tuple[str | int, ...]

_WORDS = {
    "string_type": "must be text in quotes",
    "int_type": "must be a whole number, without quotes",
    "bool_type": "must be true or false, without quotes",
    "date_type": "must be a date without quotes, such as 2026-12-31",
    "dict_type": "must be a table",
    "string_too_short": "must not be empty",
    "too_short": "must not be empty",
    "greater_than": "must be more than {gt}",
}
_TOML_WORDS = (
    ("Cannot overwrite a value", "the same key stands there twice: keep one of the two"),
    ("Cannot declare", "the same table stands there twice: put its keys under one heading"),
    ("Cannot mutate immutable namespace", "an inline table, or a list of them, cannot be added to further down"),
    ("Invalid value", "this value cannot be read: text stands in quotes, true and false and numbers do not"),
    ("Illegal character", "a text is not closed: put a quote at its end, on the same line"),
    ("Unterminated string", "a text is not closed: put a quote at its end"),
    ("Unclosed array", "a list is not closed: put ] at its end"),
    ("Unescaped '\\'", "a backslash in text between double quotes is written twice, or use single quotes"),
)


@dataclass(frozen=True, slots=True)
class Document:
    """A TOML file as it was read: its name for messages, its text for line numbers, its content."""

    name: str
    text: str
    content: dict[str, Any]
    troubles: list[tuple[int, int, str]] = field(default_factory=list)

    def complain(self, loc: Loc, words: str) -> None:
        """Note one error at the key `loc`."""
        self.troubles.append((*place_of(self.text, loc), words))

    def complain_of(self, model: type[BaseModel], error: ValidationError) -> None:
        """Note every error that pydantic found."""
        for one in error.errors(include_url=False):
            self.complain(tuple(one["loc"]), _sentence(model, one))

    def enforce(self) -> None:
        """Raise UnusableInput that lists every error noted, in the order of the file."""
        if self.troubles:
            lines = dict.fromkeys(f"{self.name}:{line}:{at}: {words}" for line, at, words in sorted(self.troubles))
            raise UnusableInput("\n".join(lines))


def read_toml(path: Path) -> Document:
    """Read a file of at most 1 MiB; raises UnusableInput when it is not there, not text, or not TOML."""
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        raise UnusableInput(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from error
    if len(raw) > LARGEST:
        raise UnusableInput(f"{path}: is larger than 1 MiB, so it cannot be the file that was meant")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line, column = raw.count(b"\n", 0, error.start) + 1, error.start - raw.rfind(b"\n", 0, error.start)
        raise UnusableInput(f"{path}:{line}:{column}: is not UTF-8 text: save the file as UTF-8") from error
    try:
        return Document(str(path), text, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise UnusableInput(_malformed(path, text, str(error))) from error
    except RecursionError as error:
        raise UnusableInput(f"{path}: is nested too deeply") from error


def nearest(word: str, known: Iterable[str]) -> str:
    """Return `; did you mean "…"?`, or nothing where no known word is near."""
    by_lower = {name.lower(): name for name in known}
    near = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return f'; did you mean "{by_lower[near[0]]}"?' if near else ""


def spelt(loc: Loc) -> str:
    """Spell a key as an operator would: `identity.signed_in_pages[1].url`, counted from one."""
    text = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in loc)
    return text.removeprefix(".")


def shown(word: str) -> str:
    """Return a key or an id as a message can hold it: short, and without control characters."""
    return ascii(word)[1:-1][:60] if not word.isprintable() else word[:60]


def _malformed(path: Path, text: str, message: str) -> str:
    place = re.search(r"\(at line (\d+), column (\d+)\)", message)
    line, column = place.groups() if place else (text.count("\n") + 1, len(text) - text.rfind("\n"))
    plain = next((words for start, words in _TOML_WORDS if message.startswith(start)), None)
    said = re.sub(r" \(at .*\)$", "", message)
    return f"{path}:{line}:{column}: not valid TOML: {plain or shown(said)}"


def _sentence(model: type[BaseModel], error: Any) -> str:
    loc: Loc = tuple(error["loc"])
    kind, key = error["type"], spelt(loc)
    if kind == "extra_forbidden":
        return _unknown(model, loc)
    if kind == "missing":
        return f'"{key}" is missing'
    if kind in ("model_type", "model_attributes_type"):
        return f'"{key}" must be a table: head it with [{key}], and write its keys below'
    if kind == "tuple_type":
        tables = _fields(model, loc)
        return f'"{key}" must be a list' + (
            f" of tables: head each with [[{key}]]" if tables else ', such as ["a", "b"]'
        )
    if kind == "literal_error":
        choices = re.findall(r"'([^']*)'", error["ctx"]["expected"])
        named = " or ".join(filter(None, (", ".join(f'"{c}"' for c in choices[:-1]), f'"{choices[-1]}"')))
        return f'"{key}" must be {named}' + nearest(str(error["input"]), choices)
    if kind == "value_error":
        words = str(error["ctx"]["error"])
        return f'"{key}"{" " if words.startswith("must ") else ": "}{words}' if key else words
    return f'"{key}" {_WORDS[kind].format(**error.get("ctx", {}))}'


def _unknown(model: type[BaseModel], loc: Loc) -> str:
    word, known = str(loc[-1]), _fields(model, loc[:-1])
    near = nearest(word, known)
    where = f"in [{spelt(loc[:-1])}]" if loc[:-1] else "at the top of the file"
    return f'unknown key "{shown(word)}" {where}' + (near or f"; known there: {', '.join(sorted(known))}")


def _fields(model: type[BaseModel], loc: Loc) -> list[str]:
    """Name the keys of the table at `loc`; none where the model has no table there."""
    table: type[BaseModel] | None = model
    for part in loc:
        if isinstance(part, str) and table is not None:
            found = next((f for name, f in table.model_fields.items() if part in (name, f.alias)), None)
            table = _table_of(found.annotation) if found else None
    return [f.alias or name for name, f in table.model_fields.items()] if table else []


def _table_of(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((t for a in getattr(annotation, "__args__", ()) if (t := _table_of(a))), None)
