"""Says what judges and probes said, in another language: a sentence is recognised by the template it was made from.

Results are English. A template is English too, with numbered places; what stands at them is translated in turn, or is
the target's own and stays.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from string import Formatter

from conformance.locale import templates

LONGEST = 3000
_WORD = re.compile(r"[A-Za-z']+")
_PROSE = re.compile(r"(?<![\w/.'\"=-])[a-z]+(?![\w/'\"=-]|[:.]\S)")
_JOINT = "; "
_JOINTS = {_JOINT: _JOINT, ", ": ", ", ": ": ": ", " and ": " y ", " or ": " o "}
_TAILS = tuple(" ,;(")
_DEEPEST = 6
_TRIES = 12000
_CHOICES = 6
_MANY = 3
_HEAVY = 100
# A template of these alone is trusted with a whole sentence only: what the target sent may hold them too.
_NAMES = {
    "client",
    "core",
    "false",
    "intermediate",
    "master",
    "modern",
    "null",
    "old",
    "server",
    "true",
    "web",
}  # a target's own words as well
_SMALL = {"a", "an", "and", "at", "by", "from", "has", "in", "is", "no", "not", "of", "the", "to", "was"}


@dataclass(frozen=True, slots=True)
class Template:
    """A sentence with places: `literals` stand around and between them."""

    literals: tuple[str, ...]
    translation: str
    small: bool

    def captured(self, text: str) -> list[str] | None:
        """Return what stands at the places, each as short as it can be; None if the text is not of this template."""
        first, *rest = self.literals
        if not rest:
            return [] if text == first else None
        *between, last = rest
        end = len(text) - len(last)
        if not text.startswith(first) or not text.endswith(last) or end < len(first):
            return None
        at, found = len(first), []
        for literal in between:
            if (next_ := text.find(literal, at, end)) < 0:
                return None
            found.append(text[at:next_])
            at = next_ + len(literal)
        return [*found, text[at:end]]


@dataclass(frozen=True, slots=True)
class _Told:
    """A translation, and how much English is left in it: a small word weighs little, and may be the target's."""

    text: str
    left: int

    @property
    def done(self) -> bool:
        """Tell whether nothing is left that must be English."""
        return self.left < _HEAVY


def _joined(joint: str, parts: Sequence[_Told]) -> _Told:
    return _Told(joint.join(part.text for part in parts), sum(part.left for part in parts))


def _best(readings: Iterator[_Told]) -> _Told:
    """Return the first reading that leaves no English, or else the first of those that leave least."""
    best = next(readings)
    for told in readings:
        if not best.left:
            break
        best = told if told.left < best.left else best
    return best


class Sentences:
    """The sentences of one language."""

    def __init__(self, language: str) -> None:
        """Index the templates of `language`, each under its rarest word."""
        known = templates(language)
        pairs = [(_literals(english), translation) for english, translation in (*known.items(), *_bare(known))]
        rarity = Counter(word for literals, _ in pairs for word in set(_whole_words(literals)))
        self._vocabulary = {word for word in rarity if word.islower()} - _SMALL - _NAMES
        self._by_word: dict[str, list[Template]] = {}
        self._told: dict[tuple[str, bool], _Told] = {}
        self._tries = 0
        for literals, translation in pairs:
            words = sorted(set(_whole_words(literals)), key=lambda word: (rarity[word], word))
            if words:
                few = len(list(_whole_words(literals))) < _MANY
                small = few and len(literals) > 1 and set(words) <= _SMALL and literals[0][:1] not in _TAILS
                self._by_word.setdefault(words[0], []).append(Template(literals, translation, small=small))

    def __call__(self, text: str) -> str:
        """Return the sentence in this language; as it is, where no template is found for it."""
        if not self._by_word or not text or len(text) > LONGEST:
            return text
        self._tries = _TRIES
        told = self._tell(text, 0).text
        return told if told != text else self._tell(text + ".", 0).text.removesuffix(".")

    def _tell(self, text: str, depth: int, *, inner: bool = False) -> _Told:
        if (known := self._told.get((text, inner))) is None:
            known = _best(self._readings(text, depth, inner=inner))
            if self._tries > 0:
                self._told[text, inner] = known
        return known

    def _readings(self, text: str, depth: int, *, inner: bool) -> Iterator[_Told]:
        """Yield translations, the best founded first, and at last the text as it is."""
        if depth < _DEEPEST and text.strip():
            candidates = self._candidates(text, inner=inner)
            whole, split = self._whole(text, candidates, depth), self._split(text, depth, inner=inner)
            yield from chain(split, whole) if _JOINT in text else chain(whole, split)
            yield from self._partly(text, candidates, depth, inner=inner)
        words = _PROSE.findall(text)
        heavy = sum(word in self._vocabulary for word in words)
        yield _Told(text, heavy * _HEAVY + sum(word in _SMALL for word in words))

    def _candidates(self, text: str, *, inner: bool) -> list[Template]:
        words = dict.fromkeys(_WORD.findall(text))
        found = [template for word in words for template in self._by_word.get(word, ())]
        self._tries -= len(found)
        return [] if self._tries < 0 else [template for template in found if not (inner and template.small)]

    def _whole(self, text: str, candidates: list[Template], depth: int) -> Iterator[_Told]:
        """Read the text as a sentence; the templates that say most by themselves are tried first."""
        fitting = [(one, parts) for one in candidates if (parts := one.captured(text)) is not None]
        fitting.sort(key=lambda match: -sum(map(len, match[0].literals)))
        for template, parts in fitting[:_CHOICES]:
            told = self._put(template, parts, depth)
            if told.done or not template.small:
                yield told

    def _split(self, text: str, depth: int, *, inner: bool) -> Iterator[_Told]:
        """Read the text as several that were joined, or as one with a remark in brackets behind it."""
        for joint, translated in _JOINTS.items():
            if joint in text:
                parts = text.split(joint)
                told = _joined(translated, [self._tell(p, depth + 1, inner=inner or joint != _JOINT) for p in parts])
                if joint == translated or told.done:
                    yield told
        if text.endswith(")"):
            for at in {text.find(" ("), text.rfind(" (")} - {-1, 0}:
                before, remark = (self._tell(part, depth + 1, inner=True) for part in (text[:at], text[at + 2 : -1]))
                yield _Told(f"{before.text} ({remark.text})", before.left + remark.left)

    def _partly(self, text: str, candidates: list[Template], depth: int, *, inner: bool) -> Iterator[_Told]:
        """Read the text as one with a phrase at its end, or around a phrase."""
        for template in candidates:
            first = template.literals[0]
            at = text.find(first)
            if at > 0 and (first[:1] in _TAILS or (" " in first.strip() and text[at - 1] == " ")):
                if (parts := template.captured(text[at:])) is not None:
                    space = text[:at][len(text[:at].rstrip()) :]
                    before = self._tell(text[:at].rstrip(), depth + 1, inner=inner)
                    if before.done or len(self._vocabulary.intersection(_WORD.findall(first))) >= _MANY:
                        yield _joined(space, [before, self._put(template, parts, depth)])
            elif len(template.literals) == 1 and f" {first} " in f" {text} ":
                start, _, end = f" {text} ".partition(f" {first} ")
                around = [self._tell(part.strip(), depth + 1, inner=True) for part in (start, end)]
                if all(part.done for part in around):
                    told = (around[0], _Told(template.translation, 0), around[1])
                    yield _joined(" ", [part for part in told if part.text])

    def _put(self, template: Template, parts: list[str], depth: int) -> _Told:
        told = [self._tell(part, depth + 1, inner=True) for part in parts]
        return _Told(template.translation.format(*(part.text for part in told)), sum(part.left for part in told))


@cache
def sentences(language: str) -> Sentences:
    """Return the sentences of a language."""
    return Sentences(language)


def _bare(known: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield what is added to a sentence once more, without the sign that joins it: texts are taken apart there."""
    for english, translation in known.items():
        for joint in ("; ", ", "):
            if english.startswith(joint) and translation.startswith(joint):
                yield english.removeprefix(joint), translation.removeprefix(joint)


def _literals(template: str) -> tuple[str, ...]:
    parts, text = [], ""
    for literal, place, _, _ in Formatter().parse(template):
        text += literal
        if place is not None:
            parts.append(text)
            text = ""
    return (*parts, text)


def _whole_words(literals: tuple[str, ...]) -> Iterator[str]:
    """Name the words that end inside a literal: one beside a place may go on in what stands there."""
    for n, literal in enumerate(literals):
        for word in _WORD.finditer(literal):
            if (word.start() or not n) and (word.end() < len(literal) or n == len(literals) - 1):
                yield word.group()
