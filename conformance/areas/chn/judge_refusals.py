"""Judges whether a refusal tells its cause: an oracle for whoever forges messages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations
from statistics import median

from conformance import pointers
from conformance.areas.chn.judge import between_controls
from conformance.areas.chn.record import Answer, Attempt, ChannelObservation
from conformance.engine.policy import Policy
from conformance.model import Case, Inconclusive, Verdict, conforms, violates
from conformance.sentence import By, Own, Sentence, Value, counted, listed, own_list, say, say_of
from conformance.web.exchange import TOO_LATE

_TOO_FAST = {429, 503}
_SAMPLES = 2  # of one refusal nothing can be said about what varies between refusals
_EVER_NEW = re.compile(
    r"date|expires|etag|cookie|nonce|timing|duration|runtime|(^|-)(age|time|id|trace|span|request|correlation)(-|$)"
)

_KINDS = {
    say_of("a message that is", "stale"): ("stale", ("margin-plus-1s", "3-margins", "6-margins", "1-hour", "1-day")),
    say_of("a message that is", "forged with another secret"): ("forged", ("other",)),
    say_of("a message that is", "changed in its timestamp"): ("changed", ("bit-timestamp",)),
    say_of("a message that is", "changed in its nonce"): ("changed", ("bit-nonce",)),
    say_of("a message that is", "changed in its ciphertext"): ("changed", ("bit-ciphertext",)),
    say_of("a message that is", "changed in its MAC"): ("changed", ("bit-mac",)),
}

_CONNECTION = say("the connection")

Refusals = dict[str, Attempt]
Features = dict[Sentence, Value]


def alike(seen: ChannelObservation, policy: Policy, case: Case) -> Verdict:
    """Judge CHN-12.

    Only what is the same for every refusal of one kind can tell it from another: ids and times vary by themselves.
    """
    for group in ("stale", "forged", "changed"):
        between_controls(seen, group)
    refused = {kind: refusals for kind in _KINDS if len(refusals := _refusals(seen, kind)) >= _SAMPLES}
    meant = {kind: {at: a for at, a in all_.items() if a.status not in _TOO_FAST} for kind, all_ in refused.items()}
    kinds = {kind: refusals for kind, refusals in meant.items() if len(refusals) >= _SAMPLES}
    if len({_KINDS[kind][0] for kind in kinds}) < _SAMPLES:
        raise Inconclusive(say("fewer than two kinds of bad message were refused, so there is nothing to compare"))
    expected = say("refusals of stale, forged and changed messages look the same")
    times = [say("{kind} {time:.1f} ms", kind=kind, time=_milliseconds(refusals)) for kind, refusals in kinds.items()]
    notes = (say("median time of an answer: {times}", times=listed(times, By.COMMA)),)
    for one, other in combinations(kinds, 2):
        for what, here, there in _differences(kinds[one], kinds[other]):
            observed = _difference(what, here, there, one, other)
            exhibits = (next(iter(kinds[one])), next(iter(kinds[other])))
            return violates(expected, observed, *exhibits, notes=notes)
    if put_off := next((kind for kind in refused if kind not in kinds), None):
        raise Inconclusive(
            say(
                "a message that is {kind} was answered as one too many (status {status}), which tells nothing: "
                "lower [limits] requests_per_second",
                kind=put_off,
                status=next(iter(refused[put_off].values())).status,
            )
        )
    alike = sum(len(refusals) for refusals in kinds.values())
    observed = say("{refusals} refusals of {kinds} kinds look the same", refusals=alike, kinds=len(kinds))
    return conforms(expected, observed, *(next(iter(refusals)) for refusals in kinds.values()), notes=notes)


def _refusals(seen: ChannelObservation, kind: Sentence) -> Refusals:
    """Return a kind's refusals by their place in the record."""
    name, prefixes = _KINDS[kind]
    return {
        pointers.build("groups", name, "attempts", key): attempt
        for key, attempt in seen.groups[name].attempts.items()
        if key.partition("/")[0] in prefixes
        and not key.endswith("/delivered")  # a replay as well: may be refused as one
        and attempt.on_time
        and not attempt.accepted
    }


def _differences(one: Refusals, other: Refusals) -> Iterator[tuple[Sentence, Value, Value]]:
    here, there = _constant(one), _constant(other)
    for what in sorted(here.keys() & there.keys()):
        if here[what] != there[what]:
            yield what, here[what], there[what]


def _difference(what: Sentence, here: Value, there: Value, one: Sentence, other: Sentence) -> Sentence:
    if what == _CONNECTION:
        return say(
            "the connection is {here} for a message that is {one}, {there} for one that is {other}",
            here=here,
            there=there,
            one=one,
            other=other,
        )
    return say(
        "{what} is {here} for a message that is {one}, {there} for one that is {other}",
        what=what,
        here=here,
        there=there,
        one=one,
        other=other,
    )


def _constant(refusals: Refusals) -> Features:
    """Return the features that all refusals of a kind share."""
    features = [_features(attempt) for attempt in refusals.values()]
    shared = set(features[0]).intersection(*features)
    return {what: features[0][what] for what in shared if len({f[what] for f in features}) == 1}


def _features(attempt: Attempt) -> Features:
    if attempt.trouble:
        silent = attempt.trouble == TOO_LATE
        return {_CONNECTION: say_of("a connection", "left silent") if silent else say_of("a connection", "closed")}
    headers = [(name.lower(), value) for name, value in attempt.headers if not _EVER_NEW.search(name.lower())]
    features: Features = {
        _CONNECTION: say_of("a connection", "answered"),
        say("the status"): attempt.status,
        say("the body's length"): counted("{n} byte", "{n} bytes", attempt.body_bytes),
        say("the set of headers"): own_list(sorted({name for name, _ in headers}), By.SPACE),
    }
    if attempt.answer in (Answer.CLEAR, Answer.EMPTY):  # what a sealed answer says is hidden from whoever forges
        features[say("the body")] = say("{body!r} ({digest})", body=Own(attempt.body[:60]), digest=Own(attempt.says))
    return features | {say("the header {name}", name=Own(name)): Own(value) for name, value in headers}


def _milliseconds(refusals: Refusals) -> float:
    return median(attempt.seconds for attempt in refusals.values()) * 1000
