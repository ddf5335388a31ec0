"""Judges what the identity service tells, how it is reached, and what it keeps of the values that it is sent."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator
from typing import Any

from conformance import pointers
from conformance.areas.idv.judge import controlled, declared
from conformance.areas.idv.layouts import following
from conformance.areas.idv.record import (
    MOST_STORED,
    Answer,
    IdentityObservation,
    Refusal,
    TimingObservation,
    Trials,
    Welcome,
)
from conformance.engine.policy import Policy
from conformance.model import Case, Inconclusive, NotApplicable, Verdict, conforms, verdict, violates
from conformance.sentence import NOTHING, By, Own, Sentence, clauses, counted, listed, own_list, say, say_of

FRAMING = {"date", "content-length", "connection", "transfer-encoding", "keep-alive"}
MILLISECONDS = 1000
_NONE_TRIED = say("no wrong hash was tried")
_PLAIN = say("the declared URL is plain http")


def right_hash_unsaid(seen: IdentityObservation, policy: Policy, case: Case) -> Verdict:
    """Judge IDV-13: the right hash stands in no answer to another one."""
    trials = seen.trials
    if not trials.control_uid:
        raise Inconclusive(trials.stopped or _NONE_TRIED)
    expected = say("no answer to a wrong hash contains the right one")
    tried = [
        (f"/trials/trials/{key}/attempts/{number}", attempt)
        for key, trial in trials.trials.items()
        for number, attempt in enumerate(trial.attempts)
    ]
    for where, attempt in tried:
        if attempt.answer.reveals:
            return violates(expected, say("{what}: the answer contains the right hash", what=attempt.what), where)
    if "compared:last" not in trials.trials:
        raise Inconclusive(trials.stopped or _NONE_TRIED)
    told = counted(
        "the right hash does not stand in the one answer", "the right hash stands in none of {n} answers", len(tried)
    )
    return conforms(expected, told, "/trials/trials")


def wrong_part_unsaid(seen: IdentityObservation, policy: Policy, case: Case) -> Verdict:
    """Judge IDV-13: answers do not depend on where a hash is wrong."""
    expected = say("answers do not depend on where a hash is wrong")
    trials = seen.trials
    if not trials.refusals:
        raise Inconclusive(trials.stopped or _NONE_TRIED)
    for trial in (trials.trials[f"compared:{kind}"] for kind in dict.fromkeys(r.kind for r in trials.refusals)):
        for attempt in trial.attempts:
            controlled(trials, policy, attempt)
            if attempt.answer.honoured(declared(policy).accepted):
                raise Inconclusive(say("{what} was honoured, so there is no refusal to compare", what=attempt.what))
    if trouble := next((refusal.trouble for refusal in trials.refusals if refusal.trouble), NOTHING):
        if all(refusal.trouble for refusal in trials.refusals):
            return conforms(expected, say("all: {trouble}", trouble=trouble), "/trials/refusals")
        raise Inconclusive(say("not every wrong hash was answered: {trouble}", trouble=trouble))
    if telling := _telling(trials.refusals):
        told = counted("{parts} differs", "{parts} differ", len(telling), parts=listed(telling, By.COMMA))
    else:
        told = counted("{n} answer is alike", "{n} answers are alike", len(trials.refusals))
    return verdict(not telling, expected, told, "/trials/refusals")


def _telling(refusals: tuple[Refusal, ...]) -> list[Sentence]:
    """Name what is the same for every hash wrong in one place, and another for one wrong elsewhere."""
    kinds: dict[str, list[dict[Sentence, str]]] = {}
    for refusal in refusals:
        kinds.setdefault(refusal.kind, []).append(dict(_features(refusal)))
    names = sorted({name for rounds in kinds.values() for features in rounds for name in features})
    return [name for name in names if _tells(name, kinds)]


def _tells(name: Sentence, kinds: dict[str, list[dict[Sentence, str]]]) -> bool:
    values = [{features.get(name, "") for features in rounds} for rounds in kinds.values()]
    return all(len(found) == 1 for found in values) and len(set.union(*values)) > 1


def _features(refusal: Refusal) -> Iterator[tuple[Sentence, str]]:
    yield say_of("part of an answer", "status"), str(refusal.status)
    for name in {name.lower() for name, _ in refusal.headers} - FRAMING:
        yield (
            say_of("part of an answer", "header {name}", name=Own(name)),
            "\n".join(value for key, value in refusal.headers if key.lower() == name),
        )
    document = pointers.parse(refusal.body)
    if document is pointers.MISSING:
        yield say_of("part of an answer", "body"), refusal.body
    else:
        for pointer, value in pointers.leaves(document):
            yield say_of("part of an answer", "body {pointer}", pointer=Own(pointer or "/")), json.dumps(value)


def verified_https(seen: IdentityObservation, policy: Policy, case: Case) -> Verdict:
    """Judge IDV-14: the declared URL is https, and its certificate verifies."""
    expected = say("initialisations travel over HTTPS whose certificate verifies")
    transport = seen.transport
    if transport.scheme == "http":
        return violates(expected, _PLAIN, "/transport")
    if transport.verifies is None:
        raise Inconclusive(transport.detail)
    if not transport.verifies:
        return violates(expected, transport.detail, "/transport")
    _require_service(seen.trials)
    return conforms(expected, say("the certificate verifies, for the declared name"), "/transport")


def plain_http_refused(seen: IdentityObservation, policy: Policy, case: Case) -> Verdict:
    """Judge IDV-14: an initialisation in the clear is not dealt with."""
    expected = say("an initialisation over plain HTTP is refused or redirected to https")
    transport = seen.transport
    if transport.scheme == "http":
        return violates(expected, _PLAIN, "/transport")
    if not transport.verifies or transport.over_tls is None:
        raise Inconclusive(transport.detail or seen.trials.stopped)
    _require_service(seen.trials)
    taken = [port for port, answer in transport.plain.items() if _dealt_with(answer, transport.over_tls)]
    told = (
        say("port {port}: {answer}", port=Own(port), answer=answer.words()) for port, answer in transport.plain.items()
    )
    return verdict(
        not taken, expected, clauses(*told), *(f"/transport/plain/{port}" for port in taken or transport.plain)
    )


def _dealt_with(plain: Answer, over_tls: Answer) -> bool:
    """Tell whether the service itself answered in the clear: it answers the same over TLS."""
    if plain.trouble or plain.status != over_tls.status:
        return False
    documents = [pointers.parse(answer.body) for answer in (plain, over_tls)]
    if pointers.MISSING not in documents:
        return [p for p, _ in pointers.leaves(documents[0])] == [p for p, _ in pointers.leaves(documents[1])]
    return plain.body == over_tls.body and (plain.body != "" or plain.ok)


def _require_service(trials: Trials) -> None:
    if not trials.control_uid:
        raise Inconclusive(trials.stopped or say("it is not known to be an identity service: nothing was tried"))


def values_unchanged(seen: IdentityObservation, policy: Policy, case: Case) -> Verdict:
    """Judge IDV-15: what stands beside the uid arrives as it was sent."""
    identity, trials = declared(policy), seen.trials
    sent = _values_sent(identity.body, identity.uid_pointer, identity.hash_pointer)
    if not sent:
        raise NotApplicable(say("the target file's initialisation sends no value beside the uid (identity.body)"))
    expected = say("name and attributes are stored as they were sent")
    parent = identity.uid_pointer.rpartition("/")[0]
    honoured = {label: w for label, w in trials.welcomes.items() if w.answer.honoured(identity.accepted)}
    if not honoured:
        raise Inconclusive(trials.stopped or say("no initialisation was honoured"))
    arrived: set[str] = set()
    for label, welcome in honoured.items():
        found = {
            pointer: _arrival(welcome, pointer, following(value, welcome.uid), parent)
            for pointer, value in sent.items()
        }
        if altered := clauses(*(told for told in found.values() if told is not None)):
            return violates(expected, altered, f"/trials/welcomes/{label}/stored")
        arrived |= {pointer for pointer, told in found.items() if told is not None}
    if not arrived:
        raise Inconclusive(say("what is stored shows none of {pointers}", pointers=own_list(sent, By.COMMA)))
    unseen = own_list(sorted(sent.keys() - arrived), By.COMMA)
    notes = (say("not shown in what is stored: {pointers}", pointers=unseen),) if unseen else ()
    told = say("{pointers} arrived unchanged", pointers=own_list(sorted(arrived), By.COMMA))
    return conforms(expected, told, "/trials/welcomes", notes=notes)


def _values_sent(body: dict[str, Any], uid_pointer: str, hash_pointer: str) -> dict[str, Any]:
    """Return the values that stand in the same object as the uid, or below, by JSON Pointer."""
    parent = uid_pointer.rpartition("/")[0]
    table = pointers.get(body, parent)
    if not isinstance(table, dict):
        return {}
    taken = (uid_pointer, hash_pointer)
    return {p: value for p, value in pointers.leaves(table, parent) if p not in taken and value not in (None, "")}


def _arrival(welcome: Welcome, pointer: str, value: Any, parent: str) -> Sentence | None:
    """Say what became of the value: nothing where it arrived; return None where it is not shown.

    `parent` is the table of the uid: where a table below it is shown, all that was sent in it has to be there.
    """
    stored = {place: json.loads(text) for place, text in welcome.stored.items()}
    if any(_alike(value, other) for other in stored.values()):
        return NOTHING
    name = pointer.rpartition("/")[2]
    was, sent = Own(pointer), Own(json.dumps(value))
    if places := [place for place in stored if place.rpartition("/")[2] == name]:
        now = Own(json.dumps(stored[places[0]]))
        return say("{pointer} was sent as {sent} and is stored as {now}", pointer=was, sent=sent, now=now)
    table = pointer.removeprefix(parent).rpartition("/")[0]
    shown = len(stored) < MOST_STORED and [place for place in stored if _stands_in(place, stored[place], table)]
    if not table or not shown:
        return None
    return say(
        "{pointer} was sent as {sent} and is not among what is stored in {table}",
        pointer=was,
        sent=sent,
        table=Own(table.rpartition("/")[2]),
    )


def _stands_in(place: str, value: Any, table: str) -> bool:
    """Tell whether a stored value belongs to an object called as `table` is, or is that object, empty."""
    name = f"/{table.rpartition('/')[2]}"
    return f"{name}/" in place or (place.endswith(name) and value == {})


def _alike(sent: Any, stored: Any) -> bool:
    """Tell whether a value arrived; a number may have become text."""
    return pointers.same(sent, stored) or (not isinstance(sent, bool) and str(sent) == stored)


def comparison_time(seen: TimingObservation, policy: Policy, case: Case) -> Verdict:
    """Show IDV-12: how long hashes take that are wrong at the front and at the end."""
    if seen.stopped:
        raise Inconclusive(seen.stopped)
    first, last = (statistics.median(times) * MILLISECONDS for times in (seen.first_digit, seen.last_digit))
    spread = max(_spread(seen.first_digit), _spread(seen.last_digit)) * MILLISECONDS
    return conforms(
        say("it is shown, not judged: a comparison that takes constant time cannot be told from outside by so few"),
        say(
            "median {first:.2f} ms wrong in the first digit, {last:.2f} ms in the last, "
            "difference {difference:+.2f} ms, quartile range {spread:.2f} ms, {count} of each",
            first=first,
            last=last,
            difference=last - first,
            spread=spread,
            count=len(seen.first_digit),
        ),
        "/first_digit",
        "/last_digit",
    )


def _spread(times: tuple[float, ...]) -> float:
    low, _, high = statistics.quantiles(times, n=4)
    return high - low


def refusal_tells_nothing(seen: IdentityObservation, policy: Policy, case: Case) -> Verdict:
    """Judge IDV-13 on one thing that a refusal may tell."""
    judge = right_hash_unsaid if case.name == "right-hash" else wrong_part_unsaid
    return judge(seen, policy, case)


def verified_https_only(seen: IdentityObservation, policy: Policy, case: Case) -> Verdict:
    """Judge IDV-14 on the certificate, or on plain HTTP."""
    judge = verified_https if case.name == "certificate" else plain_http_refused
    return judge(seen, policy, case)
