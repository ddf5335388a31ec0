"""One pass that keeps secrets out of every artefact: a secret becomes a marker that names it."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from conformance.secrecy.secret import Secret
from conformance.secrecy.spellings import SHORTEST_PIECE, View, encodings, is_word, looks_random, pieces, views
from conformance.sentence import Sentence

ENOUGH = 16
_STRETCH, _OVERLAP = 1 << 16, 1 << 13
"""How much of a file is searched at once, for memory: what tells a secret, `ENOUGH` of it, fits the overlap escaped."""
_MARKER = re.compile("«secret:[^»]*»")
_ELLIPSIS = ("...", "…")


@dataclass(frozen=True, slots=True)
class _Form:
    """One way a secret may be spelt, in lower case, and the marker that takes its place.

    A cut form counts from 8 characters on where its beginning (or end) cannot be mistaken for a word.
    """

    spelling: str
    marker: str
    word: bool
    sure_head: bool
    sure_tail: bool


class Redactor:
    """Replaces every known secret, in every form it may travel in, by «secret:NAME».

    Letter case is not looked at. Forms are found by their first and last 8 characters and followed from there, so that
    one that was cut short (by pytest, by a line break) goes as well, all that is left of it.
    """

    def __init__(self, secrets: Iterable[Secret] = ()) -> None:
        """Know `secrets` from the start; more may be learnt."""
        self._heads: dict[str, tuple[_Form, ...]] = {}
        self._tails: dict[str, tuple[_Form, ...]] = {}
        self._anchors: frozenset[str] = frozenset()
        self._longest = 0
        self._lock = threading.Lock()
        for secret in secrets:
            self.learn(secret)

    def learn(self, secret: Secret) -> None:
        """Keep `secret` out of everything from now on (a session's token, say)."""
        with self._lock:
            heads, tails = dict(self._heads), dict(self._tails)
            for form in _forms(secret):
                head, tail = form.spelling[:SHORTEST_PIECE], form.spelling[-SHORTEST_PIECE:]
                heads[head] = (*heads.get(head, ()), form)
                tails[tail] = (*tails.get(tail, ()), form)
                self._longest = max(self._longest, len(form.spelling))
            self._heads, self._tails, self._anchors = heads, tails, frozenset(heads) | frozenset(tails)

    def text(self, text: str) -> str:
        """Return `text` without secrets."""
        return _replaced(text, self._spans(text))

    def sentence(self, said: Sentence) -> Sentence:
        """Return a sentence whose values hold no secrets; only its text, where a secret stands across them."""
        clean = said.with_own(self.text)
        text = _replaced(clean, self._sure_spans(clean))  # the template's own words are ours
        return clean if text == clean else Sentence(text)

    def sentences(self, said: Mapping[str, Sentence]) -> dict[str, Sentence]:
        """Return sentences by their place, without secrets in either."""
        return {self._key(place): self.sentence(spoken) for place, spoken in said.items()}

    def tree(self, value: Any, *, words: bool = True) -> Any:
        """Return a JSON value with every string in it, keys included, without secrets.

        A key that merely is the same word as a secret (`password`) is left alone: it is the record's, not the target's;
        so is a word of the suite's own, such as a verdict. Without `words` secrets that are ordinary words stay: of
        what was cleaned before, and has words of the suite's own around it by now.
        """
        if isinstance(value, Sentence):
            return self.sentence(value)
        if isinstance(value, StrEnum):
            return value
        if isinstance(value, str):
            return self.text(value) if words else _replaced(value, self._sure_spans(value))
        if isinstance(value, dict):
            return {self._key(str(k)): self.tree(v, words=words) for k, v in value.items()}
        if isinstance(value, list | tuple):
            return [self.tree(v, words=words) for v in value]
        return value

    def leaks(self, text: str) -> bool:
        """Tell whether a secret stands in `text`; one that is an ordinary word is not held against a page of prose."""
        return any(self._sure_spans(text[at : at + _STRETCH + _OVERLAP]) for at in range(0, len(text), _STRETCH))

    def _key(self, key: str) -> str:
        return _replaced(key, self._sure_spans(key))

    def _sure_spans(self, text: str) -> list[tuple[int, int, _Form]]:
        return [span for span in self._spans(text) if not span[2].word]

    def _spans(self, text: str) -> list[tuple[int, int, _Form]]:
        if not self._heads or len(text) < SHORTEST_PIECE:
            return []
        found = [(view.at[start], view.at[end], form) for view in views(text) for start, end, form in self._found(view)]
        if not found:
            return []
        markers = [m.span() for m in _MARKER.finditer(text)]
        return [span for span in found if not any(a <= span[0] and span[1] <= z for a, z in markers)]

    def _found(self, view: View) -> list[tuple[int, int, _Form]]:
        text = view.text
        folded = text.lower()
        if len(folded) != len(text):  # some letters of Turkish grow in lower case, and places would shift
            folded = "".join(char.lower() if char.isascii() else char for char in text)
        return [
            span
            for at in self._places(folded, view.undone)
            for span in (*self._from_head(folded, at), *self._from_tail(folded, at))
        ]

    def _places(self, folded: str, undone: Sequence[int] | None) -> list[int]:
        # By place, not by anchor: a run knows thousands of anchors, and most texts are short.
        anchors, end = self._anchors, len(folded) - SHORTEST_PIECE + 1
        if undone is None:
            return [at for at in range(end) if folded[at : at + SHORTEST_PIECE] in anchors]
        found: list[int] = []
        seen = 0
        for place in undone:  # what no escape is near to was seen in the text as it is
            first, last = max(seen, place - self._longest), min(end, place + self._longest)
            found += [at for at in range(first, last) if folded[at : at + SHORTEST_PIECE] in anchors]
            seen = max(seen, last)
        return found

    def _from_head(self, folded: str, at: int) -> Iterator[tuple[int, int, _Form]]:
        for form in self._heads.get(folded[at : at + SHORTEST_PIECE], ()):
            end = at + _followed(folded[at : at + 2 * len(form.spelling)], form.spelling)
            if _counts(folded, at, end, form, sure=form.sure_head or folded.startswith(_ELLIPSIS, end)):
                yield at, end, form

    def _from_tail(self, folded: str, at: int) -> Iterator[tuple[int, int, _Form]]:
        end = at + SHORTEST_PIECE
        for form in self._tails.get(folded[at:end], ()):
            before = folded[max(0, end - 2 * len(form.spelling)) : end]
            start = end - _followed(before[::-1], form.spelling[::-1])
            if _counts(folded, start, end, form, sure=form.sure_tail or folded.endswith(_ELLIPSIS, 0, start)):
                yield start, end, form


def _counts(folded: str, start: int, end: int, form: _Form, *, sure: bool) -> bool:
    length = end - start
    if form.word and length == len(form.spelling):
        return not (folded[start - 1 : start].isalnum() or folded[end : end + 1].isalnum())
    return sure or length >= min(ENOUGH, len(form.spelling))


def _followed(text: str, form: str) -> int:
    """Return how much of `text` spells the beginning of `form`, with backslashes in between where text was escaped."""
    at = seen = end = 0
    while at < len(text) and seen < len(form):
        if text[at] == form[seen]:
            seen += 1
            end = at + 1
        elif text[at] != "\\":
            break
        at += 1
    return end


def _replaced(text: str, spans: list[tuple[int, int, _Form]]) -> str:
    parts, done = [], 0
    for start, end, form in sorted(spans, key=lambda span: (span[0], -span[1])):
        if start >= done:
            parts += [text[done:start], form.marker]
        done = max(done, end)
    return "".join([*parts, text[done:]])


def _forms(secret: Secret) -> Iterator[_Form]:
    seen = set()
    for piece in pieces(secret.reveal()):
        for spelling in encodings(piece):
            if len(spelling) >= SHORTEST_PIECE and spelling.lower() not in seen:
                seen.add(spelling.lower())
                yield _Form(
                    spelling.lower(),
                    str(secret),
                    is_word(spelling),
                    looks_random(spelling[:SHORTEST_PIECE]),
                    looks_random(spelling[-SHORTEST_PIECE:]),
                )
