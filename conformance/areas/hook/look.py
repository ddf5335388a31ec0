"""Has the gateway call back at receivers right and wrong, under one authority, another, and none."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import replace
from functools import partial

from conformance.areas.hook.certificates import Certificates, certificates
from conformance.areas.hook.receivers import Answer, Receivers, receiving
from conformance.areas.hook.record import (
    CHANGING,
    FOLLOWED,
    REDIRECT,
    REDIRECTS,
    Connection,
    Phase,
    Upload,
    WebhookObservation,
)
from conformance.areas.hook.settings import NONE, SETTINGS, CallbackSettings, digest
from conformance.areas.hook.trigger import Trigger, trigger
from conformance.bench import Bench
from conformance.bench.restoring import Change
from conformance.engine.observatory import Probe
from conformance.inputs.target import Webhook
from conformance.model import Inconclusive
from conformance.sentence import NOTHING, Own, Sentence, say
from conformance.web.accounts import Session, administrator, declared, signed_in, throw_away

PAUSE_MS, LONGEST_PAUSE_MS = 50, 200
"""What the gateway is asked to wait between its tries, at first and at most; it may not do as it is asked."""

WRONG = {"unknown-ca": "other-ca", **{role: role for role in ("self-signed", "wrong-name", "expired", "not-yet-valid")}}

ASTRAY = {"plain-http": "plain", "unknown-ca": "other-ca", "wrong-name": "wrong-name"}
"""Where redirects lead to, by case, and the receiver that stands there."""

# Seconds for a callback to come at all, and for a gateway to trust what it was just told to.
_LONGEST, _REJECTING = 15.0, 3.0
_SHORTEST_LOOK, _LONGEST_LOOK = 0.3, 5.0  # seconds
_SETTLING = 5.0  # seconds that nodes and caches may need to hear of a change
_TRIES = 3
_TURNS = len(REDIRECTS) + 2  # see _answers


def _look(bench: Bench) -> WebhookObservation:
    webhook = bench.target.declared(Webhook)
    made = certificates(webhook.callback_host)
    with bench.budget.alone(SETTINGS), administrator(bench) as admin, receiving(webhook, made) as receivers:
        settings = CallbackSettings(admin)
        restoring = bench.for_restoring()
        with bench.restorer.changing(
            say("webhook settings and CA"), lambda: settings.restore(restoring), *settings.way_back()
        ) as change:
            trial = _Trial(bench, webhook, made, receivers, settings, change)
            try:
                trial.run()
            except Inconclusive as reason:
                trial.stopped = reason.reason
        return trial.seen()


class _Trial:
    """The phases one after another; `latency` is how long a callback took that was delivered, in seconds."""

    def __init__(
        self,
        bench: Bench,
        webhook: Webhook,
        made: Certificates,
        receivers: Receivers,
        settings: CallbackSettings,
        change: Change,
    ) -> None:
        self.bench, self.webhook, self.made = bench, webhook, made
        self.receivers, self.settings, self.change = receivers, settings, change
        self.phases: dict[str, Phase] = {}
        self.steps: dict[str, Upload] = {}
        self.intruders: dict[str, Upload] = {}
        self.latency = 0.0
        self.pause_ms = 0
        self.stopped = NOTHING
        self._trigger: Trigger
        self._words: dict[str, str] = {}

    def run(self) -> None:
        """Try everything; raises Inconclusive where nothing that follows could be told any more."""
        first, second = self.made.first, self.made.second
        if self.change.make(lambda: self.settings.hurry(PAUSE_MS, LONGEST_PAUSE_MS)):
            self.pause_ms = PAUSE_MS
        self._store("stored", first)
        self._intrude(second)
        self._delete()
        self._store("stored", first)
        self._trigger = trigger(self.bench, self.webhook, self.settings.admin)
        self._delivers("before", "good")
        self._stays_silent("plain", "plain")
        self._stays_silent("plain-capitals", "plain", "HTTP")
        for phase, role in WRONG.items():
            self._rejects(phase, role)
        self._redirects()
        self._delivers("after", "good")
        self._store("replaced", second)
        self._delivers("new-ca", "other-ca")
        self._rejects("old-ca", "good")
        self._delete()
        self._rejects("deleted-new", "other-ca")
        if self._wait("deleted-new", _arrived, 0):  # nodes and caches may need a moment
            self.bench.clock.wait(_SETTLING)
            self._rejects("deleted-later", "other-ca")
        self._rejects("deleted-old", "good")
        self._store("restored", first)
        self._delivers("end", "good")

    def seen(self) -> WebhookObservation:
        """Return the record."""
        came = self.receivers.connections()
        return WebhookObservation(
            stopped=self.stopped,
            phases=self.phases,
            connections=came,
            steps=self.steps,
            intruders=self.intruders,
            pause_ms=self.pause_ms,
            strangers=sum(each.delivered and not each.meant_for for each in came),
            put_back=self.change.restored,
        )

    def _store(self, step: str, pem: str) -> None:
        """Store an authority, after the one before was deleted where the gateway asks for that."""
        done = self._change("POST", pem)
        if not done.taken and done.before not in ("", "none"):
            self._change("DELETE")
            done = self._change("POST", pem)
        self._done(step, done, "first" if pem == self.made.first else "second")

    def _delete(self) -> None:
        self._done("deleted", self._change("DELETE"), "none")

    def _change(self, method: str, pem: str = "", token: str | None = None) -> Upload:
        self.receivers.authority = CHANGING
        return self.change.make(lambda: self.settings.change_ca(method, pem, token))

    def _done(self, step: str, done: Upload, authority: str) -> None:
        self.steps[step] = done
        self.receivers.authority = authority
        if not done.taken:
            raise Inconclusive(
                say(
                    "the administrator could not change the authority for webhooks: {method} {answer}",
                    method=Own(done.method),
                    answer=done.outcome,
                )
            )
        self._settle(done, digest({"first": self.made.first, "second": self.made.second}.get(authority, "")))

    def _settle(self, done: Upload, wanted: str) -> None:
        """Wait some seconds for a change that the gateway took and does not show yet."""
        shown, ends = done.after, self.bench.clock.now() + _SETTLING
        while shown == done.before != (wanted or NONE) and self.bench.clock.now() < ends:
            self.bench.clock.wait(_SHORTEST_LOOK)
            shown = self.settings.seen_again()

    def _call(self, name: str, role: str, scheme: str = "https", astray: str = "") -> bool:
        """Set the address of a phase and make the gateway call back; tell whether it was made to.

        The receiver redirects to the address `astray`, where one is given.
        """
        word = secrets.token_hex(8)
        port = self.receivers.stand(role, name, word, _answers(f"/portero/{word}/on", astray) if astray else ())
        url = f"{scheme}://{self._place(port)}/portero/{word}"
        self._words[name] = word
        answer = self.change.make(lambda: self.settings.call_back_at(url))
        phase = Phase(role, url, answer.status, answer.trouble)
        if phase.taken:
            phase = replace(phase, trigger=self._trigger.pull(word))
        self.phases[name] = phase
        return phase.taken and not phase.trigger

    def _place(self, port: int) -> str:
        host = self.webhook.callback_host
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    def _redirects(self) -> None:
        """Answer callbacks with redirects that lead astray, and give the gateway time to follow them."""
        for case, role in ASTRAY.items():
            word, there, here = secrets.token_hex(8), FOLLOWED + case, REDIRECT + case
            try:
                port = self.receivers.stand(role, there, word, apart=True)
            except Inconclusive as reason:
                self.phases[here] = Phase("good", "", trouble=reason.reason)
                continue
            scheme = "http" if role == "plain" else "https"
            self.phases[there] = Phase(role, f"{scheme}://{self._place(port)}/portero/{word}")
            if self._call(here, "good", astray=self.phases[there].url):
                self._redirected(here, there)

    def _redirected(self, here: str, there: str) -> None:
        """Have the gateway call back once for every redirect: it may take one for its last word on a callback."""
        for many in range(_TURNS):
            if many and self._trigger.pull(self._words[here]):
                return
            if not self._wait(here, partial(_led, many), self._patience):
                return
        self._wait(there, lambda came: any(each.meant_for and each.received for each in came), self._a_look)

    def _wait(self, name: str, enough: Callable[[list[Connection]], bool], seconds: float) -> bool:
        """Wait until what came to a phase's receiver in its time, or with its word, is enough."""
        role = self.phases[name].role

        def reached(came: tuple[Connection, ...]) -> bool:
            return enough([each for each in came if each.role == role and name in (each.during, each.meant_for)])

        began = time.monotonic()
        found = self.receivers.wait(reached, min(seconds, self.bench.left()))
        phase = self.phases[name]
        self.phases[name] = replace(phase, waited=round(phase.waited + time.monotonic() - began, 3))
        return found

    def _delivers(self, name: str, role: str) -> None:
        """Hold that a callback arrives; raises Inconclusive when none does: what follows would prove nothing."""
        if not self._call(name, role):
            phase = self.phases[name]
            untaken = say(
                "the address {url} was not taken: {answer}",
                url=Own(phase.url),
                answer=phase.trouble or phase.status,
            )
            raise Inconclusive(
                say("the gateway could not be made to call back: {trouble}", trouble=phase.trigger or untaken)
            )
        began = time.monotonic()
        if not self._wait(name, _arrived, _REJECTING):
            self._wait(name, lambda came: _arrived(came) or len(came) >= _TRIES, _LONGEST - _REJECTING)
        if not self._wait(name, _arrived, 0):
            raise Inconclusive(self._undelivered(name))
        self.latency = self.latency or time.monotonic() - began

    def _undelivered(self, name: str) -> Sentence:
        phase = self.phases[name]
        came = [each for each in self.receivers.connections() if name in (each.during, each.meant_for)]
        if any(each.attempted for each in came):
            return say(
                "no callback was delivered at {url}, whose certificate is right, so nothing after it was tried",
                url=Own(phase.url),
            )
        return say(
            "no callback came to {url} within {seconds:.0f} s: does webhook.trigger make the gateway call "
            "back, and does webhook.callback_host lead here from there?",
            url=Own(phase.url),
            seconds=phase.waited,
        )

    def _rejects(self, name: str, role: str) -> None:
        """Give the gateway time to try at a receiver that it must not trust, and to try again."""
        if self._call(name, role) and self._wait(
            name, lambda came: any(each.attempted for each in came), self._patience
        ):
            self._wait(name, lambda came: _arrived(came) or sum(c.attempted for c in came) > 1, self._a_look)

    def _stays_silent(self, name: str, role: str, scheme: str = "http") -> None:
        """Give the gateway time to deliver where nothing should arrive."""
        if self._call(name, role, scheme):
            self._wait(name, _arrived, self._a_look)

    @property
    def _patience(self) -> float:
        """How many seconds a gateway gets to try at all."""
        return min(_LONGEST, max(2 * _REJECTING, 20 * self.latency))

    @property
    def _a_look(self) -> float:
        """How many seconds a callback that is on its way surely arrives in."""
        return min(_LONGEST_LOOK, max(_SHORTEST_LOOK, 5 * self.latency))

    def _intrude(self, other: str) -> None:
        """Store and delete the authority in nobody's name, and in that of a user who is no administrator."""
        self._try("nobody", "", other)
        admin, webapp = self.settings.admin, self.settings.admin.api.webapp
        with ExitStack() as account:
            try:
                session: Session = account.enter_context(
                    declared(self.bench, "webapp.user")
                    if webapp.user
                    else signed_in(admin, account.enter_context(throw_away(admin)))
                )
            except Inconclusive as reason:
                for method in ("store", "delete"):
                    self.intruders[f"{method}-user"] = Upload(method, who=reason.reason)
                return
            self._try("user", session.token, other)

    def _try(self, who: str, token: str, pem: str) -> None:
        for name, method, body in (("store", "POST", pem), ("delete", "DELETE", "")):
            made = self.intruders[f"{name}-{who}"] = self._change(method, body, token)
            if made.after != made.before:
                self._store("stored", self.made.first)
            self.receivers.authority = "first"


def _arrived(came: Iterable[Connection]) -> bool:
    return any(each.delivered and each.meant_for for each in came)


def _led(many: int, came: Iterable[Connection]) -> bool:
    return sum(each.answered in REDIRECTS for each in came) > many


def _answers(onward: str, astray: str) -> list[Answer]:
    """Return a redirect to the same receiver, whose follower meets the next one there, and those that lead astray.

    The last is spelt another way: with a scheme in capitals, or with none.
    """
    scheme, rest = astray.split(":", 1)
    last = f"HTTP:{rest}" if scheme == "http" else rest
    return [Answer(307, onward), *(Answer(status, astray) for status in reversed(REDIRECTS)), Answer(302, last)]


webhooks = Probe("webhooks", WebhookObservation, _look, deadline=240.0, waits=True)
