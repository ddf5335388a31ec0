"""Judges callbacks: delivered where the receiver verifies, and nowhere else; the authority is the administrator's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from conformance.areas.hook.record import (
    FOLLOWED,
    OTHER,
    REDIRECT,
    REDIRECTS,
    Connection,
    Phase,
    Upload,
    WebhookObservation,
)
from conformance.engine.policy import Policy
from conformance.model import Case, Inconclusive, Verdict, conforms, violates
from conformance.sentence import By, Own, Sentence, clauses, own_list, say

_ROLES = {
    "other-ca": say("a certificate of another authority"),
    "good": say("a certificate of the first authority"),
    "self-signed": say("a certificate that signs itself"),
    "wrong-name": say("a certificate for another name"),
    "expired": say("an expired certificate"),
    "not-yet-valid": say("a certificate that is not valid yet"),
}
_KEPT_OUT = {
    "store-nobody": say("a caller without a token cannot store the webhook's authority, an administrator can"),
    "store-user": say("a user who is no administrator cannot store the webhook's authority, an administrator can"),
    "delete-nobody": say("a caller without a token cannot delete the webhook's authority, an administrator can"),
    "delete-user": say("a user who is no administrator cannot delete the webhook's authority, an administrator can"),
}
_ASTRAY = {
    "plain-http": say("a redirect of a callback to plain http is not followed"),
    "unknown-ca": say("a redirect of a callback to a receiver with a certificate of another authority is not followed"),
    "wrong-name": say("a redirect of a callback to a receiver with a certificate for another name is not followed"),
}
_NOT_TRIED = say("it was not tried")
_SERVER_ERROR = 500
# What the receiver itself says of a hello that it cannot answer: no verdict of the gateway on its certificate.
_NOTHING_IN_COMMON = ("no shared", "no suitable", "unsupported protocol", "version too low", "wrong version")


def never_in_the_clear(seen: WebhookObservation, policy: Policy, case: Case) -> Verdict:
    """Judge HOOK-01."""
    expected = say("no callback arrives over plain http")
    clear = [
        (n, each)
        for n, each in enumerate(seen.connections)
        if each.delivered and not each.hello and _ours(each) and not each.followed
    ]
    if clear:
        observed = say("{content} arrived in the clear", content=_content(clear[0][1]))
        return violates(expected, observed, *(_at(n) for n, _ in clear))
    _control(seen, "before")
    phase = _phase(seen, "plain")
    _control(seen, "after")
    if phase.refused:
        return conforms(expected, _refused(phase), "/phases/plain")
    _called(phase)
    observed = say("the API takes the address, nothing arrived there, and a later callback did at an https address")
    return conforms(expected, observed, "/phases/plain", *_delivery(seen, "after"))


def verified_is_delivered(seen: WebhookObservation, policy: Policy, case: Case) -> Verdict:
    """Judge HOOK-02."""
    expected = say("a callback is delivered where the certificate chains to the authority stored for webhooks")
    judged = _arrives(seen, "before", expected)
    if not seen.put_back:
        raise Inconclusive(say("settings and authority could not be put back as they were found: see to it"))
    if not seen.strangers:
        return judged
    note = say("Callbacks of others arrived as well; of those nothing was kept but lengths and digests.")
    return replace(judged, notes=(note,))


def unverified_gets_nothing(seen: WebhookObservation, policy: Policy, case: Case) -> Verdict:
    """Judge HOOK-03 on one kind of wrong certificate."""
    return _nothing(seen, case.name, ("before", "after"))


def authority_is_swapped(seen: WebhookObservation, policy: Policy, case: Case) -> Verdict:
    """Judge HOOK-04: under the new authority, the old one, and none."""
    _control(seen, "before")
    if case.name == "new-ca":
        expected = say("a callback is delivered where the certificate chains to the authority stored last")
        return _arrives(seen, "new-ca", expected)
    if case.name == "old-ca":
        return _nothing(seen, "old-ca", ("new-ca", "end"))
    later = "deleted-later" in seen.phases
    names = ("deleted-later" if later else "deleted-new", "deleted-old")
    judged = [_nothing(seen, name, ("new-ca", "end")) for name in names]
    worst = next((one for one in judged if one.outcome == "fail"), judged[0])
    note = say("It was trusted for some seconds after it was deleted.")
    return replace(worst, notes=(note,)) if later else worst


def administrators_only(seen: WebhookObservation, policy: Policy, case: Case) -> Verdict:
    """Judge HOOK-05 on one request by one who is no administrator."""
    expected = _KEPT_OUT[case.name]
    tried = seen.intruders.get(case.name)
    if tried is None or tried.who:
        raise Inconclusive(tried.who if tried else seen.stopped or _NOT_TRIED)
    exhibit = f"/intruders/{case.name}"
    if tried.before and tried.after and tried.before != tried.after:
        observed = say("{answer}, and another one is stored now", answer=_answer(tried))
        return violates(expected, observed, exhibit)
    step = "stored" if case.name.startswith("store-") else "deleted"
    if (control := seen.steps.get(step)) is None or not control.taken:
        raise Inconclusive(seen.stopped or say("the administrator could not do it either"))
    return _refusal(expected, tried, exhibit, f"/steps/{step}")


def never_led_astray(seen: WebhookObservation, policy: Policy, case: Case) -> Verdict:
    """Judge HOOK-06 on redirects to one kind of receiver: a word that only they name stands in what follows them."""
    expected = _ASTRAY[case.name]
    here, there = REDIRECT + case.name, FOLLOWED + case.name
    numbered = list(enumerate(seen.connections))
    got = [(n, each) for n, each in numbered if each.meant_for == there and each.received and not each.verifies]
    if got:
        led_to = Own(seen.phases[there].url)
        observed = say("{content} arrived at {url}, where a redirect led", content=_content(got[0][1]), url=led_to)
        return violates(expected, observed, *(_at(n) for n, _ in got))
    _control(seen, "before")
    phase = _phase(seen, here)
    _control(seen, "after")
    if not phase.url:
        raise Inconclusive(phase.trouble)
    _called(phase)
    led = [(n, each) for n, each in numbered if each.meant_for == here and each.answered in REDIRECTS]
    met = sorted({each.answered for _, each in led})
    if missing := sorted(set(REDIRECTS) - set(met)):
        raise Inconclusive(
            say(
                "the gateway did not call back often enough to meet a redirect with {missing}: "
                "webhook.trigger has to make it call back each time",
                missing=own_list(map(str, missing), By.COMMA),
            )
        )
    statuses = own_list(map(str, met), By.COMMA)
    observed = say("it meets redirects with {statuses}, and brings nothing where they lead", statuses=statuses)
    return conforms(expected, observed, *(_at(n) for n, _ in led), *_delivery(seen, "after"))


def _refusal(expected: Sentence, tried: Upload, *exhibits: str) -> Verdict:
    if tried.trouble:
        raise Inconclusive(say("{method} got no answer: {trouble}", method=Own(tried.method), trouble=tried.trouble))
    known, answer = tried.before and tried.after, _answer(tried)
    if tried.taken and not known:
        return violates(expected, answer, *exhibits)
    if tried.status >= _SERVER_ERROR and not known:
        raise Inconclusive(say("{answer}, and it cannot be read whether it took effect", answer=answer))
    kept = say("what is stored stays as it was") if known else say("what is stored cannot be read")
    return conforms(expected, clauses(answer, kept), *exhibits)


def _answer(tried: Upload) -> Sentence:
    return say("{method} was answered {status}", method=Own(tried.method), status=tried.status)


def _arrives(seen: WebhookObservation, name: str, expected: Sentence) -> Verdict:
    """Judge whether callbacks arrive where they should; raises Inconclusive where none was tried."""
    phase = _phase(seen, name)
    url = Own(phase.url)
    if found := _delivery(seen, name):
        return conforms(expected, say("one was, at {url}", url=url), *found)
    tries = list(_attempts(seen, name))
    if not tries or not phase.taken:
        raise Inconclusive(seen.stopped or say("no callback came to {url}", url=url))
    met = _handshakes(tries)
    if all(any(words in each.handshake for words in _NOTHING_IN_COMMON) for _, each in tries):
        raise Inconclusive(say("gateway and receiver have no TLS parameters in common: {met}", met=met))
    observed = say("the gateway connects to {url} and delivers nothing: {met}", url=url, met=met)
    return violates(expected, observed, *(_at(n) for n, _ in tries))


def _nothing(seen: WebhookObservation, name: str, controls: tuple[str, str]) -> Verdict:
    """Judge whether nothing arrives at a receiver that does not verify, between callbacks that do arrive."""
    before, after = controls
    _control(seen, before)
    phase = _phase(seen, name)
    certificate, url = _ROLES[phase.role], Own(phase.url)
    expected = say("nothing is delivered to a receiver with {certificate}", certificate=certificate)
    if name.startswith("deleted"):
        expected = say(
            "nothing is delivered to a receiver with {certificate}, once no authority is stored",
            certificate=certificate,
        )
    got = [(n, each) for n, each in _came(seen, name) if each.delivered and not each.verifies]
    if got:
        observed = say("{content} arrived at {url}", content=_content(got[0][1]), url=url)
        return violates(expected, observed, *(_at(n) for n, _ in got))
    _control(seen, after)
    if phase.refused:
        return conforms(expected, _refused(phase), f"/phases/{name}")
    _called(phase)
    tries = list(_attempts(seen, name))
    if not tries:
        raise Inconclusive(
            say("the gateway did not try to deliver at {url} within {seconds:.0f} s", url=url, seconds=phase.waited)
        )
    observed = say("it connects and goes away without a byte: {met}", met=_handshakes(tries))
    return conforms(expected, observed, *(_at(n) for n, _ in tries), *_delivery(seen, after))


def _control(seen: WebhookObservation, name: str) -> None:
    if not _delivery(seen, name):
        raise Inconclusive(seen.stopped or say("no callback was delivered where one should be, so nothing is proved"))


def _phase(seen: WebhookObservation, name: str) -> Phase:
    if name not in seen.phases:
        raise Inconclusive(seen.stopped or _NOT_TRIED)
    return seen.phases[name]


def _refused(phase: Phase) -> Sentence:
    return say("the API refuses the address: it answers {status}", status=phase.status)


def _called(phase: Phase) -> None:
    if not phase.taken:
        trouble = phase.trouble or say("answered {status}", status=phase.status)
        raise Inconclusive(say("the address {url} could not be set: {trouble}", url=Own(phase.url), trouble=trouble))
    if phase.trigger:
        raise Inconclusive(say("the gateway could not be made to call back: {trouble}", trouble=phase.trigger))


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


def _content(each: Connection) -> Sentence:
    if each.method == OTHER:
        return say("a message of {n} bytes that is no HTTP", n=each.received)
    return say("a {method} of {n} bytes", method=Own(each.method), n=each.received)


def _handshakes(tries: list[tuple[int, Connection]]) -> Sentence:
    finished = say("the handshake is finished, then it is closed")
    return clauses(*dict.fromkeys(each.handshake or finished for _, each in tries))
