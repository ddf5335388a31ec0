"""Turns validation off and on again, and looks at what that changes. It is put back whatever happens."""

from __future__ import annotations

import copy
import json
import secrets
from dataclasses import replace
from typing import Any

from conformance import pointers
from conformance.areas.idv import forgery, uid_variants
from conformance.areas.idv.client import THE_SERVICE, IdentityClient
from conformance.areas.idv.look import unfit
from conformance.areas.idv.record import Answer, Attempt, SwitchObservation
from conformance.areas.idv.transport import look_at_transport
from conformance.bench import Bench
from conformance.bench.journal import Request
from conformance.bench.restoring import Change
from conformance.engine.observatory import Probe
from conformance.inputs.target import Switch
from conformance.model import Inconclusive
from conformance.pointers import MISSING
from conformance.sentence import Own, Sentence, say
from conformance.web.http import exchange

USUAL = "/enabled"


class ValidationSwitch:
    """The service's setting: read, set, and put back as it was found."""

    def __init__(self, client: IdentityClient, switch: Switch) -> None:
        """Read the setting as it stands."""
        self.client = client
        self.switch = switch
        state = client.identity.state
        self._authorization = switch.authorization or (state.authorization if state else None)
        self._headers = {"Content-Type": "application/json"}
        if self._authorization:
            self._headers["Authorization"] = client.bench.vault[self._authorization].reveal()
        self._document: Any = self._read(client.bench)
        self.pointer = switch.pointer or _only_flag(self._document) or USUAL
        found = self.flag()
        self.original = client.identity.enforced if found == "" else found == "true"
        self.flag_after = ""

    def _read(self, bench: Bench) -> Any:
        seen = exchange(bench, "GET", self.switch.url, headers=self._headers, context=self.client.context)
        return pointers.parse(seen.body) if seen.ok else MISSING

    def flag(self) -> str:
        """Return the JSON text of the flag as it stands now, or nothing where it cannot be read."""
        return self._flag(self.client.bench)

    def _flag(self, bench: Bench) -> str:
        value = pointers.get(self._read(bench), self.pointer)
        return "" if value is MISSING else json.dumps(value)

    def set(self, *, enforced: bool) -> Answer:
        """Turn validation on or off."""
        return self._set(self.client.bench, enforced=enforced)

    def _body(self, *, enforced: bool) -> str:
        document = copy.deepcopy(self._document) if isinstance(self._document, dict) else {}
        pointers.put(document, self.pointer, enforced)
        return json.dumps(document)

    def _set(self, bench: Bench, *, enforced: bool) -> Answer:
        seen = exchange(
            bench,
            self.switch.method,
            self.switch.url,
            headers=self._headers,
            body=self._body(enforced=enforced).encode(),
            context=self.client.context,
        )
        return self.client.noted(seen)

    def restore(self) -> bool:
        """Set what was found, and tell whether it holds; whatever of the run's time and requests is left."""
        bench = self.client.bench.for_restoring()
        answer = self._set(bench, enforced=self.original)
        self.flag_after = self._flag(bench)
        return answer.ok and self.flag_after in ("", json.dumps(self.original))

    @property
    def way_back(self) -> Request:
        """Return the request that sets what was found."""
        return Request(
            self.switch.method,
            self.switch.url,
            section="identity",
            headers={"Content-Type": "application/json"},
            secret_headers={"Authorization": self._authorization} if self._authorization else {},
            body=self._body(enforced=self.original),
        )


def _only_flag(document: Any) -> str | None:
    flags = [] if document is MISSING else [p for p, value in pointers.leaves(document) if isinstance(value, bool)]
    return flags[0] if len(flags) == 1 else None


def _look(bench: Bench) -> SwitchObservation:
    client = IdentityClient(bench)
    declared = client.identity.switch
    assert declared is not None  # noqa: S101 - the engine starts this probe where a switch is declared
    with bench.budget.alone(THE_SERVICE):
        if why := unfit(client, look_at_transport(client)):
            return SwitchObservation(stopped=why)
        uid = _honoured_uid(client)
        if not uid:
            return SwitchObservation(
                stopped=say("no declared uid was honoured with its right hash, so nothing was changed")
            )
        return _turn(client, ValidationSwitch(client, declared), uid)


def _honoured_uid(client: IdentityClient) -> str:
    accepted = client.identity.accepted
    if client.answer(b"{").honoured(accepted):
        return ""
    for uid in client.identity.uids:
        if client.answer(client.document(uid, client.right(uid))).honoured(accepted):
            return uid
    return ""


def _turn(client: IdentityClient, switch: ValidationSwitch, uid: str) -> SwitchObservation:
    seen = SwitchObservation(flag_before=switch.flag(), unsigned_before=_unsigned(client, uid))
    with client.bench.restorer.changing(
        say("{key}", key=Own("identity.switch")), switch.restore, switch.way_back
    ) as change:
        try:
            seen = _with_validation_off(client, switch, uid, seen, change)
            seen = _with_validation_on(client, switch, uid, seen, change)
        except Inconclusive as reason:
            seen = replace(seen, stopped=reason.reason)
    return replace(seen, put_back=change.restored, flag_after=switch.flag_after)


def _with_validation_off(
    client: IdentityClient, switch: ValidationSwitch, uid: str, seen: SwitchObservation, change: Change
) -> SwitchObservation:
    forged = forgery.flipped(client.right(uid), (17,))
    return replace(
        seen,
        set_off=change.make(lambda: switch.set(enforced=False)),
        flag_off=switch.flag(),
        unsigned_off=_unsigned(client, uid),
        right_off=client.answer(client.document(uid, client.right(uid)), uid),
        forged_off=client.answer(client.document(uid, forged), uid),
        forged_off_fresh=_fresh(client, say("a forged hash for a uid that nobody has"), forged),
    )


def _with_validation_on(
    client: IdentityClient, switch: ValidationSwitch, uid: str, seen: SwitchObservation, change: Change
) -> SwitchObservation:
    return replace(
        seen,
        set_on=change.make(lambda: switch.set(enforced=True)),
        flag_on=switch.flag(),
        unsigned_on=_unsigned(client, uid),
        unsigned_on_fresh=_fresh(client, say("no hash for a uid that nobody has"), MISSING),
        right_on=client.answer(client.document(uid, client.right(uid)), uid),
    )


def _unsigned(client: IdentityClient, uid: str) -> Answer:
    return client.answer(client.document(uid), uid)


def _fresh(client: IdentityClient, what: Sentence, signature: Any) -> Attempt:
    """Initialise an identity that nobody has, and read what is stored of it; a conforming service stores nothing."""
    uid = uid_variants.fresh(client.identity.uids[0], secrets.token_hex(4))
    before = client.stored(uid)
    answer = client.answer(client.document(uid, signature), uid)
    return Attempt(what, answer, uid, before.state, client.stored(uid).state)


switch = Probe("identity-switch", SwitchObservation, _look, deadline=300.0)
