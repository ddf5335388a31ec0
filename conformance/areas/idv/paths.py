"""Tries the other requests that bind an identity: whether they ask for the hash, too.

Each is aimed at a declared uid that is known by now, and sets the client's name to a mark of its own, so that an effect
can be told from what changes by itself. A request with the right hash has to have one, before and after all others.
Afterwards names are as they were found.
"""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import replace
from urllib.parse import quote

from conformance import pointers
from conformance.areas.idv import forgery, uid_variants
from conformance.areas.idv.bindings import other_slots
from conformance.areas.idv.client import IdentityClient, Stored
from conformance.areas.idv.layouts import Layout, Sent, layouts
from conformance.areas.idv.record import OtherPathLook, PathAttempt, PathControl
from conformance.areas.idv.trials import TICK_SECONDS, TrialRun
from conformance.bench import Bench
from conformance.bench.restoring import Change
from conformance.inputs.target import OtherPath
from conformance.model import Inconclusive
from conformance.pointers import MISSING
from conformance.secrecy.secret import Secret
from conformance.sentence import NOTHING, By, Own, Sentence, listed, say
from conformance.web.exchange import Exchange
from conformance.web.http import exchange
from conformance.web.trust import identity_trust

_INSTANT = re.compile(r'"\d{4}-\d\d-\d\d[T ].*|\d{9,}(?:\.\d+)?')


class _PathRun:
    """All requests to one path, at one client."""

    def __init__(self, run: TrialRun, path: OtherPath, victim: str) -> None:
        """Send nothing yet."""
        self.run, self.client, self.path, self.victim = run, run.client, path, victim
        self.own = run.control_uid
        self.layout: tuple[Sentence, Layout] | None = None
        self.noise: set[str] = set()
        self.controls: list[PathControl] = []
        self.attempts: dict[str, tuple[PathAttempt, ...]] = {}
        self.marks: list[str] = []
        self.sessions: dict[str, str] = {}
        self.change: Change
        self.before: dict[str, Stored] = {}
        self.context = self.client.context
        if self.context is None and path.url.startswith("https:"):
            self.context = identity_trust(self.client.bench, self.client.identity.ca_file)

    def send(self, sent: Sent, value: str, by: str | None, bench: Bench | None = None) -> Exchange:
        """Send a request that sets the name to `value`, in the session of `by`, where clients have sessions."""
        assert self.layout is not None  # noqa: S101 - set before anything is sent
        layout = self.layout[1] if not sent.bare else layouts(self.client.identity, self.path)[-1][1]
        headers = dict(self.client.headers)
        if self.path.hash_header and isinstance(sent.signature, str):
            headers[self.path.hash_header] = sent.signature
        if self.path.session_header and by is not None:
            headers[self.path.session_header] = self._session(by)
        return self._send(sent.aim, headers, json.dumps(layout(sent, value)).encode(), bench or self.client.bench)

    def _send(self, aim: str, headers: dict[str, str], body: bytes, bench: Bench) -> Exchange:
        url = self.path.url.replace("{uid}", quote(aim, safe=""))
        return exchange(bench, self.path.method, url, headers=headers, body=body, context=self.context)

    def _session(self, uid: str) -> str:
        """Return the session that a right initialisation of `uid` opens; raises Inconclusive where none is named."""
        if uid not in self.sessions:
            answer = self.client.send(self.client.document(uid, self.client.right(uid)))
            found = pointers.get(pointers.parse(answer.body), self.path.session_pointer or "")
            if not isinstance(found, str) or not found.isprintable():
                raise Inconclusive(
                    say(
                        "the answer to an initialisation ({status}) names no session at session_pointer {pointer}",
                        status=answer.status,
                        pointer=Own(self.path.session_pointer or ""),
                    )
                )
            self.client.bench.redactor.learn(Secret("identity.other_paths session", found))
            self.sessions[uid] = found
        return self.sessions[uid]

    def attempt(self, what: Sentence, sent: Sent, watched: str, by: str | None) -> PathAttempt:
        """Send a request in the session of `by`, and read what is stored of `watched` before and after."""
        before = self.run.known(watched)
        mark = f"Portero {secrets.token_hex(6)}"
        self.marks.append(mark.lower())
        seen = self.change.make(lambda: self.send(sent, mark, by))
        answer = self.client.noted(seen, str(sent.signature).encode(), watched)
        if answer.ok:
            answer = replace(answer, body="")  # it may name a session
        after = self.run.after(watched)
        found = before.changes(after) if before.state.kind == after.state.kind else tuple(sorted(after.leaves))
        changed = [p for p in found if p not in self.noise and not _INSTANT.fullmatch(after.leaves.get(p, ""))]
        marked = tuple(p for p, value in sorted(after.leaves.items()) if mark.lower() in value.lower())
        return PathAttempt(what, answer, before.state, after.state, marked, tuple(changed), len(self.controls))

    def control(self) -> PathControl:
        """Send the request with the right hash."""
        made = self.attempt(say("the right hash"), self._right(self.victim), self.victim, self.victim)
        control = PathControl(made.answer, made.after, made.marked, made.changed)
        self.controls.append(control)
        return control

    def _right(self, uid: str) -> Sent:
        return Sent(uid, uid, self.client.right(uid))

    def find_layout(self) -> Sentence:
        """Find how a request has to be laid out to have an effect; return why there is none, or nothing."""
        told = []
        for name, layout in layouts(self.client.identity, self.path):
            self.layout, self.controls = (name, layout), []
            control = self.control()
            if control.had_effect():
                return NOTHING
            told.append(say("{layout}: {answer}", layout=name, answer=control.answer.words()))
        return say(
            "no request with the right hash had an effect on what is stored ({answers}): say in "
            "[[identity.other_paths]] how it is laid out (body, hash_pointer, hash_header, value_pointer)",
            answers=listed(told, By.CLAUSE),
        )

    def attack(self) -> None:
        """Send every request that must have no effect."""
        client, victim, own = self.client, self.victim, self.own
        right = client.right(victim)
        forged = forgery.flipped(right, (17,))
        self._try("unsigned", victim, (say("no hash"), Sent(victim, victim, MISSING)))
        self._try(
            "blank",
            victim,
            (say("an empty hash"), Sent(victim, victim, "")),
            (say("null for a hash"), Sent(victim, victim, None)),
        )
        self._try(
            "forged",
            victim,
            (say("one bit of the hash flipped"), Sent(victim, victim, forged)),
            (say("the first eight characters of the hash"), Sent(victim, victim, right[:8])),
            (say("true for a hash"), Sent(victim, victim, signature=True)),
        )
        self._try(
            "attributes",
            victim,
            (say("attributes only, no uid and no hash"), Sent(victim, MISSING, MISSING)),
            (say("the name alone"), Sent(victim, MISSING, MISSING, bare=True)),
        )
        if own != victim:
            pair, slots = client.right(own), other_slots(client, victim)
            self._try(
                "other-client",
                victim,
                (say("another client's uid and hash"), Sent(victim, own, pair)),
                (say("another client's hash"), Sent(victim, victim, pair)),
            )
            self._try(
                "other-field",
                victim,
                (say("the own uid and hash, another client's uid in further fields"), Sent(own, own, pair, slots)),
            )
        fresh = uid_variants.fresh(client.identity.uids[0], secrets.token_hex(4))
        wrong = forgery.flipped(client.right(fresh), (17,))
        self._try(
            "fresh-uid",
            fresh,
            (say("a uid that nobody has and no hash"), Sent(fresh, fresh, MISSING)),
            (say("a uid that nobody has and one bit of its hash flipped"), Sent(fresh, fresh, wrong)),
        )

    def _try(self, name: str, watched: str, *attacks: tuple[Sentence, Sent]) -> None:
        attacker = self.own if self.own != self.victim else None
        self.attempts[name] = tuple(self.attempt(what, sent, watched, attacker) for what, sent in attacks)
        if any(self.run.known(uid).state.kind != "present" for uid in self.before):
            self._initialise(self.client)  # one that was removed is there again for the next attack

    def _initialise(self, client: IdentityClient) -> None:
        for uid in self.before:
            client.send(client.document(uid, client.right(uid)))

    def settle(self) -> None:
        """Note how the clients are stored that may be changed, and learn what changes by itself.

        What a forged initialisation changes, or a request that is no JSON, is nothing that a hash is asked for either:
        a count of requests, say.
        """
        client, clients = self.client, dict.fromkeys((self.victim, self.own))
        if self.path.session_header:
            for uid in clients:  # before anything is compared: an initialisation leaves traces of its own
                self._session(uid)
        self.before = {uid: self.run.look(uid) for uid in clients}
        client.send(client.document(self.victim, forgery.flipped(client.right(self.victim), (17,))))
        self._send(self.victim, dict(client.headers), b"{", client.bench)
        client.bench.clock.wait(TICK_SECONDS)
        self.noise.update(*(stored.changes(self.run.after(uid)) for uid, stored in self.before.items()))

    def restore(self) -> bool:
        """Set the names that were found, and tell whether no mark is left."""
        restoring = self.client.on(self.client.bench.for_restoring())
        places = sorted({pointer for control in self.controls for pointer in control.marked})
        for uid, stored in self.before.items():
            found = next((json.loads(stored.leaves[place]) for place in places if place in stored.leaves), None)
            if isinstance(found, str) and self.layout is not None:
                self.send(self._right(uid), found, uid, restoring.bench)
            elif self.marks:
                restoring.send(restoring.document(uid, restoring.right(uid)))
        left = "\n".join(value.lower() for uid in self.before for value in restoring.stored(uid).leaves.values())
        return not any(mark in left for mark in self.marks)

    def record(self, stopped: Sentence, *, kept: bool) -> OtherPathLook:
        """Return what was seen."""
        layout = self.layout[0] if self.layout else NOTHING
        return OtherPathLook(
            self.path.method, self.path.url, stopped, layout, tuple(self.controls), self.attempts, kept
        )


def look_at_other_paths(run: TrialRun) -> tuple[OtherPathLook, ...]:
    """Try every declared path; a run that found no control has tried none."""
    return tuple(_look(run, path) for path in run.identity.other_paths)


def _look(run: TrialRun, path: OtherPath) -> OtherPathLook:
    if run.identity.state is None:
        return OtherPathLook(
            path.method, path.url, say("the target file lacks identity.state, which tells what was changed")
        )
    if path.url.startswith("http:") and run.identity.url.startswith("https:"):
        return OtherPathLook(path.method, path.url, say("it is no https URL: no hash is sent in the clear"))
    others = [uid for uid in run.identity.uids if uid != run.control_uid]
    present = [uid for uid in others if run.known(uid).state.kind == "present"]
    trial = _PathRun(run, path, next(iter(present), run.control_uid))
    stopped = NOTHING
    change = None
    try:
        request = Own(f"{path.method} {path.url}")
        names = say("names of test clients, by {request}", request=request)
        with run.client.bench.restorer.changing(names, trial.restore) as change:
            trial.change = change
            trial.settle()
            stopped = trial.find_layout()
            if not stopped:
                trial.attack()
                trial.control()
    except Inconclusive as reason:
        stopped = reason.reason
    return trial.record(stopped, kept=change is not None and change.restored)
