"""Judges callbacks: delivered where the receiver verifies, and nowhere else; the authority is the administrator's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from conformance.model import Case, Inconclusive, Verdict, conforms, violates
from conformance.policy import Policy
from conformance.records.webhook import Connection, Phase, Upload, WebhookObservation

_ROLES = {
    "plain": "plain http",
    "other-ca": "a certificate of another authority",
    "good": "a certificate of the first authority",
    "self-signed": "a certificate that signs itself",
    "wrong-name": "a certificate for another name",
    "expired": "an expired certificate",
    "not-yet-valid": "a certificate that is not valid yet",
}
_SERVER_ERROR = 500
# What the receiver itself says of a hello that it cannot answer: no verdict of the gateway on its certificate.
_NOTHING_IN_COMMON = ("no shared", "no suitable", "unsupported protocol", "version too low", "wrong version")


def never_in_the_clear(seen: WebhookObservation, policy: Policy, case: Case) -> Verdict:
    """Judge HOOK-01."""
    expected = "no callback arrives over plain http"
    clear = [(n, each) for n, each in enumerate(seen.connections) if each.delivered and not each.hello and _ours(each)]
    if clear:
        return violates(expected, f"{_content(clear[0][1])} arrived in the clear", *(_at(n) for n, _ in clear))
    _control(seen, "before")
    phase = _phase(seen, "plain")
    _control(seen, "after")
    if phase.refused:
        return conforms(expected, f"the API refuses the address: it answers {phase.status}", "/phases/plain")
    _called(phase, "plain")
    observed = "the API takes the address, nothing arrived there, and a later callback did at an https address"
    return conforms(expected, observed, "/phases/plain", *_delivery(seen, "after"))


def verified_is_delivered(seen: WebhookObservation, policy: Policy, case: Case) -> Verdict:
    """Judge HOOK-02."""
    judged = _arrives(seen, "before", "the authority stored for webhooks")
    if not seen.put_back:
        raise Inconclusive("settings and authority could not be put back as they were found: see to it")
    if not seen.strangers:
        return judged
    return replace(
        judged, notes=("Callbacks of others arrived as well; of those nothing was kept but lengths and digests.",)
    )


def unverified_gets_nothing(seen: WebhookObservation, policy: Policy, case: Case) -> Verdict:
    """Judge HOOK-03 on one kind of wrong certificate."""
    return _nothing(seen, case.name, ("before", "after"))


def authority_is_swapped(seen: WebhookObservation, policy: Policy, case: Case) -> Verdict:
    """Judge HOOK-04: under the new authority, the old one, and none."""
    _control(seen, "before")
    if case.name == "new-ca":
        return _arrives(seen, "new-ca", "the authority stored last")
    if case.name == "old-ca":
        return _nothing(seen, "old-ca", ("new-ca", "end"))
    later = "deleted-later" in seen.phases
    names = ("deleted-later" if later else "deleted-new", "deleted-old")
    judged = [_nothing(seen, name, ("new-ca", "end")) for name in names]
    worst = next((one for one in judged if one.outcome == "fail"), judged[0])
    return replace(worst, notes=("It was trusted for some seconds after it was deleted.",)) if later else worst


def administrators_only(seen: WebhookObservation, policy: Policy, case: Case) -> Verdict:
    """Judge HOOK-05 on one request by one who is no administrator."""
    method, _, who = case.name.partition("-")
    words = {"nobody": "a caller without a token", "user": "a user who is no administrator"}
    expected = f"{words[who]} cannot {method} the webhook's authority, an administrator can"
    tried = seen.intruders.get(case.name)
    if tried is None or tried.who:
        raise Inconclusive(tried.who if tried else seen.stopped or "it was not tried")
    exhibit = f"/intruders/{case.name}"
    if tried.before and tried.after and tried.before != tried.after:
        return violates(expected, f"{tried.method} was answered {tried.status}, and another one is stored now", exhibit)
    step = "stored" if method == "store" else "deleted"
    if (control := seen.steps.get(step)) is None or not control.taken:
        raise Inconclusive(seen.stopped or "the administrator could not do it either")
    return _refusal(expected, tried, exhibit, f"/steps/{step}")


def _refusal(expected: str, tried: Upload, *exhibits: str) -> Verdict:
    if tried.trouble:
        raise Inconclusive(f"{tried.method} got no answer: {tried.trouble}")
    known = tried.before and tried.after
    if tried.taken and not known:
        return violates(expected, f"{tried.method} was answered {tried.status}", *exhibits)
    if tried.status >= _SERVER_ERROR and not known:
        raise Inconclusive(f"{tried.method} was answered {tried.status}, and it cannot be read whether it took effect")
    kept = "what is stored stays as it was" if known else "what is stored cannot be read"
    return conforms(expected, f"{tried.method} was answered {tried.status}; {kept}", *exhibits)


def _arrives(seen: WebhookObservation, name: str, authority: str) -> Verdict:
    """Judge whether callbacks arrive where they should; raises Inconclusive where none was tried."""
    phase = _phase(seen, name)
    expected = f"a callback is delivered where the certificate chains to {authority}"
    if found := _delivery(seen, name):
        return conforms(expected, f"one was, at {phase.url}", *found)
    tries = list(_attempts(seen, name))
    if not tries or not phase.taken:
        raise Inconclusive(seen.stopped or f"no callback came to {phase.url}")
    if all(any(words in each.handshake for words in _NOTHING_IN_COMMON) for _, each in tries):
        raise Inconclusive(f"gateway and receiver have no TLS parameters in common: {_handshakes(tries)}")
    observed = f"the gateway connects to {phase.url} and delivers nothing: {_handshakes(tries)}"
    return violates(expected, observed, *(_at(n) for n, _ in tries))


def _nothing(seen: WebhookObservation, name: str, controls: tuple[str, str]) -> Verdict:
    """Judge whether nothing arrives at a receiver that does not verify, between callbacks that do arrive."""
    before, after = controls
    _control(seen, before)
    phase = _phase(seen, name)
    expected = f"nothing is delivered to a receiver with {_ROLES[phase.role]}"
    if name.startswith("deleted"):
        expected += ", once no authority is stored"
    got = [(n, each) for n, each in _came(seen, name) if each.delivered and not each.verifies]
    if got:
        return violates(expected, f"{_content(got[0][1])} arrived at {phase.url}", *(_at(n) for n, _ in got))
    _control(seen, after)
    if phase.refused:
        return conforms(expected, f"the API refuses the address: it answers {phase.status}", f"/phases/{name}")
    _called(phase, name)
    tries = list(_attempts(seen, name))
    if not tries:
        raise Inconclusive(f"the gateway did not try to deliver at {phase.url} within {phase.waited:.0f} s")
    observed = f"it connects and goes away without a byte: {_handshakes(tries)}"
    return conforms(expected, observed, *(_at(n) for n, _ in tries), *_delivery(seen, after))


def _control(seen: WebhookObservation, name: str) -> None:
    if not _delivery(seen, name):
        raise Inconclusive(seen.stopped or "no callback was delivered where one should be, so nothing is proved")


def _phase(seen: WebhookObservation, name: str) -> Phase:
    if name not in seen.phases:
        raise Inconclusive(seen.stopped or "it was not tried")
    return seen.phases[name]


def _called(phase: Phase, name: str) -> None:
    if not phase.taken:
        raise Inconclusive(f"the address for {name} could not be set: {phase.trouble or f'answered {phase.status}'}")
    if phase.trigger:
        raise Inconclusive(f"the gateway could not be made to call back: {phase.trigger}")


def _came(seen: WebhookObservation, name: str) -> Iterator[tuple[int, Connection]]:
    """List the connections to a phase's receiver, in its time or with its word."""
    role = seen.phases[name].role
    return (
        (n, each)
        for n, each in enumerate(seen.connections)
        if each.role == role and name in (each.during, each.meant_for)
    )


def _attempts(seen: WebhookObservation, name: str) -> Iterator[tuple[int, Connection]]:
    return ((n, each) for n, each in _came(seen, name) if each.attempted)


def _delivery(seen: WebhookObservation, name: str) -> tuple[str, ...]:
    """Point at the first callback of ours that was delivered in a phase, if there was one."""
    if name not in seen.phases:
        return ()
    return tuple(_at(n) for n, each in _came(seen, name) if each.delivered and each.hello and each.meant_for)[:1]


def _ours(each: Connection) -> bool:
    """Tell a callback from whoever else speaks plain HTTP to an open port."""
    return bool(each.meant_for) or each.role == "plain"


def _at(number: int) -> str:
    return f"/connections/{number}"


def _content(each: Connection) -> str:
    return f"a {each.method} of {each.received} bytes"


def _handshakes(tries: list[tuple[int, Connection]]) -> str:
    said = dict.fromkeys(each.handshake or "the handshake is finished, then it is closed" for _, each in tries)
    return "; ".join(said)
