"""How a request to another path of the identity service is laid out: as declared, or in one of the usual ways. Pure."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from conformance import pointers
from conformance.inputs.target import Identity, OtherPath
from conformance.model import Inconclusive
from conformance.pointers import MISSING
from conformance.sentence import Own, Sentence, say

NAMES = ("name", "full_name", "display_name", "first_name", "nombre")


@dataclass(frozen=True, slots=True)
class Sent:
    """A request: whom its URL and its body name, and with which hash.

    `slots` are further values by JSON Pointer; `bare` leaves out all but uid, hash and name.
    """

    aim: str
    uid: Any
    signature: Any
    slots: dict[str, Any] | None = None
    bare: bool = False


Layout = Callable[[Sent, str], dict[str, Any]]


def following(value: Any, uid: str) -> Any:
    """Return a JSON value in whose texts `{uid}` stands for the client's uid."""
    match value:
        case str():
            return value.replace("{uid}", uid)
        case dict():
            return {key: following(each, uid) for key, each in value.items()}
        case list():
            return [following(each, uid) for each in value]
    return value


def layouts(identity: Identity, path: OtherPath) -> list[tuple[Sentence, Layout]]:
    """List the ways to lay a request out, each with its name; the last one is the barest."""
    if path.body is not None:
        return [(say("as declared"), lambda sent, value: _declared(identity, path, sent, value))]
    full = _Usual(identity, path)
    return [
        (say("as an initialisation"), full.initialisation),
        (
            say("an initialisation, and its values at the top"),
            lambda s, v: {**full.flat_with_uid(s, v), **full.initialisation(s, v)},
        ),
        (say("name, uid and hash"), full.flat_with_uid),
        (say("name and hash"), full.flat),
    ]


def _declared(identity: Identity, path: OtherPath, sent: Sent, value: str) -> dict[str, Any]:
    return _filled(
        path.body or {},
        *(sent.slots or {}).items(),
        (path.uid_pointer or "", sent.uid if path.uid_pointer else MISSING),
        (path.hash_pointer or identity.hash_pointer, _in_body(path, sent)),
        (path.value_pointer or _name_pointer(identity), value),
    )


class _Usual:
    """The layouts that are tried where none is declared."""

    def __init__(self, identity: Identity, path: OtherPath) -> None:
        self.identity, self.path = identity, path
        self.uid_at = path.uid_pointer or identity.uid_pointer
        self.hash_at = path.hash_pointer or identity.hash_pointer
        self.value_at = path.value_pointer or _name_pointer(identity)

    def initialisation(self, sent: Sent, value: str) -> dict[str, Any]:
        return _filled(
            following(self.identity.body, sent.uid if isinstance(sent.uid, str) else sent.aim),
            *(sent.slots or {}).items(),
            (self.uid_at, sent.uid),
            (self.hash_at, _in_body(self.path, sent)),
            (self.value_at, value),
        )

    def flat(self, sent: Sent, value: str) -> dict[str, Any]:
        slots = [(pointer, v) for pointer, v in (sent.slots or {}).items() if pointer.count("/") == 1]
        return _filled({}, *slots, (_last(self.hash_at), _in_body(self.path, sent)), (_last(self.value_at), value))

    def flat_with_uid(self, sent: Sent, value: str) -> dict[str, Any]:
        return _filled(self.flat(sent, value), (_last(self.uid_at), sent.uid))


def _filled(base: dict[str, Any], *places: tuple[str, Any]) -> dict[str, Any]:
    document = copy.deepcopy(base)
    for pointer, value in places:
        if value is not MISSING:
            try:
                pointers.put(document, pointer, value)
            except (AttributeError, TypeError, ValueError) as error:
                raise Inconclusive(_no_place(pointer)) from error
    return document


def _no_place(pointer: str) -> Sentence:
    if not pointer:
        return say("an empty pointer leads to no place in the body that is sent")
    return say("{pointer} leads to no place in the body that is sent", pointer=Own(pointer))


def _in_body(path: OtherPath, sent: Sent) -> Any:
    """Return the hash as it stands in the body: not at all where it goes into a header."""
    return MISSING if path.hash_header else sent.signature


def _last(pointer: str) -> str:
    return f"/{pointer.rpartition('/')[2]}"


def _name_pointer(identity: Identity) -> str:
    """Return where an initialisation has the client's name: beside the uid."""
    parent = identity.uid_pointer.rpartition("/")[0]
    beside = pointers.get(identity.body, parent)
    known = [name for name in NAMES if isinstance(beside, dict) and isinstance(beside.get(name), str)]
    return f"{parent}/{known[0] if known else NAMES[0]}"
