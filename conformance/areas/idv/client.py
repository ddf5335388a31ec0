"""Speaks to the identity service: initialisations as the target file lays them out, and what is stored of a uid."""

from __future__ import annotations

import base64
import copy
import json
import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

from conformance import pointers
from conformance.areas.idv.forgery import MEGABYTE, client_hash
from conformance.areas.idv.layouts import following
from conformance.areas.idv.record import Answer, State, status_words
from conformance.areas.idv.uid_variants import fresh
from conformance.bench import Bench
from conformance.inputs.target import Identity, IdentityState
from conformance.model import Inconclusive
from conformance.pointers import MISSING
from conformance.secrecy.secret import Secret
from conformance.secrecy.spellings import encodings
from conformance.sentence import NOTHING, Sentence, say
from conformance.web.exchange import TOO_LATE, Exchange
from conformance.web.http import TIMEOUT, exchange
from conformance.web.trust import identity_trust

SHOWN = 600  # characters of an answer that the record keeps
PATIENCE_BIG = 20.0  # seconds, for a body of more than a megabyte
THE_SERVICE = say("the identity service")
_OF_ANOTHER = say("what is found is another client's record")


@dataclass(frozen=True, slots=True)
class Stored:
    """What is stored of a uid, with every value; for comparing, not for the record."""

    state: State = field(default_factory=State)
    leaves: dict[str, str] = field(default_factory=dict)

    def changes(self, later: Stored) -> tuple[str, ...]:
        """Return pointers of what differs later; nothing where either was not there."""
        if {self.state.kind, later.state.kind} != {"present"}:
            return ()
        keys = sorted(self.leaves.keys() | later.leaves.keys())
        return tuple(key for key in keys if self.leaves.get(key) != later.leaves.get(key))


class IdentityClient:
    """One organisation's access to the service, as its site and its administrator have it."""

    def __init__(self, bench: Bench) -> None:
        """Raise Inconclusive when the declared CA cannot be used."""
        identity = bench.target.declared(Identity)
        self.bench = bench
        self.identity: Identity = identity
        self.context = identity_trust(bench, identity.ca_file) if identity.url.startswith("https:") else None
        self.key = bench.vault[identity.secret].reveal() if identity.secret else ""
        self._nobody: list[tuple[Stored, str]] = []
        self._named_at = ""
        self._spellings = spellings(self.key) if self.key else {}
        self.headers = bench.vault.revealed(identity.headers)
        if "content-type" not in {name.lower() for name in self.headers}:
            self.headers["Content-Type"] = "application/json"
        for number, uid in enumerate(self._uids(), 1):
            self.bench.redactor.learn(Secret(f"client_hash of uid-{number}", self.right(uid)))

    def on(self, bench: Bench) -> IdentityClient:
        """Return the same access for another bench: one for restoring, say."""
        other = copy.copy(self)
        other.bench = bench
        return other

    def _uids(self) -> tuple[str, ...]:
        """List the declared uids; those that only a page's client has come last."""
        identity = self.identity
        return tuple(dict.fromkeys((*identity.uids, *(page.uid for page in identity.signed_in_pages))))

    def known_hashes(self) -> dict[str, str]:
        """Return the right hash of every declared uid; of none without the secret."""
        return {uid: self.right(uid) for uid in self._uids()} if self.key else {}

    def right(self, uid: str) -> str:
        """Return the right hash of `uid`."""
        return client_hash(self.key, uid)

    def document(
        self,
        uid: Any = MISSING,
        signature: Any = MISSING,
        extra: Mapping[str, Any] | None = None,
        *,
        follows: str | None = None,
    ) -> bytes:
        """Return an initialisation; what is MISSING is left out. `extra` values are set by JSON Pointer.

        Values of the declared body follow the uid where they say `{uid}`, or the one in `follows`.
        """
        named = uid if isinstance(uid, str) else ""
        document = following(copy.deepcopy(self.identity.body), named if follows is None else follows)
        for pointer, value in (extra or {}).items():
            pointers.put(document, pointer, value)
        pointers.put(document, self.identity.uid_pointer, uid)
        pointers.put(document, self.identity.hash_pointer, signature)
        return json.dumps(document).encode()

    def twice(self, pointer: str, values: tuple[str, str], uid: str, signature: str) -> bytes:
        """Return an initialisation in which the member at `pointer` stands twice, with `values` in this order."""
        mark, name = "portero-stands-twice", pointers.tokens(pointer)[-1]
        document = json.loads(self.document(uid, signature))
        pointers.put(document, pointer, mark)
        once = f"{json.dumps(name)}: {json.dumps(mark)}"
        both = ", ".join(f"{json.dumps(name)}: {json.dumps(value)}" for value in values)
        return json.dumps(document).replace(once, both).encode()

    def send(self, body: bytes) -> Exchange:
        """Send an initialisation."""
        return exchange(
            self.bench,
            self.identity.method,
            self.identity.url,
            headers=self.headers,
            body=body,
            context=self.context,
            timeout=PATIENCE_BIG if len(body) > MEGABYTE else TIMEOUT,
        )

    def answer(self, body: bytes, signed: str = "", sent: str = "") -> Answer:
        """Send an initialisation and note the facts of the answer; `signed` and `sent` are the uids to look for."""
        return self.noted(self.send(body), body, signed, sent)

    def noted(self, seen: Exchange, body: bytes = b"", signed: str = "", sent: str = "") -> Answer:
        """Note the facts of an answer to `body`."""
        document = pointers.parse(seen.body)
        at = self.identity.accepted.pointer
        found = MISSING if at is None or document is MISSING else pointers.get(document, at)
        values = [] if document is MISSING else [value for _, value in pointers.leaves(document)]
        text = "\n".join((seen.body, *(value for _, value in seen.headers)))
        answer = Answer(
            seen.status,
            seen.trouble,
            "" if found is MISSING else json.dumps(found)[:SHOWN],
            seen.body[:SHOWN],
            bool(signed) and signed in values,
            bool(sent) and sent in values,
            seen.incomplete != "" and document is MISSING,
            self._reveals(text, body, (signed, sent)),
            tuple(name for name, forms in self._spellings.items() if any(form in text.lower() for form in forms)),
        )
        return replace(answer, body="") if answer.honoured(self.identity.accepted) else answer  # it names a session

    def _reveals(self, text: str, body: bytes, uids: tuple[str, str]) -> bool:
        for uid in filter(None, uids):
            right = self.right(uid)
            coded = base64.b64encode(bytes.fromhex(right)).decode()
            known = right.encode() in body.lower() or coded.encode() in body
            if not known and (right in text.lower() or coded in text):
                return True
        return False

    def stored(self, uid: str) -> Stored:
        """Read what is stored of `uid`. What reads as for uids that nobody has, an empty list say, is absent."""
        found = self._read(uid)
        if found.state.kind == "present" and self._reads_like_nobody(uid, found):
            return replace(found, state=State("absent"))
        return found

    def _reads_like_nobody(self, uid: str, found: Stored) -> bool:
        if not self._nobody:
            made_up = [fresh(self.identity.uids[0], secrets.token_hex(4)) for _ in range(2)]
            self._nobody = [(self._read(name), name) for name in made_up]
        one, other = (_without(name, nobody) for nobody, name in self._nobody)
        usual = {pointer: value for pointer, value in one.items() if other.get(pointer) == value}
        seen = _without(uid, found)
        absent = all(nobody.state.kind == "present" for nobody, _ in self._nobody)
        return absent and seen.keys() == one.keys() == other.keys() and usual.items() <= seen.items()

    def _read(self, uid: str) -> Stored:
        if (place := self.identity.state) is None:
            return Stored()
        seen = self._fetch(place, uid)
        if seen.status in place.absent_status:
            return Stored(State("absent"))
        if not seen.ok:
            return Stored(State("unreadable", seen.trouble or status_words(seen.status)))
        document = pointers.parse(seen.body)
        if document is MISSING:
            return Stored(State("present"), {"": json.dumps(seen.body)})
        if self._leave_out_others(document, uid):
            return Stored(State("absent", _OF_ANOTHER if self._is_of_another(document, uid) else NOTHING))
        leaves = {key: json.dumps(value) for key, value in pointers.leaves(document)}
        if not set(leaves.values()) - {"null"}:
            return Stored(State("absent"), leaves)
        return Stored(State("present"), leaves | dict.fromkeys(pointers.empty_objects(document), "{}"))

    def _fetch(self, place: IdentityState, uid: str) -> Exchange:
        url = place.url.replace("{uid}", quote(uid, safe=""))
        headers = {"Authorization": self.bench.vault[place.authorization].reveal()} if place.authorization else {}
        context = self.context
        if context is None and url.startswith("https:"):
            context = identity_trust(self.bench, self.identity.ca_file)
        return exchange(self.bench, "GET", url, headers=headers, context=context)

    def learn_place(self, uid: str) -> None:
        """Learn where a record names its client: a search also finds a client by another value that is the uid's."""
        if (place := self.identity.state) is None or self._named_at:
            return
        document = pointers.parse(self._fetch(place, uid).body)
        if document is MISSING:
            return
        usual = self.identity.uid_pointer.rpartition("/")[2]
        groups = [[record for records in _lists(document) for record in records], [document]]
        found = [[at for one in group for at, value in pointers.leaves(one) if _names(value, uid)] for group in groups]
        called = [[at for at in each if at.rpartition("/")[2] == usual] for each in found]
        self._named_at = next((each[0] for each in (*called, *found) if each), "")

    def _is_of_another(self, record: Any, uid: str) -> bool:
        value = pointers.get(record, self._named_at)
        return any(_names(value, other) for other in self._uids() if other != uid)

    def _leave_out_others(self, document: Any, uid: str) -> bool:
        """Take out of what was found for a declared uid what is another's record; tell whether nothing is left."""
        if not self._named_at or uid not in self._uids():
            return False
        if self._is_of_another(document, uid):
            return True
        emptied = False
        for records in _lists(document):
            own = [record for record in records if not self._is_of_another(record, uid)]
            emptied = emptied or (len(own) < len(records) and not own)
            records[:] = own
        return emptied

    def timed(self, body: bytes) -> float:
        """Send an initialisation and return the seconds until its answer, or a close; raises Inconclusive without."""
        began = time.perf_counter()
        seen = self.send(body)
        if seen.trouble == TOO_LATE:
            raise Inconclusive(say("an initialisation had no answer in time"))
        return time.perf_counter() - began


def _without(uid: str, found: Stored) -> dict[str, str]:
    """Return the values that are shown, with a mark where they repeat the uid that was asked for."""
    return {pointer: value.replace(json.dumps(uid)[1:-1], "{uid}") for pointer, value in found.leaves.items()}


def _names(value: Any, uid: str) -> bool:
    """Tell whether a value is the uid, as text or as the number of that text."""
    return not isinstance(value, bool) and isinstance(value, str | int) and str(value) == uid


def _lists(document: Any) -> Iterator[list[Any]]:
    """List the arrays of objects that are not within another such array: what a search found."""
    if isinstance(document, list) and document and all(isinstance(each, dict) for each in document):
        yield document
    elif isinstance(document, dict):
        for value in document.values():
            yield from _lists(value)


def spellings(secret: str) -> dict[Sentence, tuple[str, ...]]:
    """Return the spellings in which a secret may be found, in lower case: as it stands, and encoded."""
    raw = secret.lower()
    return {
        say("as it stands"): (raw,),
        say("encoded"): tuple({form.lower() for form in encodings(secret)} - {raw}),
    }
