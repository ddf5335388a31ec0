"""Judges what the identity service tells, how it is reached, and what it keeps of the values that it is sent."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator
from typing import Any

from conformance import pointers
from conformance.judges.identity import controlled, declared
from conformance.model import Case, Inconclusive, NotApplicable, Verdict, conforms, verdict, violates
from conformance.policy import Policy
from conformance.records.identity import (
    MOST_STORED,
    Answer,
    IdentityObservation,
    Refusal,
    TimingObservation,
    Trials,
    Welcome,
)

FRAMING = {"date", "content-length", "connection", "transfer-encoding", "keep-alive"}
MILLISECONDS = 1000


def right_hash_unsaid(seen: IdentityObservation, policy: Policy, case: Case) -> Verdict:
    """Judge IDV-13: the right hash stands in no answer to another one."""
    trials = seen.trials
    if not trials.control_uid:
        raise Inconclusive(trials.stopped or "no wrong hash was tried")
    expected = "no answer to a wrong hash contains the right one"
    tried = [
        (f"/trials/trials/{key}/attempts/{number}", attempt)
        for key, trial in trials.trials.items()
        for number, attempt in enumerate(trial.attempts)
    ]
    for where, attempt in tried:
        if attempt.answer.reveals:
            return violates(expected, f"{attempt.what}: the answer contains the right hash", where)
    if "compared:last" not in trials.trials:
        raise Inconclusive(trials.stopped or "no wrong hash was tried")
    return conforms(expected, f"the right hash stands in none of {len(tried)} answers", "/trials/trials")


def wrong_part_unsaid(seen: IdentityObservation, policy: Policy, case: Case) -> Verdict:
    """Judge IDV-13: answers do not depend on where a hash is wrong."""
    trials = seen.trials
    if not trials.refusals:
        raise Inconclusive(trials.stopped or "no wrong hash was tried")
    for trial in (trials.trials[f"compared:{kind}"] for kind in dict.fromkeys(r.kind for r in trials.refusals)):
        for attempt in trial.attempts:
            controlled(trials, policy, attempt)
            if attempt.answer.honoured(declared(policy).accepted):
                raise Inconclusive(f"{attempt.what} was honoured, so there is no refusal to compare")
    if trouble := next((refusal.trouble for refusal in trials.refusals if refusal.trouble), ""):
        if all(refusal.trouble for refusal in trials.refusals):
            return conforms("answers do not depend on where a hash is wrong", f"all: {trouble}", "/trials/refusals")
        raise Inconclusive(f"not every wrong hash was answered: {trouble}")
    telling = _telling(trials.refusals)
    return verdict(
        not telling,
        "answers do not depend on where a hash is wrong",
        f"{', '.join(telling)} differ" if telling else f"{len(trials.refusals)} answers are alike",
        "/trials/refusals",
    )


def _telling(refusals: tuple[Refusal, ...]) -> list[str]:
    """Name what is the same for every hash wrong in one place, and another for one wrong elsewhere."""
    kinds: dict[str, list[dict[str, str]]] = {}
    for refusal in refusals:
        kinds.setdefault(refusal.kind, []).append(dict(_features(refusal)))
    names = sorted({name for rounds in kinds.values() for features in rounds for name in features})
    return [name for name in names if _tells(name, kinds)]


def _tells(name: str, kinds: dict[str, list[dict[str, str]]]) -> bool:
    values = [{features.get(name, "") for features in rounds} for rounds in kinds.values()]
    return all(len(found) == 1 for found in values) and len(set.union(*values)) > 1


def _features(refusal: Refusal) -> Iterator[tuple[str, str]]:
    yield "status", str(refusal.status)
    for name in {name.lower() for name, _ in refusal.headers} - FRAMING:
        yield f"header {name}", "\n".join(value for key, value in refusal.headers if key.lower() == name)
    document = pointers.parse(refusal.body)
    if document is pointers.MISSING:
        yield "body", refusal.body
    else:
        for pointer, value in pointers.leaves(document):
            yield f"body {pointer or '/'}", json.dumps(value)


def verified_https(seen: IdentityObservation, policy: Policy, case: Case) -> Verdict:
    """Judge IDV-14: the declared URL is https, and its certificate verifies."""
    expected = "initialisations travel over HTTPS whose certificate verifies"
    transport = seen.transport
    if transport.scheme == "http":
        return violates(expected, "the declared URL is plain http", "/transport")
    if transport.verifies is None:
        raise Inconclusive(transport.detail)
    if not transport.verifies:
        return violates(expected, transport.detail, "/transport")
    _require_service(seen.trials)
    return conforms(expected, "the certificate verifies, for the declared name", "/transport")


def plain_http_refused(seen: IdentityObservation, policy: Policy, case: Case) -> Verdict:
    """Judge IDV-14: an initialisation in the clear is not dealt with."""
    expected = "an initialisation over plain HTTP is refused or redirected to https"
    transport = seen.transport
    if transport.scheme == "http":
        return violates(expected, "the declared URL is plain http", "/transport")
    if not transport.verifies or transport.over_tls is None:
        raise Inconclusive(transport.detail or seen.trials.stopped)
    _require_service(seen.trials)
    taken = [port for port, answer in transport.plain.items() if _dealt_with(answer, transport.over_tls)]
    told = "; ".join(f"port {port}: {answer.words()}" for port, answer in transport.plain.items())
    return verdict(not taken, expected, told, *(f"/transport/plain/{port}" for port in taken or transport.plain))


def _dealt_with(plain: Answer, over_tls: Answer) -> bool:
    """Tell whether the service itself answered in the clear: it answers the same over TLS."""
    if plain.trouble or plain.status != over_tls.status:
        return False
    documents = [pointers.parse(answer.body) for answer in (plain, over_tls)]
    if pointers.MISSING not in documents:
        return [p for p, _ in pointers.leaves(documents[0])] == [p for p, _ in pointers.leaves(documents[1])]
    return plain.body == over_tls.body and (plain.body != "" or 200 <= plain.status < 300)


def _require_service(trials: Trials) -> None:
    if not trials.control_uid:
        raise Inconclusive(trials.stopped or "it is not known to be an identity service: nothing was tried")


def values_unchanged(seen: IdentityObservation, policy: Policy, case: Case) -> Verdict:
    """Judge IDV-15: what stands beside the uid arrives as it was sent."""
    identity, trials = declared(policy), seen.trials
    sent = _values_sent(identity.body, identity.uid_pointer, identity.hash_pointer)
    if not sent:
        raise NotApplicable("the target file's initialisation sends no value beside the uid (identity.body)")
    expected = "name and attributes are stored as they were sent"
    parent = identity.uid_pointer.rpartition("/")[0]
    honoured = {label: w for label, w in trials.welcomes.items() if w.answer.honoured(identity.accepted)}
    if not honoured:
        raise Inconclusive(trials.stopped or "no initialisation was honoured")
    arrived: set[str] = set()
    for label, welcome in honoured.items():
        found = {pointer: _arrival(welcome, pointer, value, parent) for pointer, value in sent.items()}
        altered = {pointer: told for pointer, told in found.items() if told not in ("", "arrived")}
        if altered:
            return violates(expected, "; ".join(altered.values()), f"/trials/welcomes/{label}/stored")
        arrived |= {pointer for pointer, told in found.items() if told}
    if not arrived:
        raise Inconclusive(f"what is stored shows none of {', '.join(sent)}")
    unseen = sorted(sent.keys() - arrived)
    notes = (f"not shown in what is stored: {', '.join(unseen)}",) if unseen else ()
    return conforms(expected, f"{', '.join(sorted(arrived))} arrived unchanged", "/trials/welcomes", notes=notes)


def _values_sent(body: dict[str, Any], uid_pointer: str, hash_pointer: str) -> dict[str, Any]:
    """Return the values that stand in the same object as the uid, or below, by JSON Pointer."""
    parent = uid_pointer.rpartition("/")[0]
    table = pointers.get(body, parent)
    if not isinstance(table, dict):
        return {}
    taken = (uid_pointer, hash_pointer)
    return {p: value for p, value in pointers.leaves(table, parent) if p not in taken and value not in (None, "")}


def _arrival(welcome: Welcome, pointer: str, value: Any, parent: str) -> str:
    """Say `arrived`, what became of the value, or nothing where it is not shown.

    `parent` is the table of the uid: where a table below it is shown, all that was sent in it has to be there.
    """
    stored = {place: json.loads(text) for place, text in welcome.stored.items()}
    if any(_alike(value, other) for other in stored.values()):
        return "arrived"
    name = pointer.rpartition("/")[2]
    sent = f"{pointer} was sent as {json.dumps(value)} and is"
    if places := [place for place in stored if place.rpartition("/")[2] == name]:
        return f"{sent} stored as {json.dumps(stored[places[0]])}"
    table = pointer.removeprefix(parent).rpartition("/")[0]
    shown = len(stored) < MOST_STORED and [place for place in stored if _stands_in(place, stored[place], table)]
    return f"{sent} not among what is stored in {table.rpartition('/')[2]}" if table and shown else ""


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
        "it is shown, not judged: a comparison that takes constant time cannot be told from outside by so few",
        f"median {first:.2f} ms wrong in the first digit, {last:.2f} ms in the last, "
        f"difference {last - first:+.2f} ms, quartile range {spread:.2f} ms, {len(seen.first_digit)} of each",
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
