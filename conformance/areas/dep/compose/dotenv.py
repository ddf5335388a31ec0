"""Env files, by the two formats that compose knows."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from conformance.areas.dep.compose.interpolation import Findings, Interpolation, Lookup
from conformance.areas.dep.compose.nodes import ComposeTrouble
from conformance.sentence import Own, Sentence, say

_BLANK = " \t\v\f\r\x85\xa0"
_NAME_CHARACTERS = re.compile(r"[\w.\-\[\]\s]*")
_END_OF_NAME = re.compile(r"[=:\n]")
_ESCAPE = re.compile(r'\\(?:[abcfnrtv$"\\]|0\d{0,3})')
_ESCAPED = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", '"': '"', "\\": "\\"}


@dataclass(frozen=True, slots=True)
class Entry:
    """A variable's value, and the line that sets it; `cut` where something of it was lost as an unset variable."""

    value: str
    line: int
    cut: bool = field(default=False, compare=False)


def parse_env(text: str, name: str, outer: Lookup, findings: Findings) -> dict[str, Entry]:
    """Read an env file; later lines see earlier ones, after `outer`. Raises ComposeTrouble with file and line."""
    return _Parser(text, name, outer, findings).parsed()


def parse_raw(text: str, name: str, outer: Lookup) -> dict[str, Entry]:
    """Read an env file of `format: raw`: what stands after the equals sign is the value, whatever it is.

    Raises ComposeTrouble for a name that docker does not take.
    """
    found: dict[str, Entry] = {}
    for number, line in enumerate(text.splitlines(), 1):
        variable, equals, value = line.lstrip().partition("=")
        if not line.strip() or variable.startswith("#"):
            continue
        if not variable or re.search(r"\s", variable):
            raise ComposeTrouble(say("{place}: this is no name of a variable", place=Own(f"{name}:{number}")))
        if equals:
            found[variable] = Entry(value, number)
        elif (inherited := outer(variable)) is not None:
            found[variable] = Entry(inherited, number)
    return found


class _Parser:
    def __init__(self, text: str, name: str, outer: Lookup, findings: Findings) -> None:
        self.text = text
        self.name = name
        self.outer = outer
        self.found: dict[str, Entry] = {}
        self.interpolation = Interpolation(self._lookup, findings)
        self.cut = findings.cut
        self.at = 0
        self._counted = (0, 1)

    def _lookup(self, variable: str) -> str | None:
        value = self.outer(variable)
        if value is None and variable in self.found:
            return self.found[variable].value
        return value

    def parsed(self) -> dict[str, Entry]:
        while self._next_statement():
            line = self._line()
            variable, inherited = self._variable()
            if inherited:
                value = self.outer(variable)
                if value is not None:
                    self.found[variable] = Entry(value, line)
            else:
                value, cut = self._value()
                self.found[variable] = Entry(value, line, cut)
                (self.cut.add if cut else self.cut.discard)(variable)
        return self.found

    def _line(self) -> int:
        at, line = self._counted
        self._counted = (self.at, line + self.text.count("\n", at, self.at))
        return self._counted[1]

    def _trouble(self, words: Sentence) -> ComposeTrouble:
        return ComposeTrouble(say("{place}: {trouble}", place=Own(f"{self.name}:{self._line()}"), trouble=words))

    def _next_statement(self) -> bool:
        while self.at < len(self.text):
            character = self.text[self.at]
            if character == "#":
                self.at = self._end_of_line()
            elif character.isspace():
                self.at += 1
            else:
                return True
        return False

    def _end_of_line(self) -> int:
        end = self.text.find("\n", self.at)
        return len(self.text) if end < 0 else end

    def _variable(self) -> tuple[str, bool]:
        """Return the variable that this statement sets; True where its value is taken from outside."""
        export = re.compile(r"export\s+").match(self.text, self.at)
        start = export.end() if export else self.at
        mark = _END_OF_NAME.search(self.text, start)
        stop = mark.start() if mark else len(self.text)
        written = self.text[start:stop]
        if not _NAME_CHARACTERS.fullmatch(written):
            raise self._trouble(say("unexpected character in a variable's name"))
        variable = written.strip()
        if re.search(r"\s", variable):
            raise self._trouble(say("a variable's name cannot contain a space"))
        self.at = stop + 1
        return variable, stop == len(self.text) or self.text[stop] == "\n"

    def _value(self) -> tuple[str, bool]:
        """Return a value, and whether something of it was lost."""
        while self.text[self.at : self.at + 1] and self.text[self.at] in _BLANK:
            self.at += 1
        quote = self.text[self.at : self.at + 1]
        place = f"{self.name}:{self._line()}"
        if quote in ("'", '"'):
            written = self._quoted(quote)
            return (written, False) if quote == "'" else self._filled(_unescaped(written), place)
        end = self._end_of_line()
        written = self.text[self.at : end].partition(" #")[0].rstrip()
        self.at = end
        return self._filled(written, place)

    def _filled(self, written: str, place: str) -> tuple[str, bool]:
        return self.interpolation.text(written, place), self.interpolation.cuts(written)

    def _quoted(self, quote: str) -> str:
        written: list[str] = []
        at = self.at + 1
        while at < len(self.text):
            character = self.text[at]
            if character == quote:
                self.at = at + 1
                return "".join(written)
            if character == "\\" and self.text[at + 1 : at + 2]:
                following = self.text[at + 1]
                written.append(following if following == quote else character + following)
                at += 2
                continue
            written.append(character)
            at += 1
        raise self._trouble(say("a quoted value is not closed"))


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    rest = match[0][1:]
    if rest == "$":
        return "$$"
    if rest.startswith("0"):
        digits = rest[1:]
        return (
            chr(int(digits, 8)) if len(digits) == 3 and digits.isdigit() and not set(digits) & {"8", "9"} else match[0]
        )
    return _ESCAPED.get(rest, match[0])
