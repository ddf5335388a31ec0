"""Tries initialisations, right and wrong, and reads what is stored of the client after each.

The order matters, as an identity that was honoured once exists from then on:

1. a malformed body, for comparison;
2. for each declared uid one initialisation without a hash and one with a forged one, while nothing may be stored of
   it; the same for a uid that nobody has, which leaves nothing behind at a conforming service;
3. the control: the first declared uid that is honoured with its right hash. Without one nothing more is sent;
4. all other forgeries, aimed at a second declared uid of which nothing is stored yet, if there is one; those that a
   conforming service may honour, at the control. The control is repeated all along, so that every forgery stands
   between two that were honoured;
5. every declared uid with its right hash;
6. changed spellings of uids that are known by now;
7. the other requests that bind an identity, at one of them.

Where something is stored of a uid from an earlier run, what changes there is noted. What changes by itself is told
apart by reading twice: once more a little later wherever something changed.
"""

from __future__ import annotations

import secrets
from dataclasses import replace

from conformance.areas.idv import forgery, uid_variants
from conformance.areas.idv.client import IdentityClient, Stored
from conformance.areas.idv.record import (
    MOST_STORED,
    Answer,
    Attempt,
    Control,
    OtherPathLook,
    Refusal,
    Trial,
    Trials,
    Welcome,
)
from conformance.sentence import By, Own, Sentence, listed, say
from conformance.web.exchange import TOO_LATE

EVERY = 12
TICK_SECONDS = 1.1  # more than one second: a stamp of whole seconds has moved on
# Seconds between looks, and of all of them, at a store that may show a write late.
LATE_SECONDS, LATEST_SECONDS = 0.1, 2.0
LONGEST_NAME = 80  # characters
ROUNDS = 3


class Stop(Exception):
    """No more is sent, and why."""

    def __init__(self, reason: Sentence) -> None:
        """Say why."""
        super().__init__(reason)
        self.reason = reason


class TrialRun:
    """One pass through all trials. Keeps what was seen so far, whatever ends it."""

    def __init__(self, client: IdentityClient) -> None:
        """Send nothing yet."""
        self.client = client
        self.identity = client.identity
        self.malformed: Answer | None = None
        self.control_uid = ""
        self.controls: list[Control] = []
        self.trials: dict[str, list[Attempt]] = {}
        self.left_out: dict[str, Sentence] = {}
        self.welcomes: dict[str, Welcome] = {}
        self.refusals: list[Refusal] = []
        self.noise: set[str] = set()
        self.others: tuple[OtherPathLook, ...] = ()
        self._known: dict[str, Stored] = {}
        self._since_control = 0
        self._lag = 0.0

    def record(self, stopped: Sentence) -> Trials:
        """Return what was seen."""
        trials = {name: Trial(tuple(attempts)) for name, attempts in self.trials.items()}
        trials |= {name: Trial(left_out=why) for name, why in self.left_out.items()}
        return Trials(
            stopped,
            self.control_uid,
            self.malformed,
            tuple(self.controls),
            self.welcomes,
            trials,
            tuple(self.refusals),
            tuple(sorted(self.noise)),
            self.others,
        )

    def honoured(self, answer: Answer) -> bool:
        """Tell whether an answer is what the target file calls honoured."""
        return answer.honoured(self.identity.accepted)

    def attempt(
        self,
        name: str,
        what: Sentence,
        body: bytes,
        *,
        watched: str = "",
        signed: str = "",
        sent: str = "",
        read: bool = True,
    ) -> Attempt:
        """Send one initialisation; read what is stored of `watched` before and after.

        Without `read`, the next attempt of that name shows what this one changed: one reading for several alike.
        """
        self._keep_control()
        before = self.known(watched) if watched else Stored()
        answer = self.client.answer(body, signed, sent)
        if not watched:
            self._known.clear()  # whom it touched is not known
        after = (self.after(watched) if read else before) if watched else Stored()
        changed = self._settled(watched, before.changes(after))
        seen = Attempt(
            what, answer, watched[:LONGEST_NAME], before.state, after.state, changed, controls=len(self.controls)
        )
        self.trials.setdefault(name, []).append(seen)
        self._since_control += 1
        if answer.trouble and self.control_uid:
            self.control()
        elif answer.trouble == TOO_LATE:
            raise Stop(say("the service did not answer in time"))
        return seen

    def replace_last(self, name: str, attempt: Attempt) -> None:
        """Put a more complete record in the place of the last attempt of `name`."""
        self.trials[name][-1] = attempt

    def known(self, uid: str) -> Stored:
        """Return what is stored of `uid` as it was read last."""
        return self._known[uid] if uid in self._known else self.look(uid)

    def look(self, uid: str) -> Stored:
        """Read what is stored of `uid`."""
        self._known[uid] = self.client.stored(uid)
        return self._known[uid]

    def after(self, uid: str) -> Stored:
        """Read what is stored of `uid` when a change had the time to show."""
        if self._lag:
            self.client.bench.clock.wait(self._lag)
        return self.look(uid)

    def _late(self, uid: str) -> Stored:
        """Wait for what a service stores a little after its answer, and learn how long that takes."""
        ends = self.client.bench.clock.now() + LATEST_SECONDS
        began = ends - LATEST_SECONDS
        while (stored := self.look(uid)).state.kind == "absent" and self.client.bench.clock.now() < ends:
            self.client.bench.clock.wait(LATE_SECONDS)
        if stored.state.kind == "present":
            self._lag = self.client.bench.clock.now() - began + LATE_SECONDS
        return stored

    def _settled(self, uid: str, changed: tuple[str, ...]) -> tuple[str, ...]:
        """Leave out of `changed` what goes on changing by itself."""
        changed = tuple(pointer for pointer in changed if pointer not in self.noise)
        if any(self._telling(pointer) for pointer in changed):
            before = self.known(uid)
            self.client.bench.clock.wait(TICK_SECONDS)
            self.noise.update(before.changes(self.look(uid)))
        return tuple(pointer for pointer in changed if pointer not in self.noise)

    def _telling(self, pointer: str) -> bool:
        """Tell whether an honoured initialisation changes this, as far as is known."""
        flag = (self.identity.accepted.pointer or "").rpartition("/")[2]
        known = any(pointer in control.changed for control in self.controls)
        return known or not self.controls or pointer.endswith(f"/{flag}")

    def control(self) -> None:
        """Repeat the control; raises Stop when it is not honoured any more."""
        self._since_control = 0
        before = self.look(self.control_uid)
        answer = self.client.answer(self._right(self.control_uid))
        after = self.after(self.control_uid)
        if self.honoured(answer) and after.state.kind == "absent" and not self.controls:
            after = self._late(self.control_uid)
        self.controls.append(Control(answer, after.state, before.changes(after)))
        if not self.honoured(answer):
            raise Stop(
                say("the right initialisation of the control was no longer honoured: {answer}", answer=answer.words())
            )

    def _keep_control(self) -> None:
        if self.control_uid and self._since_control >= EVERY:
            self.control()

    def _right(self, uid: str) -> bytes:
        return self.client.document(uid, self.client.right(uid))

    def open(self) -> None:
        """Send the malformed body, then what has to be dropped while nothing is stored yet."""
        self.malformed = self.client.answer(b"{")
        if self.malformed.trouble and not self._alive():
            raise Stop(say("the service does not answer: {trouble}", trouble=self.malformed.trouble))
        if self.honoured(self.malformed):
            raise Stop(say("even a body that is no JSON looks honoured, so [identity.accepted] tells nothing apart"))
        for number, uid in enumerate(self.identity.uids, 1):
            self._refused(Own(f"uid-{number}"), uid)
        if self.identity.state is None:
            for name in ("unsigned:fresh-uid", "forged:fresh-uid"):
                self.left_out[name] = say("what is stored cannot be read: the target file has no [identity.state]")
            return
        self._refused(say("fresh-uid"), uid_variants.fresh(self.identity.uids[0], secrets.token_hex(4)))

    def _alive(self) -> bool:
        return not self.client.answer(self._right(self.identity.uids[0])).trouble

    def _refused(self, label: Own | Sentence, uid: str) -> None:
        body = self.client.document(uid)
        self.attempt(f"unsigned:{label}", say("{uid} without a hash", uid=label), body, watched=uid, signed=uid)
        body = self.client.document(uid, forgery.flipped(self.client.right(uid), (17,)))
        what = say("{uid} with one bit of its hash flipped", uid=label)
        self.attempt(f"forged:{label}", what, body, watched=uid, signed=uid)

    def find_control(self) -> None:
        """Find a declared uid that is honoured with its right hash; raises Stop when none is."""
        words = []
        for number, uid in enumerate(self.identity.uids, 1):
            answer = self.client.answer(self._right(uid))
            if self.honoured(answer):
                self.control_uid = uid
                self.control()
                if self.known(uid).state.kind == "present":
                    self.client.learn_place(uid)
                return
            words.append(say("{uid}: {answer}", uid=Own(f"uid-{number}"), answer=answer.words()))
        raise Stop(
            say(
                "no declared uid was honoured with its right hash, so no refusal proves anything "
                "({answers}); is identity.secret this organisation's, and [identity.accepted] right?",
                answers=listed(words, By.CLAUSE),
            )
        )

    @property
    def victim(self) -> str:
        """Return the uid that forgeries are aimed at: one of which nothing is stored yet, if possible."""
        others = [uid for uid in self.identity.uids if uid != self.control_uid]
        unknown = [uid for uid in others if self.known(uid).state.kind == "absent"]
        return next(iter([*unknown, *others]), self.control_uid)

    def forge(self, ground: forgery.Ground) -> None:
        """Try every forgery of the table, and those that change more than the hash."""
        own = replace(ground, uid=self.control_uid)
        for row in forgery.forgeries().values():
            self._forge_row(row, own if row.kind == "shown" else ground)
        stretched, signature = forgery.extended(ground)
        body = self.client.document(stretched, signature)
        what = say("SHA256 of secret and uid, extended")
        self.attempt("forged:length-extension", what, body, watched=stretched)
        self._duplicates(self.control_uid)
        self._refused(say("known-uid"), self.control_uid)

    def _forge_row(self, row: forgery.Forgery, ground: forgery.Ground) -> None:
        values = row.forged(ground)
        for value in values:
            body = self.client.document(ground.uid, value)
            self.attempt(f"forged:{row.name}", row.text, body, watched=ground.uid, signed=ground.uid)
        if not values:
            self.left_out[f"forged:{row.name}"] = say("nothing was declared to build it from, or it is the right hash")

    def _duplicates(self, uid: str) -> None:
        right = self.client.right(uid)
        wrong = forgery.flipped(right, (17,))
        for what, values in (
            (say("first a wrong hash, then the right one"), (wrong, right)),
            (say("the reverse"), (right, wrong)),
        ):
            body = self.client.twice(self.identity.hash_pointer, values, uid, right)
            self.attempt("forged:twice-in-json", what, body, signed=uid)

    def compare_refusals(self) -> None:
        """Collect answers to hashes that are wrong everywhere, at the front, at the end; the order changes."""
        uid = self.control_uid
        right = self.client.right(uid)
        kinds = {
            "everywhere": say("a hash that is wrong everywhere"),
            "first": say("a hash that is wrong in its first digits"),
            "last": say("a hash that is wrong in its last digits"),
        }
        for turn in range(ROUNDS):
            bad = {
                "everywhere": secrets.token_hex(32),
                "first": forgery.flipped(right, (turn,)),
                "last": forgery.flipped(right, (255 - turn,)),
            }
            for kind in (*[*kinds][turn:], *[*kinds][:turn]):
                body = self.client.document(uid, bad[kind])
                seen = self.client.send(body)
                attempt = Attempt(kinds[kind], self.client.noted(seen, body, uid), controls=len(self.controls))
                self.trials.setdefault(f"compared:{kind}", []).append(attempt)
                text = seen.body.replace(bad[kind], "{hash}")
                self.refusals.append(Refusal(kind, seen.status, seen.headers, text, seen.trouble))
        self.control()

    def welcome(self) -> None:
        """Initialise every declared uid with its right hash."""
        for number, uid in enumerate(self.identity.uids, 1):
            answer = self.client.answer(self._right(uid), uid, uid)
            stored = self.after(uid)
            shown = dict(list(stored.leaves.items())[:MOST_STORED])
            self.welcomes[f"uid-{number}"] = Welcome(uid, answer, stored.state, shown)
