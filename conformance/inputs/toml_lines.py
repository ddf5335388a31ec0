"""Where a key stands in a TOML text: the standard parser keeps no positions."""

from __future__ import annotations

import re

Path = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}' r"|'''.*?'{3,5}" r'|"(?:\\.|[^"\\\n])*"' r"|'[^'\n]*'",
    re.DOTALL,
)
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_SCALAR = re.compile(r"[^,\]}#\n]+")


def place_of(text: str, loc: Path) -> tuple[int, int]:
    """Return line and column, from 1, of the key at `loc`, or of the nearest thing around it that stands in the file.

    `text` is TOML that the standard parser has taken.
    """
    places = _Places(text).found
    for end in range(len(loc), 0, -1):
        if loc[:end] in places:
            at = places[loc[:end]]
            return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
    return 1, 1


class _Places:
    """Walks through a valid text once and notes where every key and every element of a list begins."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._lengths: dict[Path, int] = {}
        self.found: dict[Path, int] = {}
        table: Path = ()
        self._skip()
        while self._at < len(text):
            if text[self._at] == "[":
                table = self._header()
            else:
                self._pair(table)
            self._skip()

    def _skip(self) -> None:
        if blank := _BLANK.match(self._text, self._at):
            self._at = blank.end()

    def _take(self, sign: str) -> bool:
        self._skip()
        if self._text.startswith(sign, self._at):
            self._at += len(sign)
            return True
        return False

    def _header(self) -> Path:
        start = self._at
        repeated = self._take("[[")
        if not repeated:
            self._take("[")
        table: Path = ()
        for part in self._key():
            table = (*table, part)
            self.found.setdefault(table, start)
            if table in self._lengths:
                table = (*table, self._lengths[table] - 1)
        if repeated:
            table = table[:-1] if isinstance(table[-1], int) else table
            table = (*table, self._lengths.setdefault(table, 0))
            self._lengths[table[:-1]] += 1
            self.found[table] = start
        self._take("]]" if repeated else "]")
        return table

    def _key(self) -> list[str]:
        parts: list[str] = []
        while True:
            self._skip()
            name = _STRING.match(self._text, self._at) or _BARE_KEY.match(self._text, self._at)
            if name is None:
                return parts
            self._at = name.end()
            parts.append(name[0].strip("\"'"))
            if not self._take("."):
                return parts

    def _pair(self, table: Path) -> None:
        self._skip()
        start = self._at
        for part in self._key():
            table = (*table, part)
            self.found.setdefault(table, start)
        if not self._take("="):
            self._at = len(self._text)
        self._value(table)

    def _value(self, path: Path) -> None:
        self._skip()
        if self._take("["):
            self._several(path, "]")
        elif self._take("{"):
            self._several(path, "}")
        elif value := _STRING.match(self._text, self._at) or _SCALAR.match(self._text, self._at):
            self._at = value.end()

    def _several(self, path: Path, end: str) -> None:
        index = 0
        while not self._take(end) and self._at < len(self._text):
            if end == "]":
                self.found[(*path, index)] = self._at
                self._value((*path, index))
                index += 1
            else:
                self._pair(path)
            self._take(",")
