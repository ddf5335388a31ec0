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
from conformance.web.exchange import Exchange

SLOTS = (
    "uid",
    "id",
    "user_id",
    "userId",
    "identifier",
    "external_id",
    "externalId",
    "email",
    "mail",
    "rut",
    "customer_id",
    "client_id",
    "contact_id",
    "username",
    "phone_number",
)
TABLES = ("attrs", "attributes", "custom_attributes", "user", "contact", "visitor", "customer")
MOST_VALUES = 8  # bounds the requests: each is tried at the target


def bind_others(run: TrialRun, victim: str) -> None:
    """Aim the control's own right hash at another client, who must stay untouched."""
    client, own = run.client, run.control_uid
    right = client.right(own)
    no_other = say("the target file declares one uid only") if victim == own else NOTHING

    def aim(name: str, what: Sentence, body: bytes, watched: str = victim, *, read: bool = True) -> bool:
        if no_other and watched:
            run.left_out[f"bound:{name}"] = no_other
            return True
        return run.honoured(
            run.attempt(f"bound:{name}", what, body, watched=watched, signed=own, sent=watched, read=read).answer
        )

    aim("other-client", say("another client's uid"), client.document(victim, right))
    values = _other_values(client, own, victim)
    for number, value in enumerate(values, 1):
        what = say("another client's uid, and the right hash of another value that is sent")
        body = client.document(victim, client.right(value), follows=own)
        aim("other-client", what, body, read=number == len(values))
    aim("array", say("own and another client's uid in an array"), client.document([own, victim], right, follows=own))
    aim("object", say("an object in place of the uid"), client.document({"$ne": ""}, right, follows=own), "")
    before = run.look("") if client.identity.accepted.pointer is None else Stored()
    aim("empty", say("an empty uid with its right hash"), client.document("", client.right("")), "")
    _compare_with_nobody(run, before)
    longest = client.document(own + "a" * MEGABYTE, right, follows=own)
    aim("megabyte", say("own uid and 1 MB more"), longest, "")
    slots, usual = other_slots(client, victim, TABLES), other_slots(client, victim)
    others = other_values(client, victim)
    beside = say("another client's uid in other fields beside the own")
    if not aim("other-field", beside, client.document(own, right, slots)):
        for pointer in _beside(client, usual):
            aim("other-field", beside, client.document(own, right, {pointer: victim}))
    instead = say("another client's uid in place of other values beside the own")
    if others and not aim("other-field", instead, client.document(own, right, others)):
        for pointer in list(others)[:MOST_VALUES]:
            aim("other-field", instead, client.document(own, right, {pointer: victim}))
    signed_beside = say("another client's uid, and the own in other fields")
    mine = dict.fromkeys(usual, own)
    aim("other-client", signed_beside, client.document(victim, right, mine, follows=own))
    unsigned = say("another client's uid in other fields, nothing signed")
    aim("elsewhere", unsigned, client.document(MISSING, MISSING, slots, follows=victim))
    for what, twice in (
        (say("the field twice: own uid, then another client's"), (own, victim)),
        (say("the field twice: another client's uid, then the own"), (victim, own)),
    ):
        aim("uid-twice", what, client.twice(client.identity.uid_pointer, twice, own, right))


def _other_values(client: IdentityClient, own: str, victim: str) -> list[str]:
    """List what else an initialisation of the own client sends, as the text that a service may have signed."""
    leaves = pointers.leaves(json.loads(client.document(own)))
    texts = (str(value) for _, value in leaves if isinstance(value, str | int | float) and not isinstance(value, bool))
    return [text for text in dict.fromkeys(texts) if text not in ("", own, victim)][:MOST_VALUES]


def _compare_with_nobody(run: TrialRun, before: Stored) -> None:
    """Where a status alone says that an empty uid was honoured: is it how who names nobody is answered?"""
    client, name = run.client, "bound:empty"
    attempt = run.trials[name][-1]
    if client.identity.accepted.pointer is not None or not run.honoured(attempt.answer):
        return
    after = run.after("")
    empty = _shape(client.send(client.document("", client.right(""))))
    nobody = _shape(client.send(client.document(MISSING, MISSING)))
    known = _shape(client.send(client.document(run.control_uid, client.right(run.control_uid))))
    answered_as = "" if empty != nobody else "anybody" if nobody == known else "nobody"
    changed = tuple(pointer for pointer in before.changes(after) if pointer not in run.noise)
    seen = replace(attempt, before=before.state, after=after.state, changed=changed, answered_as=answered_as)
    run.replace_last(name, seen)


def _shape(seen: Exchange) -> tuple[int, frozenset[tuple[str, str]]]:
    """Return what an answer says but for its texts and numbers: they may be a session's own."""
    kinds = (
        (pointer, json.dumps(value) if value is None or isinstance(value, bool) else type(value).__name__)
        for pointer, value in pointers.leaves_of(seen.body)
    )
    return seen.status, frozenset(kinds)


def other_slots(client: IdentityClient, victim: str, tables: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return pointers where a service may look for an identity, filled or not, each with another's uid.

    They stand beside the uid, at the top, among the attributes that go with it, and in `tables` that are not there yet.
    """
    parent, body, taken = _layout(client)
    beside = pointers.get(body, parent)
    below = [parent + pointers.build(key) for key, value in beside.items() if isinstance(value, dict)]
    new = [base + pointers.build(name) for base in dict.fromkeys((parent, "")) for name in tables]
    bases = [*(parent, ""), *below, *(base for base in new if pointers.get(body, base) is MISSING)]
    return {
        pointer: victim
        for base in dict.fromkeys(bases)
        for slot in SLOTS
        if (pointer := f"{base}/{slot}") not in taken and not isinstance(pointers.get(body, pointer), dict | list)
    }


def other_values(client: IdentityClient, victim: str) -> dict[str, Any]:
    """Return pointers of the other texts and numbers that stand beside the uid or below, each with another's uid."""
    parent, body, taken = _layout(client)
    return {
        pointer: victim
        for pointer, value in pointers.leaves(pointers.get(body, parent), parent)
        if pointer not in taken
        and isinstance(value, str | int | float)
        and not isinstance(value, bool)
        and pointer.rpartition("/")[2] not in SLOTS
        and not _within_array(body, pointer)
    }


def _layout(client: IdentityClient) -> tuple[str, Any, set[str]]:
    """Return where the uid's table is, an initialisation as it is sent, and the pointers of uid and hash."""
    identity = client.identity
    parent = identity.uid_pointer.rpartition("/")[0]
    return parent, json.loads(client.document("", "")), {identity.uid_pointer, identity.hash_pointer}


def _beside(client: IdentityClient, slots: dict[str, Any]) -> list[str]:
    """List those of `slots` that stand beside the uid, or are filled: few enough to be tried one by one."""
    parent, body, _ = _layout(client)
    return [
        pointer
        for pointer in slots
        if pointer.rpartition("/")[0] == parent or pointers.get(body, pointer) is not MISSING
    ]


def _within_array(body: Any, pointer: str) -> bool:
    way = pointer.split("/")
    return any(isinstance(pointers.get(body, "/".join(way[:depth])), list) for depth in range(1, len(way)))


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
