"""How hard a secret is to guess, and whether it is one that everybody knows."""

from __future__ import annotations

import base64
import hashlib
import math
import re
from collections.abc import Iterable
from functools import cache

from conformance import locate
from conformance.sentence import NOTHING, Sentence, say

ENOUGH = 64.0
"""Bits, by the estimate below: eleven random letters and digits, or five words picked by dice."""

SHORTEST, LONGEST = 12, 1000

_PLACEHOLDER = re.compile(
    r"change[-_ ]?(?:me|this|it)"
    r"|(?:^|[^a-z])(?:replace|insert|enter|put|set|fill)[-_ ]?(?:me|this|it|here|with|your|in)[-_ ]"
    r"|(?:replace|fill)[-_ ]?(?:me|this)|your[-_ ]|your(?:secret|password|key|token)|^<.*>$|^\[.*\]$|^\{\{.*\}\}$"
    r"|x{5,}|\*{3,}|\.{3,}|placeholder|example"
)
_RUNS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|[0-9]+|[^A-Za-z0-9]+")
_WORD_BITS = 12.9  # the logarithm of Diceware's 7,776 words
_WORD_FROM, _LONGEST_WORD, _ROW_FROM = 4, 12, 4
_KNOWN_BITS = 5.0
_UNEVEN = 1.5
_FREQUENT_SHARE = 0.4
_LEET = str.maketrans("013457@$", "oieastas")
_YEAR = re.compile(r"(?:19|20)\d\d")
_KEYBOARD = ("01234567890", "0123456789abcdef", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm")
_ROWS = (*_KEYBOARD, *(row[::-1] for row in _KEYBOARD))


def sample(text: str) -> Sentence:
    """Say in a few words which kind of published value this is; nothing for one that is not known."""
    folded = text.strip().casefold()
    if folded in _listed("samples.txt") or folded.rstrip("0123456789!.@#") in _listed("samples.txt"):
        return say("a value that samples and documentation use")
    if len(folded) < 40 and _PLACEHOLDER.search(folded):
        return say("a placeholder that was never filled in")
    if folded and _walk(folded):
        return say("a row of neighbouring characters")
    return NOTHING


def respelt(text: str, words: Iterable[str]) -> bool:
    """Tell whether a text is one of `words` in other letters, backwards, encoded, hashed, or with little added."""
    bare = text.strip()
    encoded, folded = {bare.rstrip("="), bare.lower()}, bare.casefold()
    return any(encoded & _spellings(word) or _extended(folded, word.casefold()) for word in words)


def _extended(folded: str, word: str) -> bool:
    if folded in (word, word[::-1]):
        return bool(word)
    return len(word) >= SHORTEST and word in folded and len(folded) - len(word) < SHORTEST


@cache
def _spellings(word: str) -> frozenset[str]:
    """Return what a word is in base64 and hex, and its hashes; with the line feed that echo puts in, too."""
    found = set()
    for raw in (word.encode(), word.encode() + b"\n"):
        found |= {raw.hex(), base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode()}
        found |= {hashlib.new(name, raw, usedforsecurity=False).hexdigest() for name in ("md5", "sha1", "sha256")}
    return frozenset(each.rstrip("=") for each in found)


@cache
def _listed(name: str) -> frozenset[str]:
    lines = (locate.data("fixtures") / "secrets" / name).read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


def weakness(text: str) -> Sentence:
    """Say in a few words why a secret is weak; nothing for a strong one."""
    if known := sample(text):
        return known
    if respelt(text, _listed("samples.txt")):
        return say("an encoding or a hash of a value that samples and documentation use")
    if len(text) < SHORTEST:
        return say("shorter than {least} characters", least=SHORTEST)
    block = _repeated(text)
    if len(block) < len(text):
        return say("the same few characters over and over")
    if bits(text[:LONGEST]) < ENOUGH:
        return say("too easy to guess: words, dates and patterns leave fewer than {least:.0f} bits", least=ENOUGH)
    return NOTHING


def bits(text: str) -> float:
    """Estimate how many bits of chance are in a text: few for known words, years and rows, some for other words."""
    each = math.log2(_alphabet(text))
    rest, known = _without_patterns(text)
    estimate = known * _KNOWN_BITS
    before = ""
    for run in _RUNS.findall(rest):
        estimate += 1 if run == before else _run_bits(run, each)
        before = run if not run.isalnum() else before
    return min(estimate, len(text) * math.log2(max(1, len(set(text)))) * _UNEVEN)


def _alphabet(text: str) -> int:
    if re.fullmatch(r"[0-9a-f-]+|[0-9A-F-]+", text):
        return 16
    sizes = (("[a-z]", 26), ("[A-Z]", 26), ("[0-9]", 10), ("[^A-Za-z0-9]", 20))
    return sum(size for pattern, size in sizes if re.search(pattern, text)) or 1


def _without_patterns(text: str) -> tuple[str, int]:
    """Return a text without words that are listed, years and rows of neighbours, and how many there were."""
    plain = text.casefold() if len(text.casefold()) == len(text) else text
    spoken = plain.translate(_LEET)
    left, known, at = [], 0, 0
    while at < len(text):
        length = max(_row(plain, at), _word(spoken, at), 4 if _YEAR.match(plain, at) else 0)
        if length:
            known += 1
        else:
            left.append(text[at])
        at += length or 1
    return "".join(left), known


def _row(text: str, at: int) -> int:
    """Return the length of a row of four or more neighbours, or of equal characters, that begins at `at`."""
    length = 1
    while at + length < len(text) and _beside(text[at : at + length + 1]):
        length += 1
    return length if length >= _ROW_FROM else 0


def _beside(piece: str) -> bool:
    return len(set(piece)) == 1 or any(piece in row for row in _ROWS)


def _word(text: str, at: int) -> int:
    words = _listed("words.txt")
    lengths = range(min(_LONGEST_WORD, len(text) - at), _WORD_FROM - 1, -1)
    return next((length for length in lengths if text[at : at + length] in words), 0)


def _run_bits(run: str, each: float) -> float:
    if len(run) >= _WORD_FROM and run.isalpha() and _speakable(run.casefold()):
        return min(_WORD_BITS * max(1, len(run) // 9), len(run) * each)
    return len(run) * each


def _speakable(run: str) -> bool:
    """Tell whether letters look like a word: enough of their pairs are frequent ones in English and Spanish."""
    pairs = [run[at : at + 2] for at in range(len(run) - 1)]
    return sum(pair in _listed("pairs.txt") for pair in pairs) >= _FREQUENT_SHARE * len(pairs)


def _walk(folded: str) -> bool:
    halves = (folded, folded[::2], folded[1::2])
    return len(folded) >= _ROW_FROM and (_row(folded, 0) == len(folded) or all(_beside(half) for half in halves[1:]))


def _repeated(text: str) -> str:
    """Return the shortest block that the whole text repeats, or the text itself."""
    return text[: (text + text).find(text, 1)]
