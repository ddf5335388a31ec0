"""Tries a right hash on identities other than the one it was made for."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from conformance import pointers
from conformance.areas.idv.client import IdentityClient, Stored
from conformance.areas.idv.forgery import MEGABYTE
from conformance.areas.idv.trials import TrialRun
from conformance.areas.idv.uid_variants import VARIANTS, capitalised, first_made
from conformance.pointers import MISSING
from conformance.sentence import NOTHING, Sentence, say

SLOTS = ("uid", "id", "user_id", "identifier", "external_id", "email", "rut", "customer_id")


def bind_others(run: TrialRun, victim: str) -> None:
    """Aim the control's own right hash at another client, who must stay untouched."""
    client, own = run.client, run.control_uid
    right = client.right(own)
    no_other = say("the target file declares one uid only") if victim == own else NOTHING

    def aim(name: str, what: Sentence, body: bytes, watched: str = victim) -> None:
        if no_other and watched:
            run.left_out[f"bound:{name}"] = no_other
        else:
            run.attempt(f"bound:{name}", what, body, watched=watched, signed=own, sent=watched)

    aim("other-client", say("another client's uid"), client.document(victim, right))
    aim("array", say("own and another client's uid in an array"), client.document([own, victim], right))
    aim("object", say("an object in place of the uid"), client.document({"$ne": ""}, right), "")
    aim("empty", say("an empty uid with its right hash"), client.document("", client.right("")), "")
    aim("megabyte", say("own uid and 1 MB more"), client.document(own + "a" * MEGABYTE, right), "")
    slots = other_slots(client, victim)
    beside = say("another client's uid in other fields beside the own")
    aim("other-field", beside, client.document(own, right, slots))
    unsigned = say("another client's uid in other fields, nothing signed")
    aim("elsewhere", unsigned, client.document(MISSING, MISSING, slots))
    for what, values in (
        (say("the field twice: own uid, then another client's"), (own, victim)),
        (say("the field twice: another client's uid, then the own"), (victim, own)),
    ):
        aim("uid-twice", what, client.twice(client.identity.uid_pointer, values, own, right))


def other_slots(client: IdentityClient, victim: str) -> dict[str, Any]:
    """Return pointers where a service may look for an identity, each with another's uid.

    They stand beside the uid, at the top, and among the attributes that go with it.
    """
    identity = client.identity
    parent = identity.uid_pointer.rpartition("/")[0]
    taken = {identity.uid_pointer, identity.hash_pointer}
    body = json.loads(client.document("", ""))
    beside = pointers.get(body, parent)
    below = [parent + pointers.build(key) for key, value in beside.items() if isinstance(value, dict)]
    return {
        pointer: victim
        for base in dict.fromkeys((parent, "", *below))
        for slot in SLOTS
        if (pointer := f"{base}/{slot}") not in taken and pointers.get(body, pointer) is MISSING
    }


def respell(run: TrialRun) -> None:
    """Send changed spellings of known uids with the hash of the original."""
    uids = sorted(run.identity.uids, key=lambda uid: uid != run.control_uid)
    for variant in VARIANTS:
        made = first_made(variant, uids)
        if made is None:
            run.left_out[f"bound:{variant.name}"] = say("no declared uid can be spelt otherwise in this way")
            continue
        original, changed = made
        body = run.client.document(variant.value(changed), run.client.right(original))
        _compare(run, f"bound:{variant.name}", variant.text, body, original, changed)


def sign_other_spelling(run: TrialRun) -> None:
    """Send another spelling of a known uid with a hash of its own: nobody else's client."""
    name = "bound:signed-spelling"
    made = next(((uid, other) for uid in run.identity.uids if (other := capitalised(uid))), None)
    if not run.client.bench.target.permits("destructive"):
        run.left_out[name] = say('would leave an undeclared client behind: needs consent "destructive"')
    elif made is None:
        run.left_out[name] = say("no declared uid begins with a small letter")
    else:
        body = run.client.document(made[1], run.client.right(made[1]))
        _compare(run, name, say("first letter in upper case, and signed so"), body, *made)


def _compare(run: TrialRun, name: str, what: Sentence, body: bytes, original: str, changed: str) -> None:
    attempt = run.attempt(name, what, body, watched=changed, signed=original, sent=changed)
    if attempt.after.kind == "present":
        relation = _relation(run.look(original), run.known(changed), original, changed, run.noise)
        run.replace_last(name, replace(attempt, same_record=relation))


def _relation(one: Stored, other: Stored, original: str, changed: str, noise: set[str]) -> str:
    """Tell whether two uids lead to one record: `same`, `own` where the other names itself, or `different`."""
    if json.dumps(changed) in other.leaves.values():
        return "own"
    if json.dumps(original) in other.leaves.values() or set(one.changes(other)) <= noise:
        return "same"
    return "different"
