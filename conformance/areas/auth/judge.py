"""Judges authentication: who gets an answer, which logins work, what a token is worth and for how long."""

from __future__ import annotations

import re

from conformance import pointers
from conformance.areas.auth.record import (
    Forged,
    Form,
    Guarded,
    GuardObservation,
    Lifetime,
    LoginObservation,
    LogoutObservation,
    Reply,
    ThrottleObservation,
    TokenObservation,
    Try,
)
from conformance.engine.policy import Policy
from conformance.model import Case, Inconclusive, NotApplicable, Verdict, conforms, verdict, violates
from conformance.sentence import By, Own, Sentence, clauses, counted, listed, say

SERVED = 0.5
"""The part of what the administrator gets from which on it counts as served."""

LIFE = 7 * 24 * 3600
SLACK = 300
"""Seconds by which a token's end may be off: clocks, and a login that took its time."""

ZONES = 14 * 3600
"""How far a time without a zone may be from UTC, in seconds."""

_NO_HEAD = (404, 405, 501)
_HINT = re.compile(
    r"new[ _-]?password|nueva contraseña"
    r"|\b(change|update|reset|choose|set|must|cambi\w*|actuali\w*)\W+(\w+\W+){0,4}(password|contraseña)"
    r"|(password|contraseña)\W+(\w+\W+){0,4}(chang|expired|reset|update|due|default|cambi|caduc|venc)",
    re.IGNORECASE,
)


def guarded(seen: GuardObservation, policy: Policy, case: Case) -> Verdict:
    """Judge AUTH-01 on one path, by one method."""
    expected = say("without a token the path answers 401 or 403, and nothing of what an authorised caller gets")
    look, method = seen.paths[case.value], case.name
    bare, exhibit = look.bare[method], pointers.build("paths", case.value)
    request = Own(bare.asked)
    if _served(look, method):
        return violates(expected, _what_was_served(look, bare), f"{exhibit}/bare/{method}")
    admin = look.admin.get(method)
    if admin and method == "head" and admin.status in _NO_HEAD and not bare.trouble:
        raise NotApplicable(
            say(
                "{request} is answered {status} to the administrator too: there is no HEAD here",
                request=request,
                status=admin.status,
            )
        )
    _must_be_refused(bare, say("{request} without a token", request=request))
    if admin is None:
        raise Inconclusive(
            say(
                "{request} without a token was {reply}; what an authorised caller gets is not known: {why}",
                request=request,
                reply=bare.words,
                why=seen.stopped,
            )
        )
    if not admin.ok and (admin.status != 404 or bare.status == 404):
        raise Inconclusive(
            say(
                "{request} without a token was {reply}, which says little: the administrator was {other}",
                request=request,
                reply=bare.words,
                other=admin.words,
            )
        )
    plainer = say(
        "{request} without a token was {reply}, where 401 or 403 says it plainly.", request=request, reply=bare.words
    )
    observed = say(
        "{request} without a token was {reply}; the administrator was {other}",
        request=request,
        reply=bare.words,
        other=admin.words,
    )
    notes = () if bare.status in (401, 403) else (plainer,)
    return conforms(expected, observed, f"{exhibit}/bare/{method}", f"{exhibit}/admin/{method}", notes=notes)


def _what_was_served(look: Guarded, bare: Reply) -> Sentence:
    request = Own(bare.asked)
    if not look.repeated:
        return say("{request} without a token was answered {status}", request=request, status=bare.status)
    return say(
        "{request} without a token was answered {status} with {share:.0%} of what the administrator gets",
        request=request,
        status=bare.status,
        share=look.repeated,
    )


def _served(look: Guarded, method: str) -> bool:
    """Tell whether a request without a token got what is not for everybody; a HEAD has no body, and goes by the GET."""
    if method == "get":
        return _got(look)
    get, head = (look.bare[name].ok for name in ("get", "head"))
    return head and (_got(look) or not get)


def _got(look: Guarded) -> bool:
    bare, admin = look.bare["get"], look.admin.get("get")
    if look.repeated >= SERVED:
        return True
    if bare.form is Form.PAGE:
        return bare.ok and admin is not None and admin.form is Form.PAGE
    return bare.taken and bare.form is not Form.NOTHING


def _must_be_refused(reply: Reply, what: Sentence) -> None:
    """Raise Inconclusive where an answer neither serves nor refuses."""
    if reply.trouble:
        raise Inconclusive(say("{what}: {trouble}", what=what, trouble=reply.trouble))
    empty = reply.ok and reply.form is Form.NOTHING
    if not reply.turned_away and not empty:
        neither = say("{what} was {reply}, which is neither an answer nor a refusal", what=what, reply=reply.words)
        raise Inconclusive(neither)


def _must_be_answered(reply: Reply, what: Sentence) -> None:
    """Raise Inconclusive where a login was put off, or broke."""
    if reply.trouble or reply.status in (408, 429) or reply.status >= 500:
        raise Inconclusive(_not_decided(reply, what))


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
    _must_be_answered(reply, login)
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
    _must_be_answered(reply, say("the login of admin with the default password"))
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
    if seen.stopped or seen.before is None or seen.after is None or seen.bare is None:
        raise Inconclusive(seen.stopped or say("no forgery was sent"))
    tried = seen.forged[case.name]
    exhibits = [pointers.build("forged", case.name, number) for number in range(len(tried))]
    if wrong := [(n, each) for n, each in enumerate(tried) if _accepted(each.reply, seen.before)]:
        told = clauses(*(_what_became_of(each) for _, each in wrong))
        return violates(expected, told, *(exhibits[n] for n, _ in wrong))
    if not seen.after.taken:
        raise Inconclusive(
            say("the token itself was {reply} in the end, so the refusals say nothing", reply=seen.after.words)
        )
    for each in tried:
        _refused_forgery(each)
    itself = say("the token itself was {reply}", reply=seen.after.words)
    return conforms(expected, clauses(*map(_what_became_of, tried), itself), *exhibits, "/before", "/after")


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
    if seen.stopped or seen.logout is None or len(seen.after) != 2 or len(seen.before) != 2:
        raise Inconclusive(seen.stopped or say("nobody was logged out"))
    first, second = seen.before
    if not first.taken:
        raise Inconclusive(say("before anybody logged out, the first token was {reply}", reply=first.words))
    if not second.taken:
        raise Inconclusive(say("before anybody logged out, the second token was {reply}", reply=second.words))
    first, second = seen.after
    if case.name == "token":
        expected = say("a token that was logged out is refused")
        if not first.taken:
            _must_be_refused(first, say("the token that was logged out"))
        observed = say(
            "{request} with it was {after} after the logout, and {before} before",
            request=Own(first.asked),
            after=first.words,
            before=seen.before[0].words,
        )
        return verdict(not first.taken, expected, observed, "/after/0", "/before/0", "/logout")
    if seen.same_token:
        raise NotApplicable(say("both logins brought the same token, so there is no other one to stay alive"))
    expected = say("the user's other token goes on working")
    if first.taken:
        raise Inconclusive(say("the token that was logged out still works, so nothing can be said of the other"))
    if not second.taken:
        _must_be_refused(second, say("the other token"))
    observed = say(
        "{request} with the other token was {reply} after the logout",
        request=Own(second.asked),
        reply=second.words,
    )
    return verdict(second.taken, expected, observed, "/after/1", "/before/1", "/logout")


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
