"""Judges the sealed channel between web app and core app."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from http import HTTPStatus

from conformance import pointers
from conformance.areas.chn.record import Answer, Attempt, ChannelObservation, ClockReading, Group
from conformance.engine.policy import Policy
from conformance.inputs.target import Channel
from conformance.model import Case, Inconclusive, NotApplicable, Verdict, conforms, verdict, violates
from conformance.sentence import NOTHING, By, Listed, Sentence, clauses, counted, listed, say

_SEVERAL = 2
_NOT_TRIED = say("it was not tried")
_GOES_ON = say("the service goes on after malformed input")

Judge = Callable[[ChannelObservation, Policy, Case], Verdict]


def fresh(seen: ChannelObservation, policy: Policy, case: Case) -> Verdict:
    """Judge CHN-01."""
    _tells_noise(group_of(seen, "unsealed"))
    expected = say("every fresh message sealed with the shared secret is accepted")
    return _all_accepted({f"/fresh/{n}": a for n, a in enumerate(seen.fresh)}, seen, expected)


def inside(seen: ChannelObservation, policy: Policy, case: Case) -> Verdict:
    """Judge CHN-07 at one age."""
    group = between_controls(seen, "inside")
    _tells_noise(group)
    margin = _channel(policy).tolerance_seconds
    expected = say("a message well inside the margin of {margin} s is accepted", margin=margin)
    return _all_accepted(_of_case(group, "inside", case.name), seen, expected)


def _all_accepted(attempts: dict[str, Attempt], seen: ChannelObservation, expected: Sentence) -> Verdict:
    _in_time(attempts.values())
    refused = {pointer: a for pointer, a in attempts.items() if not a.accepted}
    if not refused:
        return conforms(expected, _accepted(attempts.values()), *attempts)
    lost = [a for a in refused.values() if a.trouble]
    controls = group_of(seen, "unsealed")
    refuses_by_hanging_up = seen.noise.trouble and controls.before.accepted and controls.after.accepted
    if lost and not refuses_by_hanging_up:
        raise Inconclusive(
            counted(
                "{message} got no answer in {n} try: {trouble}",
                "{message} got no answer in {n} tries: {trouble}",
                lost[0].times,
                message=lost[0].what,
                trouble=lost[0].trouble,
            )
        )
    first = next(iter(refused.values()))
    observed = say("refused {n} of {all}: {first}", n=len(refused), all=len(attempts), first=_tale(first))
    return violates(expected, observed, *refused)


def refused(group_name: str, expected: Sentence) -> Judge:
    """Return the judge that holds that every attempt of a case is refused."""

    def judge(seen: ChannelObservation, policy: Policy, case: Case) -> Verdict:
        return _all_refused(seen, group_name, case.name, expected)

    return judge


unsealed = refused("unsealed", say("a message that is not sealed is refused"))
forged = refused("forged", say("a message is refused if another secret sealed it"))
changed = refused("changed", say("a message that was changed after sealing is refused"))
future = refused("future", say("a message stamped beyond the margin in the future is refused"))


def stale(seen: ChannelObservation, policy: Policy, case: Case) -> Verdict:
    """Judge CHN-05 at one age; the message that was held back came with the long wait."""
    name = "waited" if case.name == "held-back" else "stale"
    if name == "waited":
        _was_waited(policy)
    margin = _channel(policy).tolerance_seconds
    expected = say("a message older than the margin of {margin} s is refused", margin=margin)
    return _all_refused(seen, name, case.name, expected)


def _all_refused(seen: ChannelObservation, name: str, case: str, expected: Sentence) -> Verdict:
    """Judge that none was accepted. An acceptance needs no control after it: it may itself have broken the core."""
    group = group_of(seen, name)
    attempts = _of_case(group, name, case)
    accepted = {pointer: a for pointer, a in attempts.items() if a.accepted and a.on_time}
    if accepted and group.before.accepted:
        return violates(expected, _accepted(accepted.values()), *accepted)
    between_controls(seen, name)
    _in_time(attempts.values())
    delivered = group.attempts.get("delivered")
    if delivered and not delivered.accepted and f"{case}/delivered" in group.attempts:
        raise Inconclusive(say("it was not accepted before it was changed: {message}", message=_tale(delivered)))
    return conforms(expected, _refused(attempts.values()), *attempts)


def replayed_late(seen: ChannelObservation, policy: Policy, case: Case) -> Verdict:
    """Judge CHN-08."""
    _was_waited(policy)
    return _again(seen, "waited", say("a captured message is refused once the margin has passed"))


def replayed_inside(seen: ChannelObservation, policy: Policy, case: Case) -> Verdict:
    """Judge CHN-09: at once, and when the margin of a message that was stamped a little ahead is nearly over."""
    expected = say("the same bytes are refused the second time, as long as their timestamp is inside the margin")
    if case.name == "at-once":
        return _again(seen, "replayed", expected)
    _was_waited(policy)
    return _again(seen, "waited", expected, "ahead", "ahead-again")


def _again(
    seen: ChannelObservation, name: str, expected: Sentence, first_name: str = "first", again_name: str = "again"
) -> Verdict:
    group = between_controls(seen, name)
    first, again = group.attempts[first_name], _of_case(group, name, again_name)
    if not first.accepted:
        raise Inconclusive(
            say("the message to be sent again was not accepted the first time: {first}", first=_tale(first))
        )
    taken = {pointer: attempt for pointer, attempt in again.items() if attempt.accepted and attempt.on_time}
    at_first = _pointers(name, first_name)
    if taken:
        told = say("accepted {n} of {all}: {first}", n=len(taken), all=len(again), first=_whats(taken.values()))
        return violates(expected, told, *at_first, *taken)
    _in_time(again.values())
    return conforms(expected, _refused(again.values()), *at_first, *again)


def clocks_agree(seen: ChannelObservation, policy: Policy, case: Case) -> Verdict:
    """Judge CHN-10. Without a web app the suite's own clock stands for the web app's: it seals in its place."""
    margin = _channel(policy).tolerance_seconds
    core, web = seen.core_clock, seen.web_clock
    other = (
        say("the web app's clock")
        if web
        else say("this suite's clock, which stands for that of a web app not declared")
    )
    web = web or ClockReading()
    if core.trouble:
        raise Inconclusive(core.trouble)
    if web.trouble:
        raise Inconclusive(say("the web app's clock could not be read: {trouble}", trouble=web.trouble))
    if core.source == "window":
        raise Inconclusive(say("the core app shows its clock nowhere: neither in a sealed answer nor in a Date header"))
    apart, doubt = core.offset - web.offset, core.uncertainty + web.uncertainty
    if abs(abs(apart) - margin) < doubt:
        raise Inconclusive(
            say(
                "the clocks are {apart:+.1f} s apart, give or take {doubt:.1f} s: too near the margin",
                apart=apart,
                doubt=doubt,
            )
        )
    return verdict(
        abs(apart) <= margin,
        say("the clocks of core and web app differ by at most {margin} s", margin=margin),
        say(
            "the core app's clock is {apart:+.1f} s against {other} (give or take {doubt:.1f} s)",
            apart=apart,
            other=other,
            doubt=doubt,
        ),
        "/core_clock",
        "/web_clock",
    )


def edge(seen: ChannelObservation, policy: Policy, case: Case) -> Verdict:
    """Show CHN-11: which ages are accepted."""
    taken = [point.age for point in seen.window if point.accepted]
    if not taken:
        raise Inconclusive(seen.stopped or say("no message was accepted while the margin was measured"))
    reach = max(abs(point.age) for point in seen.window)
    old, ahead = (_at_least(abs(age), reach) for age in (max(taken), min(taken)))
    return conforms(
        say("the margin is declared as {margin} s, and measured", margin=_channel(policy).tolerance_seconds),
        say("accepted messages up to {old} old and up to {ahead} ahead", old=old, ahead=ahead),
        "/window",
    )


def _at_least(age: float, reach: float) -> Sentence:
    """Say an age; nothing beyond `reach` was tried."""
    return say("{age:g} s or more", age=age) if age >= reach else say("{age:g} s", age=age)


def malformed(seen: ChannelObservation, policy: Policy, case: Case) -> Verdict:
    """Judge CHN-13: each input, and whether the service goes on after all of them."""
    group = group_of(seen, "malformed")
    if case.name != "goes-on":
        if not group.attempts:
            raise Inconclusive(seen.stopped)
        return _all_refused(seen, "malformed", case.name, say("malformed input is refused"))
    if not group.attempts:  # one message of noise was enough, before anything else could be seen
        observed = say(
            "after random bytes as long as a message it answers nothing any more; before, it did: {message}",
            message=_tale(group.before),
        )
        return violates(_GOES_ON, observed, *("/groups/malformed/" + at for at in ("before", "noise", "after")))
    if not group.before.accepted:
        raise Inconclusive(
            say("the control before the malformed input was refused: {control}", control=_tale(group.before))
        )
    meanwhile = group.attempts.get("meanwhile")
    if meanwhile and meanwhile.trouble and group.after.accepted:
        observed = say("while half a request was open nobody else was served: {message}", message=_tale(meanwhile))
        return violates(_GOES_ON, observed, *_pointers("malformed", "half-request", "meanwhile"))
    after = _tale(group.after)
    observed = (
        say("still accepts a fresh sealed message afterwards: {message}", message=after)
        if group.after.accepted
        else say("no longer accepts a fresh sealed message afterwards: {message}", message=after)
    )
    return verdict(group.after.accepted, _GOES_ON, observed, "/groups/malformed/after")


def answer_sealed(seen: ChannelObservation, policy: Policy, case: Case) -> Verdict:
    """Judge CHN-14. An empty answer carries nothing in the clear."""
    if case.name == "nonces":
        return _nonces(seen)
    answers = {f"/fresh/{n}": a for n, a in enumerate(seen.fresh) if a.accepted}
    if not answers:
        raise Inconclusive(
            seen.stopped or say("no fresh sealed message was accepted, so there is no answer to look at")
        )
    clear = {pointer: a for pointer, a in answers.items() if a.answer in (Answer.CLEAR, Answer.ECHO)}
    expected = say("what the core app answers is sealed")
    if any(a.answer is Answer.ECHO for a in clear.values()):
        observed = say("{n} of {all} answers are the message itself, sent back", n=len(clear), all=len(answers))
        return violates(expected, observed, *clear)
    if clear:
        observed = say(
            "{n} of {all} answers do not open with the shared secret (the first has {size} bytes)",
            n=len(clear),
            all=len(answers),
            size=next(iter(clear.values())).body_bytes,
        )
        return violates(expected, observed, *clear)
    if all(a.answer is Answer.EMPTY for a in answers.values()):
        return conforms(expected, say("every answer is empty: nothing travels in the clear"), *answers)
    observed = counted(
        "the one answer opens with the shared secret", "all {n} answers open with the shared secret", len(answers)
    )
    return conforms(expected, observed, *answers)


def _nonces(seen: ChannelObservation) -> Verdict:
    if seen.sealed_answers < _SEVERAL:
        raise NotApplicable(say("the core app seals no answers, or their format has no nonce"))
    return verdict(
        seen.distinct_nonces == seen.sealed_answers,
        say("no two answers are sealed under one nonce"),
        counted(
            "{answers} sealed answers bear {n} nonce",
            "{answers} sealed answers bear {n} different nonces",
            seen.distinct_nonces,
            answers=seen.sealed_answers,
        ),
        "/sealed_answers",
        "/distinct_nonces",
    )


def reflection(seen: ChannelObservation, policy: Policy, case: Case) -> Verdict:
    """Show CHN-15: whether a message for one direction is good for the other."""
    expected = say("a message that travels one way is no good the other way")
    if any(a.answer is Answer.SAME_KEY for a in seen.fresh):
        observed = say("answers are sealed under the key of requests: a request opens as an answer")
        return conforms(expected, observed, "/fresh/0")
    sent_back = group_of(seen, "reflected").attempts.get("answer")
    if sent_back is None:
        raise NotApplicable(say("the core app seals no answer that could be sent back"))
    group = between_controls(seen, "reflected")
    observed = (
        say("a captured answer, sent as a request, was accepted")
        if group.attempts["answer"].accepted
        else say("a captured answer, sent as a request, was refused")
    )
    return conforms(expected, observed, *_pointers("reflected", "answer"))


def _channel(policy: Policy) -> Channel:
    return policy.target.declared(Channel)


def _was_waited(policy: Policy) -> None:
    if not _channel(policy).wait:
        raise Inconclusive(say("channel.wait is false: nothing was sent again after the margin had passed"))


def group_of(seen: ChannelObservation, name: str) -> Group:
    """Return a group; raises Inconclusive where the core app was given up before it."""
    if name not in seen.groups:
        raise Inconclusive(seen.stopped or _NOT_TRIED)
    return seen.groups[name]


def between_controls(seen: ChannelObservation, name: str) -> Group:
    """Return a group whose controls were accepted: without them a refusal proves nothing."""
    group = group_of(seen, name)
    if not group.before.accepted:
        why = say("the control before these messages was not accepted: {control}", control=_tale(group.before))
        raise Inconclusive(clauses(why, _advice(group.before)))
    if not group.after.accepted:
        why = say("the control after these messages was not accepted: {control}", control=_tale(group.after))
        raise Inconclusive(clauses(why, _advice(group.after)))
    return group


def _advice(control: Attempt) -> Sentence:
    if control.status != HTTPStatus.TOO_MANY_REQUESTS:
        return NOTHING
    return say("it limits how fast it may be asked: lower [limits] requests_per_second")


def _tells_noise(group: Group) -> None:
    if group.noise.accepted:
        raise Inconclusive(say("random bytes are accepted as well, so that being accepted proves nothing"))


def _of_case(group: Group, name: str, case: str) -> dict[str, Attempt]:
    """Return a case's attempts by their place in the record; raises NotApplicable where none was made."""
    keys = [key for key in group.attempts if key == case or key.startswith(case + "/")]
    if not keys:
        raise NotApplicable(_WITHOUT.get(name, _NOT_THERE))
    return dict(zip(_pointers(name, *keys), (group.attempts[key] for key in keys), strict=True))


_WITHOUT = {"forged": say("this variant equals the gateway's own secret")}
_NOT_THERE = say("this does not exist for the target's codec, transport or margin")


def _pointers(group: str, *attempts: str) -> list[str]:
    return [pointers.build("groups", group, "attempts", key) for key in attempts]


def _in_time(attempts: Iterable[Attempt]) -> None:
    for attempt in attempts:
        if not attempt.on_time:
            raise Inconclusive(
                counted(
                    "{message}: left late once, {oldest:.1f} s old by the core's clock; "
                    "this machine or the way to the core app is too slow for a verdict",
                    "{message}: left late {n} times, {oldest:.1f} s old by the core's clock; "
                    "this machine or the way to the core app is too slow for a verdict",
                    attempt.times,
                    message=attempt.what,
                    oldest=attempt.oldest,
                )
            )


def _accepted(attempts: Iterable[Attempt]) -> Sentence:
    return say("accepted {messages}", messages=_whats(attempts))


def _refused(attempts: Collection[Attempt]) -> Sentence:
    answers = listed(dict.fromkeys(_answered(a) for a in attempts), By.COMMA)
    return say("refused {messages} ({answers})", messages=_whats(attempts), answers=answers)


def _whats(attempts: Iterable[Attempt]) -> Listed:
    return listed(dict.fromkeys(attempt.what for attempt in attempts), By.CLAUSE)


def _answered(attempt: Attempt) -> Sentence:
    return attempt.trouble or say("status {status}", status=attempt.status)


def _tale(attempt: Attempt) -> Sentence:
    return say("{message} ({answer})", message=attempt.what, answer=_answered(attempt))
