"""Reads an operator's TOML file, and says what is wrong with it in sentences that have a place and a remedy."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from conformance.inputs.toml_lines import place_of
from conformance.model import Demand, Unfit, UnusableInput
from conformance.regular import read_regular, why_unread
from conformance.sentence import NOTHING, By, Own, Sentence, clauses, own_list, say

LARGEST = 1 << 20  # bytes: files that people write are far smaller
MOST_DOTS = 5000  # read in 0.2 s; twenty thousand take six
Loc = tuple[str | int, ...]

_WRONG: dict[str, Callable[[Own], Sentence]] = {
    "missing": lambda key: say('"{key}" is missing', key=key),
    "string_type": lambda key: say('"{key}" must be text in quotes', key=key),
    "int_type": lambda key: say('"{key}" must be a whole number, without quotes', key=key),
    "bool_type": lambda key: say('"{key}" must be true or false, without quotes', key=key),
    "date_type": lambda key: say('"{key}" must be a date without quotes, such as 2026-12-31', key=key),
    "dict_type": lambda key: say('"{key}" must be a table', key=key),
    "model_type": lambda key: say('"{key}" must be a table: head it with [{key}], and write its keys below', key=key),
    "tuple_type": lambda key: say('"{key}" must be a list, such as ["a", "b"]', key=key),
    "string_too_short": lambda key: say('"{key}" must not be empty', key=key),
    "too_short": lambda key: say('"{key}" must not be empty', key=key),
}
_MALFORMED = (
    ("Cannot overwrite a value", say("the same key stands there twice: keep one of the two")),
    ("Cannot declare", say("the same table stands there twice: put its keys under one heading")),
    (
        "Cannot mutate immutable namespace",
        say("an inline table, or a list of them, cannot be added to further down"),
    ),
    (
        "Invalid value",
        say("this value cannot be read: text stands in quotes, true and false and numbers do not"),
    ),
    ("Illegal character", say("a text is not closed: put a quote at its end, on the same line")),
    ("Unterminated string", say("a text is not closed: put a quote at its end")),
    ("Unclosed array", say("a list is not closed: put ] at its end")),
    (
        "Unescaped '\\'",
        say("a backslash in text between double quotes is written twice, or use single quotes"),
    ),
)


@dataclass(frozen=True, slots=True)
class Document:
    """A TOML file as it was read: its name for messages, its text for line numbers, its content."""

    name: str
    text: str
    content: dict[str, Any]
    troubles: list[tuple[int, int, Sentence]] = field(default_factory=list)

    def complain(self, loc: Loc, trouble: Sentence) -> None:
        """Note one error at the key `loc`."""
        self.troubles.append((*place_of(self.text, loc), trouble))

    def complain_of(self, model: type[BaseModel], error: ValidationError) -> None:
        """Note every error that pydantic found."""
        for one in error.errors(include_url=False):
            self.complain(tuple(one["loc"]), _sentence(model, one))

    def enforce(self) -> None:
        """Raise UnusableInput that lists every error noted, in the order of the file."""
        if self.troubles:
            found = (_at(self.name, line, column, trouble) for line, column, trouble in sorted(self.troubles))
            raise UnusableInput(*dict.fromkeys(found))


def read_toml(path: Path) -> Document:
    """Read a file of at most 1 MiB; raises UnusableInput when it is not there, not text, or not TOML."""
    try:
        raw = read_regular(path, LARGEST)
    except (OSError, ValueError) as error:
        raise UnusableInput(unreadable(path, error)) from error
    if len(raw) > LARGEST:
        raise UnusableInput(
            say("{file}: is larger than 1 MiB, so it cannot be the file that was meant", file=Own(path))
        )
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line, column = raw.count(b"\n", 0, error.start) + 1, error.start - raw.rfind(b"\n", 0, error.start)
        trouble = say("is not UTF-8 text: save the file as UTF-8")
        raise UnusableInput(_at(str(path), line, column, trouble)) from error
    if trouble := _too_costly(path, text):
        raise UnusableInput(trouble)
    try:
        return Document(str(path), text, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise UnusableInput(_malformed(path, text, str(error))) from error
    except ValueError as error:  # Python reads no number of more than 4,300 digits
        raise UnusableInput(say("{file}: holds a number that is too long to be one", file=Own(path))) from error
    except RecursionError as error:
        raise UnusableInput(say("{file}: is nested too deeply", file=Own(path))) from error


def _too_costly(path: Path, text: str) -> Sentence:
    """Say which line tomllib would read for minutes: its time grows with the square of a key's dots."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.count(".") > MOST_DOTS:
            return _at(str(path), number, 1, say("has more than {n} dots, which no key needs", n=MOST_DOTS))
    return NOTHING


def unreadable(path: Path, error: Exception) -> Sentence:
    """Say that a file cannot be read, and why."""
    return say("{file}: cannot be read: {error}", file=Own(path), error=why_unread(error))


def unwritable(path: Path, error: Exception) -> Sentence:
    """Say that a file cannot be written, and why."""
    return say("{file}: cannot be written: {error}", file=Own(path), error=why_unread(error))


def nearest(word: str, known: Iterable[str]) -> Sentence:
    """Ask whether the nearest known word was meant; nothing where none is near. For `clauses`."""
    by_lower = {name.lower(): name for name in known}
    near = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return say('did you mean "{word}"?', word=Own(by_lower[near[0]])) if near else NOTHING


def spelt(loc: Loc) -> str:
    """Spell a key as an operator would: `identity.signed_in_pages[1].url`, counted from one."""
    text = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in loc)
    return text.removeprefix(".")


def shown(word: str) -> str:
    """Return a key or an id as a message can hold it: short, and without control characters."""
    return ascii(word)[1:-1][:60] if not word.isprintable() else word[:60]


def _at(name: str, line: int, column: int, trouble: Sentence) -> Sentence:
    return say("{place}: {trouble}", place=Own(f"{name}:{line}:{column}"), trouble=trouble)


def _malformed(path: Path, text: str, message: str) -> Sentence:
    place = re.search(r"\(at line (\d+), column (\d+)\)", message)
    line, column = map(int, place.groups()) if place else (text.count("\n") + 1, len(text) - text.rfind("\n"))
    plain = next((words for start, words in _MALFORMED if message.startswith(start)), None)
    said = Own(shown(re.sub(r" \(at .*\)$", "", message)))
    return _at(str(path), line, column, say("not valid TOML: {trouble}", trouble=plain or said))


def _sentence(model: type[BaseModel], error: Any) -> Sentence:
    loc: Loc = tuple(error["loc"])
    kind, key = error["type"], Own(spelt(loc))
    match kind:
        case "extra_forbidden":
            return _unknown(model, loc)
        case "value_error":
            return _unfit(key, error["ctx"]["error"])
        case "literal_error":
            choices = re.findall(r"'([^']*)'", error["ctx"]["expected"])
            named = own_list([f'"{choice}"' for choice in choices], By.OR)
            return clauses(
                say('"{key}" must be {choices}', key=key, choices=named), nearest(str(error["input"]), choices)
            )
        case "tuple_type" if _fields(model, loc):
            return say('"{key}" must be a list of tables: head each with [[{key}]]', key=key)
        case "greater_than":
            return say('"{key}" must be more than {least}', key=key, least=error["ctx"]["gt"])
        case _ if kind in _WRONG:
            return _WRONG[kind](key)
    return say('"{key}": {trouble}', key=key, trouble=Own(error["msg"]))


def _unfit(key: Own, error: ValueError) -> Sentence:
    trouble = error.trouble if isinstance(error, Unfit) else Own(error)
    if not key:
        return say("{trouble}", trouble=trouble)
    if isinstance(error, Demand):
        return say('"{key}" {demand}', key=key, demand=trouble)
    return say('"{key}": {trouble}', key=key, trouble=trouble)


def _unknown(model: type[BaseModel], loc: Loc) -> Sentence:
    word, known = str(loc[-1]), _fields(model, loc[:-1])
    key, table = Own(shown(word)), Own(spelt(loc[:-1]))
    trouble = (
        say('unknown key "{key}" in [{table}]', key=key, table=table)
        if table
        else say('unknown key "{key}" at the top of the file', key=key)
    )
    return clauses(trouble, nearest(word, known) or say("known there: {keys}", keys=own_list(sorted(known), By.COMMA)))


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
