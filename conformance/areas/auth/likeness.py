"""How much one answer of the API has in common with another."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import SequenceMatcher
from urllib.parse import urlsplit

from conformance.areas.acc.plain import words
from conformance.web.exchange import Exchange

TELLING = 3
"""From how many words on an answer can be told from another; how many in a row count as a repetition."""

_ALIKE = 0.8  # of the sequence: answers carry ids and times that differ each time
_FEW = 8  # items below which two answers are alike by chance
_VARYING = re.compile(r"\b(?:[0-9a-f]{8,}|[0-9a-f-]{36}|\d+)\b", re.IGNORECASE)  # ids, times, counters


def alike(one: Exchange, other: Exchange) -> bool:
    """Tell whether two answers are the same but for ids, times and the path that was asked for."""
    if one.trouble or other.trouble or one.status != other.status:
        return False
    ours, theirs = _told(one), _told(other)
    if min(len(ours), len(theirs)) < _FEW:
        return ours == theirs
    return SequenceMatcher(None, ours, theirs, autojunk=False).ratio() >= _ALIKE


def content(served: Exchange, envelopes: Iterable[Exchange] = ()) -> list[str]:
    """Return the words of an answer without those runs that stand in `envelopes` too: refusals, of other paths."""
    found = words(served.body)
    for envelope in envelopes:
        blocks = SequenceMatcher(None, found, words(envelope.body), autojunk=False).get_matching_blocks()
        common = {n for block in blocks if block.size >= TELLING for n in range(block.a, block.a + block.size)}
        if len(common) < len(found):  # what says all of it is no envelope
            found = [word for n, word in enumerate(found) if n not in common]
    return found


def repeated(told: list[str], seen: Exchange) -> float:
    """Return the part of `told`, 0 to 1, that stands in an answer in runs of three words and more."""
    if len(told) < TELLING:
        return 0.0
    blocks = SequenceMatcher(None, told, words(seen.body), autojunk=False).get_matching_blocks()
    return round(sum(block.size for block in blocks if block.size >= TELLING) / len(told), 3)


def _told(seen: Exchange) -> list[str]:
    path = urlsplit(seen.url).path
    return words(_VARYING.sub(" ", seen.body.replace(path, " ").replace(path.rpartition("/")[2] or path, " ")))
