"""Judges whether a refusal tells its cause: an oracle for whoever forges messages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations
from statistics import median

from conformance import pointers
from conformance.judges.channel import between_controls
from conformance.model import Case, Inconclusive, Verdict, conforms, violates
from conformance.policy import Policy
from conformance.records.channel import Answer, Attempt, ChannelObservation

_NOT_MEANT = {408, 413, 429, 503}
_SAMPLES = 2
_EVER_NEW = re.compile(
    r"date|expires|etag|cookie|nonce|timing|duration|runtime|(^|-)(age|time|id|trace|span|request|correlation)(-|$)"
)

_KINDS = {
    "stale": ("stale", ("margin-plus-1s", "3-margins", "6-margins", "1-hour", "1-day")),
    "forged with another secret": ("forged", ("other",)),
    "changed in its timestamp": ("changed", ("bit-timestamp",)),
    "changed in its nonce": ("changed", ("bit-nonce",)),
    "changed in its ciphertext": ("changed", ("bit-ciphertext",)),
    "changed in its MAC": ("changed", ("bit-mac",)),
}

Refusals = dict[str, Attempt]


def alike(seen: ChannelObservation, policy: Policy, case: Case) -> Verdict:
    """Judge CHN-12.

    Only what is the same for every refusal of one kind can tell it from another: ids and times vary by themselves.
    """
    for group in ("stale", "forged", "changed"):
        between_controls(seen, group)
    kinds = {kind: refusals for kind in _KINDS if len(refusals := _refusals(seen, kind)) >= _SAMPLES}
    if len({_KINDS[kind][0] for kind in kinds}) < _SAMPLES:
        raise Inconclusive("fewer than two kinds of bad message were refused, so there is nothing to compare")
    expected = "refusals of stale, forged and changed messages look the same"
    notes = ("median time of an answer: " + ", ".join(f"{k} {_milliseconds(r)}" for k, r in kinds.items()),)
    for one, other in combinations(kinds, 2):
        for what, here, there in _differences(kinds[one], kinds[other]):
            observed = f"{what} is {here} for a message that is {one}, {there} for one that is {other}"
            exhibits = (next(iter(kinds[one])), next(iter(kinds[other])))
            return violates(expected, observed, *exhibits, notes=notes)
    counted = sum(len(refusals) for refusals in kinds.values())
    pointers = [next(iter(refusals)) for refusals in kinds.values()]
    return conforms(expected, f"{counted} refusals of {len(kinds)} kinds look the same", *pointers, notes=notes)


def _refusals(seen: ChannelObservation, kind: str) -> Refusals:
    """Return a kind's refusals by their place in the record."""
    name, prefixes = _KINDS[kind]
    return {
        pointers.build("groups", name, "attempts", key): attempt
        for key, attempt in seen.groups[name].attempts.items()
        if key.partition("/")[0] in prefixes
        and attempt.on_time
        and not attempt.accepted
        and attempt.status not in _NOT_MEANT
    }


def _differences(one: Refusals, other: Refusals) -> Iterator[tuple[str, str, str]]:
    here, there = _constant(one), _constant(other)
    for what in sorted(here.keys() & there.keys()):
        if here[what] != there[what]:
            yield what, here[what], there[what]


def _constant(refusals: Refusals) -> dict[str, str]:
    """Return the features that all refusals of a kind share."""
    features = [_features(attempt) for attempt in refusals.values()]
    shared = set(features[0]).intersection(*features)
    return {what: features[0][what] for what in shared if len({f[what] for f in features}) == 1}


def _features(attempt: Attempt) -> dict[str, str]:
    if attempt.trouble:
        return {"the connection": "left silent" if attempt.trouble == "no answer in time" else "closed"}
    headers = [(name.lower(), value) for name, value in attempt.headers if not _EVER_NEW.search(name.lower())]
    features = {
        "the connection": "answered",
        "the status": str(attempt.status),
        "the body's length": f"{attempt.body_bytes} bytes",
        "the set of headers": " ".join(sorted({name for name, _ in headers})),
    }
    if attempt.answer in (Answer.CLEAR, Answer.EMPTY):  # what a sealed answer says is hidden from whoever forges
        features["the body"] = f"{attempt.body[:60]!r} ({attempt.says})"
    return features | {f"the header {name}": value for name, value in headers}


def _milliseconds(refusals: Refusals) -> str:
    return f"{median(attempt.seconds for attempt in refusals.values()) * 1000:.1f} ms"
