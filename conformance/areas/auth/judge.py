"""Judges authentication: who gets an answer, which logins work, what a token is worth and for how long."""

from __future__ import annotations

import re

from conformance import pointers
from conformance.areas.auth.judge_guard import must_be_refused
from conformance.areas.auth.record import (
    Forged,
    Form,
    Lifetime,
    LoginObservation,
    LogoutObservation,
    Node,
    Reply,
    ThrottleObservation,
    TokenObservation,
    Try,
)
from conformance.engine.policy import Policy
from conformance.model import Case, Inconclusive, NotApplicable, Verdict, conforms, verdict, violates
from conformance.sentence import By, Own, Sentence, clauses, counted, listed, say

LIFE = 7 * 24 * 3600
SLACK = 300
"""Seconds by which a token's end may be off: clocks, and a login that took its time."""

ZONES = 14 * 3600
"""How far a time without a zone may be from UTC, in seconds."""

_LOCKED = 423  # WebDAV's Locked (RFC 4918), by which some gateways tell a locked account
_HINT = re.compile(
    r"new[ _-]?password|nueva contraseña"
    r"|\b(change|update|reset|choose|set|must|cambi\w*|actuali\w*)\W+(\w+\W+){0,4}(password|contraseña)"
    r"|(password|contraseña)\W+(\w+\W+){0,4}(chang|expired|reset|update|due|default|cambi|caduc|venc)",
    re.IGNORECASE,
)


def _must_be_answered(reply: Reply, what: Sentence) -> None:
    """Raise Inconclusive where a login was put off, or broke."""
    if reply.trouble or reply.status in (408, 429) or reply.status >= 500:
        raise Inconclusive(_not_decided(reply, what))


def _must_be_decided(reply: Reply, control: Try, what: Sentence) -> None:
    """Raise Inconclusive where a login may have been refused by a limit or a lock, as right ones are at that moment."""
    _must_be_answered(reply, what)
    if reply.status == _LOCKED:
        raise Inconclusive(_not_decided(reply, what))
    if control.token or (control.reply is not None and control.reply.status != reply.status):
        return
    right = control.reply.words if control.reply else control.withheld or say("not tried")
    raise Inconclusive(
        say(
            "{login} was {reply}, which says nothing: right afterwards a right login was {right}",
            login=what,
            reply=reply.words,
            right=right,
        )
    )


def _not_decided(reply: Reply, what: Sentence) -> Sentence:
    return say("{what} was not decided: {reply}", what=what, reply=reply.words)


def wrong_credentials(seen: LoginObservation, policy: Policy, case: Case) -> Verdict:
    """Judge AUTH-02."""
    name = {"wrong-password": "wrong", "unknown-user": "unknown"}[case.name]
    tried: Try = getattr(seen, name)
    login = say("the login with a user that nobody made")
    if name == "wrong":
        login = say("the login with a wrong password of {account}", account=seen.account)
    expected = say("no token for wrong credentials")
    if tried.token:
        return violates(expected, say("{login} brought a token", login=login), f"/{name}")
    reply = _made(tried)
    if not seen.control.token:
        raise Inconclusive(say("{account} could not log in with the right password either", account=seen.account))
    _must_be_decided(reply, seen.again, login)
    observed = say(
        "{login} was {reply}, without a token; with the right password it brings one", login=login, reply=reply.words
    )
    return conforms(expected, observed, f"/{name}", "/control")


def default_password(seen: LoginObservation, policy: Policy, case: Case) -> Verdict:
    """Judge AUTH-05."""
    expected = say("the account admin does not take the password it is delivered with")
    if seen.default.token:
        return violates(expected, say("admin logs in with the default password"), "/default")
    reply = _made(seen.default)
    if not seen.control.token:
        raise Inconclusive(
            say("{account} could not log in with the right password, so a refusal says nothing", account=seen.account)
        )
    other = seen.wrong.reply or seen.unknown.reply
    if _let_further(reply, other):
        observed = say(
            "the login was {reply} and leads on to a change: the default password is still set", reply=reply.words
        )
        return violates(expected, observed, "/default", "/wrong")
    login = say("the login of admin with the default password")
    _must_be_decided(reply, seen.again, login)
    usual = {tried.reply.status for tried in (seen.wrong, seen.unknown) if tried.reply and tried.reply.status}
    if usual and reply.status not in usual:
        raise Inconclusive(
            say(
                "{login} was {reply}, which is neither what a wrong password brings nor what an unknown user does: "
                "a limit or a lock may have answered",
                login=login,
                reply=reply.words,
            )
        )
    observed = say("the login was {reply}, without a token", reply=reply.words)
    return conforms(expected, observed, "/default", "/control")


def _let_further(reply: Reply, other: Reply | None) -> bool:
    """Tell whether an answer without a token still says that the password was right: it differs from a wrong one's."""
    if other is None or other.trouble or reply.trouble:
        return False
    if reply.taken and not other.taken:
        return True
    return bool(_HINT.search(reply.said)) and not _HINT.search(other.said)


def _made(tried: Try) -> Reply:
    if tried.reply is None:
        raise Inconclusive(tried.withheld or say("this login was not made"))
    return tried.reply


def forged_tokens(seen: TokenObservation, policy: Policy, case: Case) -> Verdict:
    """Judge AUTH-03 on one kind of forgery."""
    expected = say("a token that was not given out is refused")
    control = seen.controls.get(case.name)
    if seen.stopped or seen.before is None or control is None:
        raise Inconclusive(seen.stopped or say("no forgery was sent"))
    tried = seen.forged[case.name]
    exhibits = [pointers.build("forged", case.name, number) for number in range(len(tried))]
    if wrong := [(n, each) for n, each in enumerate(tried) if _accepted(each.reply, seen.before)]:
        told = clauses(*(_what_became_of(each) for _, each in wrong))
        return violates(expected, told, *(exhibits[n] for n, _ in wrong))
    if not control.taken:
        raise Inconclusive(
            say("the token itself was {reply} in the end, so the refusals say nothing", reply=control.words)
        )
    for each in tried:
        _refused_forgery(each)
    itself = say("the token itself was {reply}", reply=control.words)
    after = pointers.build("controls", case.name)
    return conforms(expected, clauses(*map(_what_became_of, tried), itself), *exhibits, "/before", after)


def _what_became_of(forged: Forged) -> Sentence:
    return say("{what} was {reply}", what=forged.what, reply=forged.reply.words)


def _accepted(reply: Reply, control: Reply) -> bool:
    return reply.taken and (reply.form is control.form or reply.form is Form.DOCUMENT)


def _refused_forgery(each: Forged) -> None:
    """Raise Inconclusive where a forgery was put off; where the gateway broke on it, it was not let in."""
    if each.reply.trouble or each.reply.status in (408, 429, 502, 503, 504):
        raise Inconclusive(_not_decided(each.reply, each.what))


def logout(seen: LogoutObservation, policy: Policy, case: Case) -> Verdict:
    """Judge AUTH-04: the token that was logged out, or the user's other one."""
    if seen.stopped or seen.logout is None or not seen.nodes:
        raise Inconclusive(seen.stopped or say("nobody was logged out"))
    for node in seen.nodes:
        for before, what in zip(node.before, (say("the first token"), say("the second token")), strict=True):
            if not before.taken:
                raise Inconclusive(
                    say("before anybody logged out, {token} was {reply}", token=_at(what, node), reply=before.words)
                )
    alive = [(n, node) for n, node in enumerate(seen.nodes) if any(reply.taken for reply in node.ended)]
    return _ended(seen, alive) if case.name == "token" else _the_other(seen, alive)


def _at(what: Sentence, node: Node) -> Sentence:
    return say("{token} at {address}", token=what, address=Own(node.address)) if node.address else what


def _ended(seen: LogoutObservation, alive: list[tuple[int, Node]]) -> Verdict:
    expected = say("a token that was logged out is refused")
    itself = say("the token that was logged out")
    if alive:
        told = clauses(
            *(say("{token} was {reply}", token=_at(itself, node), reply=node.ended[-1].words) for _, node in alive)
        )
        return violates(expected, told, *(f"/nodes/{n}/ended" for n, _ in alive), "/logout")
    for node in seen.nodes:
        for reply in node.ended:
            must_be_refused(reply, _at(itself, node))
    told = clauses(
        *(
            counted(
                "{token} was {reply} after the logout, asked {n} time, and {before} before",
                "{token} was {reply} after the logout, asked {n} times, and {before} before",
                len(node.ended),
                token=_at(itself, node),
                reply=node.ended[-1].words,
                before=node.before[0].words,
            )
            for node in seen.nodes
        )
    )
    return conforms(expected, told, *(f"/nodes/{n}" for n in range(len(seen.nodes))), "/logout")


def _the_other(seen: LogoutObservation, alive: list[tuple[int, Node]]) -> Verdict:
    if seen.same_token:
        raise NotApplicable(say("both logins brought the same token, so there is no other one to stay alive"))
    expected = say("the user's other token goes on working")
    if alive:
        raise Inconclusive(say("the token that was logged out still works, so nothing can be said of the other"))
    other = say("the other token")
    dead = [(n, node) for n, node in enumerate(seen.nodes) if not all(reply.taken for reply in node.other)]
    for _, node in dead:
        must_be_refused(node.other[-1], _at(other, node))
    told = clauses(
        *(
            say("{token} was {reply} after the logout", token=_at(other, node), reply=node.other[-1].words)
            for _, node in dead or enumerate(seen.nodes)
        )
    )
    exhibits = (f"/nodes/{n}" for n, _ in dead or enumerate(seen.nodes))
    return verdict(not dead, expected, told, *exhibits, "/logout")


def token_life(seen: TokenObservation, policy: Policy, case: Case) -> Verdict:
    """Judge AUTH-08."""
    expected = say("a token ends seven days after its login, or sooner")
    read = [(n, each, each.seconds) for n, each in enumerate(seen.lifetimes) if each.seconds is not None]
    if not read:
        if not seen.lifetimes:
            raise Inconclusive(say("nothing states when the token ends"))
        stated = [say("{where} = {stated}", where=each.where, stated=Own(each.stated)) for each in seen.lifetimes]
        raise Inconclusive(say("when the token ends cannot be read: {stated}", stated=listed(stated, By.COMMA)))
    told = clauses(*(_in_days(each, seconds) for _, each, seconds in read))
    if any(seconds > _most(each) for _, each, seconds in read):
        return violates(expected, told, *(f"/lifetimes/{n}" for n, _, _ in read))
    if all(seconds <= 0 for _, _, seconds in read):
        raise Inconclusive(say("the token states an end that is over already: {told}", told=told))
    return conforms(expected, told, *(f"/lifetimes/{n}" for n, _, _ in read))


def _most(stated: Lifetime) -> float:
    return LIFE + SLACK + (0 if stated.zone else ZONES)


def _in_days(end: Lifetime, seconds: float) -> Sentence:
    stated = Own(end.stated)
    if abs(seconds) < 86400:
        return say("{where} is {stated}, {hours:.2f} hours away", where=end.where, stated=stated, hours=seconds / 3600)
    return say("{where} is {stated}, {days:.2f} days away", where=end.where, stated=stated, days=seconds / 86400)


def throttled(seen: ThrottleObservation, policy: Policy, case: Case) -> Verdict:
    """Judge AUTH-09."""
    expected = say("repeated bad logins are held back")
    place = seen.held_back
    if place is not None and seen.bad[place].trouble and not (seen.alive and seen.alive.status):
        raise Inconclusive(
            say("bad login {number} found nobody: {trouble}", number=place + 1, trouble=seen.bad[place].trouble)
        )
    if place is not None:
        reply = seen.bad[place]
        observed = say(
            "bad login {number} in a row was {reply} after {seconds:.1f} s; the first was {first}",
            number=place + 1,
            reply=reply.words,
            seconds=reply.seconds,
            first=seen.bad[0].words,
        )
        return conforms(expected, observed, f"/bad/{place}", "/bad/0", "/good")
    if seen.after.reply is None:
        raise Inconclusive(
            counted(
                "there was time for {n} bad login only, and it was not held back",
                "there was time for {n} bad logins only, and none was held back",
                len(seen.bad),
            )
        )
    if not seen.after.token:
        observed = counted(
            "after {n} bad login the right password was {reply}",
            "after {n} bad logins the right password was {reply}",
            len(seen.bad),
            reply=seen.after.reply.words,
        )
        return conforms(expected, observed, "/after", "/good")
    observed = counted(
        "{n} bad login was answered at once, and the right password worked after it",
        "{n} bad logins in a row were each answered at once, and the right password worked after them",
        len(seen.bad),
    )
    return violates(expected, observed, "/bad", "/after")
