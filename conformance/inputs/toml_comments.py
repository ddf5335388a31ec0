"""Comments of a TOML text as texts of their own, so that they can be told in another language; the rest stays as it is.

Lines that follow one another are one text, and so is what stands behind a key, with the lines that go on below it.
A key or a head of a table that is commented out is no text, nor are the values to choose from (`one | other`).
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field

from conformance.sentence import NOTHING, Language, Sentence

WIDTH = 125  # columns, as the English ones have it

_TOML = re.compile(r"(?:# )?(?:\[|[\w.]+ = )")
_BEHIND = re.compile(r"(?P<mark>.* # )(?P<text>.+)")
_BELOW = re.compile(r"\s+# (?P<text>.+)")
_ITEM = re.compile(r"(?P<mark># \w+ {2,})(?P<text>.+)")
_PROSE = re.compile(r"(?P<mark># )(?P<text>.+)")
_CHOICES = re.compile(r"[\w.-]+(?: \| [\w.-]+)+")


def comments(toml: str) -> list[Sentence]:
    """List the comments."""
    return [said for piece in _pieces(toml) if (said := piece.said)]


def told(toml: str, language: Language) -> str:
    """Return `toml` with its comments in `language`; those that it has not stay as they are."""
    return "\n".join(line for piece in _pieces(toml) for line in piece.lines(language)) + "\n"


@dataclass(slots=True)
class _Piece:
    """Lines that are one text; `mark` is what stands before it in the first of them."""

    raw: list[str]
    mark: str = ""
    parts: list[str] = field(default_factory=list)

    @property
    def said(self) -> Sentence:
        text = " ".join(self.parts)
        return NOTHING if _CHOICES.fullmatch(text) else Sentence(text, text.replace("{", "{{").replace("}", "}}"))

    @property
    def is_paragraph(self) -> bool:
        return self.mark == "# "

    def lines(self, language: Language) -> list[str]:
        if not self.said or not self.said.speaks(language):
            return self.raw
        below = "# ".rjust(len(self.mark)) if _TOML.match(self.mark) else "# ".ljust(len(self.mark))
        return textwrap.wrap(
            self.said.within(language),
            WIDTH,
            initial_indent=self.mark,
            subsequent_indent=below,
            break_long_words=False,
            break_on_hyphens=False,
        )


def _pieces(toml: str) -> Iterator[_Piece]:
    piece: _Piece | None = None
    for line in toml.splitlines():
        fresh, goes_on = _read(line)
        if piece and (goes_on or (fresh.is_paragraph and piece.is_paragraph)):
            piece.raw.append(line)
            piece.parts += fresh.parts
            continue
        if piece:
            yield piece
        piece = fresh
    if piece:
        yield piece


def _read(line: str) -> tuple[_Piece, bool]:
    """Return a line as a piece of its own, and whether it belongs to what stands above it."""
    if _TOML.match(line):
        found = _BEHIND.fullmatch(line)
    elif below := _BELOW.fullmatch(line):
        return _Piece([line], "", [below["text"]]), True
    else:
        found = _ITEM.fullmatch(line) or _PROSE.fullmatch(line)
    return (_Piece([line], found["mark"], [found["text"]]) if found else _Piece([line])), False
